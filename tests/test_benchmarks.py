"""The benchmarks time only what they have compared, and their smoke run works."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import arrays, peers, scalar, startup
from benchmarks.__main__ import main
from benchmarks.check import RefusedError, agree
from benchmarks.curves import Curve, curves
from benchmarks.harness import QUICK, Rounds, Spread
from benchmarks.peers import fill, numpy_oneliner, plain_python
from lrcurves import Constant, Cosine
from lrcurves.schedule import KINDS

ROOT = Path(__file__).parents[1]
PEERS = [fill.PEER, numpy_oneliner.PEER, plain_python.PEER]
NAMES = [curve.name for curve in curves(1000)]


def refusal(monkeypatch: pytest.MonkeyPatch, curve: Curve, by: list[peers.Peer]) -> list[str]:
    """Return why the tables refuse a curve; fail if one times it."""
    reasons = []
    for question, results in (
        (scalar, lambda: scalar.measure(by, QUICK)),
        (arrays, lambda: list(arrays.measure(by, QUICK))),
    ):
        monkeypatch.setattr(question, "curves", lambda steps: [curve])
        monkeypatch.setattr(question, "take_turns", lambda *_: pytest.fail("timed"))
        with pytest.raises(RefusedError) as caught:
            results()
        reasons.append(str(caught.value))
    return reasons


@pytest.mark.parametrize("steps", [1000, 12_345])
@pytest.mark.parametrize("i", range(len(NAMES)), ids=NAMES)
def test_every_curve_agrees_with_its_one_liner(i: int, steps: int) -> None:
    curve, ts = curves(steps)[i], np.arange(2 * steps)
    table = numpy_oneliner.PEER.table(curve)

    assert table
    agree(curve.name, numpy_oneliner.PEER, ts, curve.schedule.lr_array(ts), table(ts))


def test_a_wrong_curve_is_refused_before_it_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = curves(scalar.STEPS)[NAMES.index("Cosine, to 0")]
    wrong = replace(cosine, schedule=Cosine(0.1 * (1 + 1e-8), scalar.STEPS))

    assert refusal(monkeypatch, wrong, PEERS) == [
        "Cosine, to 0: lr(0) is 0.100000001 in lrcurves, 0.1 in plain Python",
        "Cosine, to 0: lr(0) is 0.100000001 in lrcurves, 0.1 in NumPy one-liner",
    ]


def test_a_peer_that_is_not_finite_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Curve("Constant", Constant(0.1), "b + t * 0", {"b": float("inf")})

    assert refusal(monkeypatch, endless, PEERS) == [
        "Constant: plain Python gives inf",
        "Constant: NumPy one-liner gives inf",
    ]


def test_a_curve_that_no_peer_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "Constant: no peer has this curve, so there is nothing to check it by"

    assert refusal(monkeypatch, curves(1000)[0], [fill.PEER]) == [reason, reason]


def test_every_row_of_curves_names_a_registered_kind() -> None:
    for curve in curves(1000):
        assert KINDS[curve.name.partition(",")[0]] is type(curve.schedule)


def test_every_name_of_a_curve_is_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_ratios_are_taken_round_by_round() -> None:
    rounds = Rounds({"ours": [1.0, 10.0, 2.0], "theirs": [2.0, 20.0, 4.0]})

    assert rounds.ratio("ours", "theirs") == Spread(0.5, 0.5, 0.5)
    assert rounds.cost("ours", unit=0.5) == Spread(3.0, 4.0, 12.0)


def test_an_import_that_loads_numpy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "_CHILD", "import numpy" + startup._CHILD)

    with pytest.raises(RefusedError, match="import lrcurves loads numpy"):
        startup.measure(QUICK)


def test_a_peer_whose_library_is_missing_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "absent.py").write_text("import no_such_library.part\n")
    found, missing = peers.load()
    monkeypatch.setattr(peers, "__path__", [*peers.__path__, str(tmp_path)])

    assert peers.load() == (found, sorted([*missing, "no_such_library"]))


def test_a_refusal_ends_in_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(effort: object) -> None:
        raise RefusedError("Cosine: wrong")

    monkeypatch.setattr(startup, "measure", measure)

    assert main(["--quick"]) == 1
    assert capsys.readouterr().err == "refused: Cosine: wrong\n"


def test_quick_prints_its_tables_and_exits_0(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(tmp_path / "all.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert all(done.stdout.count(f"\n{name} ") == 1 + len(arrays.FORMS) for name in NAMES)
    saved = json.loads((tmp_path / "all.json").read_text())
    assert [len(table["rows"]) for table in saved["results"]] == [1, *[len(NAMES)] * 4]
