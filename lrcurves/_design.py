"""A decay from any numbers that settle it: the arithmetic of ``lrcurves design``.

There are four quantities, a first rate, a last rate, the steps between them and how fast the
rate falls, and each follows from the other three. Errors name the options of the command line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ._domains import Interval, shown
from ._ops import FLOATS
from .calibrate import gamma_for_drops
from .families import Exponential, Geometric, StepDecay
from .schedule import Schedule

KINDS = ("exponential", "geometric", "step")

_POSITIVE = Interval(0, includes_low=False)
_TIME = Interval(0, includes_low=False, time=True)
_NEVER = "an exponential never reaches 0; Linear and Cosine do"

DOMAINS = {
    "base_lr": _POSITIVE,
    "final_lr": Interval(0, includes_low=False, remedy=_NEVER),
    "steps": _TIME,
    "gamma": _POSITIVE,
    "half_life": _TIME,
    "rate": Interval(1e-290, 1e290),
    "decay_percent": _POSITIVE,
    "step_size": _TIME,
    "drops": Interval(1, 2.0**53, whole=True),
}
"""The numbers that may be given."""

DECAYS = ("gamma", "half_life", "rate", "decay_percent")
"""Each of these says how fast the rate falls."""

LIMITS = {
    "gamma": (1, "1 stays as it is, and more than 1 grows: Exponential(base_lr, gamma) does"),
    "decay_percent": (100, "100 leaves nothing"),
}
"""What some of them must be below, and what to do instead."""

CLOSE = 1e-9
"""A number of drops that is so close to a whole one, relatively, is that one."""

NEEDED = (
    "give --base-lr and one of --gamma, --half-life, --rate, --decay-percent; or --base-lr,"
    " --final-lr and --steps; or two of these three and how fast it falls"
)

WORDS = {
    "base_lr": ("base lr", ""),
    "final_lr": ("final lr", ""),
    "steps": ("steps", ""),
    "step_size": ("step size", "steps between two drops"),
    "drops": ("drops", ""),
    "gamma": ("gamma", "times at each {}"),
    "decay_percent": ("loss", "percent at each {}"),
    "rate": ("rate", "-ln(gamma) per step"),
    "half_life": ("half-life", "steps"),
    "halvings": ("halvings", ""),
    "steps_to_1pct": ("time to 1 %", "steps"),
}


@dataclass(frozen=True)
class Design:
    """A decay and what there is to know of it.

    Args:
        schedule: the decay.
        numbers: its numbers by name; without an end, those that belong to one are missing.
        notes: where it is not what one might have meant.
    """

    schedule: Schedule
    numbers: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the expression, the numbers and the notes, as plain data."""
        plain = {name: int(x) if x == int(x) else x for name, x in self.numbers.items()}
        return {"spec": repr(self.schedule), **plain, "notes": list(self.notes)}

    def __str__(self) -> str:
        event = "drop" if "step_size" in self.numbers else "step"
        lines = [repr(self.schedule), ""]
        for name, value in self.numbers.items():
            label, unit = WORDS[name]
            lines.append(f"  {label:<12}{value:<14.8g}{unit.format(event)}".rstrip())
        if self.notes:
            lines += ["", *(f"note: {note}" for note in self.notes)]
        return "\n".join(lines)


