"""On a GPU: rates in tensors that captured and compiled code reads, written without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from catalogue import EXAMPLES
from torch import nn

from lrcurves import Cosine, Linear, Schedule
from lrcurves.adapters.torch import CurveLR

pytestmark = pytest.mark.gpu

S = Linear(0, 0.1, 5) >> Cosine(0.1, 15)
DECAY = Linear(0.2, 0, 20)
STEPS = 25


def rounded(schedule: Schedule, t: int) -> float:
    return float(np.float32(schedule.lr(t)))


def setting(**options: Any) -> tuple[nn.Module, torch.optim.Optimizer, CurveLR]:
    torch.manual_seed(0)
    net = nn.Linear(16, 4).cuda()
    rate = torch.tensor(1.0, device="cuda")
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, **options)
    return net, optimizer, CurveLR(optimizer, {"lr": S, "weight_decay": DECAY})


def backward(net: nn.Module, x: torch.Tensor) -> None:
    net(x).square().mean().backward()


@contextmanager
def no_waiting() -> Iterator[None]:
    """Make every wait for the device an error."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize(
    "variant",
    [{"capturable": True}, {"capturable": True, "foreach": True}, {"fused": True}],
    ids=str,
)
def test_a_tensor_rate_on_the_device_is_written_in_place_without_waiting(
    variant: dict[str, Any],
) -> None:
    net, optimizer, scheduler = setting(**variant)
    (group,) = optimizer.param_groups
    rate = group["lr"]
    x = torch.randn(8, 16, device="cuda")
    seen = [rate.clone()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        backward(net, x)
        optimizer.step()
        with no_waiting():
            scheduler.step()
        seen.append(rate.clone())

    assert group["lr"] is rate
    assert [float(lr) for lr in seen] == [rounded(S, t) for t in range(STEPS + 1)]


def test_relative_rates_are_written_without_waiting() -> None:
    parameters = [nn.Parameter(torch.zeros(1, device="cuda")) for _ in range(2)]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p], "lr": torch.tensor(lr, device="cuda")}
            for p, lr in zip(parameters, (0.5, 0.25), strict=True)
        ],
        capturable=True,
    )
    scheduler = CurveLR(optimizer, S, relative=True)
    optimizer.step()
    with no_waiting():
        for _ in range(3):
            scheduler.step()

    rates = [float(group["lr"]) for group in optimizer.param_groups]
    assert rates == [float(np.float32(factor * S.lr(3))) for factor in (0.5, 0.25)]


def test_a_replayed_graph_uses_the_rate_of_each_step() -> None:
    """A captured update reads the tensor, so that writing it in place changes the replay."""
    weights = []
    for captured in (False, True):
        net, optimizer, scheduler = setting(capturable=True)
        scheduler = CurveLR(optimizer, S)
        x = torch.randn(8, 16, device="cuda", generator=torch.Generator("cuda").manual_seed(0))
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                optimizer.zero_grad(set_to_none=True)
                backward(net, x)
                optimizer.step()
                scheduler.step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        if captured:
            optimizer.zero_grad(set_to_none=True)
            with torch.cuda.graph(graph):
                backward(net, x)
                optimizer.step()
        for t in range(3, STEPS):
            assert float(optimizer.param_groups[0]["lr"]) == rounded(S, t)
            if captured:
                graph.replay()
            else:
                optimizer.zero_grad(set_to_none=True)
                backward(net, x)
                optimizer.step()
            scheduler.step()
        weights.append([p.detach().clone() for p in net.parameters()])

    for eager, replayed in zip(*weights, strict=True):
        assert torch.allclose(eager, replayed, rtol=0, atol=1e-6)


def test_a_compiled_update_on_the_device_is_one_graph() -> None:
    from torch._dynamo.testing import CompileCounterWithBackend

    torch.compiler.reset()
    counter = CompileCounterWithBackend("inductor")
    net, optimizer, scheduler = setting(capturable=True)
    scheduler = CurveLR(optimizer, S)
    compiled = torch.compile(optimizer.step, backend=counter)
    x = torch.randn(8, 16, device="cuda")
    for t in range(15):
        optimizer.zero_grad()
        backward(net, x)
        assert float(optimizer.param_groups[0]["lr"]) == rounded(S, t)
        compiled()
        scheduler.step()

    assert counter.frame_count == 1


KINDS = ("cosine", "exponential", "one-cycle", "wsd-exponential", "multi-step", "inverse-sqrt")


@pytest.mark.parametrize("name", [name for name in KINDS if name in EXAMPLES])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_a_schedule_compiled_for_the_device_gives_the_rounded_rate(
    name: str, dtype: torch.dtype
) -> None:
    s = EXAMPLES[name]
    torch.compiler.reset()
    compiled = torch.compile(s, fullgraph=True)
    ts = torch.tensor([0, 1, 3, 17, 400, 999, 1000, 5000], device="cuda").to(dtype)
    expected = np.array([s.lr(float(t)) for t in ts.tolist()], dtype=np.float32)
    found = compiled(ts).cpu().numpy()

    # Equal, or the neighbour where the float64 result lies next to the middle of two.
    np.testing.assert_array_max_ulp(found, expected, maxulp=1)
    assert (found == expected).sum() >= len(ts) - 1
