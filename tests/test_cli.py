"""The command line, run as people run it."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import itertools
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from catalogue import EXAMPLES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import schedules

from lrcurves import Constant, Cosine, Exponential, Linear, Schedule, Until
from lrcurves.analyse import check, compare
from lrcurves.cli import main
from lrcurves.serial import from_dict, parse, to_json

SPEC = "Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)"
S = Linear(0, 0.1, 500) >> Cosine(0.1, 9500)
FORMS = "an expression such as 'Linear(0, 0.1, 500) >> Cosine(0.1, 9500)', a .json file, or -"


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lrcurves", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": str(options.pop("encoding", "utf-8"))},
        check=False,
        **options,  # type: ignore[call-overload]
    )


def test_show_draws_a_curve_and_a_table() -> None:
    done = run("show", SPEC)

    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert parse(lines[0]) == S
    assert lines[2].startswith("0.1 ┤")
    assert "         10000  0" in lines
    assert lines[-1] == "The schedule ends at 10000."
    assert max(map(len, lines[1:])) <= 80


def test_show_takes_the_length_to_draw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "Exponential(0.1, 0.5, every=100)", "--steps", "400"]) == 0

    out = capsys.readouterr().out
    assert "           200  0.025\n" in out
    assert out.endswith("The schedule never ends.\n")


def test_show_works_on_a_terminal_without_blocks() -> None:
    done = run("show", SPEC, encoding="ascii")

    assert done.returncode == 0
    assert "0.1 |" in done.stdout
    assert done.stdout.isascii()


def test_a_table_is_what_lr_array_gives(tmp_path: Path) -> None:
    file = tmp_path / "rates.npy"
    done = run("table", SPEC, "--steps", "12_000", "--out", str(file))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"12000 rates written to {file}\n"
    rates = np.load(file)
    assert rates.dtype == np.float64
    assert (rates == S.lr_array(range(12_000))).all()
    assert [path.name for path in tmp_path.iterdir()] == ["rates.npy"]


def test_a_table_as_csv_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    assert main(["table", SPEC, "--steps", "70000", "--out", str(file)]) == 0

    with file.open() as rows:
        header, *cells = csv.reader(rows)
    assert header == ["t", "lr"]
    assert [int(t) for t, _ in cells] == list(range(70_000))
    assert [float(lr) for _, lr in cells] == S.lr_array(range(70_000)).tolist()


def test_a_table_goes_to_the_screen_and_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "Linear(0.1, 0, 2)", "--steps", "3"]) == 0
    assert capsys.readouterr().out == "t,lr\n0,0.1\n1,0.05\n2,0.0\n"

    command = f"{sys.executable} -m lrcurves table '{SPEC}' --steps 1000000 | head -2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "t,lr\n0,0.0\n"
    assert done.stderr == ""


def test_a_spec_comes_from_a_json_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.json").write_text(to_json(S))

    assert main(["show", str(tmp_path / "s.json")]) == 0
    assert parse(capsys.readouterr().out.splitlines()[0]) == S


def test_the_new_table_replaces_the_old_one_and_has_the_usual_rights(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("old")
    other = tmp_path / "other"
    other.touch()
    assert main(["table", SPEC, "--steps", "1", "--out", str(file)]) == 0

    assert file.read_text() == "t,lr\n0,0.0\n"
    assert file.stat().st_mode == other.stat().st_mode


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["show", "Cosine(0.1, 0)"],
            "column 1: Cosine.steps must be a finite number > 0, got 0",
        ),
        (["show", "Cosine(0.1"], "column 11: ')' is missing"),
        (
            ["show", "Cosin(0.1, 9)"],
            "column 1: 'Cosin' is not the name of a schedule: did you mean Cosine?",
        ),
        (["table", "Cosine(0.1, 9)", "--steps", "5", "--out", "x.txt"], None),
        (["show", "missing.json"], None),
        (["table", "Cosine(0.1, 9)", "--steps", "5", "--out", "no/such/place.csv"], None),
        (["table", "Cosine(0.1, 9)", "--steps", "0"], None),
        (["table", "Cosine(0.1, 9)", "--steps", "many"], None),
        (["table", "Cosine(0.1, 9)"], None),
        (["draw", "Cosine(0.1, 9)"], None),
        ([], None),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], message: str | None, tmp_path: Path
) -> None:
    path = ":".join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "lrcurves", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("lrcurves")
    if message is not None:
        assert done.stderr == f"lrcurves: {message}\n"
    assert not list(tmp_path.iterdir())


def test_the_same_in_this_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe")
    (tmp_path / "marked.json").write_bytes(b"\xef\xbb\xbf" + to_json(S).encode())
    (tmp_path / "folder.npy").mkdir()

    assert main(["show", "marked.json"]) == 0
    capsys.readouterr()
    for arguments, message in (
        (["show", "bad.json"], "bad.json must be UTF-8 text: invalid start byte"),
        (
            ["table", SPEC, "--steps", "5", "--out", "x.txt"],
            "--out must end in .npy or .csv, got 'x.txt'",
        ),
        (
            ["table", SPEC, "--steps", "5", "--out", "folder.npy"],
            "--out must be a file, got the directory 'folder.npy'",
        ),
        (
            ["table", SPEC, "--steps", "5", "--out", "no/such.npy"],
            f"--out cannot be written: {tmp_path / 'no'}: No such file or directory",
        ),
    ):
        assert main(arguments) == 2
        assert capsys.readouterr().err == f"lrcurves: {message}\n"
    for steps in ("0", "9" * 30, "x"):
        with pytest.raises(SystemExit) as error:
            main(["table", SPEC, "--steps", steps])
        assert error.value.code == 2
        assert "must be a whole number from 1 to 2**53" in capsys.readouterr().err

    assert main(["table", SPEC, "--steps", "70000", "--out", "r.NPY"]) == 0
    assert (np.load("r.NPY") == S.lr_array(range(70_000))).all()
    (tmp_path / "link.npy").symlink_to("r.NPY")
    assert main(["table", SPEC, "--steps", "3", "--out", "link.npy"]) == 0
    assert (tmp_path / "link.npy").is_symlink()
    assert len(np.load("r.NPY")) == 3


def test_an_interrupt_and_a_closed_pipe_end_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lrcurves.cli._write_csv", interrupted)
    assert main(["table", SPEC, "--steps", "3"]) == 130
    assert capfd.readouterr() == ("", "")


def test_too_little_memory_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("lrcurves.cli._write_csv", exhausted)
    assert main(["table", SPEC, "--steps", "3"]) == 2
    assert capsys.readouterr() == ("", "lrcurves: MemoryError\n")


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rates.npy").mkdir()
    done = run("table", SPEC, "--steps", "5", "--out", "rates.npy", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "lrcurves: --out must be a file, got the directory 'rates.npy'\n"
    assert [path.name for path in tmp_path.iterdir()] == ["rates.npy"]


def test_the_version_is_that_of_the_package() -> None:
    import lrcurves

    assert run("--version").stdout == f"lrcurves {lrcurves.__version__}\n"


# Figures and findings


def test_show_says_what_a_schedule_does_and_what_may_be_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "Cosine(0.1, 90)", "--steps", "90ep", "--steps-per-epoch", "391"]) == 0

    out = capsys.readouterr().out
    assert "\nOver 35190 steps:\n" in out
    assert "\n  mean rate       0.000129298" in out
    assert "rate at" not in out
    assert "\nwarning ends-early: the curve ends at t = 90, after 0.256 % of the run" in out
    assert "\n  -> if its times count epochs, multiply them: Stretch(" in out


def test_show_draws_on_a_logarithmic_scale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "Geometric(1, 1e-8, 100)", "--steps", "100", "--log"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[14].startswith("1e-08 ┼")
    bars = [len(line) for line in lines[2:14]]
    assert {b - a for a, b in itertools.pairwise(bars)} <= {5, 6, 7}


def test_show_of_what_never_ends_has_no_findings_without_a_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = "MultiStep(0.1, 0.1, (30, 60, 900))"
    assert main(["show", spec]) == 0
    assert "warning" not in capsys.readouterr().out

    assert main(["show", spec, "--steps", "90"]) == 0
    assert "warning never-reached" in capsys.readouterr().out


@pytest.mark.parametrize("s", [*EXAMPLES.values(), Until(Constant(0), 0)], ids=repr)
def test_every_kind_is_shown_in_lines_that_fit(
    s: Schedule, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["show", repr(s)]) == 0

    spec, _, rest = capsys.readouterr().out.partition("\n\n")
    assert parse(spec) == s
    assert max(map(len, rest.splitlines())) <= 60
    assert all(len(line) <= 60 or " " not in line.strip() for line in spec.splitlines())


def test_check_tells_by_its_status_whether_there_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "Cosine(0.1, 100)", "--steps", "100"]) == 0
    assert capsys.readouterr().out == "nothing found in 100 steps\n"

    assert main(["check", "WarmupCosine(0.1, 100, 10)", "--steps", "100"]) == 0
    assert capsys.readouterr().out.startswith("note starts-at-zero: ")

    assert main(["check", "Cosine(0.1, 10)", "--steps", "100"]) == 1
    assert capsys.readouterr().out.startswith("warning ends-early: ")

    smallest = ["check", "Cosine(0.1, 100, 1e-4)", "--steps", "100", "--min-lr"]
    assert main([*smallest, "1e-5"]) == 0
    assert main([*smallest, "1e-3"]) == 1


def test_check_gives_its_findings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", SPEC, "--steps", "100_000", "--json"])
    found = json.loads(capsys.readouterr().out)

    assert status == 1
    assert found == [finding.to_dict() for finding in check(S, 100_000)]
    assert {tuple(finding) for finding in found} == {("code", "severity", "message", "remedy")}


def test_compare_says_what_the_function_says(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", "Cosine(0.1, 100)", "Linear(0.1, 0, 100)", "--steps", "1e2"]
    found = compare(Cosine(0.1, 100), Linear(0.1, 0, 100), 100)

    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert main([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert from_dict(data["a"]) == found.a
    assert from_dict(data["b"]) == found.b
    assert data["equal"] is False
    assert data["gap_at"] == found.gap_at
    assert data.keys() - {"equal"} == set(found.__dataclass_fields__)


def test_what_json_cannot_hold_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", "Exponential(0.1, 10)", "Constant(1)", "--steps", "400", "--json"]
    assert main(arguments) == 0

    data = json.loads(capsys.readouterr().out)
    assert data["total_a"] is data["largest_gap"] is None
    assert data["total_b"] == 400


def test_design_prints_a_schedule_that_can_be_copied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ends = ["design", "--base-lr", "0.1", "--final-lr", "0.001", "--steps", "90"]
    assert main(ends) == 0
    first, empty, *rows = capsys.readouterr().out.splitlines()

    assert parse(first) == Exponential.from_final_lr(0.1, 0.001, 90)
    assert empty == ""
    assert "  half-life   13.54635      steps" in rows
    assert main([*ends, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert parse(data["spec"]) == parse(first)
    assert data["half_life"] == pytest.approx(90 / math.log2(100))


def test_design_takes_times_in_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    times = ["--steps", "90ep", "--step-size", "30 epochs", "--steps-per-epoch", "391"]
    assert main(["design", "--base-lr", "0.1", "--gamma", "0.1", *times]) == 0

    assert capsys.readouterr().out.startswith(
        "StepDecay(base_lr=0.1, gamma=0.1, step_size=11730)"
    )
    assert main(["design", "--base-lr=0.1", "--half-life=2.5", "--kind=exponential"]) == 0
    assert "every=2.5" in capsys.readouterr().out


def test_a_half_life_in_epochs_is_not_rounded(capsys: pytest.CaptureFixture[str]) -> None:
    for text, steps in (
        ("2.5ep", 977.5),
        ("2.5 Epochs", 977.5),
        ("1e-1EP", 39.1),
        ("2k", 2000),
    ):
        arguments = ["--base-lr=0.1", f"--half-life={text}", "--steps-per-epoch=391", "--json"]
        assert main(["design", *arguments]) == 0
        assert json.loads(capsys.readouterr().out)["half_life"] == pytest.approx(steps)


def test_design_is_folded_to_a_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["design", "--base-lr=0.1", "--final-lr=0.001", "--steps=90", "--drops=3"]
    main(arguments)
    whole = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "50")
    main(arguments)
    out = capsys.readouterr().out

    assert out.split() == whole.split()
    assert max(map(len, out.splitlines())) <= 50
    assert out.count("\n\n") == whole.count("\n\n") == 2


def test_design_takes_every_number_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, spec in (
        (
            "--base-lr 0.1 --rate 0.5",
            "Exponential(base_lr=0.1, gamma=0.36787944117144233, every=2)",
        ),
        ("--base-lr 0.1 --decay-percent 5", "Exponential(base_lr=0.1, gamma=0.95)"),
        (
            "--base-lr 0.1 --gamma 0.5 --steps 9 --drops 2 --floor offset",
            "StepDecay(base_lr=0.1, gamma=0.5, step_size=5, floor='offset')",
        ),
        (
            "--base-lr 1 --final-lr 0.25 --half-life 9 --kind geometric",
            "Geometric(base_lr=1, final_lr=0.25, steps=18)",
        ),
    ):
        assert main(["design", *arguments.split()]) == 0
        assert capsys.readouterr().out.splitlines()[0] == spec


# Numbers of steps


@pytest.mark.parametrize("steps", ["3000", "3_000", "3e3", "3000.0", "3k", "30ep", "30 Epochs"])
def test_a_number_of_steps_may_be_written_in_many_ways(
    steps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", "Constant(0.1)", "--steps", steps, "--steps-per-epoch", "100"]

    assert main(arguments) == 0
    assert capsys.readouterr().out == "nothing found in 3000 steps\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--steps=0", "argument --steps: must be a whole number from 1 to 2**53, got '0'"),
        ("--steps=-5", "argument --steps: must be a whole number from 1 to 2**53, got '-5'"),
        (
            "--steps=2.5",
            "argument --steps: must be a whole number from 1 to 2**53, got '2.5': for epochs"
            " write '2.5ep'",
        ),
        (
            "--steps=0.5",
            "argument --steps: must be a whole number from 1 to 2**53, got '0.5': give steps or"
            " epochs, not a share",
        ),
        (
            "--steps=1e20",
            "argument --steps: must be a whole number from 1 to 2**53, got '1e20'",
        ),
        ("--steps=nan", "argument --steps: must be a whole number from 1 to 2**53, got 'nan'"),
        ("--steps=inf", "argument --steps: must be a whole number from 1 to 2**53, got 'inf'"),
        (
            "--steps=9007199254740993",
            "argument --steps: must be a whole number from 1 to 2**53, got '9007199254740993'",
        ),
        (
            f"--steps={'9' * 6000}",
            f"argument --steps: must be a whole number from 1 to 2**53, got '{'9' * 40}'",
        ),
        (
            "--steps=9days",
            "argument --steps: must be a whole number from 1 to 2**53, or epochs as '90ep', got"
            " '9days'",
        ),
        (
            "--steps=10%",
            "argument --steps: must be a whole number from 1 to 2**53, or epochs as '90ep', got"
            " '10%': give steps or epochs, not a share",
        ),
        (
            "--steps=0ep --steps-per-epoch=9",
            "argument --steps: must be a whole number from 1 to 2**53, got '0ep'",
        ),
        ("--steps=9ep", "argument --steps: '9ep' needs --steps-per-epoch"),
        ("--steps=9EPOCHS", "argument --steps: '9EPOCHS' needs --steps-per-epoch"),
        (
            "--steps=9 --steps-per-epoch=0",
            "argument --steps-per-epoch: must be a whole number from 1 to 2**53, got '0'",
        ),
        (
            "--steps=9 --steps-per-epoch=x",
            "argument --steps-per-epoch: must be a whole number from 1 to 2**53, got 'x'",
        ),
        (
            "--steps=9 --min-lr=x",
            "argument --min-lr: must be a finite number >= 0, got 'x'",
        ),
        (
            "--steps=9 --min-lr -1",
            "argument --min-lr: must be a finite number >= 0, got '-1'",
        ),
        (
            "--steps=9 --min-lr nan",
            "argument --min-lr: must be a finite number >= 0, got 'nan'",
        ),
        ("--steps=9 --frob", "unrecognized arguments: --frob"),
        ("--step=9", "the following arguments are required: --steps"),
    ],
)
def test_a_bad_option_is_one_line_and_status_2(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(["check", "Cosine(0.1, 9)", *arguments.split()])
    assert error.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err in (f"lrcurves check: {message}\n", f"lrcurves: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("compare - - --steps=9", "A and B cannot both be read from standard input"),
        ("compare Constant(1) 7 --steps=9", "B: text must stand for a schedule, got '7'"),
        ("compare 1/0 Constant(1) --steps=9", "A: column 4: a number is divided by 0"),
        (
            "compare Constant(1) Constant(2) --steps=1e12",
            "compare: steps must be a whole number >= 1 and <= 4.29497e+09, got 1000000000000",
        ),
        ("show nothing.json", "nothing.json cannot be read: No such file or directory"),
        ("show {}", "$.type is missing: it names the kind of schedule"),
        (
            "design --base-lr=0.1 --half-life=0",
            "--half-life must be a finite number > 0, got 0",
        ),
        (
            "design --base-lr=0.1 --final-lr=0.2 --steps=9",
            "--final-lr must be < --base-lr, got 0.2 >= 0.1: a rate that grows is no decay",
        ),
    ],
)
def test_a_bad_argument_is_one_line_and_status_2(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    assert capsys.readouterr() == ("", f"lrcurves: {message}\n")


def test_a_time_of_a_design_is_a_number_or_in_epochs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for text, message in (
        ("3xx", "must be a number of steps, or of epochs as '90ep', got '3xx'"),
        ("3ep", "'3ep' needs --steps-per-epoch"),
    ):
        with pytest.raises(SystemExit) as error:
            main(["design", "--base-lr", "0.1", "--half-life", text])
        assert error.value.code == 2
        assert capsys.readouterr().err == (
            f"lrcurves design: argument --half-life: {message}\n"
        )


@given(st.text(max_size=30) | st.text("CosineLar(0.1,)>+*-/ '\"{}[]", max_size=30))
@example("0.1")
@example("1/0")
@example("Constant(1e999)")
@example("\x00.json")
@example("\ud800.json")
@example('{"type": "Constant", "base_lr": 1e999}')
@example("[" * 30)
@example("--")
@settings(max_examples=300)
def test_no_text_as_a_spec_ends_in_a_traceback(text: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(["check", "--steps=3", f"{text}"])
        except SystemExit as error:  # argparse takes it for an option
            status = int(error.code or 0)
    if status == 2:
        assert out.getvalue() == ""
        assert err.getvalue().startswith("lrcurves")
        assert len(err.getvalue().splitlines()) == 1
    else:
        assert err.getvalue() == ""


@given(schedules(), st.integers(1, 10**6))
@settings(max_examples=50)
def test_any_schedule_is_shown_and_checked(s: Schedule, steps: int) -> None:
    for arguments in (
        ["show", repr(s), f"--steps={steps}"],
        ["check", repr(s), f"--steps={steps}"],
    ):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
        assert status in (0, 1)
        assert out.getvalue()
        assert err.getvalue() == ""


# Files and streams


def test_a_spec_comes_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (repr(S), to_json(S), "\ufeff\n" + to_json(S, indent=1)):
        stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="ascii")
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["compare", "-", SPEC, "--steps", "9"]) == 0
        assert capsys.readouterr().out.endswith("the schedules are equal\n")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    assert main(["show", "-"]) == 2
    assert capsys.readouterr().err == (
        "lrcurves: standard input must be UTF-8 text: invalid start byte\n"
    )
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["show", "-"]) == 2
    assert capsys.readouterr().err == "lrcurves: standard input is closed\n"


def test_a_spec_may_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", to_json(S), SPEC, "--steps", "9"]) == 0

    assert capsys.readouterr().out.endswith("the schedules are equal\n")


def test_an_error_in_a_file_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text, message in (
        ("a.json", "{", "a.json: text must be JSON, got '{': "),
        ("b.json", "{}", "b.json: $.type is missing: it names the kind of schedule\n"),
        ("c.json", '{"type": "Constant", "base_lr": []}', "c.json: $.base_lr must be"),
        ("d.json", " \n", f"d.json is empty: give {FORMS}\n"),
    ):
        (tmp_path / name).write_text(text)
        for arguments in (["show", name], ["compare", SPEC, name, "--steps=9"]):
            assert main(arguments) == 2
            assert capsys.readouterr().err.startswith(f"lrcurves: {message}")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(["compare", SPEC, "-", "--steps=9"]) == 2
        assert capsys.readouterr().err.startswith("lrcurves: standard input")


def test_nothing_as_a_spec_is_said_to_be_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    for arguments, name in (
        (["show", ""], "SPEC"),
        (["show", "  "], "SPEC"),
        (["show", "-"], "standard input"),
        (["compare", SPEC, "", "--steps", "9"], "B"),
    ):
        assert main(arguments) == 2
        assert capsys.readouterr().err == f"lrcurves: {name} is empty: give {FORMS}\n"


def test_the_suffix_of_a_file_may_be_in_capitals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "S.JSON").write_text(to_json(S))

    assert main(["compare", str(tmp_path / "S.JSON"), SPEC, "--steps", "9"]) == 0
    assert capsys.readouterr().out.endswith("the schedules are equal\n")


def test_a_file_with_another_suffix_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.txt").write_text(SPEC)
    (tmp_path / "folder").mkdir()
    for spec, start in (
        ("spec.txt", "'spec.txt' is a file: "),
        ("folder", "'folder' is a directory: "),
        ("missing.txt", "column 8: '.' is not expected here; "),
        ("no/such", "column 1: 'no' is not the name of a schedule: "),
    ):
        assert main(["show", spec]) == 2
        message = capsys.readouterr().err
        assert message.startswith(f"lrcurves: {start}")
        assert message.endswith(
            " a schedule in a file must be named .json, or be read from standard input with -\n"
        )
    for spec in ("1/0", "0.5", "Constant(1)/0.x", "frob"):
        assert main(["show", spec]) == 2
        assert ".json" not in capsys.readouterr().err


def test_an_expression_wins_over_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Constant(1)").touch()

    assert main(["check", "Constant(1)", "--steps", "9"]) == 0
    assert capsys.readouterr().out == "nothing found in 9 steps\n"


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_a_table_has_the_type_that_was_asked_for(dtype: str, tmp_path: Path) -> None:
    asked = ["table", SPEC, "--steps", "3000", "--dtype", dtype, "--out"]
    assert main([*asked, str(tmp_path / "r.npy")]) == 0
    assert main([*asked, str(tmp_path / "r.csv")]) == 0

    expected = S.lr_array(range(3000), dtype=dtype)
    rates = np.load(tmp_path / "r.npy")
    assert rates.dtype == dtype
    assert (rates == expected).all()
    with (tmp_path / "r.csv").open() as rows:
        texts = [lr for _, lr in list(csv.reader(rows))[1:]]
    assert (np.array(texts, dtype=dtype) == expected).all()
    assert max(map(len, texts)) <= {"float64": 24, "float32": 15, "float16": 10}[dtype]


def test_a_full_disk_leaves_the_old_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "rates.npy"
    file.write_text("old")
    monkeypatch.setattr("lrcurves.cli._write_npy", full)

    assert main(["table", SPEC, "--steps", "3", "--out", str(file)]) == 2
    assert capsys.readouterr().err == (
        f"lrcurves: --out cannot be written: {file}: No space left on device\n"
    )
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_signal_to_terminate_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lrcurves", "table", SPEC, "--steps", "1e12"]
    process = subprocess.Popen([*command, "--out", str(tmp_path / "r.npy")])
    try:
        while not any(path.stat().st_size > 1000 for path in tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM
    finally:
        process.kill()
    assert list(tmp_path.iterdir()) == []


def test_a_signal_runs_what_tidies_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(
        "lrcurves.cli._write_npy", lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    with pytest.raises(SystemExit) as error:
        main(["table", SPEC, "--steps", "3", "--out", str(tmp_path / "r.npy")])

    assert error.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_table_can_be_written_from_another_thread(tmp_path: Path) -> None:
    done: list[int] = []
    arguments = ["table", SPEC, "--steps", "3", "--out", str(tmp_path / "r.npy")]
    thread = threading.Thread(target=lambda: done.append(main(arguments)))
    thread.start()
    thread.join()

    assert done == [0]
    assert len(np.load(tmp_path / "r.npy")) == 3


def test_an_output_that_is_full_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lrcurves", "check", SPEC, "--steps", "10000"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr == (
        "lrcurves: standard output cannot be written: No space left on device\n"
    )


def test_what_is_still_buffered_then_is_dropped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for fd, status in ((writer, 0), (os.open("/dev/full", os.O_WRONLY), 2)):
        with monkeypatch.context() as patch, open(fd, "w") as stream:
            patch.setattr(sys, "stdout", stream)
            assert main(["check", SPEC, "--steps", "10000"]) == status
    assert capsys.readouterr().err == (
        "lrcurves: standard output cannot be written: No space left on device\n"
    )


def test_an_output_that_is_closed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        assert main(["check", SPEC, "--steps", "10000"]) == 2
    assert capsys.readouterr().err == "lrcurves: standard output is closed\n"


def test_help_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--help", "--version"):
        with monkeypatch.context() as patch, open("/dev/full", "w") as full:
            patch.setattr(sys, "stdout", full)
            assert main([option]) == 2
        assert capsys.readouterr().err == (
            "lrcurves: standard output cannot be written: No space left on device\n"
        )


def test_an_error_of_the_system_tells_what_it_is_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(error: Exception) -> Callable[..., NoReturn]:
        def fail(*_: object) -> NoReturn:
            raise error

        return fail

    bad = OSError(errno.EBADF, os.strerror(errno.EBADF))
    many = OSError(errno.EMFILE, os.strerror(errno.EMFILE), "module.so")
    loop = RuntimeError("Symlink loop from 'r.npy'")
    table, out = ["table", SPEC, "--steps=3"], "--out cannot be written"
    for name, error, arguments, message in (
        ("pathlib.Path.resolve", bad, [*table, "--out=r.npy"], f"{out}: r.npy: {bad.strerror}"),
        ("pathlib.Path.resolve", loop, [*table, "--out=r.npy"], f"{out}: r.npy: {loop}"),
        ("lrcurves.cli._write_csv", many, table, "module.so: Too many open files"),
        (
            "lrcurves._files._decoded",
            bad,
            ["check", "-", "--steps=3"],
            f"standard input cannot be read: {bad.strerror}",
        ),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
            patch.setattr(name, fails(error))
            assert main(arguments) == 2
        assert capsys.readouterr() == ("", f"lrcurves: {message}\n")


def test_a_name_that_no_file_can_have_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{'r' * 300}.npy"
    assert main(["table", SPEC, "--steps=3", f"--out={name}"]) == 2
    assert capsys.readouterr().err == (
        f"lrcurves: --out cannot be written: {name}: File name too long\n"
    )


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m lrcurves show '{SPEC}'; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"], capture_output=True, text=True, check=False
    )

    assert done.stderr == "0\n"


# Terminals


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def on_a_terminal(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Run the command line with both of its streams on a terminal."""
    out, err = Terminal(), Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        main(arguments)
    return out.getvalue(), err.getvalue()


