"""What may be wrong with a schedule for a run of some length.

>>> from lrcurves import WarmupCosine
>>> for finding in check(WarmupCosine(0.1, steps=90, warmup=5), steps=90 * 391):
...     print(finding)
note starts-at-zero: the first update has the rate 0: it changes nothing
  -> usual for a warm-up; for a first update that counts, give start_lr > 0
warning ends-early: the curve ends at t = 90, after 0.256 % of the run of 35190 steps; the other
35100 updates have the rate 0
  -> if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch)
"""

from __future__ import annotations

from dataclasses import replace

from ._domains import Interval
from ._rules import RULES, Checked, Finding
from ._runs import checked_run
from .schedule import Schedule

__all__ = ["Finding", "check"]

MOST = 3
"""So many findings of one code are listed; the last of them tells how many more there are."""


def check(schedule: Schedule, steps: int, min_acceptable_lr: float = 1e-8) -> list[Finding]:
    """Return what may be wrong with a schedule for a run of ``steps`` updates.

    ==================== ======== =========================================================
    ``all-zero``         warning  every update has the rate 0
    ``overflow``         warning  a rate is infinite
    ``starts-at-zero``   note     the first update has the rate 0, as warm-ups usually do
    ``final-lr-tiny``    warning  more than the last 5 % of the updates have a rate below
                                  ``min_acceptable_lr``; a note if it is only some of these
                                  5 %, and nothing if the curve falls to 0 in them
    ``half-life-long``   warning  an exponential does not halve once in its time
    ``half-life-short``  note     it halves more than ten times
    ``jump``             warning  the rate jumps where one part of a sequence follows another;
                                  a note if one is constant; nothing if both are, or if one
                                  of the same kind goes the same way again
    ``never-reached``    warning  a part of a sequence, a milestone or the first drop of a
                                  staircase comes after the run, and would change the rate
    ``ends-early``       warning  the curve ends in the first half of the run (a note if it
                                  stays at its peak); or, having no end, changes no more after
                                  a tenth of the run, below its peak
    ``ends-late``        warning  it takes at least twice as long as the run, or its first
                                  cycle does (of a triangle, the first way up)
    ``many-cycles``      note     it goes through more than a thousand cycles
    ``peak-not-reached`` warning  the run ends on the way up to the peak
    ``growth``           warning  the rate, or the peak of a cycle, grows for ever; a note, if
                                  the run only ends near its peak
    ==================== ======== =========================================================

    >>> from lrcurves import Exponential
    >>> [finding.code for finding in check(Exponential(0.1, gamma=0.9999), steps=100)]
    ['half-life-long']

    A check takes a second or two at most. Where looking at every step, or at every piece of
    the curve, would take longer, the peak is the highest of some of the rates: the first and
    the last of the run, up to a million each, as many between them, and those next to the
    highest of these. That is so for runs of some ten million steps of a curve of hundreds of
    pieces, and for the time after a run in which the peak is that was not reached. Where more
    than 32 formulas make a rate, no half-life is looked for.

    Args:
        schedule: the schedule.
        steps: the number of updates, a whole number from 1 to 2**53.
        min_acceptable_lr: the rate below which an update is lost, a finite number >= 0. The
            default is meant for peaks from 1e-4 on. Where the peak is smaller, as of a group
            of layers whose rate is scaled down, a ten-thousandth of it takes its place; only
            if the peak itself is below the default, all updates are lost. A number above the
            default is taken as it is.

    Raises:
        TypeError: if ``schedule`` is no schedule, or another argument no number.
        ValueError: if a number is outside its domain.
    """
    steps = checked_run("check", schedule, steps)
    least = _LEVEL.validated("check: min_acceptable_lr", min_acceptable_lr)
    run = Checked(schedule, steps, least)
    if run.peak == 0.0:
        return [
            Finding(
                "all-zero",
                "warning",
                f"all {steps} updates have the rate 0",
                "give a rate > 0",
            )
        ]
    return [finding for rule in RULES for finding in _some(list(rule(run)))]


def _some(found: list[Finding]) -> list[Finding]:
    """Return the first few findings of a rule; the last of them tells of the others."""
    more = len(found) - MOST
    if more <= 0:
        return found
    last = found[MOST - 1]
    return [*found[: MOST - 1], replace(last, message=f"{last.message} (and {more} more)")]


_LEVEL = Interval(0)
