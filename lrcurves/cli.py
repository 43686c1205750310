"""The command line: ``lrcurves show | table | check | design | compare``.

A schedule is given as an expression, as a ``.json`` file, or as ``-`` for either on standard
input. The exit status is 0; 1 if ``check`` warns; 2 after one line on standard error about what
is wrong; 130 after an interrupt.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from . import __version__
from ._domains import Interval
from ._files import SPEC, replacing
from ._files import read as _read_spec
from ._files import write_csv as _write_csv
from ._files import write_npy as _write_npy
from ._terminal import Progress, folded, say, styled, width

if TYPE_CHECKING:
    from .findings import Finding
    from .schedule import Schedule

COUNT = "a whole number from 1 to 2**53"

EPOCHS = re.compile(r"\s*([0-9._e+-]*)\s*(?:ep|epochs?)\s*", re.IGNORECASE)
"""A number of epochs."""

RATE = Interval(0)

COLOURS = {"warning": "yellow", "note": "cyan"}


class _Arguments(argparse.Namespace):
    """What was given on the command line, and how to refuse it."""

    run: Callable[[_Arguments], int]
    fail: Callable[[str], NoReturn]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_one_line(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        if sys.stdout is None:
            raise ValueError("standard output is closed")
        try:
            arguments = _parser().parse_args(argv, _Arguments())
            status = arguments.run(arguments)
        except SystemExit:  # help and the version are output too
            sys.stdout.flush()
            raise
        sys.stdout.flush()  # what cannot be written shows now
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        _drop_output()
        return 0
    except OSError as error:  # of files that are named it has become a ValueError
        if error.filename is not None:  # such as a module, of too many open files
            return _failed(f"{error.filename}: {error.strerror}")
        _drop_output()
        return _failed(f"standard output cannot be written: {error.strerror}")
    except (TypeError, ValueError, ArithmeticError, MemoryError) as error:
        return _failed(str(error) or type(error).__name__)
    except KeyboardInterrupt:
        return 130
    return status


def _failed(message: str) -> int:
    print(f"lrcurves: {_one_line(message)}", file=sys.stderr)
    return 2


def _one_line(message: str) -> str:
    return " ".join(message.split())


@contextlib.contextmanager
def _about(what: str) -> Iterator[None]:
    """Let an error of the operating system tell what it is about."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # a link that leads to itself is the latter
        raise ValueError(f"{what}: {getattr(error, 'strerror', error)}") from None


def _read(spec: str, name: str = "") -> Schedule:
    with _about("standard input cannot be read"):
        return _read_spec(spec, name)


