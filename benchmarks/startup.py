"""Question 3: what does ``import lrcurves`` cost, and does it leave numpy alone?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lrcurves

from .check import Refused
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
    for module in seconds:
        _launch(module)  # writes the bytecode, if that is not there yet
    for _ in range(effort.launches):
        for module, taken in seconds.items():
            taken.append(_launch(module))
    rounds = Rounds(seconds)
    costs = {f"import {module}": rounds.cost(module, unit=1e-3) for module in seconds}
    ratios = {"import numpy": rounds.ratio("lrcurves", "numpy")}
    row = Row("fresh process", costs, ratios, len(rounds))
    return Results("import lrcurves, which loads no numpy", "ms; x: times as long as", [row])


def _launch(module: str) -> float:
    """Return the seconds that an import takes in a process of its own."""
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(module=module)],
        cwd=Path(lrcurves.__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, loaded = child.stdout.split()
    if module == "lrcurves" and loaded == "True":
        raise Refused("import lrcurves loads numpy, which it must leave to the first array")
    return float(seconds)
