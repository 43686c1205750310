"""Schedules in JAX and optax.

A schedule is an optax schedule as it is: give it to any optimizer. Inside compiled code it is
computed in float64, whatever the global switch says, and rounded once, so that float32 rates
are right at any count of an int32. It is no state: a checkpoint holds optax's count, nothing
else, and there is one compilation, however long the run.

>>> import jax, optax
>>> from lrcurves import WarmupCosine
>>> schedule = WarmupCosine(0.1, steps=1000, warmup=100)
>>> optimizer = optax.adamw(schedule)
>>> jax.jit(schedule)(jnp.int32(50))
Array(0.05, dtype=float32)

``optax.inject_hyperparams(optax.adamw)(schedule)`` keeps the rate in force in the state, as
``state.hyperparams["learning_rate"]``, in float32 beside parameters of any type. Real updates
are counted: ``optax.MultiSteps`` and ``optax.apply_if_finite`` advance the count once for each.
``optax.join_schedules`` starts each part at 0, and so does ``a >> b``, which can be saved. It
asks later parts for counts below 0: a bare schedule takes them in compiled code and on JAX
arrays, and ``curve(schedule)`` takes Python and NumPy counts too.

JAX older than 0.7.2 cannot compute in float64 inside compiled code without the global switch.
There, and for schedules of hundreds of parts, which take seconds to compile, use :func:`table`;
or feed the rates from outside, which compiles once too:

>>> optimizer = optax.inject_hyperparams(optax.adamw)(learning_rate=0.0)
>>> params = jnp.ones(3)
>>> state = optimizer.init(params)
>>> update = jax.jit(optimizer.update)
>>> for t in range(3):  # a Python float in place of the jnp.float32 would compile once more
...     state.hyperparams["learning_rate"] = jnp.float32(schedule.lr(t))
...     updates, state = update(params, state, params)
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from .._domains import shown
from ..schedule import Schedule

Curve: TypeAlias = Callable[[Any], jax.Array]
"""An ``optax.Schedule`` that always returns an array."""


def curve(schedule: Schedule) -> Curve:
    """Return a schedule as an ``optax.Schedule``, one that returns a JAX array for anything.

    The schedule itself works wherever an ``optax.Schedule`` is asked for. It answers a Python
    number with a float and a NumPy array with one of these, though; what is returned here
    answers every count with an array of JAX's default float type, as optax's schedules do, and
    a count below 0, which ``optax.join_schedules`` asks for, is 0. It compares, hashes and
    pickles like the schedule, and is checked when it is made.

    >>> from lrcurves import Cosine
    >>> rate = curve(Cosine(0.1, steps=100))
    >>> rate(50), rate(jnp.arange(0, 101, 50))
    (Array(0.05, dtype=float32), Array([0.1 , 0.05, 0.  ], dtype=float32))

    Args:
        schedule: any schedule; its rate at a count is that of the update with this number.

    Raises:
        TypeError: if ``schedule`` is not a :class:`~lrcurves.Schedule`.
    """
    return _Curve(_checked(schedule))


def table(schedule: Schedule, steps: int) -> Curve:
    """Return a schedule as a table of its rates at 0, 1, ..., ``steps``, for any JAX.

    The table is a constant of 4 bytes a step in the compiled code. A count is clipped into it:
    below 0 the first rate holds and from ``steps`` on the last. It has no derivative with
    respect to the count, and is in float32 whatever the global switch says.

    >>> from lrcurves import Cosine
    >>> rate = table(Cosine(0.1, steps=100), steps=100)
    >>> rate(50), rate(jnp.array([0, 100, 101]))
    (Array(0.05, dtype=float32), Array([0.1, 0. , 0. ], dtype=float32))

    Args:
        schedule: any schedule.
        steps: the last count to tabulate, >= 0: the length of the run.

    Raises:
        TypeError: if ``schedule`` is not a :class:`~lrcurves.Schedule` or ``steps`` no int;
            when called, if the count is no int and no array of ints.
        ValueError: if ``steps`` is negative.
    """
    try:
        last = -1 if isinstance(steps, bool) else operator.index(steps)
    except TypeError:
        raise TypeError(f"steps must be an int >= 0, got {shown(steps)}") from None
    if last < 0:
        raise ValueError(f"steps must be an int >= 0, got {shown(steps)}")
    return _Table(_checked(schedule), last)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Curve:
    schedule: Schedule

    def __call__(self, count: Any) -> jax.Array:
        rates = self.schedule(_from_0(count))
        return jnp.asarray(rates, jax.dtypes.canonicalize_dtype(float))


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Table:
    schedule: Schedule
    steps: int
    rates: np.ndarray[Any, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rates = self.schedule.lr_array(range(self.steps + 1), dtype="float32")
        rates.flags.writeable = False
        object.__setattr__(self, "rates", rates)

    def __reduce__(self) -> tuple[Callable[[Schedule, int], Curve], tuple[Schedule, int]]:
        return table, (self.schedule, self.steps)

    def __call__(self, count: Any) -> jax.Array:
        if not jnp.issubdtype(jnp.result_type(count), jnp.integer):
            raise TypeError(
                f"count must be an int or an array of ints, got {shown(count)}: a table has no"
                " rates in between"
            )
        if isinstance(count, jax.Array):
            return jnp.take(self.rates, count, mode="clip")
        return jnp.asarray(self.rates.take(count, mode="clip"))


def _from_0(count: Any) -> Any:
    """Return a count with 0 for what is below it, as compiled code has it; NaN stays."""
    if isinstance(count, Real):
        return max(count, 0)
    if isinstance(count, np.ndarray) and count.dtype.kind in "if":
        return count.clip(0)
    return count


def _checked(schedule: Any) -> Schedule:
    if isinstance(schedule, Schedule):
        return schedule
    hint = ": write Constant(...)" if isinstance(schedule, float | int) else ""
    raise TypeError(f"schedule must be a Schedule, got {shown(schedule)}{hint}")