def _drop_output() -> None:
    """Send what is still buffered nowhere: it would be written at exit, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lrcurves",
        description="Draw, tabulate, check, design and compare learning-rate schedules.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lrcurves {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[_Arguments], int], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
        )
        sub.set_defaults(run=run, fail=sub.error)
        sub.add_argument(
            "--steps-per-epoch", type=_whole, metavar="N", help="for times such as 90ep"
        )
        return sub

    def steps(sub: argparse.ArgumentParser, text: str, *, required: bool) -> None:
        sub.add_argument("--steps", metavar="N", required=required, help=text)

    show = command("show", _show, "draw a schedule as text, with its figures and findings")
    show.add_argument("spec", metavar="SPEC", help=SPEC)
    steps(
        show, "how far to draw, as 1000, 1e6 or 90ep; to the end if not given", required=False
    )
    show.add_argument("--log", action="store_true", help="draw on a logarithmic scale")

    table = command("table", _table, "write the rates of N steps as .npy or .csv")
    table.add_argument("spec", metavar="SPEC", help=SPEC)
    steps(table, "how many", required=True)
    table.add_argument(
        "--out", metavar="FILE", default="-", help=".npy, .csv, or - for CSV on the screen"
    )
    table.add_argument(
        "--dtype", choices=("float64", "float32", "float16"), default="float64", help="of rates"
    )

    check = command("check", _check, "look for mistakes; exit status 1 if there is a warning")
    check.add_argument("spec", metavar="SPEC", help=SPEC)
    steps(check, "the length of the run", required=True)
    check.add_argument(
        "--min-lr", type=_rate, metavar="X", help="the smallest rate that is of use"
    )
    check.add_argument("--json", action="store_true", help="findings as JSON")

    design = command("design", _design, "work out a decay from any numbers that settle it")
    for name, text in (
        ("base-lr", "the first rate"),
        ("final-lr", "the rate at the end"),
        ("gamma", "the factor of a step, or of a drop"),
        ("rate", "the decay per step in continuous time, -ln(gamma)"),
        ("decay-percent", "how much a step, or a drop, takes away"),
        ("drops", "how many drops; makes a step decay"),
    ):
        design.add_argument(f"--{name}", type=float, metavar="X", help=text)
    for name, text in (
        ("steps", "the time between first and last rate"),
        ("half-life", "the time in which the rate halves"),
        ("step-size", "the time between two drops; makes a step decay"),
    ):
        design.add_argument(f"--{name}", metavar="N", help=f"{text}, as 1000 or 90ep")
    design.add_argument("--kind", choices=("exponential", "geometric", "step"), help="of decay")
    design.add_argument(
        "--floor", choices=("direct", "offset"), default="direct", help="of drops"
    )
    design.add_argument("--json", action="store_true", help="the numbers as JSON")

    compare = command("compare", _compare, "say where and by how much two schedules differ")
    compare.add_argument("a", metavar="A", help=SPEC)
    compare.add_argument("b", metavar="B", help="likewise")
    steps(compare, "the length of the run", required=True)
    compare.add_argument("--json", action="store_true", help="the differences as JSON")
    return parser


def _number(text: str) -> float | None:
    """Return the number that a text stands for, ``None`` if it stands for none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _is_count(number: float | None) -> TypeGuard[float]:
    return number is not None and 1 <= number <= 1 << 53 and number == int(number)


def _whole(text: str) -> int:
    number = _number(text)
    if not _is_count(number):
        raise argparse.ArgumentTypeError(f"must be {COUNT}, got {text[:40]!r}")
    return int(number)


def _rate(text: str) -> float:
    number = _number(text)
    if number is None or number not in RATE:
        raise argparse.ArgumentTypeError(f"must be {RATE}, got {text[:40]!r}")
    return number


def _time(arguments: _Arguments, name: str, rule: str, *, rounds: bool = True) -> float | None:
    """Return a time in steps, rounded up if it was given in epochs and is to be rounded."""
    text: str | None = getattr(arguments, name)
    if text is None or (number := _number(text)) is not None:
        return None if text is None else number
    from .clock import Clock

    flag, per_epoch = f"--{name.replace('_', '-')}", arguments.steps_per_epoch
    epochs = EPOCHS.fullmatch(text)
    if per_epoch is None and epochs:
        arguments.fail(f"argument {flag}: {text[:40]!r} needs --steps-per-epoch")
    try:
        steps = Clock(per_epoch).steps(text)
    except ValueError:
        arguments.fail(f"argument {flag}: must be {rule}, got {text[:40]!r}{_no_share(text)}")
    return steps if rounds or not epochs else float(epochs[1]) * per_epoch


def _no_share(text: str) -> str:
    """Return what to do about a share, or a fraction, if a text is one."""
    number = _number(text)
    if "%" in text or (number is not None and 0 < number < 1):
        return ": give steps or epochs, not a share"
    if number is not None and 1 < number < math.inf and number != int(number):
        return f": for epochs write '{text[:40].strip()}ep'"
    return ""


def _steps(arguments: _Arguments) -> int:
    """Return the number of steps of the run."""
    steps = _time(arguments, "steps", f"{COUNT}, or epochs as '90ep'")
    if not _is_count(steps):
        text = arguments.steps
        arguments.fail(f"argument --steps: must be {COUNT}, got {text[:40]!r}{_no_share(text)}")
    return int(steps)


