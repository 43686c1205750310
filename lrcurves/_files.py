"""What the command line reads and writes: schedules from files, and tables of rates."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

from .schedule import Schedule

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 16
"""So many rates are computed and written at once."""

Told = Callable[[int], None]
"""Is told how many rates have been written."""


def read(spec: str) -> Schedule:
    """Return the schedule that a SPEC of the command line stands for.

    Args:
        spec: an expression, JSON text, the name of a ``.json`` file, or ``-`` for an expression
            or JSON on standard input.

    Raises:
        TypeError: if something in it has the wrong type.
        ValueError: if it stands for no schedule, or cannot be read.
    """
    from .serial import from_json, parse

    text = spec
    if spec == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        text = _decoded("standard input", sys.stdin.buffer.read())
    elif spec.endswith(".json"):
        try:
            with open(spec, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ValueError(f"{spec} cannot be read: {error.strerror}") from None
        return from_json(_decoded(spec, data))
    return from_json(text) if text.lstrip().startswith("{") else parse(text.rstrip())


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} must be UTF-8 text: {error.reason}") from None


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a file to write to that becomes ``target`` if all goes well, and vanishes if not."""
    import tempfile
    from pathlib import Path

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
        with _ended_politely():
            yield draft
            umask = os.umask(0)
            os.umask(umask)
            draft.chmod(0o666 & ~umask)
            draft.replace(target)
    except OSError as error:
        raise ValueError(f"--out cannot be written: {target}: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """Let a signal to terminate run what comes after ``finally``, in the main thread."""
    import signal
    import threading

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def write_npy(schedule: Schedule, steps: int, file: IO[bytes], dtype: str, told: Told) -> None:
    """Write the rates of updates 0 to ``steps - 1`` in the format of ``numpy.save``."""
    import numpy as np
    from numpy.lib.format import write_array_header_1_0

    kind = np.dtype(dtype).newbyteorder("<")
    header = {"descr": kind.str, "fortran_order": False, "shape": (steps,)}
    write_array_header_1_0(file, header)
    # In pieces, and not into mapped memory: a full disk is an error that way, not a crash.
    for start in range(0, steps, CHUNK):
        stop = min(start + CHUNK, steps)
        file.write(schedule.lr_array(range(start, stop), dtype=kind).tobytes())
        told(stop)


def write_csv(schedule: Schedule, steps: int, file: IO[str], dtype: str, told: Told) -> None:
    """Write the same as text, with the fewest digits that read back as the same number."""
    file.write("t,lr\n")
    for start in range(0, steps, CHUNK):
        stop = min(start + CHUNK, steps)
        rates = schedule.lr_array(range(start, stop), dtype=dtype)
        texts = map(repr, rates.tolist()) if dtype == "float64" else map(str, rates)
        file.writelines(f"{t},{lr}\n" for t, lr in zip(range(start, stop), texts, strict=True))
        told(stop)
