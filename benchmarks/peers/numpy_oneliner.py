"""The formula of a curve on a whole NumPy array, as one would write it in a notebook."""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

import numpy as np

from ..curves import Curve
from . import Array, Peer, Table, Times, as_array

_NAMES: dict[str, Any] = {
    "pi": np.pi,
    "cos": np.cos,
    "min": np.minimum,
    "max": np.maximum,
    "where": np.where,
    "interp": np.interp,
    "bisect_right": partial(np.searchsorted, side="right"),
}


class _Where(ast.NodeTransformer):
    """Arrays cannot choose a branch: ``a if c else b`` becomes ``where(c, a, b)``."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        where = ast.Name("where", ast.Load())
        return ast.Call(where, [node.test, node.body, node.orelse], [])


def _table(curve: Curve) -> Table:
    tree = _Where().visit(ast.parse(f"lambda t: {curve.formula}", mode="eval"))
    code = compile(ast.fix_missing_locations(tree), "<one-liner>", "eval")
    numbers = {
        name: np.array(number) if isinstance(number, tuple) else number
        for name, number in curve.parameters.items()
    }
    formula = eval(code, _NAMES | numbers)

    def table(ts: Times) -> Array:
        t = as_array(ts)
        rates = formula(t)
        return rates if np.shape(rates) else np.full(t.shape, rates)

    return table


PEER = Peer("NumPy one-liner", table=_table, imports="import numpy")
