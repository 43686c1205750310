"""Several schedules made into one: one after another, added, multiplied, the largest.

Two names for two ways to warm up show why there are several operators: ``Linear(0, p, w) >> s``
starts the clock of ``s`` after the warm-up, ``Linear(0, 1, w) * s`` lets it run from the start.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from itertools import accumulate
from typing import ClassVar

from ._domains import shown
from ._ops import Clocks, Num, OnClocks, Ops
from .schedule import Parts, Schedule, define

SEQUENCE, SUM, PRODUCT, CALL = 1, 2, 3, 9
"""How tightly the operators bind, as in Python."""


def sum_of_times(start: float, length: float) -> float:
    """Return the first float by which ``length`` has gone by since ``start``."""
    end = start + length
    while end - start < length:
        end = math.nextafter(end, math.inf)
    return end


class _Chain(Schedule):
    """Several schedules; a part that is itself such a chain is spliced in."""

    __slots__ = ()

    parts: Parts
    _sign: ClassVar[str]
    _binds: ClassVar[int]

    def _flatten(self) -> None:
        flat: list[Schedule] = []
        for part in self.parts:
            flat.extend(part.parts if type(part) is type(self) else (part,))
        object.__setattr__(self, "parts", tuple(flat))

    @property
    def end(self) -> float:
        """The end of the last part that is not constant; ``inf`` if all are."""
        ends = [part.end for part in self.parts if not part._steady]
        return max(ends, default=math.inf)

    @property
    def _steady(self) -> bool:
        return all(part._steady for part in self.parts)

    def _text(self, binds: int) -> str:
        inside = self._binds if self._sign and len(self.parts) > 1 else 0
        texts = []
        for part in self.parts:
            texts.append(part._text(inside))
        if not inside:
            listed = ", ".join(texts) + ("," if len(texts) == 1 else "")
            return f"{type(self).__name__}(parts=({listed}))"
        text = f" {self._sign} ".join(texts)
        return f"({text})" if self._binds <= binds else text


@define
class Sequential(_Chain):
    r"""One schedule after another, each on a clock that starts when it does.

    .. math:: \mathrm{lr}(t) = \mathrm{lr}_k(t - s_k)
              \quad\text{for}\quad s_k \le t < s_{k+1}

    where :math:`s_k` is the sum of the ends of the parts before part :math:`k`. Usually written
    ``a >> b >> c``. Nesting is flat, and parts of length zero vanish, wherever they are.

    >>> from lrcurves import Cosine, Linear
    >>> s = Linear(0, 0.1, steps=10) >> Cosine(0.1, steps=90)
    >>> s
    Linear(base_lr=0, final_lr=0.1, steps=10) >> Cosine(base_lr=0.1, steps=90)
    >>> s.lr(5), s.lr(10), round(s.lr(55), 12), s.lr(100), s.end
    (0.05, 0.1, 0.05, 0.0, 100.0)

    Args:
        parts: the schedules; all but the last must end.

    Raises:
        ValueError: if a part before the last never ends.
    """

    parts: Parts

    _sign = ">>"
    _binds = SEQUENCE

    def _flatten(self) -> None:
        _Chain._flatten(self)
        parts = tuple(part for part in self.parts if part.end > 0) or self.parts[-1:]
        object.__setattr__(self, "parts", parts)

    def _derive(self) -> Clocks:
        """Return the parts on their clocks."""
        parts = self.parts
        for i, part in enumerate(parts[:-1]):
            if part.end == math.inf:
                raise ValueError(
                    f"Sequential.parts[{i}] must end before parts[{i + 1}] can start, got"
                    f" {shown(part)}, which never ends: wrap it in Until(..., steps=...)"
                )
        return Clocks(parts, tuple(accumulate((p.end for p in parts[:-1]), initial=0.0)))

    @property
    def _starts(self) -> tuple[float, ...]:
        starts: tuple[float, ...] = self._derived.starts
        return starts

    @property
    def end(self) -> float:
        """The sum of the ends of the parts."""
        return sum_of_times(self._starts[-1], self.parts[-1].end)

    def _formula(self, t: Num, xp: Ops) -> Num:
        clocks: Clocks = self._derived
        return xp.piecewise(t, clocks.edges, OnClocks(clocks, xp))


class _Fold(_Chain):
    """Several schedules on one clock, whose rates are joined two by two."""

    __slots__ = ()

    @abstractmethod
    def _joined(self, x: Num, y: Num, xp: Ops) -> Num:
        """Return the rate that two rates make."""

    def _formula(self, t: Num, xp: Ops) -> Num:
        rate = self.parts[0]._formula(t, xp)
        for part in self.parts[1:]:
            rate = self._joined(rate, part._formula(t, xp), xp)
        return rate


@define
class Sum(_Fold):
    r"""Several schedules added, all on the same clock.

    .. math:: \mathrm{lr}(t) = \sum_k \mathrm{lr}_k(t)

    Usually written ``a + b``. It ends where the last of its parts that are not constant ends.

    >>> from lrcurves import Constant, Cosine
    >>> s = Constant(0.01) + Cosine(0.1, steps=100)
    >>> s.lr(0), s.lr(100), s.end
    (0.11, 0.01, 100.0)

    Args:
        parts: the schedules.
    """

    parts: Parts

    _sign = "+"
    _binds = SUM

    def _joined(self, x: Num, y: Num, xp: Ops) -> Num:
        return x + y


@define
class Product(_Fold):
    r"""Several schedules multiplied, all on the same clock.

    .. math:: \mathrm{lr}(t) = \prod_k \mathrm{lr}_k(t)

    Usually written ``a * b``. It ends where the last of its parts that are not constant ends.

    >>> from lrcurves import Exponential, Linear
    >>> s = Linear(0, 1, steps=10) * Exponential(0.1, gamma=0.5, every=10)
    >>> s.lr(0), s.lr(10), s.lr(20)
    (0.0, 0.05, 0.025)

    Args:
        parts: the schedules.
    """

    parts: Parts

    _sign = "*"
    _binds = PRODUCT

    def _joined(self, x: Num, y: Num, xp: Ops) -> Num:
        # 0 times a growth that has overflowed is 0, not NaN.
        return xp.maximum(x * y, 0.0)


@define
class Maximum(_Fold):
    r"""The largest of several schedules, all on the same clock.

    .. math:: \mathrm{lr}(t) = \max_k \mathrm{lr}_k(t)

    >>> from lrcurves import Constant, Cosine
    >>> s = Maximum((Cosine(0.1, steps=100), Constant(0.05)))
    >>> s.lr(0), s.lr(80), s.end
    (0.1, 0.05, 100.0)

    Args:
        parts: the schedules.
    """

    parts: Parts

    _sign = ""
    _binds = CALL

    def _joined(self, x: Num, y: Num, xp: Ops) -> Num:
        return xp.maximum(x, y)


@define
class Minimum(_Fold):
    r"""The smallest of several schedules, all on the same clock: a cap, for example.

    .. math:: \mathrm{lr}(t) = \min_k \mathrm{lr}_k(t)

    >>> from lrcurves import Constant, Cosine
    >>> s = Minimum((Cosine(0.1, steps=100), Constant(0.05)))
    >>> s.lr(0), s.lr(100), s.end
    (0.05, 0.0, 100.0)

    Args:
        parts: the schedules.
    """

    parts: Parts

    _sign = ""
    _binds = CALL

    def _joined(self, x: Num, y: Num, xp: Ops) -> Num:
        return xp.minimum(x, y)
