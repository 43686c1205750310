"""Exponentials: decay in continuous time, between two rates, in steps, and as a tanh."""

from __future__ import annotations

import math

from .._domains import FloorWord, Gamma, Interval, Number, OneOf, PositiveRate, Rate, Steps
from .._ops import FLOATS, Num, Ops, mix
from ..change import Staircase, Until
from ..combine import Sequential
from ..schedule import Recipe, Schedule, define
from .power import Constant, Finite


@define
class Exponential(Schedule):
    r"""Exponential decay (or growth), for ever.

    .. math:: \mathrm{lr}(t) = b \cdot \gamma^{t / k}

    >>> s = Exponential(base_lr=0.1, gamma=0.5, every=30)
    >>> s.lr(0), s.lr(30), s.lr(60), s.lr(45)
    (0.1, 0.05, 0.025, 0.03535533905932738)
    >>> round(Exponential(0.1, gamma=0.9).lr(5), 12)
    0.059049

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        gamma: :math:`\gamma`, the factor, a finite number > 0.
        every: :math:`k`, the time in which the rate is multiplied by ``gamma`` once, a finite
            number > 0.

    Source: ``torch.optim.lr_scheduler.ExponentialLR`` (``every=1``);
    ``optax.exponential_decay`` (``every=transition_steps``) and
    ``keras.optimizers.schedules.ExponentialDecay`` (``every=decay_steps``).
    """

    base_lr: Rate
    gamma: Gamma
    every: Steps = 1.0

    @classmethod
    def from_rate(cls, base_lr: float, rate: float) -> Exponential:
        r"""Return :math:`b \cdot e^{-\lambda t}`.

        That is a factor of :math:`e^{-1}`, rounded to a float, every :math:`1 / \lambda`.

        >>> round(Exponential.from_rate(0.1, rate=0.05).lr(20) / 0.1, 6)
        0.367879

        Args:
            base_lr: :math:`b`.
            rate: :math:`\lambda`, the decay per unit of time, a finite number > 0.
        """
        rate = _LENGTH.validated("Exponential.from_rate: rate", rate)
        return cls(base_lr, gamma=math.exp(-1.0), every=1.0 / rate)

    @classmethod
    def from_half_life(cls, base_lr: float, half_life: float) -> Exponential:
        r"""Return :math:`b \cdot 2^{-t / h}`, exact after any number of half-lives.

        >>> s = Exponential.from_half_life(0.1, half_life=700)
        >>> s.lr(700), s.lr(7000) * 1024
        (0.05, 0.1)

        Args:
            base_lr: :math:`b`.
            half_life: :math:`h`, the time in which the rate halves, a finite number > 0.
        """
        every = _LENGTH.validated("Exponential.from_half_life: half_life", half_life)
        return cls(base_lr, gamma=0.5, every=every)

    @classmethod
    def from_final_lr(cls, base_lr: float, final_lr: float, steps: float) -> Exponential:
        r"""Return :math:`b \cdot (f / b)^{t / T}`, which is at ``final_lr`` at ``steps``.

        It goes on from there; :class:`Geometric` stops, and is exact at both ends.

        >>> s = Exponential.from_final_lr(0.1, 0.0001, steps=100)
        >>> s.lr(100), round(s.lr(1) / s.lr(0), 4)
        (0.0001, 0.9333)

        Args:
            base_lr: :math:`b`, a finite number > 0.
            final_lr: :math:`f`, the rate at ``steps``, a finite number > 0.
            steps: :math:`T`, a finite number > 0.
        """
        gamma = _ratio("Exponential.from_final_lr: ", base_lr, final_lr)
        steps = _LENGTH.validated("Exponential.from_final_lr: steps", steps)
        return cls(base_lr, gamma, every=steps)

    def _formula(self, t: Num, xp: Ops) -> Num:
        if self.base_lr == 0.0:  # and not 0 times a growth that overflows
            return 0.0 * t
        return self.base_lr * xp.growth(self.gamma, t, self.every)


