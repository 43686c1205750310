"""torch tensors of time: eager, compiled, mapped and differentiated; and compiled updates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from catalogue import EXAMPLES
from torch import nn
from torch._dynamo.testing import CompileCounter

from lrcurves import Cosine, Linear, Schedule
from lrcurves.adapters.torch import CurveLR

TIMES = [0, 1, 3, 17, 400, 999, 1000, 1001, 5000, 2**24 - 1]
EPS = 2.0**-52
TENSOR = 16 * EPS
"""How far two roundings of one formula differ: 8 eps in either system, at most."""
DTYPES = [torch.int32, torch.int64, torch.float32, torch.float64]
S = Linear(0, 0.1, 5) >> Cosine(0.1, 15)

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


@pytest.fixture
def fresh_compiler() -> None:
    torch.compiler.reset()


def compiling(test: Any) -> Any:
    """Mark a test that compiles; torch's compiler itself uses what torch has deprecated."""
    ignored = r"ignore:`torch\.jit\.script(_method)?` is deprecated:DeprecationWarning"
    return pytest.mark.filterwarnings(ignored)(pytest.mark.usefixtures("fresh_compiler")(test))


def agrees(found: torch.Tensor, s: Schedule) -> None:
    """Check that the rates at ``TIMES`` are those of ``s.lr``, as exactly as they can be."""
    expected = np.array([s.lr(t) for t in TIMES])
    if found.dtype is torch.float64:
        np.testing.assert_allclose(found.numpy(), expected, rtol=TENSOR, atol=0)
    else:
        assert found.dtype is torch.float32
        with np.errstate(over="ignore", under="ignore"):
            single = expected.astype(np.float32)
        np.testing.assert_array_max_ulp(found.numpy(), single, maxulp=1)
        assert (found.numpy() == single).sum() >= len(TIMES) - 1


@every_example
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_tensor_of_any_type_gives_the_rounded_rates(s: Schedule, dtype: torch.dtype) -> None:
    agrees(s(torch.tensor(TIMES, dtype=dtype)), s)


@every_example
def test_vmap_gives_what_the_whole_tensor_gives(s: Schedule) -> None:
    ts = torch.tensor(TIMES, dtype=torch.float64)

    assert torch.equal(torch.vmap(s)(ts), s(ts))


@every_example
def test_the_derivative_is_that_of_the_whole_tensor_and_no_nan(s: Schedule) -> None:
    ts = torch.tensor(TIMES, dtype=torch.float64)
    slopes = torch.vmap(torch.func.grad(s))(ts)

    assert torch.equal(slopes, torch.func.grad(lambda t: s(t).sum())(ts))
    assert not slopes.isnan().any()


def test_the_derivative_is_the_slope() -> None:
    slope = torch.func.grad(Cosine(0.1, 100))

    at = torch.tensor(50.0, dtype=torch.float64)
    assert slope(at).item() == pytest.approx(-0.1 * math.pi / 200, rel=4 * EPS)
    assert slope(torch.tensor(150.0, dtype=torch.float64)) == 0.0


COMPILED = ("cosine", "exponential", "step-decay", "multi-step", "one-cycle", "noam", "tanh")
"""Each with another part of the vocabulary; the others differ in how they combine it."""
INDUCTED = ("cosine", "multi-step")


@compiling
@pytest.mark.parametrize("name", COMPILED)
def test_a_schedule_compiles_into_one_graph(name: str) -> None:
    counter = CompileCounter()
    compiled = torch.compile(EXAMPLES[name], fullgraph=True, backend=counter)
    for _ in range(2):
        agrees(compiled(torch.tensor(TIMES)), EXAMPLES[name])

    assert counter.frame_count == 1


@compiling
def test_a_compiled_schedule_takes_times_of_any_type() -> None:
    counter = CompileCounter()
    compiled = torch.compile(EXAMPLES["cosine"], fullgraph=True, backend=counter)
    for dtype in DTYPES:
        for _ in range(2):
            agrees(compiled(torch.tensor(TIMES, dtype=dtype)), EXAMPLES["cosine"])

    assert counter.frame_count == len(DTYPES)


