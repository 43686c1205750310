"""Changes in the formulas that no test can notice, by the reason.

A change is named as ``mutants.py`` prints it, without the file and the line. It is listed only
if every rate stays what it is, to within the rounding that is promised (``test_accuracy.py``
measures it), or if what it changes is not promised.
"""

from __future__ import annotations

REASONS: dict[str, tuple[str, ...]] = {
    # Values stay the same to the last bit.
    "A line is a power of 1, and both ways of computing it are the same operations.": (
        "ease: 1.0 -> 0.0 (2)",
    ),
    "Of two equal rates the one is the other.": (
        "Cyclic._formula: self.peak_lr >= self.base_lr -> self.peak_lr > self.base_lr",
    ),
    "With a logarithm, without it, and with more terms than needed it is the same number.": (
        "_is_simple: power <= 3.0 -> power < 3.0",
        "_is_simple: power <= 3.0 -> power > 3.0",
        "_is_simple: 3.0 -> 4.0",
        "_is_simple: 1.0 -> 2.0",
        "_is_simple: 0.0 -> 1.0",
        "_complement: 1.0 -> 2.0",
        "_complement: 0.0 -> 1.0",
    ),
    "Of two equal numbers either is the smaller and the larger.": (
        "_Floats.minimum: x < y -> x <= y",
        "_Floats.maximum: x > y -> x >= y",
        "_Floats.clip: x < low -> x <= low",
        "_Floats.clip: x > high -> x >= high",
    ),
    "The sum, the product, the larger and the smaller of two rates do not know their order.": (
        "_Fold._formula: self._joined(rate, part._formula(t, xp), xp)"
        " -> self._joined(part._formula(t, xp), rate, xp)",
    ),
    "A zero is added for the shape of the time alone; its sign is lost.": (
        "ease: last + 0.0 * t -> last - 0.0 * t",
        "Constant._formula: self.base_lr + 0.0 * t -> self.base_lr - 0.0 * t",
        "Tanh._formula: self.final_lr + 0.0 * t -> self.final_lr - 0.0 * t",
        "Repeat._formula: period + 0.0 * t -> period - 0.0 * t",
    ),
    "This piece starts after 0, and 0 divided by any other time is 0.": (
        "ease: 0.0 * t -> 0.0 / t",
        "Repeat._formula: 0.0 * t -> 0.0 / t",
    ),
    "A product with a power of two is exact, and none of these overflows.": (
        "_left: -500 -> 500",
        "_left: 500 -> 501",
        "_left: steps < 2.0 ** (-500) -> steps <= 2.0 ** (-500)",
    ),
    "Far below any share that has a weight, a bound may be twice or half as large.": (
        "_left: 500 -> 501 (4)",
        "_complement: 500 -> 501",
        "_complement: 2.0 -> 3.0 (2)",
    ),
    "Any number this side of overflow serves as a bound.": (
        "Repeat._check_cycles: 1e+300 -> 2e+300",
    ),
    "The first power of a number, 1 times it, and the larger of it and one below are it.": (
        "ease: 1.0 -> 0.0",
        "Repeat._derive: 1.0 -> 0.0 (4)",
        "Repeat._formula: 1.0 -> 0.0 (2)",
        "_Restarts._fall: 1.0 -> 0.0 (3)",
        "_Restarts._fall: 1.0 -> 2.0 (2)",
        "_Restarts._fall: 1.0 -> 0.0 (2)",
    ),
    "No time is negative, without a delay.": ("Shift._formula: self.by > 0 -> self.by >= 0",),
    "A schedule holds its last rate after its end.": ("Repeat._formula: 0.0 -> 1.0 (2)",),
    "All times before the first step are on one plateau.": (
        "Staircase._formula: 0.0 -> 1.0",
        "Staircase._formula: held(0.0 * t, 0.0) -> held(0.0, 0.0 * t)",
    ),
    "A larger rate of no weight, and where a share of nothing is counted from, may be any.": (
        "Interpolated._derive: 0.0 -> 1.0",
        "Interpolated._derive: 1.0 -> 2.0",
        "Interpolated._derive: 1 -> 0 (6)",
        "Interpolated._derive: 0.0 -> 1.0 (3)",
        "Interpolated._derive: 1.0 -> 2.0 (4)",
    ),
    "A constant ramp has one rate, and is not asked for the other.": (
        "WSD.expand: self.peak_lr -> self.start_lr (3)",
        "FlatCosine.expand: self.base_lr -> self.final_lr (2)",
        "TriStage.expand: self.peak_lr -> self.start_lr (3)",
    ),
    "They are as long as each other.": (
        "Interpolated._derive: True -> False",
        "_Restarts._derive: starts -> lengths (2)",
    ),
    # Values stay the same to within the rounding that is promised.
    "With two equal rates every way of blending them gives that rate.": (
        "ease: first >= last -> first > last",
        "OneMinusSqrt._formula: first >= last -> first > last",
        "REX._formula: self.base_lr >= self.final_lr -> self.base_lr > self.final_lr",
        "Tanh._formula: self.base_lr >= self.final_lr -> self.base_lr > self.final_lr",
        "Interpolated._derive: first < last -> first <= last",
        "ramp: first >= last -> first > last",
    ),
    "A rate is at least the smallest that it can have, but for the last digit.": (
        "_Restarts._fall: self.peak_mult > 1.0 -> self.peak_mult >= 1.0",
        "_Restarts._fall: 1.0 -> 0.0 (4)",
    ),
    "A period may be cut into more parts than it needs.": (
        "growth_by_parts: 0 -> 1",
        "growth_by_parts: 0.5 -> 1.5",
        "growth_by_parts: 1.0 -> 2.0",
        "growth_by_parts: abs(math.log(factor)) > parts -> abs(math.log(factor)) >= parts",
    ),
    "The share of half a wave stays within the 3 eps that a unit of power may cost.": (
        "half_wave: 2.0 -> 3.0",
        "half_wave: 2.0 -> 3.0 (3)",
        "half_wave: xp.pi / 2.0 - high * steps + xp.pi_rest / 2.0"
        " -> xp.pi / 2.0 - high * steps - xp.pi_rest / 2.0",
        "_first_half: x * 134217729.0 -> x / 134217729.0",
        "_first_half: 134217729.0 -> 134217730.0",
    ),
    "Both ways of counting a rise are exact around the middle.": ("ease: 2.0 -> 3.0",),
    "To divide by the length and multiply with it again costs a rounding.": (
        "_gone: 1.0 -> 0.0",
    ),
    "Plateaus of one step or less are counted alike from t + 1 and from t + 1 - every.": (
        "Staircase._formula: every > 1.0 -> every >= 1.0",
        "Staircase._formula: 1.0 -> 0.0 (3)",
    ),
    "50 digits are three times what a float has.": ("_Restarts._derive: 50 -> 51",),
    # It is not promised.
    "From 2**53 on times are not exact, and may have cycles or not.": (
        "Repeat._derive: start < 2.0 ** 53 -> start <= 2.0 ** 53",
        "Repeat._derive: 2.0 -> 3.0",
        "Repeat._derive: 53 -> 54",
        "_Restarts._derive: starts[-1] + lengths[-1] < 2.0 ** 53"
        " -> starts[-1] + lengths[-1] <= 2.0 ** 53",
        "_Restarts._derive: starts[-1] + lengths[-1] -> starts[-1] - lengths[-1]",
        "_Restarts._derive: 1 -> 0",
        "_Restarts._derive: 1 -> 0 (2)",
        "_Restarts._derive: 2.0 -> 3.0",
        "_Restarts._derive: 53 -> 54",
    ),
}

EQUIVALENT = {change: reason for reason, listed in REASONS.items() for change in listed}
