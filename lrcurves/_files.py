"""What the command line reads and writes: schedules from files, and tables of rates."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

from ._domains import shown
from .schedule import Schedule

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 16
"""So many rates are computed and written at once."""

SPEC = "an expression such as 'Linear(0, 0.1, 500) >> Cosine(0.1, 9500)', a .json file, or -"

IN_A_FILE = "a schedule in a file must be named .json, or be read from standard input with -"

Told = Callable[[int], None]
"""Is told how many rates have been written."""


def read(spec: str, name: str = "") -> Schedule:
    """Return the schedule that a SPEC of the command line stands for.

    Args:
        spec: an expression, JSON text, the name of a ``.json`` file, or ``-`` for an expression
            or JSON on standard input.
        name: what to call it in an error, if there are several; a file has its own name.

    Raises:
        TypeError: if something in it has the wrong type.
        ValueError: if it stands for no schedule, or cannot be read.
    """
    from .serial import from_json, parse

    text, source, is_json = spec, name, False
    if spec == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        source = "standard input"
        text = _decoded(source, sys.stdin.buffer.read())
    elif spec.lower().endswith(".json"):
        source, is_json = spec, True
        try:
            with open(spec, "rb") as file:
                text = _decoded(source, file.read())
        except OSError as error:
            raise ValueError(f"{spec} cannot be read: {error.strerror}") from None
    if not text.strip():
        raise ValueError(f"{source or 'SPEC'} is empty: give {SPEC}")
    try:
        if is_json or text.lstrip().startswith("{"):
            return from_json(text)
        return parse(text.rstrip())
    except (TypeError, ValueError) as error:
        message = f"{source}: {error}" if source else str(error)
        # A subclass may need more arguments than a message.
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(message if text is not spec else _file_hint(spec, message)) from None


def _file_hint(spec: str, message: str) -> str:
    """Return what to say of a text that is no schedule: another thing if it is a file."""
    if os.path.exists(spec):
        what = "a directory" if os.path.isdir(spec) else "a file"
        return f"{shown(spec)} is {what}: {IN_A_FILE}"
    return f"{message}; {IN_A_FILE}" if _is_like_a_file(spec) else message


def _is_like_a_file(spec: str) -> bool:
    """Return whether a text has the look of a file's name, with a folder or a suffix."""
    if not set("(){}").isdisjoint(spec):
        return False
    has_folder = any(c in spec for c in "/\\") and spec.lower() != spec.upper()
    return has_folder or os.path.splitext(spec)[1][1:2].isalpha()


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
