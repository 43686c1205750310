"""What a terminal can show: its width, its colours, its characters, how far a job has come."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

NARROWEST, WIDEST = 20, 100

STYLES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "blue": "34", "cyan": "36"}

PLAIN = str.maketrans("▁▂▃▄▅▆▇█┤│┼─…", "   #####||+-.")
"""The characters of charts, in ASCII."""


def width() -> int:
    """Return how many characters a line may have: ``COLUMNS``, or the terminal, or 80."""
    return min(max(_columns() or 80, NARROWEST), WIDEST)


def _columns() -> int:
    """Return the width that was asked for or that the terminal has, 0 if there is none."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):  # a file, a pipe, or no stream of the system at all
        return 0


def folded(text: str) -> str:
    """Return text with its long lines folded between words, if there is a width to fold to.

    In a pipe a line stays a line, for ``grep`` and the like.
    """
    if not _columns():
        return text
    from textwrap import TextWrapper

    lines = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        fold = TextWrapper(width(), "", indent, break_long_words=False, break_on_hyphens=False)
        lines += fold.wrap(line) or [""]
    return "\n".join(lines)


def has_colours(stream: TextIO) -> bool:
    """Return whether a stream shows colours, and is wanted to (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def styled(text: str, style: str) -> str:
    """Return text in a style, if standard output has colours."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if has_colours(sys.stdout) else text


def say(text: str) -> None:
    """Print text in the characters that standard output has."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    print(text)


class Progress:
    """How far a job has come, in one line on a terminal: nothing if it is quick, or unseen.

    Args:
        whole: how much there is to do.
        what: what it is, such as "steps".
    """

    patience = 0.5
    """After so many seconds, and again after each fifth of them, the line is written."""

    def __init__(self, whole: int, what: str) -> None:
        self.whole = whole
        self.what = what
        self.seen = sys.stderr is not None and sys.stderr.isatty()
        self.next = time.monotonic() + self.patience
        self.written = 0

    def update(self, done: int) -> None:
        """Show that so much is done, if it is time to."""
        now = time.monotonic()
        if self.seen and now >= self.next:
            self.next = now + self.patience / 5
            line = f"{done / self.whole:4.0%} of {self.whole} {self.what}"
            self.written = len(line)
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove the line."""
        if self.written:
            print("\r" + " " * self.written + "\r", end="", file=sys.stderr, flush=True)
            self.written = 0
