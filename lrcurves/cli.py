"""The command line: ``lrcurves show SPEC`` and ``lrcurves table SPEC --steps N --out FILE``."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn

from . import __version__
from .plot import chart
from .schedule import Schedule, horizon
from .serial import from_json, parse

CHUNK = 1 << 16


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, or 2 after a line about an error."""
    parser = _Parser(prog="lrcurves", description="Learning-rate schedules as text and tables.")
    parser.add_argument("--version", action="version", version=f"lrcurves {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    spec = "an expression such as 'Linear(0, 0.1, 500) >> Cosine(0.1, 9500)', or a .json file"

    show = commands.add_parser("show", help="draw a schedule as text")
    show.add_argument("spec", metavar="SPEC", help=spec)
    show.add_argument("--steps", type=_steps, metavar="N", help="how far to draw")
    show.set_defaults(run=_show)

    table = commands.add_parser("table", help="write the rates of N steps as .npy or .csv")
    table.add_argument("spec", metavar="SPEC", help=spec)
    table.add_argument("--steps", type=_steps, metavar="N", required=True, help="how many")
    table.add_argument(
        "--out", metavar="FILE", default="-", help=".npy, .csv, or - for CSV on the screen"
    )
    table.set_defaults(run=_table)

    arguments = parser.parse_args(argv)
    try:
        arguments.run(_read(arguments.spec), arguments)
    except BrokenPipeError:
        # The reader, such as head, has seen enough. What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (TypeError, ValueError, OSError, MemoryError) as error:
        print(f"lrcurves: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _steps(text: str) -> int:
    try:
        steps = int(text.replace("_", ""))
    except ValueError:
        steps = 0
    if not 1 <= steps <= 1 << 53:
        rule = "must be a whole number from 1 to 2**53"
        raise argparse.ArgumentTypeError(f"{rule}, got {text[:40]!r}")
    return steps


def _read(spec: str) -> Schedule:
    if spec.endswith(".json"):
        try:
            return from_json(Path(spec).read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValueError(f"{spec} must be UTF-8 text: {error.reason}") from None
    return parse(spec)


def _show(schedule: Schedule, arguments: argparse.Namespace) -> None:
    steps = arguments.steps or horizon(schedule)
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    print(schedule)
    print()
    print(_printable(chart(schedule, steps, width=width - 1)))
    print()
    until = schedule.end if arguments.steps is None and schedule.end < math.inf else steps
    print(f"{'t':>14}  lr")
    for quarter in range(5):
        t = until * quarter / 4
        print(f"{t:14.10g}  {schedule.lr(t):.10g}")
    ends = "never ends" if schedule.end == math.inf else f"ends at {schedule.end:.10g}"
    print(f"\nThe schedule {ends}.")


def _printable(text: str) -> str:
    """Return a chart in ASCII if the terminal has no block characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(str.maketrans("▁▂▃▄▅▆▇█┤│┼─", "   #####||+-"))
    return text


def _table(schedule: Schedule, arguments: argparse.Namespace) -> None:
    steps, out = arguments.steps, arguments.out
    if out == "-":
        _write_csv(schedule, steps, sys.stdout)
        return
    target = Path(out)
    suffix = target.suffix.lower()
    if suffix not in (".npy", ".csv"):
        raise ValueError(f"--out must end in .npy or .csv, got {out!r}")
    with _replacing(target) as draft:
        if suffix == ".npy":
            with draft.open("wb") as binary:
                _write_npy(schedule, steps, binary)
        else:
            with draft.open("w", encoding="ascii", newline="\n") as text:
                _write_csv(schedule, steps, text)
    print(f"{steps} rates written to {out}")


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a file to write to that becomes ``target`` if all goes well, and vanishes if not."""
    if target.is_dir():
        raise ValueError(f"--out must be a file, got the directory {str(target)!r}")
    target = target.resolve()  # a link stays one
    try:
        handle, name = tempfile.mkstemp(suffix=target.suffix, prefix=".", dir=target.parent)
    except OSError as error:
        raise ValueError(
            f"--out cannot be written: {target.parent}: {error.strerror}"
        ) from None
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        umask = os.umask(0)
        os.umask(umask)
        draft.chmod(0o666 & ~umask)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _write_npy(schedule: Schedule, steps: int, file: IO[bytes]) -> None:
    from numpy.lib.format import write_array_header_1_0

    header = {"descr": "<f8", "fortran_order": False, "shape": (steps,)}
    write_array_header_1_0(file, header)
    # In pieces, and not into mapped memory: a full disk is an error that way, not a crash.
    for start in range(0, steps, CHUNK):
        rates = schedule.lr_array(range(start, min(start + CHUNK, steps)), dtype="<f8")
        file.write(rates.tobytes())


def _write_csv(schedule: Schedule, steps: int, file: IO[str]) -> None:
    file.write("t,lr\n")
    for start in range(0, steps, CHUNK):
        ts = range(start, min(start + CHUNK, steps))
        rates = schedule.lr_array(ts).tolist()
        file.writelines(f"{t},{lr!r}\n" for t, lr in zip(ts, rates, strict=True))
