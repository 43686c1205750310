"""The benchmarks time only what they have compared, and their smoke run works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import memory, peers
from benchmarks.__main__ import QUESTIONS, main
from benchmarks.check import RefusedError, admit, agree, mapped
from benchmarks.curves import SHORT, Curve, chosen, curves
from benchmarks.harness import FULL, QUICK, Effort, Rounds, Spread
from benchmarks.peers import FLOAT32, Peer, numpy_oneliner, plain_python
from benchmarks.questions import arrays, growth, ordered, scalar, startup
from benchmarks.report import Results, Row, missed, verdict
from lrcurves import Constant, Cosine
from lrcurves.schedule import KINDS

ROOT = Path(__file__).parents[1]
PEERS = [numpy_oneliner.PEER, plain_python.PEER]
NAMES = [curve.name for curve in curves(3000)]

EVERYTHING = """
import runpy, sys
from benchmarks import peers
from benchmarks.check import admit, mapped
from benchmarks.curves import curves

found, _ = peers.load()
for curve in curves(3000):
    tables = [(peer, mapped(rate)) for peer in found if (rate := peer.scalar(curve))]
    for reason in admit(curve, mapped(curve.schedule.lr), tables, range(0, 3000, 97)).values():
        print(reason, file=sys.stderr)

sys.argv[0] = "benchmarks"
runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
"""
"""Compare all curves with all peers, then run all: frameworks are imported once."""


@dataclass(frozen=True)
class Everything:
    """What came of it."""

    done: subprocess.CompletedProcess[str]
    data: Path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    folder = tmp_path_factory.mktemp("benchmarks")
    data = folder / "all.json"
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING, "--quick", "--json", str(data)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax"},  # whose schedules JAX compiles
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    return Everything(done, data)


def refusals(monkeypatch: pytest.MonkeyPatch, curve: Curve, by: Sequence[Peer]) -> list[str]:
    """Return why the tables refuse a curve; fail if one times it."""
    reasons = []
    for module, measure in (
        (scalar, scalar.measure),
        (ordered, ordered.measure),
        (arrays, arrays.shuffled),
        (arrays, arrays.real),
    ):
        monkeypatch.setattr(module, "chosen", lambda steps, every: [curve])
        monkeypatch.setattr(module, "take_turns", lambda *_: pytest.fail("timed"))
        with pytest.raises(RefusedError) as caught:
            list(measure(by, QUICK))
        reasons.append(str(caught.value))
    return reasons


@pytest.mark.parametrize("steps", [3000, 12_345])
@pytest.mark.parametrize("i", range(len(NAMES)), ids=NAMES)
def test_every_curve_agrees_with_its_formula(i: int, steps: int) -> None:
    curve, ts = curves(steps)[i], np.arange(2 * steps)
    table, rate = numpy_oneliner.PEER.table(curve), plain_python.PEER.scalar(curve)

    assert table
    assert rate
    for peer, rates, times in (
        (numpy_oneliner.PEER, table, ts),
        (numpy_oneliner.PEER, table, ts + 0.5),
        (plain_python.PEER, mapped(rate), ts[::13]),
        (plain_python.PEER, mapped(rate), ts[::13] + 0.5),
    ):
        assert agree(curve, peer, times, curve.schedule.lr_array(times), rates)


def test_every_curve_agrees_with_every_peer_that_has_it_by_name(everything: Everything) -> None:
    # In float32 the factor of one step is wrong in its eighth digit, in long runs it shows.
    differ = {line.partition(":")[0] for line in everything.done.stderr.splitlines()}

    assert differ <= {"Exponential, per step", "Warmup, Exponential"}, everything.done.stderr


def test_a_wrong_curve_is_refused_before_it_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = curves(scalar.STEPS)[NAMES.index("Cosine, to 0")]
    wrong = replace(cosine, schedule=Cosine(0.1 * (1 + 1e-8), scalar.STEPS))

    for reason in refusals(monkeypatch, wrong, PEERS):
        assert reason.startswith("Cosine, to 0: lr(")
        assert reason.endswith((" in plain Python", " in NumPy one-liner"))


def test_a_peer_that_is_not_finite_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"b": float("inf"), "T": 100}
    endless = Curve("Constant", Constant(0.1), "b + t * 0", 1.0, 1.0, numbers)

    for reason in refusals(monkeypatch, endless, PEERS):
        assert reason in (
            "Constant: plain Python gives inf",
            "Constant: NumPy one-liner gives inf",
        )


@pytest.mark.parametrize("by", [[], [Peer("empty")], [replace(PEERS[0], eps=FLOAT32)]])
def test_a_curve_that_no_peer_in_float64_has_is_refused(
    monkeypatch: pytest.MonkeyPatch, by: list[Peer]
) -> None:
    reason = "Constant: no peer has this curve, so there is nothing to check it by"

    assert set(refusals(monkeypatch, curves(3000)[0], by)) == {reason}


def test_a_peer_in_float32_that_differs_is_not_timed_and_the_table_says_so() -> None:
    def table(curve: Curve) -> peers.Table:
        return lambda ts: np.full(len(ts), 0.11)

    wrong = Peer("float", table=table, eps=FLOAT32)
    results = next(arrays.real([numpy_oneliner.PEER, wrong], QUICK))

    assert set(results.rows[0].ratios) == {"NumPy one-liner"}
    assert "is 0.1 in lrcurves, 0.11 in float" in results.rows[0].differ["float"]
    assert results.rows[0].differ["float"] in str(results)


def test_a_peer_that_has_no_rates_at_the_times_in_question_is_not_timed() -> None:
    curve = curves(3000)[0]
    exact = (numpy_oneliner.PEER, numpy_oneliner.PEER.table(curve))
    whole = (Peer("whole", whole=True, eps=FLOAT32), lambda ts: pytest.fail("asked"))
    halves = np.arange(100) + 0.5

    differ = admit(curve, curve.schedule.lr_array, [exact, whole], halves)  # type: ignore[list-item]
    assert differ == {"whole": "Constant: whole has no rates at these times"}


def test_every_row_of_curves_names_a_registered_kind() -> None:
    for curve in curves(3000):
        assert KINDS[curve.name.partition(",")[0]] is type(curve.schedule)


def test_every_name_of_a_curve_is_unique_and_the_short_list_is_of_them() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [curve.name for curve in chosen(3000, every=False)] == list(SHORT)
    assert [curve.name for curve in chosen(3000, every=True)] == NAMES


def test_the_short_list_has_a_curve_of_each_target() -> None:
    targets = {curve.in_order for curve in curves(3000)}

    assert targets == {curve.in_order for curve in chosen(3000, every=False)}


def test_ratios_are_taken_round_by_round() -> None:
    rounds = Rounds({"ours": [1.0, 10.0, 2.0], "theirs": [2.0, 20.0, 4.0]})

    assert rounds.ratio("ours", "theirs") == Spread(0.5, 0.5, 0.5)
    assert rounds.cost("ours", unit=0.5) == Spread(3.0, 4.0, 12.0)


def test_a_target_is_missed_where_three_of_four_rounds_are_above_it() -> None:
    assert verdict(Spread(1.0, 1.2, 1.9), 1.3) == "kept"
    assert verdict(Spread(1.2, 1.4, 1.9), 1.3) == "open"
    assert verdict(Spread(1.4, 1.5, 1.9), 1.3) == "missed"


def test_a_table_shows_the_target_beside_the_ratio_and_marks_what_is_missed() -> None:
    slow, fast = Spread(2.0, 2.0, 2.0), Spread(1.0, 1.0, 1.0)
    rows = [Row(n, {}, {"fill": r}, 9, {"fill": 1.3}) for n, r in (("a", slow), ("b", fast))]
    table = Results("range", "ns", rows)

    assert "a  2.00 ±0.00 (MISSED 1.3)" in str(table)
    assert "b      1.00 ±0.00 (<= 1.3)" in str(table)
    assert missed([table]) == (["range: a: 2.00 ±0.00 x fill, not 1.3"], 2)
    assert "MISSED" not in str(replace(table, judged=False))


def test_the_slope_is_the_power_of_the_length() -> None:
    costs = {f"1e{i}": Spread(0.0, 3.0, 9.0) for i in range(2, 9)}
    squares = {n: replace(cost, median=float(n)) for n, cost in costs.items()}

    assert growth.slope(costs).median == pytest.approx(1.0)
    assert growth.slope(squares).median == pytest.approx(2.0)


def test_memory_counts_the_peak_of_a_call_and_not_what_was_there_before() -> None:
    kept = np.ones(1 << 20)

    assert memory.above(lambda: kept + 1.0) == pytest.approx(8.0, abs=0.1)
    assert memory.above(lambda: kept.fill(2.0)) < 0.1


def test_an_import_that_loads_numpy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "_CHILD", "import numpy" + startup._CHILD)

    with pytest.raises(RefusedError, match="import lrcurves loads numpy"):
        list(startup.measure([], QUICK))


def test_a_peer_whose_library_is_missing_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "absent.py").write_text("import no_such_library.part\n")
    monkeypatch.setattr(peers, "__path__", [str(tmp_path)])

    assert peers.load() == ([], ["no_such_library"])


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load no peer into this process, in which others choose the backend of Keras."""
    monkeypatch.setattr("benchmarks.__main__.load", lambda: ([], ["all"]))


