"""What a formula does with a time: the words of the vocabulary that it uses, and its cycles.

Some words take longer than to look rates up.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._calls import DearError, Value
from ._numpy import NumPy
from ._ops import FLOATS, PI_REST, Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

FEW_EDGES = 12
"""To pick one of a few numbers takes less time than to look a rate up."""

MOST_PIECES = 64
"""So many pieces are asked: the others are much like them."""


class _Used(Exception):  # noqa: N818 - it is an answer, not an error
    """One of the words is."""


class _Listener(NumPy):
    def __init__(self, words: frozenset[str]) -> None:
        super().__init__()
        self._words = words

    def __getattribute__(self, name: str) -> Any:
        words = object.__getattribute__(self, "__dict__").get("_words", ())
        if name in words and name != "pick":
            raise _Used
        return super().__getattribute__(name)

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        if "pick" in self._words and len(edges) > FEW_EDGES:
            raise _Used
        return super().pick(t, edges, *columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        for i in range(min(len(edges) + 1, MOST_PIECES)):
            piece(i, t)
        return t


def uses(formula: Formula, words: frozenset[str]) -> bool:
    """Return whether a formula uses any of some words, in any of its pieces.

    To pick among up to :data:`FEW_EDGES` and one numbers does not count.
    """
    try:
        formula(cast(Num, np.ones(1)), cast(Ops, _Listener(words)))
    except _Used:
        return True
    return False


class _Searched(Exception):  # noqa: N818 - it is an answer, not an error
    """Most times have to be searched for in which piece they are."""


class _Searches(NumPy):
    """Looks for pieces that differ between the least time and the largest."""

    def __init__(self, few: int) -> None:
        super().__init__()
        self._few = few

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        if len(edges) > self._few and _are_parted(t, edges):
            raise _Searched
        return super().pick(t, edges, *columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        if _are_parted(t, edges):
            raise _Searched
        return super().piecewise(t, edges, piece)


def _are_parted(times: Array, edges: Sequence[float]) -> bool:
    return bisect_right(edges, times.min()) != bisect_right(edges, times.max())


def searches(formula: Formula, times: Array, few: int = FEW_EDGES) -> bool:
    """Return whether a formula has to look for pieces: most of some times are not in one.

    To pick among up to so few and one numbers does not count.
    """
    most = np.quantile(times, [0.02, 0.98])
    try:
        formula(cast(Num, most), cast(Ops, _Searches(few)))
    except _Searched:
        return True
    return False


class _Followed:
    """Follows what depends on the rest of the time in a cycle alone."""

    pi = math.pi
    pi_rest = PI_REST

    def __init__(self, time: Value) -> None:
        self._time = time
        self.cycles: dict[Value | None, float] = {}  # their lengths, for the rest in each

    def __getattr__(self, name: str) -> Callable[..., Any]:
        of_floats: Callable[..., Any] = getattr(FLOATS, name)

        def function(*args: Any) -> Any:
            if any(isinstance(arg, Value) for arg in args):
                return Value(None, args)
            return of_floats(*args)

        return function

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        if not isinstance(t, Value):
            return FLOATS.stairs(t, every)
        whole, rest = Value(None, (t,)), Value(None, (t,))
        if t is self._time:
            whole.root, rest.root = whole, rest
            self.cycles[rest] = every
        return whole, rest

    def pick(
        self, t: Any, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Any, ...]:
        return tuple(Value(None, (t,)) for _ in columns)

    def piecewise(
        self, t: Any, edges: Sequence[float], piece: Callable[[int, Any], Any]
    ) -> Any:
        if len(edges) >= MOST_PIECES:
            return Value(None, (self._time,))
        return Value(None, (t, *(piece(i, t) for i in range(len(edges) + 1))))


def cycle(formula: Formula) -> float | None:
    """Return the length of the cycles of a formula that repeats itself from 0 on, for ever."""
    xp = _Followed(Value(None, ()))
    try:
        result: Any = formula(cast(Num, xp._time), cast(Ops, xp))
    except DearError:
        return None
    return xp.cycles.get(result.root) if isinstance(result, Value) else None
