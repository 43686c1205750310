"""The laws of every schedule and the one policy for overflow, in JAX and in TensorFlow.

Both take a subnormal number for 0, a time as well: no time here is one.
"""

from __future__ import annotations

import sys

import pytest
from catalogue import EXAMPLES
from extremes import far_and_near
from systems import FRAMEWORKS
from test_extremes import KNOWN, wrong
from test_law_suite import Law, asked, every_law

from lrcurves import Schedule

every_framework = pytest.mark.parametrize("system", FRAMEWORKS)


@every_framework
@every_law
def test_a_law_holds_for_the_whole_catalogue(law: Law, system: str) -> None:
    broken = {name: law(asked(s, system)) for name, s in EXAMPLES.items()}

    assert {name: what for name, what in broken.items() if what} == {}


@every_framework
@pytest.mark.parametrize("s", KNOWN, ids=repr)
def test_what_overflows_does_so_as_in_floats(s: Schedule, system: str) -> None:
    normal = [t for t in far_and_near(s) if t == 0.0 or t >= sys.float_info.min]

    assert wrong(s, system, normal) == []
