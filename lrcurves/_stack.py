"""Parts of a sequence that differ in their numbers alone, all computed at once.

To call NumPy takes as long as to compute a thousand numbers, and a thousand short parts call it
a thousand times. Here the formula of many parts runs once, on a model: a schedule of their kind
whose fields are columns, with a number for each part.

Which parts can have one model is found by running its formula. What it decides by their numbers
alone, such as whether a line rises, must be the same for all; else they are divided, and it
runs again. A formula that forks on the time, or needs a number to be a float, has no model, and
its parts are computed one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ._ops import Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

FEWEST = 8
"""So few parts are computed one by one."""

PARTS_PER_MODEL = 24
"""With fewer parts to each it is faster to compute them one by one."""

MOST_TRIES = 24
"""So many models are tried; what is left is computed part by part."""

MOST_WRONG = 4.0 * 2.0**-52
"""By how much their rates may differ, relative to these."""

SHARES = (0.0, 0.05, 0.3, 0.6, 0.95, 1.0)
FARTHEST = 1e6
"""At which shares of its time a part is looked at, or of so long a time if it never ends."""


class Mixed(Exception):  # noqa: N818 - it is an answer, not an error
    """The parts are not all alike.

    Args:
        alike: which of them are like each other.
    """

    def __init__(self, alike: Array) -> None:
        super().__init__(alike)
        self.alike = alike


class NoModel(Exception):  # noqa: N818 - likewise
    """What a formula does cannot be done for several parts at once."""


class Column(NDArrayOperatorsMixin):
    """A number for each part, which meets an array as the number of the part of each point.

    Args:
        x: the numbers of the parts.
        which: the part of each point, in an array that the times can be broadcast with.
    """

    __slots__ = ("_which", "_x")

    def __init__(self, x: Array, which: Array) -> None:
        self._x = x
        self._which = which

    def points(self) -> Array:
        """Return the number of each point."""
        return self._x.take(self._which)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *of: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if any(isinstance(x, np.ndarray) for x in of):
            return ufunc(*(x.points() if isinstance(x, Column) else x for x in of))
        made = ufunc(*(x._x if isinstance(x, Column) else x for x in of))
        return Column(made, self._which)

    def __bool__(self) -> bool:
        alike = self._x.astype(np.bool_) == bool(self._x[0])
        if not alike.all():
            raise Mixed(alike)
        return bool(self._x[0])


class Model(NamedTuple):
    """A schedule whose fields are numbers, arrays of numbers, or models.

    Args:
        kind: its class.
        values: its fields, and what follows from them.
    """

    kind: type[Any]
    values: dict[str, Any]

    def of(self, column: Callable[[Array], Any]) -> Any:
        """Return it with something else for each array."""
        made = object.__new__(self.kind)
        for name, value in self.values.items():
            object.__setattr__(made, name, _replaced(value, column))
        return made


def _replaced(value: Any, column: Callable[[Array], Any]) -> Any:
    if isinstance(value, Model):
        return value.of(column)
    if type(value) is tuple:
        made = tuple([_replaced(one, column) for one in value])
        # Arrays that have been made of a tuple are found by the tuple itself.
        return made if any(a is not b for a, b in zip(made, value, strict=True)) else value
    return column(value) if isinstance(value, np.ndarray) else value


def _joined(values: Sequence[Any]) -> Any:
    """Return what stands for some values, one of each part."""
    first = values[0]
    kinds = set(map(type, values))
    if kinds <= {int, float}:
        numbers = np.array(values, np.float64)
        same = (numbers.view(np.int64) == numbers.view(np.int64)[0]).all()
        return first if same else numbers
    if len(kinds) > 1:
        raise Mixed(np.array([type(value) is type(first) for value in values]))
    if hasattr(first, "_domains"):  # a schedule
        names = (*first._domains, "_derived")
        columns = {name: [getattr(part, name) for part in values] for name in names}
        return Model(type(first), {name: _joined(x) for name, x in columns.items()})
    alike = np.array([value == first for value in values])
    if alike.all():
        return first
    if type(first) is tuple:
        return tuple(map(_joined, zip(*values, strict=True)))
    if isinstance(first, str | bool):
        raise Mixed(alike)
    raise NoModel


class Group(NamedTuple):
    """Parts of one model.

    Args:
        model: which stands for them.
        starts: when each begins.
    """

    model: Model
    starts: Array

    def rates(self, t: Array, which: Array, xp: Ops) -> Any:
        """Return the rates at some times.

        Args:
            t: the times, in an array of any shape.
            which: the part of each, as in the model; it may be broadcast.
            xp: where the formula runs.
        """
        part = self.model.of(lambda x: Column(x, which))
        rates: Any = part._formula(cast(Num, t - self.starts.take(which)), xp)
        return rates.points() if isinstance(rates, Column) else rates

    def check(self, parts: Sequence[Any], probe: Ops, plain: Ops) -> None:
        """Compare the rates of some of the parts with those that the model has.

        Raises:
            Mixed: if it would have to decide otherwise for some than for others.
            NoModel: if the rates are others.
        """
        ends = np.array([min(part.end, FARTHEST) for part in parts])
        some = [0, 1, len(parts) // 2, len(parts) - 1]
        for share in SHARES:
            t = self.starts + share * ends
            rates = np.broadcast_to(self.rates(t, np.arange(len(parts)), probe), t.shape)
            for i in some:
                own = parts[i]._formula(cast(Num, t[i : i + 1] - self.starts[i]), plain)
                if not np.allclose(rates[i], own, MOST_WRONG, 0.0, equal_nan=True):
                    raise NoModel


class Stack:
    """The parts of a sequence, in groups of one model each.

    Args:
        parts: the schedules.
        starts: when each begins.
        probe: where formulas run on columns, or raise :class:`NoModel`.
        plain: where each runs on its own.

    Attributes:
        groups: those that have a model.
        group: the number of the group of each part; -1 for parts without one.
        place: the number of each part in its group.
    """

    def __init__(
        self, parts: Sequence[Any], starts: Sequence[float], probe: Ops, plain: Ops
    ) -> None:
        self.groups: list[Group] = []
        self.group = np.full(len(parts), -1)
        self.place = np.zeros(len(parts), np.intp)
        all_starts = np.array(starts)
        waiting = [np.arange(len(parts))]
        for _ in range(MOST_TRIES):
            if not waiting:
                break
            mine = waiting.pop()
            some = [parts[i] for i in mine.tolist()]
            try:
                group = Group(_joined(some), all_starts[mine])
                group.check(some, probe, plain)
            except Mixed as mixed:
                divided = mine[~mixed.alike], mine[mixed.alike]
                waiting += [some for some in divided if len(some) >= FEWEST]
            except Exception:  # whatever a formula does with a column that it cannot use
                continue
            else:
                self.group[mine] = len(self.groups)
                self.place[mine] = np.arange(len(mine))
                self.groups.append(group)
        self._are_all = bool((self.group >= 0).all())  # in some group

    def covers(self, first: int, last: int) -> bool:
        """Return whether models are few, and nearly all parts from one to another have one."""
        if last - first < PARTS_PER_MODEL * len(self.groups):
            return False
        return int(np.count_nonzero(self.group[first : last + 1] < 0)) < FEWEST

    def members(self, which: Array) -> Iterator[tuple[Group | int, slice | Array]]:
        """Yield groups, or a part that is in none, and the places of what belongs to them.

        Args:
            which: the part of each of some points.
        """
        if len(self.groups) == 1 and self._are_all:
            yield self.groups[0], slice(None)
            return
        group = self.group.take(which)
        numbers = np.flatnonzero(np.bincount(group + 1)) - 1
        for number in numbers:
            mine = np.flatnonzero(group == number)
            if number >= 0:
                yield self.groups[number], mine
            else:
                for i in np.unique(which[mine]):
                    yield int(i), mine[which[mine] == i]
