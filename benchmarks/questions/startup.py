"""What ``import lrcurves`` costs, and that it leaves numpy alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import lrcurves

from ..check import RefusedError
from ..harness import Effort, Rounds
from ..peers import Peer
from ..report import Results, Row

OURS = "import lrcurves"

_CHILD = """
import sys, time
begin = time.perf_counter()
{statement}
print(time.perf_counter() - begin, "numpy" in sys.modules)
"""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time imports in fresh processes."""
    theirs = {p.imports for p in peers if p.imports and (effort.complete or not p.heavy)}
    seconds: dict[str, list[float]] = {statement: [] for statement in (OURS, *sorted(theirs))}
    with TemporaryDirectory() as cache:
        for statement in seconds:
            _launch(statement, cache)  # compiles
        for _ in range(effort.launches):
            for statement, taken in seconds.items():
                taken.append(_launch(statement, cache))
    rounds = Rounds(seconds)
    row = Row(
        "fresh process",
        {statement: rounds.cost(statement, unit=1e-3) for statement in seconds},
        {statement: rounds.ratio(OURS, statement) for statement in sorted(theirs)},
        len(rounds),
    )
    yield Results("import lrcurves, which leaves numpy alone", "ms", [row])


def _launch(statement: str, cache: str) -> float:
    """Return the seconds that an import takes in a process of its own.

    Bytecode is kept in a folder of ours: where Python may not write any beside the source, each
    import would compile, and that is not what users wait for.
    """
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(statement=statement)],
        cwd=Path(lrcurves.__file__).parents[1],
        env=settings | {"PYTHONPYCACHEPREFIX": cache},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, loaded = child.stdout.splitlines()[-1].split()
    if statement == OURS and loaded == "True":
        raise RefusedError(
            "import lrcurves loads numpy, which it must leave to the first array"
        )
    return float(seconds)
