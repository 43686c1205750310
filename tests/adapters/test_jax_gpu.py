"""The same rates on a CUDA device. These tests are left out where there is none."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from catalogue import EXAMPLES
from sameness import LENGTHS, Row, rows

TOGETHER = 8

pytestmark = pytest.mark.gpu


def on_the_gpu(chunk: list[Row]) -> list[np.ndarray[Any, Any]]:
    """Return the rates of some rows, each at an array of counts that lies on the device."""
    (device, *_) = jax.devices("cuda")
    counts = [jax.device_put(np.array(row.counts, np.int32), device) for row in chunk]

    @jax.jit
    def answers(counts: Any) -> Any:
        return [row.schedule(ts) for row, ts in zip(chunk, counts, strict=True)]

    found = answers(counts)
    assert all(rates.devices() == {device} for rates in found)
    return [np.asarray(rates) for rates in found]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_schedule_on_the_gpu_gives_lr_rounded_to_float32(length: int) -> None:
    """A neighbour is where the exact rate lies between two floats: one in a thousand."""
    these = [row for row in rows() if row.length == length]
    neighbours = compared = 0

    assert len(these) == len(EXAMPLES)
    for i in range(0, len(these), TOGETHER):
        chunk = these[i : i + TOGETHER]
        for row, got in zip(chunk, on_the_gpu(chunk), strict=True):
            neighbours += row.neighbours(got)
            compared += len(row.counts)
    assert neighbours <= compared / 1000


def test_a_single_count_on_the_gpu_does_too() -> None:
    (device, *_) = jax.devices("cuda")
    last = [row for row in rows() if row.length == LENGTHS[-1]]

    with jax.default_device(device):
        for row in last[::10]:
            rate = jax.jit(row.schedule)
            got = np.array([rate(jnp.int32(t)) for t in row.counts])
            assert row.neighbours(got) <= 1, row.name
