"""What a reader must know of the machine: nothing that identifies it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import lrcurves

LIBRARIES = ("lrsched", "optax", "jax", "keras", "torch", "transformers", "fvcore", "numexpr")


def facts() -> dict[str, str]:
    """Return the facts that timings depend on."""
    return {
        "CPU": f"{_model()}, {os.cpu_count()} cores",
        "SIMD": _simd(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": np.__version__,
        "lrcurves": lrcurves.__version__,
        "peers": ", ".join(filter(None, map(_installed, LIBRARIES))),
    }


def _simd() -> str:
    """Return the widest vectors that numpy finds here, which are those that it uses."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    used = {*simd.get("baseline", ()), *simd.get("found", ())}
    # numpy names the level (X86_V4) since 2.4, and single features (AVX512F) before.
    if "X86_V4" in used or any(name.startswith("AVX512") for name in used):
        return "AVX-512"
    if {"X86_V3", "AVX2"} & used:
        return "AVX2, no AVX-512"
    return f"neither AVX-512 nor AVX2, but {', '.join(sorted(used)) or 'none'}"


def _installed(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return ""


def _model() -> str:
    linux = Path("/proc/cpuinfo")
    lines = linux.read_text().splitlines() if linux.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine())
