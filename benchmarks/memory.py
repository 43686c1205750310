"""How much memory a call takes at its worst, beyond what is there before it.

NumPy reports each array to :mod:`tracemalloc`, so this counts to the byte what a fresh process
could only guess from the pages that it touches, among them those of the buffer.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

MIB = 1 << 20


def above(run: Callable[[], object]) -> float:
    """Return the peak of a call in MiB, above the memory in use when it begins."""
    collecting = gc.isenabled()
    gc.disable()  # a collection would free what others have left
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        run()
        return (tracemalloc.get_traced_memory()[1] - before) / MIB
    finally:
        tracemalloc.stop()
        if collecting:
            gc.enable()
