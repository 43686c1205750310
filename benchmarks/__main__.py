"""The command line: ``python -m benchmarks [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import arrays, scalar, startup
from .check import RefusedError
from .harness import FULL, QUICK, Effort
from .machine import facts
from .peers import Peer, load
from .report import Results, to_json

LEGEND = """
Median ± half the distance of the quartiles. "x": how many times as long as a peer lrcurves
takes (below 1 it is faster), round by round. A limit such as fill has a ready buffer, hence
is compared with out=; a peer that is given a range makes its array of times itself."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print all tables; return 1 if a result was refused."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small tables, in some seconds")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the results there, too"
    )
    options = parser.parse_args(argv)

    machine, (peers, missing) = facts(), load()
    print(*(f"{name}: {fact}" for name, fact in machine.items()), sep="\n")
    print(LEGEND)
    if missing:
        print("left out, because not installed:", ", ".join(missing))
    results = []
    try:
        for result in _answers(peers, QUICK if options.quick else FULL):
            print(f"\n{result}", end="", flush=True)
            results.append(result)
    except RefusedError as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(to_json(machine, results) + "\n")
    return 0


def _answers(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    yield startup.measure(effort)
    yield scalar.measure(peers, effort)
    yield from arrays.measure(peers, effort)


if __name__ == "__main__":
    sys.exit(main())