def design(
    given: Mapping[str, float], kind: str | None = None, floor: str = "direct"
) -> Design:
    """Return the decay that some numbers settle, and all of its numbers.

    >>> print(design({"base_lr": 0.1, "final_lr": 0.001, "half_life": 100}))
    Exponential(base_lr=0.1, gamma=0.5, every=100)
    <BLANKLINE>
      base lr     0.1
      final lr    0.001
      steps       664.38562
      gamma       0.9930925     times at each step
      loss        0.69075046    percent at each step
      rate        0.0069314718  -ln(gamma) per step
      half-life   100           steps
      halvings    6.6438562
      time to 1 % 664.38562     steps
    >>> design({"base_lr": 0.1, "final_lr": 1e-4, "steps": 90, "drops": 3}).schedule
    StepDecay(base_lr=0.1, gamma=0.09999999999999999, step_size=30)
    >>> drops = design({"base_lr": 0.1, "final_lr": 0.03, "gamma": 0.5, "step_size": 10})
    >>> drops.numbers["steps"], drops.numbers["final_lr"], drops.notes[0]
    (20.0, 0.025, 'reached 0.025 at t = 20, below the 0.03 asked for: for 0.03 there, give
    --steps 20 in place of --gamma')

    Args:
        given: numbers by name, out of ``DOMAINS``. With drops, ``gamma`` and ``decay_percent``
            are those of a drop; ``rate`` and ``half_life`` are always counted in steps.
        kind: one of ``KINDS``; from the numbers if not given.
        floor: that of the drops, as in ``StepDecay``.

    Raises:
        TypeError: if a number is none.
        ValueError: if a number is outside its domain, or they say too much or too little.
    """
    known = {name: DOMAINS[name].validated(_flag(name), x) for name, x in given.items()}
    for name, (limit, remedy) in LIMITS.items():
        if known.get(name, 0.0) >= limit:
            raise ValueError(
                f"{_flag(name)} must be < {limit}, got {shown(given[name])}: {remedy}"
            )
    if "base_lr" in known and known.get("final_lr", 0.0) >= known["base_lr"]:
        raise ValueError(
            f"--final-lr must be < --base-lr, got {shown(given['final_lr'])} >="
            f" {shown(given['base_lr'])}: a rate that grows is no decay"
        )
    kind = _kind(known, kind)
    if kind == "step":
        _count_drops(known, floor)
    decay = _the_decay(known)
    between = known.get("step_size", 1.0)

    def events(steps: float) -> float:
        return _drops_by(steps, between, floor) if kind == "step" else steps

    if decay is None:
        count = events(known["steps"])
        if not count:
            raise ValueError(
                f"--steps must be long enough for a drop, got {shown(given['steps'])} with"
                f" --step-size {between:g} and --floor {floor}"
            )
        fall = (math.log(known["final_lr"]) - math.log(known["base_lr"])) / count
    else:
        fall = _fall(known, decay, between)
    if "base_lr" not in known:
        known["base_lr"] = _risen(known["final_lr"], -fall * events(known["steps"]))
    if "steps" not in known and "final_lr" in known:
        count = (math.log(known["final_lr"]) - math.log(known["base_lr"])) / fall
        if kind == "step":
            count = _time_of(_whole(count), between, floor)
        known["steps"] = count
    if not known.get("steps", 1.0):
        raise ValueError(
            "--step-size must be so large that the last drop comes after t = 0, got"
            f" {between:g} with --floor {floor}"
        )
    if "steps" in known and "final_lr" not in known:
        endless = "exponential" if kind == "geometric" else kind
        known["final_lr"] = _made(endless, known, decay, fall, floor).lr(known["steps"])
        if not known["final_lr"]:
            raise ValueError(f"after {known['steps']:g} steps nothing is left: take fewer")
    schedule = _made(kind, known, decay, fall, floor)
    notes: list[str] = []
    if isinstance(schedule, StepDecay) and "steps" in known:
        notes += _passed(schedule, given, known, decay)
        notes += _unseen(schedule, known["steps"], is_run="steps" in given)
    return Design(schedule, _numbers(schedule, known, fall), tuple(notes))


def _passed(
    schedule: StepDecay, given: Mapping[str, float], known: dict[str, float], decay: str | None
) -> Iterator[str]:
    """Put the rate that the drops come to in the place of one between two of them."""
    steps, asked = known["steps"], known["final_lr"]
    if decay is None or "steps" in given or "final_lr" not in given:
        return
    fall = math.log(schedule.gamma)
    count = (math.log(asked) - math.log(schedule.base_lr)) / fall
    if _drops_by(steps, schedule.step_size, schedule.floor) <= count * (1.0 + CLOSE):
        return
    known["final_lr"] = schedule.lr(steps)
    yield (
        f"reached {known['final_lr']:.8g} at t = {steps:.15g}, below the {asked:.8g} asked for:"
        f" for {asked:.8g} there, give --steps {steps:.15g} in place of {_flag(decay)}"
    )