@define
class Geometric(Recipe):
    r"""Exponential decay from one rate to another, both exact, then flat.

    .. math:: \mathrm{lr}(t) = b \cdot (f / b)^{\min(t / T, 1)}

    >>> s = Geometric(base_lr=0.1, final_lr=0.0001, steps=90)
    >>> s.lr(0), round(s.lr(30), 12), round(s.lr(60), 12), s.lr(90), s.lr(1000)
    (0.1, 0.01, 0.001, 0.0001, 0.0001)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number > 0.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number > 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.

    Raises:
        ValueError: if one rate is more than :math:`10^{300}` times the other.

    Source: ``optax.exponential_decay`` with ``end_value``; fvcore's
    ``ExponentialParamScheduler``.
    """

    base_lr: PositiveRate
    final_lr: PositiveRate
    steps: Steps

    def expand(self) -> Schedule:
        gamma = _ratio("Geometric.", self.base_lr, self.final_lr)
        decay = Exponential(self.base_lr, gamma, every=self.steps)
        flat = Sequential((Until(decay, self.steps), Constant(self.final_lr)))
        return Until(flat, self.steps)


@define
class StepDecay(Recipe):
    r"""A rate that is multiplied by a factor every so many steps, for ever.

    .. math:: \text{direct:}\; b \cdot \gamma^{\lfloor t / s \rfloor} \qquad
              \text{offset:}\; b \cdot \gamma^{\lfloor (1 + t) / s \rfloor}

    With floor ``"direct"`` the first drop is at :math:`t = s`, as in torch, optax and Keras;
    with ``"offset"`` at :math:`t = s - 1`, as in the formula of many Keras tutorials.

    >>> s = StepDecay(base_lr=0.1, gamma=0.5, step_size=10)
    >>> s.lr(0), s.lr(9), s.lr(10), s.lr(29), s.lr(30)
    (0.1, 0.1, 0.05, 0.025, 0.0125)
    >>> s.replace(floor="offset").lr(9)
    0.05

    Args:
        base_lr: :math:`b`, the rate before the first drop, a finite number >= 0.
        gamma: :math:`\gamma`, the factor of a drop, a finite number > 0.
        step_size: :math:`s`, the time between two drops, a finite number > 0.
        floor: ``"direct"`` or ``"offset"``.

    Source: ``torch.optim.lr_scheduler.StepLR``.
    """

    base_lr: Rate
    gamma: Gamma
    step_size: Steps
    floor: FloorWord = "direct"

    @classmethod
    def from_final_lr(
        cls,
        base_lr: float,
        final_lr: float,
        steps: float,
        step_size: float,
        floor: str = "direct",
    ) -> StepDecay:
        r"""Return the step decay that has reached ``final_lr`` at ``steps``.

        .. math:: \gamma = (f / b)^{1 / n}, \qquad
                  n = \lfloor T / s \rfloor \text{ or } \lfloor (1 + T) / s \rfloor

        >>> s = StepDecay.from_final_lr(0.1, 0.0001, steps=100, step_size=30)
        >>> round(s.gamma, 12), round(s.lr(100), 12)
        (0.1, 0.0001)

        Args:
            base_lr: :math:`b`, a finite number > 0.
            final_lr: :math:`f`, a finite number > 0.
            steps: :math:`T`, a finite number > 0.
            step_size: :math:`s`, a finite number > 0.
            floor: ``"direct"`` or ``"offset"``, which decides the number of drops :math:`n`.

        Raises:
            ValueError: if there is no drop in ``steps``.
        """
        of = "StepDecay.from_final_lr: "
        ratio = _ratio(of, base_lr, final_lr)
        steps = _LENGTH.validated(f"{of}steps", steps)
        size = _LENGTH.validated(f"{of}step_size", step_size)
        floor = OneOf(("direct", "offset")).validated(f"{of}floor", floor)
        counted = steps + 1.0 if floor == "offset" else steps
        drops, _ = FLOATS.stairs(counted, size)
        if drops < 1:
            raise ValueError(
                f"{of}steps must be long enough for a drop, got steps={steps:g} with"
                f" step_size={size:g} and floor={floor!r}: take a step_size <= {counted:g}"
            )
        gamma = FLOATS.power(ratio, 1.0 / drops)
        # The exponent was rounded: one step of Newton's method brings the digits back.
        gamma += gamma * (ratio / FLOATS.power(gamma, drops) - 1.0) / drops
        return cls(base_lr, gamma, size, floor)

    def expand(self) -> Schedule:
        decay = Exponential(self.base_lr, self.gamma, every=self.step_size)
        return Staircase(decay, self.step_size, self.floor)


