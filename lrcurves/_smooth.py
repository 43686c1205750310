"""Interpolation: a smooth function of a sum of two parts, as a sum of products.

In a row of a matrix the times differ little, so that a polynomial of the place in the row is a
smooth function to the last digit. Its coefficients follow from a few values in each row. They
are those of the difference from the value in its middle: such terms are small, and so are their
roundings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

NODES = 9
"""Values in each row: odd, so that there is one in the middle."""

MIDDLE = NODES // 2
LEFT_OUT = [2, NODES - 3]
KEPT = [i for i in range(NODES) if i != MIDDLE and i not in LEFT_OUT]
OTHERS = [i for i in range(NODES) if i != MIDDLE]
PLACES = (1.0 - np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2.0
"""Those of Chebyshev, from 0 to 1."""

MOST_CHANGE = 1.0 / 32.0
"""How much values of a row may differ from the one in the middle, relative to the smallest."""

MOST_MISSED = 64.0 * 2.0**-52
"""By how much, relative to it, two values may be missed that two degrees less leave out.

That is well above the rounding of the values. What all degrees together miss is then as much
smaller as two more of them make it, which is far below it.
"""


class Interpolation(NamedTuple):
    """Factors of the rows and of the columns, and in which rows their sums are the function."""

    rows: Array
    columns: Array
    good: Array


def interpolated(x: Array, values: Callable[[Array], Array]) -> Interpolation | None:
    """Return a function as a sum of products; ``None`` if there are too few columns.

    Args:
        x: a number for each column, of which the function is smooth in each row.
        values: the function: told the numbers of some columns, it gives an array for each.
    """
    different, columns = np.unique(x, return_index=True)
    places = np.unique(np.rint(PLACES * (len(different) - 1)).astype(np.intp))
    if len(places) < NODES:
        return None
    nodes = columns[places]
    f = _chebyshev(2.0 * (x - different[0]) / (different[-1] - different[0]) - 1.0)
    f -= f[:, nodes[MIDDLE], None]
    v = values(nodes)
    middle, size = v[MIDDLE], np.abs(v).min(0)
    change = v - middle
    at = f[:, nodes].T
    few = at[:, : len(KEPT)]
    guessed = few[LEFT_OUT, :] @ np.linalg.inv(few[KEPT]) @ change[KEPT]
    missed = np.abs(change[LEFT_OUT, :] - guessed).max(0)
    good = (np.abs(change).max(0) <= MOST_CHANGE * size) & (missed <= MOST_MISSED * size)
    rows = np.linalg.inv(at[OTHERS]) @ change[OTHERS]
    return Interpolation(np.vstack([middle, rows]), np.vstack([np.ones_like(x), f]), good)


def _chebyshev(z: Array) -> Array:
    """Return the polynomials of degree 1 and above at ``z``, between -1 and 1."""
    f = np.empty((NODES, len(z)))
    f[0], f[1] = 1.0, z
    for k in range(2, NODES):
        f[k] = 2.0 * z * f[k - 1] - f[k - 2]
    return f[1:]
