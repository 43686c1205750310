"""The third question: what ``import lrcurves`` costs, and that it leaves numpy alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import lrcurves

from .check import RefusedError
from .harness import Effort, Rounds
from .report import Results, Row

_CHILD = """
import sys, time
begin = time.perf_counter()
import {module}
print(time.perf_counter() - begin, "numpy" in sys.modules)
"""


def measure(effort: Effort) -> Results:
    """Time imports in fresh processes; numpy is the yardstick."""
    seconds: dict[str, list[float]] = {"lrcurves": [], "numpy": []}
    with TemporaryDirectory() as cache:
        for module in seconds:
            _launch(module, cache)  # compiles
        for _ in range(effort.launches):
            for module, taken in seconds.items():
                taken.append(_launch(module, cache))
    rounds = Rounds(seconds)
    costs = {f"import {module}": rounds.cost(module, unit=1e-3) for module in seconds}
    ratios = {"import numpy": rounds.ratio("lrcurves", "numpy")}
    row = Row("fresh process", costs, ratios, len(rounds))
    return Results("import lrcurves, without numpy", "ms", [row])


def _launch(module: str, cache: str) -> float:
    """Return the seconds that an import takes in a process of its own.

    Bytecode is kept in a folder of ours: where Python may not write any beside the source, each
    import would compile, and that is not what users wait for.
    """
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(module=module)],
        cwd=Path(lrcurves.__file__).parents[1],
        env=settings | {"PYTHONPYCACHEPREFIX": cache},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, loaded = child.stdout.split()
    if module == "lrcurves" and loaded == "True":
        raise RefusedError(
            "import lrcurves loads numpy, which it must leave to the first array"
        )
    return float(seconds)
