"""Each formula against its definition, at a few times of each kind of piece.

``oracle.py`` defines every kind a second time, independently. ``test_accuracy.py`` compares the
two at very many times; this is the quick form, and what ``mutants.py`` leans on.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from catalogue import EXAMPLES
from oracle import end_of, exact
from strategies import landmarks
from test_accuracy import eps_between, promised, rounds

from lrcurves import Schedule


def few_times(s: Schedule) -> list[float]:
    """Return 0, the first seams, the end, and two times in each of the pieces between them."""
    marks = [0.0, *landmarks(s)[:5]]
    between = [
        low + (high - low) * share for low, high in pairwise(marks) for share in (0.375, 0.75)
    ]
    at = {*marks, *between, marks[-1] * 1.25 + 3.0, marks[-1] * 2.5 + 7.0}
    return sorted(t for t in at if not rounds(s, t))


ROUNDED = {
    *("cosine-restarts-longer", "polynomial-restarts-longer", "repeat-longer-count"),
    *("one-cycle", "one-cycle-three-phase"),
}
"""These have fractional seams, and round every time: ``test_accuracy.py`` has their bound."""


def test_only_schedules_of_fractional_seams_round_their_times() -> None:
    assert {name for name, s in EXAMPLES.items() if not few_times(s)} == ROUNDED


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ROUNDED])
def test_a_formula_is_its_definition(name: str) -> None:
    s = EXAMPLES[name]
    for t in few_times(s):
        error = eps_between(s.lr(t), exact(s, t))
        assert error <= promised(s, "lr"), (t, s.lr(t))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_end_is_its_definition(name: str) -> None:
    s = EXAMPLES[name]
    assert s.end == end_of(s)
