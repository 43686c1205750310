"""Hypothesis profiles: the default one is the same in every run, ``long`` searches further,
``quick`` only finds out whether something fails (``mutants.py``).

Keras reads its backend when it is imported; the tests that need another start a process for it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("long", settings.get_profile("default"), max_examples=5000)
settings.register_profile(
    "quick",
    settings.get_profile("default"),
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

os.environ.setdefault("KERAS_BACKEND", "torch")
