"""The command line, run as people run it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lrcurves import Cosine, Linear
from lrcurves.cli import main
from lrcurves.serial import parse, to_json

SPEC = "Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)"
S = Linear(0, 0.1, 500) >> Cosine(0.1, 9500)


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


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rates.npy").mkdir()
    done = run("table", SPEC, "--steps", "5", "--out", "rates.npy", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "lrcurves: --out must be a file, got the directory 'rates.npy'\n"
    assert [path.name for path in tmp_path.iterdir()] == ["rates.npy"]


def test_the_version_is_that_of_the_package() -> None:
    import lrcurves

    assert run("--version").stdout == f"lrcurves {lrcurves.__version__}\n"
