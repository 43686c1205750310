"""Tensors: the same formulas inside a framework, in float64.

A framework is recognised by the module of the tensor's class and never imported here: a tensor
of it cannot exist unless somebody has imported it already.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

from ._ops import FLOATS, PI_REST, Formula, Ops, growth_by_parts


class Tensors:
    """Tensors of a namespace that has the names of the array API standard.

    Every branch of a fork is computed, on times clamped into it, and ``where`` selects:
    compilers need that, and it keeps every derivative finite.

    Args:
        namespace: ``torch``, ``jax.numpy``, ``array_api_strict`` or the like.
        constants: makes a float64 tensor of numbers, on the device of another tensor.
        take: looks numbers up in a tensor of them.
    """

    pi = math.pi
    pi_rest = PI_REST

    def __init__(
        self,
        namespace: Any,
        constants: Callable[[Sequence[float], Any], Any],
        take: Callable[[Any, Any], Any] = operator.getitem,
    ) -> None:
        self._xp = namespace
        self._constants = constants
        self._take = take
        self.exp = namespace.exp
        self.expm1 = namespace.expm1
        self.log1p = namespace.log1p
        self.sin = namespace.sin
        self.tanh = namespace.tanh

    def sqrt(self, x: Any) -> Any:
        return self.power(x, 0.5)

    def sin2(self, x: Any) -> Any:
        sine = self._xp.sin(x)
        return sine * sine

    def power(self, x: Any, y: Any) -> Any:
        if isinstance(x, float):
            return FLOATS.power(x, y) if isinstance(y, float) else x**y
        # At 0 the derivative of a root is infinite, and infinity times the 0 that a clamp
        # passes on is NaN: the power is taken elsewhere, and 0 selected.
        positive = x > 0.0
        return self._xp.where(positive, self._xp.where(positive, x, 1.0) ** y, 0.0 * x)

    # At a tie these take ``x``, the time or what is counted from it: it has the derivative.

    def minimum(self, x: Any, y: Any) -> Any:
        return self._xp.where(x <= y, x, y)

    def maximum(self, x: Any, y: Any) -> Any:
        return self._xp.where(x >= y, x, y)

    def clip(self, x: Any, low: float, high: float) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        rest = self._xp.remainder(t, every)
        return self._xp.round((t - rest) / every), rest

    def growth(self, factor: float, t: Any, every: float) -> Any:
        return growth_by_parts(factor, t, every, cast(Ops, self))

    def pick(
        self, t: Any, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Any, ...]:
        which = self._xp.searchsorted(self._constants(edges, t), t, side="right")
        return tuple(self._take(self._constants(c, t), which) for c in columns)

    def piecewise(
        self, t: Any, edges: Sequence[float], piece: Callable[[int, Any], Any]
    ) -> Any:
        bounds = (0.0, *edges, math.inf)
        result = None
        for i in reversed(range(len(edges) + 1)):
            value = piece(i, self.clip(t, bounds[i], bounds[i + 1]))
            result = value if result is None else self._xp.where(t < edges[i], value, result)
        return result


def formula_at(formula: Formula, t: Any, xp: Tensors) -> Any:
    """Return the rate at a float64 tensor; a negative time counts as 0, and NaN gives NaN.

    Inside compiled code nothing can raise, so the same holds outside.
    """
    lr = formula(xp.maximum(t, 0.0), cast(Ops, xp))
    return xp._xp.where(t == t, lr, t)


def _torch(formula: Formula, t: Any) -> Any:
    torch: Any = sys.modules["torch"]
    _check_type(t, t.dtype is not torch.bool and not t.is_complex())
    result = torch.float64 if t.dtype is torch.float64 else torch.get_default_dtype()

    def take(column: Any, which: Any) -> Any:  # vmap cannot index by a single number
        return column[which.unsqueeze(-1)].squeeze(-1)

    xp = Tensors(torch, lambda numbers, like: like.new_tensor(numbers), take)
    return formula_at(formula, t.to(torch.float64), xp).to(result)


def _jax(formula: Formula, t: Any) -> Any:
    """Compute in float64 without the global switch, and return a strong type.

    A weak one would be rounded to bfloat16 beside parameters of that type.
    """
    jax: Any = sys.modules["jax"]
    numpy = jax.numpy
    if jax.__version_info__ < OLDEST_JAX:
        raise RuntimeError(
            "a schedule called on a jax array needs jax >= 0.7.2, which computes in float64"
            f" inside compiled code, got {jax.__version__}: install a newer one, or use"
            " lrcurves.adapters.optax.table(schedule, steps)"
        )
    _check_type(
        t, any(numpy.issubdtype(t.dtype, kind) for kind in (numpy.integer, numpy.floating))
    )
    result = jax.dtypes.canonicalize_dtype(float)
    enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64
    with enable_x64(True):
        xp = Tensors(numpy, lambda numbers, like: numpy.asarray(numbers, numpy.float64))
        return formula_at(formula, t.astype(numpy.float64), xp).astype(result)


def _tensorflow(formula: Formula, t: Any) -> Any:
    tf: Any = sys.modules["tensorflow"]
    _check_type(t, t.dtype.is_integer or t.dtype.is_floating)

    def searchsorted(edges: Any, t: Any, side: str) -> Any:
        flat = tf.searchsorted(edges, tf.reshape(t, [-1]), side=side)
        return tf.reshape(flat, tf.shape(t))

    names = SimpleNamespace(
        exp=tf.exp,
        expm1=tf.math.expm1,
        log1p=tf.math.log1p,
        sin=tf.sin,
        tanh=tf.tanh,
        where=tf.where,
        remainder=tf.math.floormod,
        round=tf.round,
        searchsorted=searchsorted,
    )
    result = tf.float64 if t.dtype == tf.float64 else tf.float32
    xp = Tensors(names, lambda numbers, like: tf.constant(numbers, tf.float64), tf.gather)
    as_it_is = tf.autograph.experimental.do_not_convert(formula)  # it is straight-line code
    return tf.cast(formula_at(as_it_is, tf.cast(t, tf.float64), xp), result)


def _keras(formula: Formula, t: Any) -> Any:
    return evaluate(formula, t.value)  # a variable holds a tensor of its backend


def _check_type(t: Any, is_real: bool) -> None:
    if not is_real:
        raise TypeError(f"t must be a tensor of ints or floats, got dtype {t.dtype}")


OLDEST_JAX = (0, 7, 2)

FRAMEWORKS: dict[str, Callable[[Formula, Any], Any]] = {
    "torch": _torch,
    "jax": _jax,
    "jaxlib": _jax,
    "tensorflow": _tensorflow,
    "keras": _keras,
}
"""How a framework's tensors are evaluated, by the name of its package."""


def evaluate(formula: Formula, t: Any) -> Any:
    """Return a formula at a tensor, or ``NotImplemented`` if ``t`` is no tensor."""
    for base in type(t).__mro__:
        framework = FRAMEWORKS.get(base.__module__.partition(".")[0])
        if framework is not None:
            return framework(formula, t)
    return NotImplemented
