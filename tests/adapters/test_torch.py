"""The torch adapter drives real optimizers, and resumes them exactly."""

from __future__ import annotations

import copy
import gc
import io
import itertools
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from catalogue import EXAMPLES
from torch import nn
from torch.optim.lr_scheduler import SequentialLR, StepLR

from lrcurves import Cosine, Exponential, Linear, Schedule
from lrcurves.adapters.torch import CurveLR

S = Linear(0, 0.1, 5) >> Cosine(0.1, 15)


def model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Linear(4, 1)


def sgd(net: nn.Module, lr: Any = 1.0, **options: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, **options)


def update(net: nn.Module, optimizer: torch.optim.Optimizer, t: int) -> float:
    """Do update number ``t`` and return the rate that it used."""
    torch.manual_seed(t)
    optimizer.zero_grad()
    net(torch.randn(8, 4)).square().mean().backward()
    used = float(optimizer.param_groups[0]["lr"])
    optimizer.step()
    return used


def through_a_file(state: Any) -> Any:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)
def test_every_update_uses_the_rate_of_its_number(s: Schedule) -> None:
    net = model()
    optimizer = sgd(net)
    scheduler = CurveLR(optimizer, s)
    for t in range(30):
        assert update(net, optimizer, t) == s.lr(t)
        assert type(optimizer.param_groups[0]["lr"]) is float
        scheduler.step()
        assert scheduler.get_last_lr() == [s.lr(t + 1)] == scheduler.get_lr()


LOADS: list[tuple[str, ...]] = [
    *itertools.permutations(("build", "optimizer", "scheduler")),
    ("build", "optimizer", "build", "scheduler"),
]


@pytest.mark.parametrize("order", [o for o in LOADS if o.index("build") < o.index("scheduler")])
@pytest.mark.parametrize("at", [1, 4, 5, 6, 19, 25])
@pytest.mark.parametrize("tensor", [False, True])
def test_a_run_resumes_bit_identically_in_every_order(
    order: tuple[str, ...], at: int, tensor: bool
) -> None:
    def rate() -> Any:
        return torch.tensor(1.0) if tensor else 1.0

    net = model()
    optimizer = sgd(net, rate())
    scheduler = CurveLR(optimizer, S)
    states: Any = None
    used = []
    for t in range(30):
        if t == at:
            states = through_a_file(
                (net.state_dict(), optimizer.state_dict(), scheduler.state_dict())
            )
        used.append(update(net, optimizer, t))
        scheduler.step()

    again = model(seed=1)
    again.load_state_dict(states[0])
    optimizer = sgd(again, rate())
    for action in order:
        if action == "build":
            scheduler = CurveLR(optimizer, S)
        elif action == "optimizer":
            optimizer.load_state_dict(states[1])
        else:
            scheduler.load_state_dict(states[2])
    for t in range(at, 30):
        assert update(again, optimizer, t) == used[t]
        scheduler.step()

    for ours, theirs in zip(again.parameters(), net.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_step_number_alone_is_enough_to_continue() -> None:
    optimizer = sgd(model())
    CurveLR(optimizer, S, last_epoch=11)

    assert optimizer.param_groups[0]["lr"] == S.lr(12)


@pytest.mark.parametrize("at", [1, 3, 4, 5, 8])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_inside_a_sequential_it_resumes_exactly(at: int, order: tuple[int, int]) -> None:
    def build(optimizer: torch.optim.Optimizer) -> SequentialLR:
        return SequentialLR(
            optimizer, [CurveLR(optimizer, S), StepLR(optimizer, 2, 0.5)], milestones=[4]
        )

    net = model()
    optimizer = sgd(net)
    scheduler = build(optimizer)
    used, states = [], []
    for t in range(10):
        if t == at:
            states = through_a_file([optimizer.state_dict(), scheduler.state_dict()])
        used.append(update(net, optimizer, t))
        scheduler.step()
    assert used[:4] == [S.lr(t) for t in range(4)]

    optimizer = sgd(net)
    scheduler = build(optimizer)
    for i in order:
        (optimizer, scheduler)[i].load_state_dict(states[i])
    for t in range(at, 10):
        assert update(net, optimizer, t) == used[t]
        scheduler.step()


def test_saving_changes_nothing_and_loading_changes_not_the_state() -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    state = scheduler.state_dict()
    before = copy.deepcopy(state)
    scheduler.load_state_dict(state)
    scheduler.load_state_dict(state)

    assert state == before == scheduler.state_dict()


def test_another_schedule_is_refused_and_nothing_changed() -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    other = sgd(model())
    theirs = CurveLR(other, Exponential(0.3, 0.5))
    for _ in range(3):
        other.step()
        theirs.step()
    with pytest.raises(ValueError, match="another schedule") as error:
        scheduler.load_state_dict(theirs.state_dict())

    assert str(error.value) == (
        "state_dict was saved with another schedule: at step 3 the rate was 0.0375, and would"
        " be 0.06. Saved: Exponential(base_lr=0.3, gamma=0.5). Now: Linear(base_lr=0,"
        " final_lr=0.1, steps=5) >> Cosine(base_lr=0.1, steps=15). To change the schedule on"
        " purpose, build CurveLR(optimizer, schedule, last_epoch=2) instead of loading"
    )
    assert scheduler.last_epoch == 0
    assert optimizer.param_groups[0]["lr"] == 0.0


@pytest.mark.parametrize("name", ["schedule", "group_lrs", "last_epoch"])
def test_a_mutilated_checkpoint_is_refused(name: str) -> None:
    scheduler = CurveLR(sgd(model()), S)
    state = scheduler.state_dict()
    del state[name]

    with pytest.raises(ValueError, match=rf"state_dict\['{name}'\] is missing"):
        scheduler.load_state_dict(state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"last_epoch": "x"}, "state_dict['last_epoch'] must be an int >= -1, got 'x'"),
        ({"last_epoch": -3}, "state_dict['last_epoch'] must be an int >= -1, got -3"),
        ({"group_lrs": ["x"]}, "state_dict['group_lrs'][0] must be a number, got 'x'"),
        ({"schedule": {"type": "Nothing"}}, "$.type must be the name of a schedule"),
    ],
)
def test_a_checkpoint_with_nonsense_in_it_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    before = scheduler.state_dict()
    with pytest.raises((TypeError, ValueError)) as error:
        scheduler.load_state_dict(before | change)

    assert message in str(error.value)
    assert scheduler.state_dict() == before
    assert optimizer.param_groups[0]["lr"] == S.lr(0)


