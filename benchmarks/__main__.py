"""The command line: ``python -m benchmarks [QUESTION ...] [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from .check import RefusedError
from .harness import FULL, QUICK, Effort
from .machine import facts
from .peers import Peer, load
from .plot import draw
from .questions import arrays, compiled, disk, growth, ordered, scalar, startup, stepping
from .report import Results, missed, to_json

LEGEND = """
Median ± half the distance of the quartiles. "x": how many times as long as a peer lrcurves
takes (below 1 it is faster), round by round; then, in brackets, the most that it should be.
A target is MISSED if three of four rounds are above it, and near if only the median is.
A limit such as fill has a ready buffer, hence is compared with out=; a peer that is given a
range makes its array of times itself, and numexpr, optax and keras use all cores."""

Question: TypeAlias = Callable[[Sequence[Peer], Effort], Iterator[Results]]

QUESTIONS: dict[str, Question] = {
    "import": startup.measure,
    "scalar": scalar.measure,
    "range": ordered.measure,
    "shuffled": arrays.shuffled,
    "real": arrays.real,
    "disk": disk.measure,
    "jit": compiled.measure,
    "torch": stepping.measure,
    "growth": growth.measure,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; return 1 if a result was refused."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "questions",
        nargs="*",
        metavar="QUESTION",
        help=f"all, or some of: {', '.join(QUESTIONS)}",
    )
    parser.add_argument("--quick", action="store_true", help="small tables, in some seconds")
    parser.add_argument("--size", type=int, metavar="N", help="the length of the tables")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the results there, too"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw growth: .png or .svg")
    options = parser.parse_args(argv)
    if unknown := set(options.questions) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    asked = [name for name in QUESTIONS if name in (options.questions or QUESTIONS)]
    if options.plot and "growth" not in asked:
        parser.error("--plot draws the question growth, which is not asked")
    effort = QUICK if options.quick else FULL
    if options.size:
        effort = replace(effort, size=options.size, smaller=options.size, judged=False)

    machine, (peers, left_out) = facts(), load()
    print(*(f"{name}: {fact}" for name, fact in machine.items()), sep="\n")
    print(LEGEND)
    if left_out:
        print("left out, because not installed:", ", ".join(left_out))
    answers: dict[str, list[Results]] = {name: [] for name in asked}
    try:
        for name in asked:
            for result in QUESTIONS[name](peers, effort):
                print(f"\n{result}", end="", flush=True)
                answers[name].append(result)
    except RefusedError as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    results = [result for tables in answers.values() for result in tables]
    late, targets = missed(results)
    if targets:
        print(f"\n{len(late)} of {targets} targets missed", *late, sep="\n")
    if options.json:
        options.json.write_text(to_json(machine, results) + "\n")
    if options.plot:
        draw(answers["growth"][0], options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