def _show(arguments: _Arguments) -> int:
    from ._svg import short
    from .analyse import analyse, check
    from .plot import chart
    from .schedule import horizon

    schedule = _read(arguments.spec)
    length = None if arguments.steps is None else _steps(arguments)
    ends = schedule.end < math.inf
    until = length or horizon(schedule)
    steps = length or max(math.ceil(schedule.end if ends else until), 1)
    report = str(analyse(schedule, steps)).splitlines()
    findings = check(schedule, steps) if length or ends else []

    say(folded(repr(schedule)))
    print()
    text = chart(schedule, until, width() - 1, log=arguments.log)
    say(re.sub("[▁-█]+", lambda blocks: styled(blocks[0], "blue"), text))
    print()
    last = schedule.end if ends and length is None else until
    wide = width() >= 40
    print(f"{'t':>{14 if wide else 6}}  lr")
    for quarter in range(5):
        t = last * quarter / 4
        lr = schedule.lr(t)
        print(f"{t:14.10g}  {lr:.10g}" if wide else f"{short(t):>6}  {lr:.5g}")
    print(f"\nOver {steps} steps:")
    for line in report[1:]:
        if not line.startswith("  rate at"):
            say(folded(line))
    print()
    _print_findings(findings)
    if findings:
        print()
    end = f"ends at {schedule.end:.10g}" if ends else "never ends"
    say(folded(f"The schedule {end}."))
    return 0


def _print_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        first, *more = str(finding).splitlines()
        severity, _, rest = folded(first).partition(" ")
        say(f"{styled(severity, COLOURS[severity])} {rest}")
        for line in more:
            say(folded(line))


def _table(arguments: _Arguments) -> int:
    from pathlib import Path

    schedule, steps, out = _read(arguments.spec), _steps(arguments), arguments.out
    if out == "-":
        _write_csv(schedule, steps, sys.stdout, arguments.dtype, lambda done: None)
        return 0
    target = Path(out)
    suffix = target.suffix.lower()
    if suffix not in (".npy", ".csv"):
        raise ValueError(f"--out must end in .npy or .csv, got {out!r}")
    progress = Progress(steps, "steps")
    with _about(f"--out cannot be written: {out}"), replacing(target) as draft:
        try:
            if suffix == ".npy":
                with draft.open("wb") as binary:
                    _write_npy(schedule, steps, binary, arguments.dtype, progress.update)
            else:
                with draft.open("w", encoding="ascii", newline="\n") as text:
                    _write_csv(schedule, steps, text, arguments.dtype, progress.update)
        finally:
            progress.close()
    say(f"{steps} rates written to {out}")
    return 0


def _check(arguments: _Arguments) -> int:
    from .findings import check

    schedule, steps = _read(arguments.spec), _steps(arguments)
    least = {} if arguments.min_lr is None else {"min_acceptable_lr": arguments.min_lr}
    findings = check(schedule, steps, **least)
    if arguments.json:
        _print_json([finding.to_dict() for finding in findings])
    elif findings:
        _print_findings(findings)
    else:
        print(f"nothing found in {steps} steps")
    return int(any(finding.severity == "warning" for finding in findings))


def _design(arguments: _Arguments) -> int:
    from ._design import DOMAINS, design

    rule = "a number of steps, or of epochs as '90ep'"
    given = {}
    for name in DOMAINS:
        number = getattr(arguments, name)
        if isinstance(number, str):
            number = _time(arguments, name, rule, rounds=name != "half_life")
        if number is not None:
            given[name] = number
    made = design(given, arguments.kind, arguments.floor)
    if arguments.json:
        _print_json(made.to_dict())
    else:
        say(folded(str(made)))
    return 0


def _compare(arguments: _Arguments) -> int:
    from .analyse import compare
    from .serial import to_dict

    if arguments.a == arguments.b == "-":
        raise ValueError("A and B cannot both be read from standard input")
    found = compare(_read(arguments.a, "A"), _read(arguments.b, "B"), _steps(arguments))
    if not arguments.json:
        say(folded(str(found)))
        return 0
    data = {field.name: _finite(getattr(found, field.name)) for field in fields(found)}
    data |= {"a": to_dict(found.a), "b": to_dict(found.b), "equal": found.equal}
    _print_json(data)
    return 0


def _print_json(data: Any) -> None:
    import json

    print(json.dumps(data, indent=2, allow_nan=False))


def _finite(value: Any) -> Any:
    """Return a value, or ``None`` for a number that JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