def _unseen(schedule: StepDecay, steps: float, *, is_run: bool) -> Iterator[str]:
    """Say so if the last drop comes after the last update."""
    count = math.ceil(steps)
    lr, last = schedule.lr(count - 1), schedule.lr(steps)
    if lr <= last:
        return
    drops = _drops_by(steps, schedule.step_size, schedule.floor)
    text = (
        f"the last drop comes at t = {_time_of(drops, schedule.step_size, schedule.floor):.15g}"
    )
    if not is_run:
        yield f"{text}: a run needs at least {count + 1} steps for an update with {last:.8g}"
        return
    text += f", after the last update of a run of {count} steps, which has {lr:.8g}"
    size = (steps + _early(schedule.floor)) / (drops + 1)
    if size >= 1.0:
        some = "1 drop" if drops == 1 else f"{drops} drops"
        text += (
            f": for {some} within the run, give --drops {drops} --step-size {size:.15g} and"
            " no --steps"
        )
    yield text


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _kind(known: Mapping[str, float], kind: str | None) -> str:
    """Return the kind of the decay, once the numbers are known to go with it."""
    drops = "step_size" in known or "drops" in known
    if drops and kind not in (None, "step"):
        raise ValueError(f"--step-size and --drops go with --kind step, got --kind {kind}")
    if kind == "step" and not drops:
        raise ValueError("--kind step needs --step-size, or --drops and --steps")
    if kind == "geometric" and not {"final_lr", "steps"} & known.keys():
        raise ValueError("--kind geometric has an end: give --final-lr or --steps too")
    return kind or ("step" if drops else "exponential")


def _count_drops(known: dict[str, float], floor: str) -> None:
    """Put steps and step size in the place of a number of drops."""
    if "drops" in known and "steps" in known and "step_size" in known:
        raise ValueError(
            "--drops follows from --steps and --step-size: leave out one of the three"
        )
    if "drops" in known and "steps" in known:
        exact = (Fraction(known["steps"]) + _early(floor)) / int(known["drops"])
        size = float(exact)  # rounded up, the last drop would come too late
        while _drops_by(known["steps"], size, floor) < known["drops"]:
            size = math.nextafter(size, 0.0)
        known["step_size"] = size
    elif "drops" in known and "step_size" in known:
        known["steps"] = _time_of(known["drops"], known["step_size"], floor)
    elif "drops" in known:
        raise ValueError("--drops needs --steps or --step-size too")


def _the_decay(known: Mapping[str, float]) -> str | None:
    """Return which number says how fast the rate falls, once there are just enough numbers."""
    named = [name for name in DECAYS if name in known]
    ends = [name for name in ("base_lr", "final_lr", "steps") if name in known]
    if len(named) > 1:
        raise ValueError(
            f"{' and '.join(map(_flag, named))} say the same thing: leave out all but one"
        )
    if len(named) + len(ends) > 3:
        raise ValueError(
            f"{_flag(named[0])} follows from --base-lr, --final-lr and --steps: leave out one"
            " of the four"
        )
    if len(named) + len(ends) < 3 and not (named and "base_lr" in known):
        raise ValueError(NEEDED)
    return named[0] if named else None


def _fall(known: Mapping[str, float], decay: str, between: float) -> float:
    """Return the logarithm of the factor of a step, or of a drop."""
    if decay == "gamma":
        return math.log(known["gamma"])
    if decay == "decay_percent":
        return math.log1p(-known["decay_percent"] / 100.0)
    rate = known["rate"] if decay == "rate" else math.log(2.0) / known["half_life"]
    return -rate * between