@compiling
def test_inductor_gives_the_same_rates() -> None:
    """All in one function, because a compilation takes seconds."""
    several = [EXAMPLES[name] for name in INDUCTED]

    @torch.compile(fullgraph=True)
    def rates(t: torch.Tensor) -> list[torch.Tensor]:
        return [s(t) for s in several]

    for found, s in zip(rates(torch.tensor(TIMES)), several, strict=True):
        agrees(found, s)


def train(
    tensor: bool, inside: bool, backend: Any, schedule: Any = S, steps: int = 15, **options: Any
) -> tuple[list[float], list[torch.Tensor]]:
    """Train with a compiled update; return the rates used and the weights."""
    torch.manual_seed(0)
    net = nn.Linear(4, 1)
    lr = torch.tensor(1.0) if tensor else 1.0
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr, **options)
    scheduler = CurveLR(optimizer, schedule)

    def update() -> None:
        optimizer.step()
        if inside:
            scheduler.step()

    compiled = update if backend is None else torch.compile(update, backend=backend)
    used = []
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.ones(2, 4)).square().mean().backward()
        used.append(float(optimizer.param_groups[0]["lr"]))
        compiled()
        if not inside:
            scheduler.step()
    return used, list(net.parameters())


def rounded(s: Schedule, t: int) -> float:
    return float(np.float32(s.lr(t)))


def close(weights: list[torch.Tensor], expected: list[torch.Tensor]) -> bool:
    """Say whether 15 updates of weights near 1 agree but for some float32 roundings in each."""
    within = 15 * 4 * 2.0**-24
    pairs = zip(weights, expected, strict=True)
    return all(torch.allclose(a, b, rtol=0, atol=within) for a, b in pairs)


@compiling
@pytest.mark.parametrize(("tensor", "graphs"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
def test_a_compiled_update_with_a_tensor_rate_is_one_graph(
    tensor: bool, graphs: int, inside: bool
) -> None:
    """With floats it is a second one, for any number: torch notices that they change."""
    s = Cosine(0.1, 15)
    counter = CompileCounter()
    used, weights = train(tensor, inside, counter, s)
    plain, expected = train(tensor, inside, None, s)

    assert used == plain == [(rounded(s, t) if tensor else s.lr(t)) for t in range(15)]
    assert counter.frame_count == graphs
    assert close(weights, expected)


@compiling
@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace the builtin:UserWarning")
def test_pieces_are_looked_up_outside_of_a_compiled_update() -> None:
    """Torch cannot trace ``bisect`` and says so; it steps the scheduler uncompiled then."""
    counter = CompileCounter()
    used, _ = train(True, True, counter)

    assert used == [rounded(S, t) for t in range(15)]
    assert 1 <= counter.frame_count <= 2


@compiling
@pytest.mark.parametrize("tensor", [False, True])
@pytest.mark.parametrize("steps", [5, 20])
def test_a_compiled_update_with_a_scheduled_decay_is_two_graphs_for_any_number_of_steps(
    tensor: bool, steps: int
) -> None:
    counter = CompileCounter()
    given = {"weight_decay": torch.tensor(0.1)} if tensor else {}
    schedule = {"lr": S, "weight_decay": Linear(0.2, 0, 20)}
    train(True, False, counter, schedule, steps, **given)

    assert counter.frame_count == 2


@compiling
def test_inductor_updates_with_the_rate_of_each_step() -> None:
    used, weights = train(True, False, "inductor")
    plain, expected = train(True, False, None)

    assert used == plain == [rounded(S, t) for t in range(15)]
    assert close(weights, expected)


VARIANTS: list[dict[str, Any]] = [{}, {"foreach": False}, {"foreach": True}, {"fused": True}]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("tensor", [False, True])
def test_every_variant_of_an_optimizer_uses_the_rate_of_each_step(
    variant: dict[str, Any], tensor: bool
) -> None:
    if tensor and variant == {"foreach": True}:
        with pytest.raises(ValueError, match="not supported for capturable=False and foreach"):
            train(tensor, False, None, **variant)  # torch refuses to build it
        return
    used, weights = train(tensor, False, None, **variant)
    _, expected = train(False, False, None, foreach=False)

    assert used == [(rounded(S, t) if tensor else S.lr(t)) for t in range(15)]
    assert close(weights, expected)
