"""What an operation on a matrix of times asks for, if it cannot be done in this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

WIDEST = 2000
"""How many columns a matrix has, unless a period asks for more."""

WIDEST_PRODUCT = 1 << 13
"""A matrix of wider rows, which are long periods, is written so many columns at once."""


class Blocks(Exception):  # noqa: N818
    """Do without a grid: it is a request, not an error."""


class Cut(Exception):  # noqa: N818
    """Cut the range before each of some points.

    Args:
        at: the numbers of the points.
        narrow: how wide rows may be in the first and in the last part, at most.
    """

    def __init__(self, at: Sequence[int], narrow: tuple[int, int] = (WIDEST, WIDEST)) -> None:
        super().__init__(at)
        self.at = at
        self.narrow = narrow


class Split(Exception):  # noqa: N818
    """Compute some columns apart, and those between them on their own.

    Args:
        columns: the first of each, and the first one after it.
    """

    def __init__(self, columns: Sequence[tuple[int, int]]) -> None:
        super().__init__(columns)
        self.columns = columns


class Align(Exception):  # noqa: N818
    """Make each row a multiple of so many points.

    Args:
        unit: how many.
        lead: after how many points the first row begins, so that a period is a row.
    """

    def __init__(self, unit: int, lead: int) -> None:
        super().__init__(unit, lead)
        self.unit = unit
        self.lead = lead


class Cycles(Exception):  # noqa: N818
    """Make each cycle one row: they are no multiple of any number of points.

    Args:
        starts: the number of the first point of each, and that after the last one.
    """

    def __init__(self, starts: Array) -> None:
        super().__init__(starts)
        self.starts = starts


class Pieces(Exception):  # noqa: N818
    """Make each piece one row: many follow one another.

    Args:
        starts: the number of the first point of each, and that after the last one.
        kinds: which of them are computed in the same way: a number for each, -1 for none.
    """

    def __init__(self, starts: Array, kinds: Array) -> None:
        super().__init__(starts, kinds)
        self.starts = starts
        self.kinds = kinds
