"""Schedules sent to other processes and back: ``python tests/crossed.py fork`` or ``spawn``.

Neither torch nor jax is imported here, since a process that has their threads must not fork.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
import sys

import numpy as np
from catalogue import EXAMPLES
from strategies import landmarks

from lrcurves import Schedule
from lrcurves.serial import fingerprint

WRITTEN_OUT = range(150)
"""So many calls of ``lr`` that its flat function is made on the way."""


def bits(s: Schedule) -> list[str]:
    """Return rates bit by bit: scalars, before and after they are written out, and arrays."""
    ts = [*WRITTEN_OUT, *landmarks(s)[:20], 2.0**31 - 1, 1e12]
    array = s.lr_array(np.array(ts, dtype=float))
    table = s.lr_array(range(0, 30_000, 7))
    return [*(s.lr(t).hex() for t in ts), array.tobytes().hex(), table.tobytes().hex()]


def answer(job: tuple[str, bytes]) -> tuple[str, str, list[str], bytes]:
    """Return, in another process, what it makes of a schedule that was sent to it."""
    name, pickled = job
    s = pickle.loads(pickled)
    assert s == EXAMPLES[name]
    assert hash(s) == hash(EXAMPLES[name])
    return name, fingerprint(s), bits(s), pickle.dumps(s)


def main(way: str) -> None:
    """Send every example to two processes, and compare what comes back."""
    jobs = [(name, pickle.dumps(s)) for name, s in EXAMPLES.items()]
    with multiprocessing.get_context(way).Pool(2) as pool:
        answers = pool.map(answer, jobs)
    for name, found, rates, pickled in answers:
        assert found == fingerprint(EXAMPLES[name])
        assert rates == bits(EXAMPLES[name]), name
        assert pickle.loads(pickled) == EXAMPLES[name]
    print(json.dumps({"schedules": len(answers)}))


if __name__ == "__main__":
    main(sys.argv[1])