def test_what_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(TypeError, match="state_dict must be a dictionary, got None"):
        CurveLR(sgd(model()), S).load_state_dict(None)  # type: ignore[arg-type]


def test_a_checkpoint_for_other_groups_is_refused() -> None:
    scheduler = CurveLR(sgd(model()), S)
    state = scheduler.state_dict()
    state["group_lrs"] = [0.1, 0.2]

    with pytest.raises(ValueError, match="a rate for each of 1 parameter groups, got 2"):
        scheduler.load_state_dict(state)


@pytest.mark.parametrize(
    ("build", "kind", "message"),
    [
        (lambda: CurveLR(3, S), TypeError, "optimizer must be a torch optimizer, got 3"),  # type: ignore[arg-type]
        (lambda: CurveLR(sgd(model()), 0.1), TypeError, "schedule must be a schedule, got 0.1"),  # type: ignore[arg-type]
        (
            lambda: CurveLR(sgd(model()), S, last_epoch=1.5),  # type: ignore[arg-type]
            TypeError,
            "last_epoch must be an int >= -1, got 1.5",
        ),
        (
            lambda: CurveLR(sgd(model()), S, last_epoch=-2),
            ValueError,
            "last_epoch must be an int >= -1, got -2",
        ),
    ],
)
def test_bad_arguments_are_refused(
    build: Callable[[], CurveLR], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        build()

    assert str(error.value) == message


def test_a_refused_schedule_leaves_the_optimizer_as_it_was() -> None:
    optimizer = sgd(model())
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(TypeError):
        CurveLR(optimizer, "cosine")  # type: ignore[arg-type]

    assert optimizer.state_dict() == before


def test_a_tensor_rate_is_written_in_place_and_rounded_once() -> None:
    rate = torch.tensor(1.0)
    optimizer = sgd(model(), rate)
    scheduler = CurveLR(optimizer, S)
    for t in range(20):
        assert optimizer.param_groups[0]["lr"] is rate
        assert rate.item() == torch.tensor(S.lr(t), dtype=torch.float32).item()
        optimizer.step()
        scheduler.step()


def test_a_tensor_shared_by_groups_is_taken_apart() -> None:
    a, b = model(), model()
    optimizer = torch.optim.SGD(
        [{"params": a.parameters()}, {"params": b.parameters()}], lr=torch.tensor(1.0)
    )
    CurveLR(optimizer, S)
    first, second = (group["lr"] for group in optimizer.param_groups)

    assert first is not second


def test_a_group_added_later_follows() -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 5.0})
    optimizer.step()
    scheduler.step()

    assert [group["lr"] for group in optimizer.param_groups] == [S.lr(4)] * 2


def test_a_scheduler_dies_with_its_last_reference() -> None:
    gc.disable()
    try:
        optimizer = sgd(model())
        scheduler = CurveLR(optimizer, S)
        watch = weakref.ref(scheduler)
        del scheduler
        assert watch() is None
    finally:
        gc.enable()


def test_a_scheduler_survives_pickle() -> None:
    scheduler = CurveLR(sgd(model()), S)
    scheduler.optimizer.step()
    scheduler.step()
    twin = pickle.loads(pickle.dumps(scheduler))
    twin.optimizer.step()
    twin.step()

    assert twin.get_last_lr() == [S.lr(2)] == [twin.optimizer.param_groups[0]["lr"]]


def test_the_old_call_with_an_epoch_jumps_there() -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    optimizer.step()
    with pytest.warns(UserWarning, match="epoch"):
        scheduler.step(17)

    assert optimizer.param_groups[0]["lr"] == S.lr(17)
