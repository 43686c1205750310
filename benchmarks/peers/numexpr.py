"""The formula of a curve, compiled by numexpr, on all cores."""

from __future__ import annotations

import ast

import numexpr  # type: ignore[import-untyped]
import numpy as np

from ..curves import Curve
from . import Array, Peer, Table, Times, as_array


class _Translated(ast.NodeTransformer):
    """The dialect: ``where`` for the smaller, the larger and a choice, ``floor`` for ``//``."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        if name not in ("min", "max"):
            return node
        sign = ast.Lt() if name == "min" else ast.Gt()
        return _call("where", ast.Compare(node.args[0], [sign], [node.args[1]]), *node.args)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return _call("where", node.test, node.body, node.orelse)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.FloorDiv):
            return _call("floor", ast.BinOp(node.left, ast.Div(), node.right))
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _table(curve: Curve) -> Table | None:
    if "bisect_right" in curve.formula or "interp" in curve.formula:
        return None  # numexpr cannot look anything up
    tree = _Translated().visit(ast.parse(curve.formula, mode="eval"))
    text = ast.unparse(ast.fix_missing_locations(tree))
    numbers = {k: v for k, v in curve.parameters.items() if not isinstance(v, tuple)}
    numbers["pi"] = np.pi

    def table(ts: Times) -> Array:
        t = as_array(ts)
        rates = numexpr.evaluate(text, numbers | {"t": t}, {}, truediv=True)
        return rates if np.shape(rates) else np.full(t.shape, float(rates))

    return table


PEER = Peer("numexpr", table=_table, imports="import numexpr")
