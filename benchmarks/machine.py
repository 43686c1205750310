"""What a reader must know of the machine: nothing that identifies it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

import lrcurves


def facts() -> dict[str, str]:
    """Return the facts that timings depend on."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    used = [*simd.get("baseline", ()), *simd.get("found", ())]
    # numpy names the level (X86_V4) since 2.4, and single features (AVX512F) before.
    wide = any(name.startswith("AVX512") or name == "X86_V4" for name in used)
    return {
        "CPU": f"{_model()}, {os.cpu_count()} cores",
        "AVX-512": "yes" if wide else "no",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": np.__version__,
        "lrcurves": lrcurves.__version__,
    }


def _model() -> str:
    linux = Path("/proc/cpuinfo")
    lines = linux.read_text().splitlines() if linux.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine())