def test_colours_are_for_terminals_that_have_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    arguments = ["show", "Cosine(0.1, 10)", "--steps", "100"]
    coloured, _ = on_a_terminal(arguments, monkeypatch)
    assert "\x1b[33mwarning\x1b[0m ends-early" in coloured
    assert "│\x1b[34m█" in coloured

    main(arguments)
    plain = capsys.readouterr().out
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    assert "\x1b" not in plain
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert on_a_terminal(arguments, monkeypatch) == (plain, "")


def test_lines_are_folded_to_a_width_and_stay_whole_without_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", "Cosine(0.1, 10)", "--steps", "100"]
    monkeypatch.delenv("COLUMNS", raising=False)
    main(arguments)
    whole = capsys.readouterr().out
    assert len(whole.splitlines()) == 2

    monkeypatch.setenv("COLUMNS", "20")
    main(arguments)
    folded = capsys.readouterr().out
    assert folded.split() == whole.split()
    lines = folded.splitlines()
    assert all(len(line) <= 20 or len(line.split()) == 1 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:] if "->" not in line)


@pytest.mark.parametrize("columns", ["0", "-5", "x", "", "²"])
def test_a_width_that_is_none_is_80(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    main(["show", "Cosine(0.1, 10)"])

    assert max(map(len, capsys.readouterr().out.splitlines()[2:16])) == 79


def test_the_width_of_the_terminal_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(Terminal, "fileno", lambda self: 1)
    monkeypatch.setattr(os, "get_terminal_size", lambda fd: os.terminal_size((40, 9)))
    out, _ = on_a_terminal(["show", "Cosine(0.1, 10)"], monkeypatch)

    assert max(map(len, re.sub(r"\x1b\[\d+m", "", out).splitlines()[2:])) <= 40


@pytest.mark.parametrize("columns", ["20", "1000"])
def test_a_chart_fits_a_narrow_and_a_wide_terminal(columns: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lrcurves", "show", "Cosine(0.1, 100)"],
        capture_output=True,
        env={**os.environ, "COLUMNS": columns, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        check=True,
    )
    assert max(map(len, done.stdout.splitlines()[1:])) <= min(int(columns), 100)
    assert float(done.stdout.partition("    50  ")[2].split()[0]) == 0.05


def test_a_locale_without_letters_of_others_is_served() -> None:
    names = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    env = {k: v for k, v in os.environ.items() if k != "PYTHONIOENCODING"} | names
    for arguments in (["show", SPEC, "--log"], ["check", SPEC, "--steps", "100000"]):
        done = subprocess.run(
            [sys.executable, "-m", "lrcurves", *arguments],
            capture_output=True,
            encoding="ascii",
            env=env,
            check=False,
        )
        assert done.returncode in (0, 1)
        assert done.stderr == ""


def test_a_name_that_cannot_be_printed_is_written_in_escapes(tmp_path: Path) -> None:
    done = run("table", SPEC, "--steps", "2", "--out", "ä.csv", cwd=tmp_path, encoding="ascii")

    assert done.stdout == "2 rates written to \\xe4.csv\n"
    assert (tmp_path / "ä.csv").exists()


def test_a_long_table_tells_a_terminal_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lrcurves._terminal.Progress.patience", 0.0)
    file = str(tmp_path / "r.npy")
    arguments = ["table", SPEC, "--steps", "200000", "--out", file]
    out, err = on_a_terminal(arguments, monkeypatch)

    *lines, last, end = err.split("\r")
    assert lines == [
        "",
        " 33% of 200000 steps",
        " 66% of 200000 steps",
        " 98% of 200000 steps",
        "100% of 200000 steps",
    ]
    assert last == " " * len("100% of 200000 steps")
    assert (end, out) == ("", f"200000 rates written to {file}\n")

    assert main(arguments) == 0
    assert capsys.readouterr().err == ""


def test_a_quick_table_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrcurves._terminal.Progress.patience", 1e9)
    arguments = ["table", SPEC, "--steps", "200000", "--out", str(tmp_path / "r.npy")]

    assert on_a_terminal(arguments, monkeypatch)[1] == ""


# Start-up


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["design", "--help"]])
def test_help_and_version_load_no_more_than_they_need(arguments: list[str]) -> None:
    code = f"""
import sys
from lrcurves.cli import main
try:
    main({arguments!r})
except SystemExit as error:
    assert not error.code
heavy = ("numpy", "matplotlib", "tempfile", *("lrcurves." + x for x in ("plot", "serial")))
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stderr == "[]\n"


def test_every_command_explains_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "table", "check", "design", "compare"):
        with pytest.raises(SystemExit) as error:
            main([command, "--help"])
        assert error.value.code == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: lrcurves {command} ")
        assert "--steps" in text