@pytest.mark.usefixtures("no_libraries")
def test_a_refusal_ends_in_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
        raise RefusedError("Cosine: wrong")

    monkeypatch.setitem(QUESTIONS, "scalar", measure)

    assert main(["--quick", "scalar"]) == 1
    printed = capsys.readouterr()
    assert printed.err == "refused: Cosine: wrong\n"
    assert "left out, because not installed: all" in printed.out


@pytest.mark.usefixtures("no_libraries")
def test_only_the_questions_that_are_asked_are_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def answer(name: str, effort: Effort) -> Iterator[Results]:
        asked.append((name, effort))
        yield Results(name, "ns", [])

    for name in QUESTIONS:
        question = lambda peers, effort, name=name: answer(name, effort)  # noqa: E731
        monkeypatch.setitem(QUESTIONS, name, question)

    assert main(["shuffled", "scalar", "--size", "5000"]) == 0
    few = replace(FULL, size=5000, smaller=5000, judged=False)
    assert asked == [("scalar", few), ("shuffled", few)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["scalars"], "no such question: scalars"),
        (["scalar", "--plot", "growth.svg"], "--plot draws the question growth"),
    ],
)
def test_what_cannot_be_asked_is_an_error_in_words(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert error in capsys.readouterr().err


def test_quick_answers_all_questions_and_exits_0(everything: Everything) -> None:
    done = everything.done

    assert done.returncode == 0, done.stderr
    saved = json.loads(everything.data.read_text())
    tables = {result["title"]: result["rows"] for result in saved["results"]}
    assert all(done.stdout.count(f"\n{title} (") == 1 for title in tables)
    every = [rows for rows in tables.values() if [row["name"] for row in rows] == list(SHORT)]
    assert len(every) == 7  # scalar, ordered twice, shuffled, real, and disk twice
    assert list(saved["machine"]) == ["CPU", "SIMD", "Python", "numpy", "lrcurves", "peers"]


@pytest.mark.usefixtures("no_libraries")
def test_a_plot_shows_each_curve_with_its_slope(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    costs = {f"1e{i}": Spread(2.0, 2.0, 2.0) for i in (2, 3, 4)}
    row = Row("Cosine", costs, {growth.SLOPE: growth.slope(costs)}, 9)
    monkeypatch.setitem(QUESTIONS, "growth", lambda *_: iter([Results("n", "ns", [row])]))

    assert main(["growth", "--plot", str(tmp_path / "growth.svg")]) == 0
    assert "Cosine (slope 1.00)" in (tmp_path / "growth.svg").read_text()