def _risen(lr: float, by: float) -> float:
    """Return the rate from which another one has come, given the logarithm of the quotient."""
    risen = lr * FLOATS.exp(by)
    if risen == math.inf:
        raise ValueError("--base-lr would be beyond all floats: take fewer --steps")
    return risen


def _early(floor: str) -> int:
    """Return how much earlier than a multiple of the step size a drop comes."""
    return 1 if floor == "offset" else 0


def _whole(count: float) -> int:
    """Return a number of drops, rounded up to a whole one."""
    return math.ceil(count - CLOSE * count)


def _drops_by(time: float, between: float, floor: str) -> int:
    """Return how many drops have happened, counted as the schedule counts them."""
    early = _early(floor)
    first = between - early
    if not early or first <= 0.0:
        return int(FLOATS.stairs(time + early, between)[0])
    # As in Staircase: 1 + t might be rounded up to the next drop.
    return 0 if time < first else 1 + int(FLOATS.stairs(time - first, between)[0])


def _time_of(drops: float, between: float, floor: str) -> float:
    """Return the first time by which so many drops have happened, up to rounding."""
    early = _early(floor)
    time = max(float(int(drops) * Fraction(between) - early), 0.0)
    while _drops_by(time, between, floor) < drops:
        time = math.nextafter(time + early, math.inf) - early
    return time


def _made(
    kind: str, known: Mapping[str, float], decay: str | None, fall: float, floor: str
) -> Schedule:
    """Return the decay, in the numbers that were given where that is possible."""
    base_lr = known["base_lr"]
    gamma = known.get("gamma", math.exp(fall))
    if kind == "geometric":
        return Geometric(base_lr, known["final_lr"], known["steps"])
    if decay is None:
        final_lr, steps = known["final_lr"], known["steps"]
        if kind == "step":
            drops = _drops_by(steps, known["step_size"], floor)
            gamma = gamma_for_drops(base_lr, final_lr, drops)
            return StepDecay(base_lr, gamma, known["step_size"], floor)
        return Exponential.from_final_lr(base_lr, final_lr, steps)
    if kind == "exponential" and decay == "half_life":
        return Exponential.from_half_life(base_lr, known["half_life"])
    if kind == "exponential" and decay == "rate":
        return Exponential.from_rate(base_lr, known["rate"])
    if decay == "decay_percent":
        gamma = (100.0 - known["decay_percent"]) / 100.0
    if not 0 < gamma < 1:
        raise ValueError(
            f"{_flag(decay)} must leave a gamma > 0 and < 1, got {known[decay]:g}, which rounds"
            f" to a gamma of {gamma:g}"
        )
    if kind == "step":
        return StepDecay(base_lr, gamma, known["step_size"], floor)
    return Exponential(base_lr, gamma)


def _numbers(schedule: Schedule, known: Mapping[str, float], fall: float) -> dict[str, float]:
    """Return all numbers by name: as they were given, or else computed."""
    numbers = {name: known[name] for name in ("base_lr", "final_lr", "steps") if name in known}
    between, to_1pct = 1.0, -math.log(100.0) / fall
    numbers["gamma"] = math.exp(fall)
    if isinstance(schedule, StepDecay):
        between, floor = schedule.step_size, schedule.floor
        numbers["step_size"] = between
        if "steps" in known:
            numbers["drops"] = _drops_by(known["steps"], between, floor)
        to_1pct = _time_of(_whole(to_1pct), between, floor)
        numbers["gamma"] = schedule.gamma
    elif isinstance(schedule, Exponential) and schedule.every == 1.0:
        numbers["gamma"] = schedule.gamma
    numbers["decay_percent"] = -100.0 * math.expm1(fall)
    numbers["rate"] = -fall / between
    numbers["half_life"] = -math.log(2.0) * between / fall
    if "final_lr" in known:
        numbers["halvings"] = math.log2(known["base_lr"]) - math.log2(known["final_lr"])
    numbers["steps_to_1pct"] = to_1pct
    return {name: known.get(name, numbers[name]) for name in WORDS if name in numbers}
