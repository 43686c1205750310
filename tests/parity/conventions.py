"""The table in the docstring of ``lrcurves.compat``: what each schedule is called elsewhere.

A row is a schedule and, for each library, the calls that give the same rates; ``base_lr``,
``steps`` and the other names in them are the fields of the schedule. Where a call gives other
rates, a condition says at which ``t``. ``test_conventions.py`` evaluates all of it, with each
set of ``VALUES``, at every step up to ``LAST``.

    python tests/parity/conventions.py            prints the table
    python tests/parity/conventions.py --write    writes it into lrcurves/compat/__init__.py
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import lrcurves

LIBRARIES = ("torch", "optax", "keras", "transformers", "timm")

PATH = Path(lrcurves.__file__).parent / "compat" / "__init__.py"
BEGIN = ".. The table: python tests/parity/conventions.py --write"
END = ".. End of the table"
WIDTH = 92
"""Of a line of the table; ``help`` indents it by 4."""

HARD = "\N{NO-BREAK SPACE}"

LAST = 120
"""The last step that is compared."""


@dataclass(frozen=True)
class Cell:
    """One call of one library, and in which way it is not as one would think."""

    library: str
    call: str
    note: str = ""
    differs: str = ""
    """The condition for ``t`` under which the rates are not the same; never if empty."""
    until: str = ""
    """The last ``t`` at which the library itself, which raises then, gives a rate."""

    def __str__(self) -> str:
        return f"{self.library} {self.call}"


@dataclass(frozen=True)
class Row:
    """A schedule, and what gives the same rates elsewhere."""

    ours: str
    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        return self.ours


torch, optax, keras, transformers, timm = (partial(Cell, name) for name in LIBRARIES)

CLIMBS = "t > steps and (t - steps) % (2 * steps) != 0"
CLIMBS_AFTER_WARMUP = "t > steps and (t - steps) % (2 * (steps - warmup)) != 0"

ROWS = (
    Row(
        "Constant(base_lr)",
        (
            torch(
                "ConstantLR(base_lr, factor=1.0)",
                "factor is 1/3 unless given, and is gone after 5 steps",
            ),
            optax("constant_schedule(base_lr)"),
            transformers("get_constant_schedule(base_lr)"),
            timm("create_scheduler_v2(base_lr, 'constant')"),
        ),
    ),
    Row(
        "Linear(base_lr, final_lr, steps)",
        (
            torch(
                "LinearLR(base_lr, 1.0, final_lr / base_lr, total_iters=steps)",
                "no factor is above 1, and start_factor is 1/3 unless given",
            ),
            optax("linear_schedule(base_lr, final_lr, transition_steps=steps)"),
            keras(
                "PolynomialDecay(base_lr, steps, end_learning_rate=final_lr)",
                "end_learning_rate is 1e-4 unless given",
            ),
            transformers(
                "get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps, lr_end=final_lr)",
                "lr_end is 1e-7 unless given",
            ),
            timm(
                "PolyLRScheduler(base_lr, steps, power=1.0, lr_min=final_lr)",
                "power is 0.5 unless given",
            ),
        ),
    ),
    Row(
        "Polynomial(base_lr, steps, power=power)",
        (
            torch("PolynomialLR(base_lr, total_iters=steps, power=power)"),
            optax("polynomial_schedule(base_lr, 0.0, power, transition_steps=steps)"),
            keras("PolynomialDecay(base_lr, steps, 0.0, power)"),
            transformers(
                "get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps, 0.0, power)",
            ),
            timm("PolyLRScheduler(base_lr, steps, power)"),
        ),
    ),
    Row(
        "Polynomial(base_lr, steps, final_lr, power)",
        (
            torch(
                "PolynomialLR(base_lr, total_iters=steps, power=power)",
                "it falls to 0, as it has no last rate",
                differs="t > 0",
            ),
            optax("polynomial_schedule(base_lr, final_lr, power, transition_steps=steps)"),
            keras("PolynomialDecay(base_lr, steps, final_lr, power)"),
            transformers(
                "get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps, final_lr, power)",
            ),
            timm("PolyLRScheduler(base_lr, steps, power, lr_min=final_lr)"),
        ),
    ),
    Row(
        "Polynomial(base_lr, steps, final_lr, power, k_decay)",
        (timm("PolyLRScheduler(base_lr, steps, power, final_lr, k_decay=k_decay)"),),
    ),
    Row(
        "OneMinusSqrt(base_lr, steps, final_lr)",
        (
            transformers(
                "get_wsd_schedule(base_lr, 0, steps, steps, decay_type='1-sqrt',"
                " min_lr_ratio=final_lr / base_lr)",
                "decay_type is 'cosine' unless given",
            ),
            timm(
                "WSDLRScheduler(base_lr, t_initial=steps, decay_t=steps, lr_min=final_lr)",
                "decay_fn is '1-sqrt' unless given",
            ),
        ),
    ),
    Row(
        "Exponential(base_lr, gamma, every)",
        (
            torch(
                "ExponentialLR(base_lr, gamma ** (1 / every))",
                "its gamma is the factor of one step",
            ),
            optax("exponential_decay(base_lr, transition_steps=every, decay_rate=gamma)"),
            keras("ExponentialDecay(base_lr, decay_steps=every, decay_rate=gamma)"),
        ),
    ),
    Row(
        "Geometric(base_lr, final_lr, steps)",
        (
            torch(
                "ExponentialLR(base_lr, (final_lr / base_lr) ** (1 / steps))",
                "it goes on falling",
                differs="t > steps",
            ),
            optax(
                "exponential_decay(base_lr, steps, final_lr / base_lr, end_value=final_lr)",
                "without end_value it goes on falling",
            ),
            keras(
                "ExponentialDecay(base_lr, steps, final_lr / base_lr)",
                "it goes on falling",
                differs="t > steps",
            ),
            timm(
                "WSDLRScheduler(base_lr, steps, steps, final_lr, decay_fn='exp',"
                " decay_ratio=final_lr / base_lr)",
                "with another decay_ratio it is no pure exponential",
            ),
        ),
    ),
    Row(
        "StepDecay(base_lr, gamma, step_size)",
        (
            torch("StepLR(base_lr, step_size, gamma)", "gamma is 0.1 unless given"),
            optax("exponential_decay(base_lr, step_size, gamma, staircase=True)"),
            keras("ExponentialDecay(base_lr, step_size, gamma, staircase=True)"),
            timm("StepLRScheduler(base_lr, decay_t=step_size, decay_rate=gamma)"),
        ),
    ),
    Row(
        "MultiStep(base_lr, gamma, milestones)",
        (
            torch("MultiStepLR(base_lr, milestones, gamma)", "gamma is 0.1 unless given"),
            optax(
                "piecewise_constant_schedule(base_lr, {m: gamma for m in milestones})",
                "a milestone cannot be given twice",
            ),
            keras(
                "PiecewiseConstantDecay([m - 1 for m in milestones],"
                " [base_lr * gamma**i for i in range(len(milestones) + 1)])",
                "a rate still holds at its boundary",
            ),
            timm(
                "MultiStepLRScheduler(base_lr, [m + 1 for m in milestones], gamma)",
                "a drop comes one step before its decay_t",
            ),
        ),
    ),
    Row(
        "PiecewiseConstant(values, boundaries)",
        (
            optax(
                "piecewise_constant_schedule(values[0],"
                " {b: new / old for b, old, new in zip(boundaries, values, values[1:])})",
                "a scale multiplies the rate in force",
            ),
            keras(
                "PiecewiseConstantDecay([b - 1 for b in boundaries], values)",
                "a rate still holds at its boundary",
            ),
            keras(
                "PiecewiseConstantDecay(boundaries, values)",
                "a rate still holds at its boundary",
                differs="t in boundaries",
            ),
        ),
    ),
    Row(
        "Interpolated(times, values, shape)",
        (
            optax(
                "piecewise_interpolate_schedule(shape, values[0],"
                " {t: new / old for t, old, new in zip(times[1:], values, values[1:])})",
                "the first time is 0, and a scale multiplies the rate at the boundary before",
            ),
        ),
    ),
    Row(
        "Cosine(base_lr, steps, final_lr)",
        (
            torch(
                "CosineAnnealingLR(base_lr, T_max=steps, eta_min=final_lr)",
                "it climbs again, back to base_lr at 2 * steps, for ever up and down",
                differs=CLIMBS,
            ),
            torch(
                "SWALR(base_lr, final_lr, anneal_epochs=steps)",
                "it leaves from whatever rate is in force when it starts",
            ),
            optax(
                "cosine_decay_schedule(base_lr, steps, alpha=final_lr / base_lr)",
                "the last rate is a share of the first",
            ),
            keras(
                "CosineDecay(base_lr, steps, alpha=final_lr / base_lr)",
                "the last rate is a share of the first",
            ),
            transformers(
                "get_cosine_with_min_lr_schedule_with_warmup(base_lr, 0, steps,"
                " min_lr=final_lr)",
                "it climbs again, back to base_lr at 2 * steps, for ever up and down",
                differs=CLIMBS,
            ),
            timm("CosineLRScheduler(base_lr, steps, lr_min=final_lr)"),
        ),
    ),
    Row(
        "Cosine(base_lr, steps, final_lr, power)",
        (
            optax(
                "cosine_decay_schedule(base_lr, steps, final_lr / base_lr, exponent=power)",
            ),
        ),
    ),
    Row(
        "Cosine(base_lr, steps, final_lr, k_decay=k_decay)",
        (timm("CosineLRScheduler(base_lr, steps, final_lr, k_decay=k_decay)"),),
    ),
    Row(
        "Repeat(Cosine(base_lr, steps, final_lr) >> Cosine(final_lr, steps, base_lr))",
        (
            torch(
                "CosineAnnealingLR(base_lr, T_max=steps, eta_min=final_lr)",
                "this is what it does after T_max",
            ),
            transformers(
                "get_cosine_with_min_lr_schedule_with_warmup(base_lr, 0, steps,"
                " min_lr=final_lr)",
                "num_cycles is 0.5 unless given, as it counts whole waves",
            ),
        ),
    ),
    Row(
        "CosineRestarts(base_lr, period, final_lr, period_mult)",
        (
            torch(
                "CosineAnnealingWarmRestarts(base_lr, T_0=period, T_mult=period_mult,"
                " eta_min=final_lr)",
                "T_0 and T_mult are whole numbers",
            ),
            keras(
                "CosineDecayRestarts(base_lr, period, t_mul=period_mult,"
                " alpha=final_lr / base_lr)",
                "t_mul is 2 unless given",
            ),
            timm(
                "CosineLRScheduler(base_lr, period, final_lr, cycle_mul=period_mult,"
                " cycle_limit=1000)",
                "cycle_limit is 1 unless given",
            ),
        ),
    ),
    Row(
        "CosineRestarts(base_lr, period, final_lr, peak_mult=peak_mult)",
        (
            keras(
                "CosineDecayRestarts(base_lr, period, 1.0, m_mul=peak_mult,"
                " alpha=final_lr / base_lr)",
                "m_mul multiplies the height above final_lr, not the peak",
                differs="t >= period",
            ),
            timm(
                "CosineLRScheduler(base_lr, period, final_lr, cycle_decay=peak_mult,"
                " cycle_limit=1000)",
                "a peak that has sunk below final_lr stays there",
            ),
        ),
    ),
    Row(
        "Repeat(Cosine(base_lr, period), count=count)",
        (
            torch(
                "CosineAnnealingWarmRestarts(base_lr, T_0=period)",
                "it restarts for ever",
                differs="t >= count * period",
            ),
            optax(
                "sgdr_schedule(count * [{'init_value': 0.0, 'peak_value': base_lr,"
                " 'warmup_steps': 0, 'decay_steps': period}])",
                "each cycle has its own arguments, and its decay_steps count its warm-up",
            ),
            keras(
                "CosineDecayRestarts(base_lr, period, t_mul=1.0)",
                "it restarts for ever",
                differs="t >= count * period",
            ),
            transformers(
                "get_cosine_with_hard_restarts_schedule_with_warmup(base_lr, 0,"
                " count * period, num_cycles=count)",
                "the length is that of all cycles together",
            ),
            timm("CosineLRScheduler(base_lr, period, cycle_limit=count)"),
        ),
    ),
    Row(
        "PolynomialRestarts(base_lr, period, final_lr, power)",
        (
            keras(
                "PolynomialDecay(base_lr, period, final_lr, power, cycle=True)",
                "it is at final_lr at each restart, and cycle n starts at about"
                " n ** -power of the height",
                differs="t >= period",
            ),
            timm("PolyLRScheduler(base_lr, period, power, final_lr, cycle_limit=1000)"),
        ),
    ),
    Row(
        "Cyclic(base_lr, peak_lr, up, down, mode, gamma)",
        (
            torch(
                "CyclicLR(base_lr, peak_lr, up, down, mode, gamma)",
                "cycle_momentum is True unless given, and then the momentum cycles too",
            ),
        ),
    ),
    Row(
        "InverseTime(base_lr, rate, every)",
        (keras("InverseTimeDecay(base_lr, decay_steps=every, decay_rate=rate)"),),
    ),
    Row(
        "PowerLaw(base_lr, alpha, timescale)",
        (
            timm(
                "WSDLRScheduler(base_lr, steps, decay, stable_fn='power', stable_power=alpha,"
                " stable_timescale=timescale)",
                "it decays to 0 in the last decay_t of t_initial steps",
                differs="t > steps - decay",
            ),
        ),
    ),
    Row(
        "Warmup(InverseSqrt(peak_lr, timescale), warmup)",
        (
            transformers(
                "get_inverse_sqrt_schedule(peak_lr, warmup, timescale)",
                "without timescale, the warm-up is the time scale",
            ),
            timm(
                "WSDLRScheduler(peak_lr, steps - warmup, decay, stable_fn='rsqrt',"
                " stable_timescale=timescale, warmup_t=warmup)",
                "it decays to 0 in the last decay_t of t_initial steps",
                differs="t > steps - decay",
            ),
        ),
    ),
    Row(
        "Noam(d_model, warmup)",
        (
            transformers(
                "get_inverse_sqrt_schedule((d_model * warmup) ** -0.5, warmup)",
                "its argument is the peak, not the width of the model",
            ),
        ),
    ),
    Row(
        "Tanh(base_lr, steps, final_lr, lower, upper)",
        (
            timm(
                "TanhLRScheduler(base_lr, steps, lb=lower, ub=upper, lr_min=final_lr)",
                "lb is -7 unless given, and lower is -6",
            ),
        ),
    ),
    Row(
        "Warmup(Constant(peak_lr), warmup, start_lr)",
        (
            torch(
                "LinearLR(peak_lr, start_lr / peak_lr, total_iters=warmup)",
                "start_factor must be > 0",
            ),
            optax(
                "warmup_constant_schedule(start_lr, peak_lr, warmup)",
                "with a warm-up of 0 steps it stays at the first rate",
            ),
            transformers(
                "get_constant_schedule_with_warmup(peak_lr, warmup)",
                "it always starts at 0",
                differs="t < warmup",
            ),
            timm(
                "create_scheduler_v2(peak_lr, 'constant', warmup_lr=start_lr,"
                " warmup_epochs=warmup)",
                "warmup_lr is 1e-5 unless given",
            ),
        ),
    ),
    Row(
        "Warmup(Constant(peak_lr), warmup, start_lr, shape='constant')",
        (
            torch(
                "ConstantLR(peak_lr, start_lr / peak_lr, total_iters=warmup)",
                "the first rate is a share of the other, at most 1",
            ),
            optax(
                "piecewise_constant_schedule(start_lr, {warmup: peak_lr / start_lr})",
                "a scale multiplies the rate in force",
            ),
            keras(
                "PiecewiseConstantDecay([warmup - 1], [start_lr, peak_lr])",
                "a rate still holds at its boundary",
            ),
        ),
    ),
    Row(
        "Warmup(Cosine(peak_lr, decay), warmup, shape='cosine')",
        (
            transformers(
                "get_wsd_schedule(peak_lr, warmup, decay, num_stable_steps=0,"
                " warmup_type='cosine')",
                "decay_type is 'cosine' unless given, but warmup_type is 'linear' unless given",
            ),
        ),
    ),
    Row(
        "WarmupCosine(peak_lr, steps, warmup, final_lr, start_lr)",
        (
            torch(
                "SequentialLR([LinearLR(peak_lr, start_lr / peak_lr, total_iters=warmup),"
                " CosineAnnealingLR(peak_lr, steps - warmup, final_lr)], [warmup])",
                "it climbs again",
                differs=CLIMBS_AFTER_WARMUP,
            ),
            optax(
                "warmup_cosine_decay_schedule(start_lr, peak_lr, warmup, steps, final_lr)",
                "decay_steps count the warm-up",
            ),
            keras(
                "CosineDecay(start_lr, steps - warmup, final_lr / peak_lr,"
                " warmup_target=peak_lr, warmup_steps=warmup)",
                "the warm-up is added to decay_steps",
            ),
            transformers(
                "get_cosine_with_min_lr_schedule_with_warmup(peak_lr, warmup, steps,"
                " min_lr=final_lr)",
                "it always starts at 0, and climbs again",
                differs=f"t < warmup or {CLIMBS_AFTER_WARMUP}",
            ),
            transformers(
                "get_cosine_with_min_lr_schedule_with_warmup_lr_rate(peak_lr, warmup + 1,"
                " steps + 1, min_lr=final_lr, warmup_lr_rate=start_lr / peak_lr)",
                "it is one step early, and climbs again",
                differs=CLIMBS_AFTER_WARMUP,
            ),
            timm(
                "CosineLRScheduler(peak_lr, steps - warmup, final_lr, warmup_t=warmup,"
                " warmup_lr_init=start_lr, warmup_prefix=True)",
                "the warm-up is added to t_initial",
            ),
            timm(
                "CosineLRScheduler(peak_lr, steps, final_lr, warmup_t=warmup,"
                " warmup_lr_init=start_lr)",
                "the decay runs during the warm-up, at whose end the rate jumps down",
                differs="warmup <= t < steps",
            ),
        ),
    ),
    Row(
        "WarmupCosine(peak_lr, steps, warmup)",
        (
            optax("warmup_cosine_decay_schedule(0.0, peak_lr, warmup, steps)"),
            keras(
                "CosineDecay(0.0, steps - warmup, warmup_target=peak_lr, warmup_steps=warmup)",
                "without warmup_target there is no warm-up",
            ),
            transformers(
                "get_cosine_schedule_with_warmup(peak_lr, warmup, steps)",
                "it climbs again",
                differs=CLIMBS_AFTER_WARMUP,
            ),
            timm(
                "create_scheduler_v2(peak_lr, num_epochs=steps - warmup, warmup_lr=0.0,"
                " warmup_epochs=warmup, warmup_prefix=True)",
                "warmup_prefix is False unless given",
            ),
        ),
    ),
    Row(
        "WarmupLinear(peak_lr, steps, warmup)",
        (
            optax(
                "join_schedules([linear_schedule(0.0, peak_lr, warmup),"
                " linear_schedule(peak_lr, 0.0, steps - warmup)], [warmup])",
                "the clock of the second starts at the boundary",
            ),
            transformers("get_linear_schedule_with_warmup(peak_lr, warmup, steps)"),
            transformers("get_scheduler('linear', peak_lr, warmup, steps)"),
            timm(
                "PolyLRScheduler(peak_lr, steps - warmup, power=1.0, warmup_t=warmup,"
                " warmup_prefix=True)",
                "the warm-up is added to t_initial",
            ),
        ),
    ),
    Row(
        "WarmupExponential(peak_lr, steps, warmup, final_lr, start_lr)",
        (
            optax(
                "warmup_exponential_decay_schedule(start_lr, peak_lr, warmup, steps - warmup,"
                " final_lr / peak_lr, end_value=final_lr)",
                "the warm-up is added to transition_steps",
            ),
            timm(
                "WSDLRScheduler(peak_lr, steps - warmup, steps - warmup, final_lr,"
                " decay_fn='exp', decay_ratio=final_lr / peak_lr, warmup_t=warmup,"
                " warmup_lr_init=start_lr)",
                "the warm-up is added to t_initial",
            ),
        ),
    ),
    Row(
        "WSD(peak_lr, steps, warmup, decay, final_lr)",
        (
            transformers(
                "get_wsd_schedule(peak_lr, warmup, decay, steps, decay_type='linear',"
                " min_lr_ratio=final_lr / peak_lr)",
                "the warm-up starts at the last rate, not at 0",
                differs="t < warmup",
            ),
            timm(
                "WSDLRScheduler(peak_lr, steps - warmup, decay, final_lr, decay_fn='linear',"
                " warmup_t=warmup)",
                "the warm-up is added to t_initial, which counts the decay",
            ),
        ),
    ),
    Row(
        "TriStage(peak_lr, steps, warmup, hold, final_lr, start_lr)",
        (
            optax(
                "warmup_exponential_decay_schedule(start_lr, peak_lr, warmup,"
                " steps - warmup - hold, final_lr / peak_lr, transition_begin=hold,"
                " end_value=final_lr)",
                "transition_begin counts from the end of the warm-up",
            ),
            timm(
                "WSDLRScheduler(peak_lr, steps - warmup, steps - warmup - hold, final_lr,"
                " decay_fn='exp', decay_ratio=final_lr / peak_lr, warmup_t=warmup,"
                " warmup_lr_init=start_lr)",
                "the warm-up is added to t_initial, which counts the decay",
            ),
        ),
    ),
    Row(
        "FlatCosine(base_lr, steps, flat, final_lr)",
        (
            torch(
                "SequentialLR([ConstantLR(base_lr, 1.0),"
                " CosineAnnealingLR(base_lr, steps - flat, final_lr)], [flat])",
                "it climbs again",
                differs="t > steps and (t - steps) % (2 * (steps - flat)) != 0",
            ),
            optax(
                "join_schedules([constant_schedule(base_lr),"
                " cosine_decay_schedule(base_lr, steps - flat, final_lr / base_lr)], [flat])",
                "the clock of the second starts at the boundary",
            ),
            transformers(
                "get_wsd_schedule(base_lr, 0, steps - flat, steps,"
                " min_lr_ratio=final_lr / base_lr)",
            ),
            timm("WSDLRScheduler(base_lr, steps, steps - flat, final_lr, decay_fn='cosine')"),
        ),
    ),
    Row(
        "OneCycle(peak_lr, steps, pct_start, div_factor, final_div_factor)",
        (
            torch(
                "OneCycleLR(peak_lr, total_steps=steps + 1,"
                " pct_start=(pct_start * steps + 1) / (steps + 1), div_factor=div_factor,"
                " final_div_factor=final_div_factor)",
                "peak and end are one step early, at pct_start * total_steps - 1 and at"
                " total_steps - 1, and soon after that torch raises",
                until="steps",
            ),
            optax(
                "cosine_onecycle_schedule(steps, peak_lr, pct_start, div_factor,"
                " final_div_factor)",
                "the peak is at a whole step, rounded down",
                differs="pct_start * steps % 1 != 0 and 0 < t < steps",
            ),
        ),
    ),
    Row(
        "OneCycle(peak_lr, steps, pct_start, div_factor, final_div_factor, 'linear',"
        " three_phase=True)",
        (
            torch(
                "OneCycleLR(peak_lr, total_steps=steps + 1,"
                " pct_start=(pct_start * steps + 1) / (steps + 1), anneal_strategy='linear',"
                " div_factor=div_factor, final_div_factor=final_div_factor, three_phase=True)",
                "peak and end are one step early, and soon after that torch raises",
                until="steps",
            ),
            optax(
                "linear_onecycle_schedule(steps, peak_lr, pct_start, 2 * pct_start,"
                " div_factor, final_div_factor)",
                "both turns are at whole steps, rounded down",
                differs="pct_start * steps % 1 != 0 and 0 < t < steps",
            ),
        ),
    ),
    Row(
        "SlantedTriangular(peak_lr, steps, cut_frac, ratio)",
        (
            torch(
                "OneCycleLR(peak_lr, total_steps=steps + 1,"
                " pct_start=(int(cut_frac * steps) + 1) / (steps + 1),"
                " anneal_strategy='linear', div_factor=ratio, final_div_factor=1.0)",
                "peak and end are one step early, and soon after that torch raises",
                until="steps",
            ),
            optax(
                "piecewise_interpolate_schedule('linear', peak_lr / ratio,"
                " {int(cut_frac * steps): ratio, steps: 1 / ratio})",
                "a scale multiplies the rate at the boundary before",
            ),
        ),
    ),
    Row(
        "Cosine(max_momentum, up, base_momentum)"
        " >> Cosine(base_momentum, steps - up, max_momentum)",
        (
            torch(
                "OneCycleMomentum(total_steps=steps + 1, pct_start=(up + 1) / (steps + 1),"
                " base_momentum=base_momentum, max_momentum=max_momentum)",
                "this is the momentum of OneCycleLR, with its peak and end one step early",
                until="steps",
            ),
        ),
    ),
    Row(
        "RangeTest(start_lr, final_lr, steps)",
        (
            torch(
                "ExponentialLR(start_lr, (final_lr / start_lr) ** (1 / steps))",
                "it goes on rising",
                differs="t > steps",
            ),
            optax(
                "exponential_decay(start_lr, steps, final_lr / start_lr, end_value=final_lr)",
                "end_value is an upper bound if decay_rate >= 1",
            ),
            keras(
                "ExponentialDecay(start_lr, steps, final_lr / start_lr)",
                "it goes on rising",
                differs="t > steps",
            ),
        ),
    ),
    Row(
        "Linear(start_lr, base_lr, warmup) >> Exponential(base_lr, gamma)",
        (
            torch(
                "SequentialLR([LinearLR(base_lr, start_lr / base_lr, total_iters=warmup),"
                " ExponentialLR(base_lr, gamma)], [warmup])",
                "all parts share one optimizer, and so one rate",
            ),
            optax(
                "join_schedules([linear_schedule(start_lr, base_lr, warmup),"
                " exponential_decay(base_lr, 1, gamma)], [warmup])",
                "the parts start at the boundaries, and need not end there",
            ),
        ),
    ),
    Row(
        "Until(Exponential(base_lr, gamma), steps) >> Constant(final_lr)",
        (
            torch(
                "SequentialLR([ExponentialLR(base_lr, gamma),"
                " ConstantLR(base_lr, final_lr / base_lr, total_iters=1000)], [steps])",
                "total_iters is 5 unless given, after which the factor of ConstantLR is gone",
            ),
            optax(
                "join_schedules([exponential_decay(base_lr, 1, gamma),"
                " constant_schedule(final_lr)], [steps])",
                "a boundary cuts a part that goes on",
            ),
        ),
    ),
    Row(
        "Shift(Linear(base_lr, final_lr, steps), by)",
        (
            optax(
                "linear_schedule(base_lr, final_lr, steps, transition_begin=by)",
                "a time before 0 counts as 0",
            ),
        ),
    ),
    Row(
        "Floor(Exponential(base_lr, gamma, every), min_lr)",
        (
            optax(
                "exponential_decay(base_lr, every, gamma, end_value=min_lr)",
                "end_value is a lower bound if decay_rate < 1",
            ),
        ),
    ),
    Row(
        "Minimum((Exponential(base_lr, 1 / gamma, every), Constant(peak_lr)))",
        (
            optax(
                "exponential_decay(base_lr, every, 1 / gamma, end_value=peak_lr)",
                "end_value is an upper bound if decay_rate >= 1",
            ),
        ),
    ),
    Row(
        "Staircase(InverseTime(base_lr, rate, every), every)",
        (keras("InverseTimeDecay(base_lr, every, rate, staircase=True)"),),
    ),
)

NOWHERE = ("Maximum", "Product", "REX", "Scale", "Stretch", "Sum")
"""The kinds that none of these libraries has a call for."""

GIVEN: dict[str, tuple[Any, Any, Any]] = {
    "base_lr": (0.1, 0.4, 0.002),
    "peak_lr": (0.3, 1.5, 0.005),
    "start_lr": (0.02, 0.03, 0.0001),
    "final_lr": (0.01, 0.05, 2e-05),
    "min_lr": (0.004, 0.001, 1e-06),
    "steps": (12, 9, 40),
    "warmup": (4, 1, 15),
    "decay": (5, 8, 11),
    "hold": (3, 1, 14),
    "flat": (7, 1, 33),
    "by": (5, 1, 20),
    "gamma": (0.5, 0.9, 0.97),
    "every": (6, 3, 11),
    "step_size": (5, 1, 13),
    "power": (2.0, 0.5, 1.3),
    "k_decay": (1.5, 0.5, 3.0),
    "rate": (0.5, 2.0, 0.01),
    "alpha": (0.7, 1.3, 0.5),
    "timescale": (7, 1, 90),
    "d_model": (512, 64, 1024),
    "period": (6, 5, 10),
    "period_mult": (2, 1, 3),
    "peak_mult": (0.9, 1.1, 0.7),
    "count": (4, 2, 3),
    "up": (4, 3, 13),
    "down": (6, 1, 17),
    "mode": ("triangular2", "exp_range", "triangular"),
    "shape": ("linear", "cosine", "linear"),
    "milestones": ((4, 9), (1, 2, 30), (10, 25, 70)),
    "boundaries": ((3, 10), (1, 2), (20, 33, 60)),
    "values": ((0.1, 0.02, 0.3), (0.3, 0.6, 0.1), (3.0, 1.0, 2.0, 1.0)),
    "times": ((0, 5, 12), (0, 1, 2), (0, 20, 33, 60)),
    "lower": (-6.0, -2.0, -7.0),
    "upper": (3.0, 5.0, 2.5),
    "pct_start": (0.25, 0.3, 0.4),
    "div_factor": (10.0, 25.0, 3.0),
    "final_div_factor": (100.0, 10000.0, 50.0),
    "cut_frac": (0.25, 0.4, 0.13),
    "ratio": (32.0, 4.0, 10.0),
    "base_momentum": (0.85, 0.5, 0.8),
    "max_momentum": (0.95, 0.9, 0.99),
}
"""What the names of the fields stand for, three times."""

VALUES = tuple({name: given[i] for name, given in GIVEN.items()} for i in range(3))


def module(library: str) -> ModuleType:
    return import_module(f"lrcurves.compat.{library}")


def functions(library: str) -> dict[str, Any]:
    """Return the public functions of a library by name, those that refuse included."""
    found = inspect.getmembers(module(library), inspect.isfunction)
    return {
        name: function
        for name, function in found
        if not name.startswith("_") and function.__module__.startswith("lrcurves.compat.")
        if "._" not in function.__module__ and name != "from_scheduler"
    }


def refused(library: str) -> list[str]:
    """Return the functions of a library that only say why there is no such schedule."""
    return [
        name
        for name, function in functions(library).items()
        if inspect.signature(function).return_annotation == "NoReturn"
    ]


def names(text: str) -> set[str]:
    """Return the names in an expression."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def _wrapped(head: str, text: str) -> list[str]:
    """Return a text in lines, the first after a head and the others as far in.

    No line ends at a space that is hard, which comes out as a space.
    """
    indent = 4 + max(map(len, LIBRARIES)) + 2
    found = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"    {head}".ljust(indent),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(HARD, " ") for line in found]


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    for row in ROWS:
        yield from textwrap.wrap(row.ours, WIDTH, subsequent_indent="    ")
        for cell in row.cells:
            yield from _wrapped(cell.library, re.sub("(?<!,) ", HARD, cell.call))
            if cell.differs:
                where = re.sub("(?<!and|.or) (?!and|or)", HARD, cell.differs)
                yield from _wrapped("", f"differs where {where}: {cell.note}")
            elif cell.note:
                yield from _wrapped("", f"same; {cell.note}")
        having = {cell.library for cell in row.cells}
        lacking = [library for library in LIBRARIES if library not in having]
        if lacking:
            yield from _wrapped("-", ", ".join(lacking))
        yield ""
    yield "In none of these libraries"
    yield from _wrapped("", ", ".join(NOWHERE))
    yield ""
    yield "No functions of time alone, and refused"
    for library in LIBRARIES:
        yield from _wrapped(library, ", ".join(refused(library)))


def written(source: str) -> str:
    """Return the source of a module with the table between its two marks."""
    between = re.compile(rf"(?<=^{re.escape(BEGIN)}\n\n).*?(?=^{re.escape(END)}$)", re.M | re.S)
    table = "\n".join(lines()) + "\n\n"
    result, count = between.subn(lambda _: table, source)
    if count != 1:
        raise ValueError(
            f"{PATH.name} must hold the mark {BEGIN!r}, an empty line, and {END!r}"
        )
    return result


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PATH.write_text(written(PATH.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print("\n".join(lines()))
