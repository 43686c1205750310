"""Changes in the formulas that no test can notice, each with the reason.

The key is what ``mutants.py`` prints of a change, without the file and the line.
"""

EQUIVALENT: dict[str, str] = {
    "_Floats.clip: x < low -> x <= low": "At the edge the number is the bound.",
    "_Floats.clip: x > high -> x >= high": "At the edge the number is the bound.",
    "Shift._formula: self.by > 0 -> self.by >= 0": "No time is negative, without a delay.",
}
