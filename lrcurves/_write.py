"""Values of a matrix, written to a part of the result, some rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._matrix import Points, Products, Ramp, Rows, across, as_products, is_ready
from ._requests import WIDEST_PRODUCT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

MOST_FLOPS = 250_000
"""OpenBLAS hands products of more than 2**18 multiplications to several threads."""

PRODUCT_SIZE = 1 << 15
POINTS_SIZE = 1 << 14
"""How many results are computed at once, so that they stay in the cache."""

MOST_APART = 32
"""So many rows at once that are apart in memory, for a processor keeps few places at hand."""

FEWEST_AT_ONCE = 1 << 12
"""But at least so many results: fewer take longer to ask for than to compute."""


def write(value: Any, out: Array, which: slice = slice(None)) -> None:
    """Write some rows of a value to a matrix that is part of the result."""
    if type(value) is Products and 1 < value.c.shape[1] <= MOST_FLOPS // out.size:
        if is_ready(out):
            np.matmul(value.c[which], value.f, out=out)
        else:
            out[...] = value.c[which] @ value.f
    elif isinstance(value, Rows):
        out[...] = value.x[which, None]
    elif isinstance(value, Points):
        batches = _batches(out, POINTS_SIZE)
        spare = np.empty((batches[0].stop, out.shape[1]))
        start, step = which.start or 0, which.step or 1
        for rows in batches:
            mine = slice(start + rows.start * step, start + rows.stop * step, step)
            value.write(mine, out[rows], spare)
    elif isinstance(value, Ramp | Products):
        products = as_products(value)
        c, f = products.c[which], np.ascontiguousarray(products.f)
        if c.shape[1] == 1:  # a second product of zeros makes it faster
            c = np.concatenate([c, np.zeros_like(c)], 1)
            f = np.concatenate([f, np.zeros_like(f)], 0)
        size = min(PRODUCT_SIZE, MOST_FLOPS // c.shape[1])
        ready = is_ready(out)
        for at in range(0, out.shape[1], WIDEST_PRODUCT):
            columns = slice(at, at + WIDEST_PRODUCT)
            part, factors = out[:, columns], f[:, columns]
            if ready:
                for rows in _batches(part, size):
                    np.matmul(c[rows], factors, out=part[rows])
            else:
                for rows in _batches(part, size):
                    part[rows] = c[rows] @ factors
    else:
        out[...] = across(value)


def rows_apart(width: int) -> int:
    """Return how many rows that are apart in memory are written at once."""
    return max(MOST_APART, FEWEST_AT_ONCE // width)


def _batches(out: Array, size: int) -> list[slice]:
    rows = max(1, size // out.shape[1])
    if out.strides[0] != out.shape[1] * out.strides[1]:
        rows = min(rows, rows_apart(out.shape[1]))
    return [slice(at, min(at + rows, len(out))) for at in range(0, len(out), rows)]