@define
class Tanh(Finite):
    r"""A hyperbolic tangent, high for most of the time; at the end a jump to the final rate.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot \frac{1 - \tanh(z)}{2}, \qquad
              z = l + (u - l) \, t / T

    for :math:`t < T`, and :math:`f` from then on. With the usual bounds it starts within
    :math:`10^{-5}` of ``base_lr``, and jumps by a quarter of a percent of it at the end.

    >>> s = Tanh(base_lr=0.1, steps=90)
    >>> round(s.lr(0), 6), round(s.lr(60), 6), round(s.lr(89), 6), s.lr(90)
    (0.099999, 0.05, 0.000302, 0.0)

    Args:
        base_lr: :math:`b`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        lower: :math:`l`, the argument at the start, a finite number.
        upper: :math:`u`, the argument at the end, a finite number > lower.

    Source: Hsueh et al., `Stochastic gradient descent with hyperbolic-tangent decay
    <https://arxiv.org/abs/1806.01593>`_; timm's ``TanhLRScheduler`` (lb=-7, ub=3).
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0
    lower: Number = -6.0
    upper: Number = 3.0

    def _check(self) -> None:
        if not -100 <= self.lower < self.upper <= 100:
            raise ValueError(
                "Tanh.lower must be < upper, and both between -100 and 100, got"
                f" {self.lower!r} and {self.upper!r}"
            )

    def _derive(self) -> tuple[Exponential, Exponential]:
        """Return the odds exp 2z, as an exponential counted from the start and from the end."""
        start, end = math.exp(2.0 * self.lower), math.exp(2.0 * self.upper)
        return (
            Exponential(start, end / start, every=self.steps),
            Exponential(end, start / end, every=self.steps),
        )

    def _formula(self, t: Num, xp: Ops) -> Num:
        counted: tuple[Exponential, Exponential] = self._derived
        early, late = counted

        def piece(i: int, t: Num) -> Num:
            if i == 2 or self.base_lr == self.final_lr:
                return self.final_lr + 0.0 * t
            # (1 - tanh z) / 2 is 1 / (1 + exp 2z), and the other weight is that of -z. Each
            # half is counted from its own side, where the time has all its digits.
            odds = early._formula(t, xp) if i == 0 else late._formula(self.steps - t, xp)
            if self.base_lr >= self.final_lr:
                return mix(self.base_lr, self.final_lr, 1.0 / (1.0 + odds))
            return mix(self.final_lr, self.base_lr, odds / (1.0 + odds))

        return xp.piecewise(t, (self.steps / 2.0, self.steps), piece)


_POSITIVE = Interval(0, includes_low=False)
_LENGTH = Interval(0, includes_low=False, time=True)


def _ratio(prefix: str, base_lr: float, final_lr: float) -> float:
    """Return the factor from one rate to another."""
    base_lr = _POSITIVE.validated(f"{prefix}base_lr", base_lr)
    final_lr = _POSITIVE.validated(f"{prefix}final_lr", final_lr)
    ratio = final_lr / base_lr
    if not 1e-300 < ratio < 1e300:
        raise ValueError(
            f"{prefix}final_lr / base_lr must lie between 1e-300 and 1e300, got"
            f" {final_lr!r} / {base_lr!r}"
        )
    return ratio
