"""The torch adapter drives real optimizers, and resumes them exactly."""

from __future__ import annotations

import copy
import gc
import io
import itertools
import json
import logging
import math
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
import torch
from catalogue import EXAMPLES
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, SequentialLR, StepLR

from lrcurves import Constant, Cosine, Exponential, Linear, Schedule
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


OURS: Any = lambda optimizer: CurveLR(optimizer, S)  # noqa: E731
WITH_DECAY: Any = lambda optimizer: CurveLR(  # noqa: E731
    optimizer, {"lr": Exponential(0.3, 0.9), "weight_decay": S}, relative=["weight_decay"]
)
SCALED: Any = lambda optimizer: CurveLR(optimizer, Linear(1, 0.5, 3), relative=True)  # noqa: E731
THEIRS: Any = lambda optimizer: StepLR(optimizer, 2, 0.5)  # noqa: E731
MEMBERS = {
    "ours, theirs": (OURS, THEIRS),
    "theirs, ours": (THEIRS, OURS),
    "ours, ours": (OURS, WITH_DECAY),
    "scaled, theirs": (SCALED, THEIRS),
    "theirs, scaled": (THEIRS, SCALED),
}


@pytest.mark.parametrize("at", [1, 3, 4, 5, 8])
@pytest.mark.parametrize("order", [o for o in LOADS if o.index("build") < o.index("scheduler")])
@pytest.mark.parametrize("members", MEMBERS.values(), ids=MEMBERS)
def test_inside_a_sequential_it_resumes_exactly(
    at: int, order: tuple[str, ...], members: tuple[Any, Any]
) -> None:
    def build(optimizer: torch.optim.Optimizer) -> SequentialLR:
        return SequentialLR(optimizer, [m(optimizer) for m in members], milestones=[4])

    def numbers(optimizer: torch.optim.Optimizer) -> tuple[float, float]:
        (group,) = optimizer.param_groups
        return group["lr"], group["weight_decay"]

    net = model()
    optimizer = sgd(net, weight_decay=0.01)
    scheduler = build(optimizer)
    used, states = [], {}
    for t in range(10):
        if t == at:
            states = {
                "optimizer": through_a_file(optimizer.state_dict()),
                "scheduler": through_a_file(scheduler.state_dict()),
            }
        used.append(numbers(optimizer))
        update(net, optimizer, t)
        scheduler.step()
    for i, member in enumerate(members):
        alone = member(sgd(net, weight_decay=0.01))
        for t in range(4):
            assert used[4 * i + t][0] == alone.get_last_lr()[0]
            alone.optimizer.step()
            alone.step()

    optimizer = sgd(net, weight_decay=0.01)
    for action in order:
        if action == "build":
            scheduler = build(optimizer)
        elif action == "optimizer":
            optimizer.load_state_dict(states["optimizer"])
        else:
            scheduler.load_state_dict(states["scheduler"])
    for t in range(at, 10):
        assert numbers(optimizer) == used[t]
        update(net, optimizer, t)
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
    with pytest.raises(ValueError, match="got another") as error:
        scheduler.load_state_dict(theirs.state_dict())

    assert str(error.value) == (
        "state_dict['schedule']['lr']['schedules'][0] must be the present schedule, got"
        " another: at t = 3 and 4 it gives 0.0375 and 0.01875, the present one 0.06 and 0.08."
        " Saved: Exponential(base_lr=0.3, gamma=0.5). Present: Linear(base_lr=0, final_lr=0.1,"
        " steps=5) >> Cosine(base_lr=0.1, steps=15). To change it on purpose, after loading"
        " the optimizer, build CurveLR(optimizer, schedule, last_epoch=2) instead of loading"
        " this"
    )
    assert scheduler.last_epoch == 0
    assert optimizer.param_groups[0]["lr"] == 0.0


def test_the_remedy_for_another_schedule_works() -> None:
    optimizer = sgd(model())
    CurveLR(optimizer, Exponential(0.3, 0.5))
    again = sgd(model())
    again.load_state_dict(through_a_file(optimizer.state_dict()))
    CurveLR(again, S, last_epoch=2)

    assert again.param_groups[0]["lr"] == S.lr(3)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("epoch", [5.5, -3, 7, 2.0])
def test_a_checkpoint_after_a_step_to_any_time_is_loaded(epoch: float) -> None:
    optimizer = sgd(model())
    scheduler = CurveLR(optimizer, S)
    optimizer.step()
    scheduler.step(epoch)  # type: ignore[arg-type]
    again = CurveLR(sgd(model()), S)
    again.load_state_dict(through_a_file(scheduler.state_dict()))

    assert again.last_epoch == epoch
    assert type(again.last_epoch) is type(epoch)
    assert again.get_last_lr() == [S.lr(max(epoch, 0))]
    other = CurveLR(sgd(model()), Constant(0.7))
    at = math.floor(max(epoch, 0)) - 1
    assert f"CurveLR(optimizer, schedule, last_epoch={at}) instead of loading this" in refused(
        other, scheduler.state_dict()
    )


KEYS = ["format", "last_epoch", "step_count", "schedule"]
INNER = ["relative", "schedules", "values", "initial"]


def refused(scheduler: CurveLR, state: Any) -> str:
    """Return the message with which a checkpoint is refused; nothing may have changed."""
    before = scheduler.state_dict(), scheduler.get_last_lr()
    groups = copy.deepcopy(scheduler.optimizer.state_dict()["param_groups"])
    given = copy.deepcopy(state)
    with pytest.raises((TypeError, ValueError)) as error:
        scheduler.load_state_dict(state)
    assert (scheduler.state_dict(), scheduler.get_last_lr()) == before
    assert scheduler.optimizer.state_dict()["param_groups"] == groups
    assert state == given
    return str(error.value)


@pytest.mark.parametrize("key", KEYS)
def test_a_checkpoint_without_an_entry_is_refused(key: str) -> None:
    scheduler = CurveLR(sgd(model()), S)
    state = scheduler.state_dict()
    del state[key]

    assert f"state_dict['{key}'] is missing, only" in refused(scheduler, state)


@pytest.mark.parametrize("key", INNER)
def test_a_checkpoint_without_an_entry_of_a_hyperparameter_is_refused(key: str) -> None:
    scheduler = CurveLR(sgd(model()), {"lr": S, "weight_decay": S})
    state = scheduler.state_dict()
    del state["schedule"]["weight_decay"][key]
    state["last_epoch"] = 7

    assert f"state_dict['schedule']['weight_decay']['{key}'] is missing" in refused(
        scheduler, state
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "state_dict['format'] must be 1, got 2: another version of lrcurves"),
        ({"format": True}, "state_dict['format'] must be 1, got True"),
        ({"last_epoch": "x"}, "state_dict['last_epoch'] must be a finite number, got 'x'"),
        ({"last_epoch": None}, "state_dict['last_epoch'] must be a finite number, got None"),
        ({"last_epoch": True}, "state_dict['last_epoch'] must be a finite number, got True"),
        ({"last_epoch": math.nan}, "state_dict['last_epoch'] must be a finite number, got nan"),
        ({"last_epoch": math.inf}, "state_dict['last_epoch'] must be a finite number, got inf"),
        ({"step_count": None}, "state_dict['step_count'] must be an int >= 0, got None"),
        ({"schedule": 3}, "state_dict['schedule'] must be for ['lr'], got 3"),
        ({"schedule": {}}, "state_dict['schedule'] must be for ['lr'], got []"),
        ({"schedule": {"lr": []}}, "state_dict['schedule']['lr'] must be a dictionary, got []"),
    ],
)
def test_a_checkpoint_with_nonsense_in_it_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    scheduler = CurveLR(sgd(model()), S)

    assert message in refused(scheduler, scheduler.state_dict() | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": ["x"]}, "['values'][0] must be a finite number, got 'x'"),
        ({"values": [float("nan")]}, "['values'][0] must be a finite number, got nan"),
        ({"values": [None]}, "['values'][0] must be a finite number, got None"),
        (
            {"initial": 3},
            "['initial'] must hold a number for each of 1 parameter groups, got 3",
        ),
        ({"relative": True}, "['relative'] must be False, got True: build CurveLR as it was"),
        ({"schedules": []}, "['schedules'] must be a list, got []"),
        ({"schedules": [{"type": "None"}]}, "['schedules'][0]: $.type must be the name of a"),
        ({"schedules": [{"format": 9}]}, "['schedules'][0]: $.format must be 1, got 9"),
    ],
)
def test_a_checkpoint_with_nonsense_about_a_hyperparameter_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    scheduler = CurveLR(sgd(model()), S)
    state = scheduler.state_dict()
    state["last_epoch"] = 5
    state["schedule"]["lr"] |= change

    assert "state_dict['schedule']['lr']" + message in refused(scheduler, state)


def test_a_checkpoint_of_another_scheduler_is_refused() -> None:
    optimizer = sgd(model())
    state = StepLR(optimizer, 2, 0.5).state_dict()

    assert refused(CurveLR(optimizer, S), state).startswith(
        "state_dict['format'] is missing, only 'step_size', 'gamma', 'base_lrs'"
    )


def test_what_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(TypeError, match="state_dict must be a dictionary, got None"):
        CurveLR(sgd(model()), S).load_state_dict(None)  # type: ignore[arg-type]


def test_a_checkpoint_for_other_groups_is_refused() -> None:
    scheduler = CurveLR(sgd(model()), S)
    state = scheduler.state_dict()
    state["schedule"]["lr"]["values"] = [0.1, 0.2]

    assert refused(scheduler, state) == (
        "state_dict['schedule']['lr']['values'] must hold a number for each of 1 parameter"
        " groups, got [0.1, 0.2]: add the groups before loading"
    )


PLAIN = "schedule must be a schedule, or a sequence of one for each parameter group, got "


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((0.1,), TypeError, PLAIN + "0.1"),
        (("cosine",), TypeError, PLAIN + "'cosine'"),
        (([S, 0.1],), TypeError, "schedule[1] must be a schedule, got 0.1"),
        (
            ([S, S],),
            ValueError,
            "schedule must hold one schedule for each of 1 parameter groups, got 2:"
            " a schedule by itself is for all",
        ),
        (
            ({"lr": S, "weight_decay": []},),
            ValueError,
            "schedule['weight_decay'] must hold one schedule for each of 1 parameter groups,"
            " got 0: a schedule by itself is for all",
        ),
        (({},), ValueError, "schedule must name a hyperparameter, got an empty mapping"),
        (
            ({"wd": S},),
            ValueError,
            "schedule must be for hyperparameters of SGD, got 'wd': it has dampening, lr,"
            " momentum, weight_decay",
        ),
        (({"nesterov": S},), ValueError, "schedule must be for hyperparameters of SGD"),
        (({"initial_lr": S},), ValueError, "schedule must be for hyperparameters of SGD"),
        (({3: S},), ValueError, "schedule must be for hyperparameters of SGD, got 3"),
        ((S, 1.5), TypeError, "last_epoch must be an int >= -1, got 1.5"),
        ((S, -2), ValueError, "last_epoch must be an int >= -1, got -2"),
        ((S, True), ValueError, "last_epoch must be an int >= -1, got True"),
    ],
)
def test_bad_arguments_are_refused_and_the_optimizer_left_alone(
    arguments: tuple[Any, ...], kind: type[Exception], message: str
) -> None:
    optimizer = sgd(model())
    before = copy.deepcopy(optimizer.state_dict()), dict(vars(optimizer))
    with pytest.raises(kind) as error:
        CurveLR(optimizer, *arguments)

    assert message in str(error.value)
    assert (optimizer.state_dict(), vars(optimizer)) == before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"relative": 1.5}, "relative must be a bool or some of ['lr'], got 1.5"),
        ({"relative": "weight_decay"}, "relative must be a bool or some of ['lr'], got"),
        ({"log_every": 0}, "log_every must be an int >= 1, got 0"),
        ({"log_every": "x"}, "log_every must be an int >= 1, got 'x'"),
    ],
)
def test_bad_options_are_refused(option: dict[str, Any], message: str) -> None:
    optimizer = sgd(model())
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises((TypeError, ValueError)) as error:
        CurveLR(optimizer, S, **option)

    assert message in str(error.value)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize("optimizer", [3, None, nn.Linear(1, 1), nn.Linear])
def test_what_has_no_param_groups_is_refused(optimizer: Any) -> None:
    with pytest.raises(TypeError, match="optimizer must be a torch optimizer, got") as error:
        CurveLR(optimizer, S)

    assert str(error.value).endswith("the optimizer inside, which has the param_groups")


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


def two_groups(
    kind: type[torch.optim.Optimizer] = torch.optim.SGD,
    lrs: tuple[Any, Any] = (1.0, 0.1),
    **options: Any,
) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [
        {"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs
    ]
    return kind(groups, **options)


def steps(scheduler: LRScheduler, count: int) -> None:
    for _ in range(count):
        scheduler.optimizer.step()
        scheduler.step()


def held(optimizer: torch.optim.Optimizer, name: str = "lr") -> list[Any]:
    return [group[name] for group in optimizer.param_groups]


def a_parameter() -> dict[str, Any]:
    return {"params": [nn.Parameter(torch.zeros(1))]}


def test_a_sequence_has_a_schedule_for_each_group() -> None:
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, [S, Exponential(0.3, 0.5)])
    for t in range(20):
        assert held(optimizer) == [S.lr(t), Exponential(0.3, 0.5).lr(t)]
        assert scheduler.get_last_lr() == held(optimizer)
        steps(scheduler, 1)


def test_a_group_added_later_follows_the_last_of_a_sequence() -> None:
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, [S, Exponential(0.3, 0.5)])
    steps(scheduler, 2)
    optimizer.add_param_group(a_parameter() | {"lr": 5.0})
    assert held(optimizer)[2] == 5.0
    assert len(scheduler.get_lr()) == 3
    steps(scheduler, 1)

    assert held(optimizer) == [S.lr(3), 0.0375, 0.0375]


def test_a_run_with_an_added_group_resumes_under_a_sequence_of_the_new_length() -> None:
    tail = Exponential(0.3, 0.5)
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, [S, tail])
    steps(scheduler, 2)
    optimizer.add_param_group(a_parameter())
    steps(scheduler, 2)
    state = through_a_file(scheduler.state_dict())

    again = two_groups(lrs=(1.0, 1.0))
    again.add_param_group(a_parameter())
    resumed = CurveLR(again, [S, tail, tail])
    resumed.load_state_dict(state)
    assert held(again) == held(optimizer) == [S.lr(4), tail.lr(4), tail.lr(4)]
    added = two_groups()
    late = CurveLR(added, [S, tail])
    added.add_param_group(a_parameter())
    late.load_state_dict(state)
    assert held(added) == held(optimizer)
    steps(late, 1)
    steps(resumed, 1)
    assert held(added) == held(again) == [S.lr(5), tail.lr(5), tail.lr(5)]


def test_groups_must_be_there_before_loading() -> None:
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, S)
    optimizer.add_param_group(a_parameter())

    assert refused(CurveLR(two_groups(), S), scheduler.state_dict()).endswith(
        "must hold a number for each of 2 parameter groups, got [0.0, 0.0, 0.001]:"
        " add the groups before loading"
    )


def test_a_sequence_of_equal_schedules_is_that_schedule() -> None:
    state = CurveLR(two_groups(), [S, S]).state_dict()

    assert state == CurveLR(two_groups(), S).state_dict()


def test_another_schedule_of_one_group_is_refused() -> None:
    state = CurveLR(two_groups(), [S, Constant(0.2)]).state_dict()
    scheduler = CurveLR(two_groups(), S)

    message = refused(scheduler, state)
    assert message.startswith(
        "state_dict['schedule']['lr']['schedules'][1] must be the present"
    )
    assert "at t = 0 and 1 it gives 0.2 and 0.2, the present one 0 and 0.02" in message
    assert "['schedules'][0] must be" in refused(
        CurveLR(two_groups(), [S, Constant(0.2)]), CurveLR(two_groups(), S).state_dict()
    )


def test_a_removed_group_is_forgotten() -> None:
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, [S, Constant(0.2)])
    del optimizer.param_groups[1]
    steps(scheduler, 3)

    assert held(optimizer) == [S.lr(3)]


DECAY = Linear(0.2, 0.02, 12)
MOMENTUM = Cosine(0.95, 10, final_lr=0.85)


@pytest.mark.parametrize("order", [o for o in LOADS if o.index("build") < o.index("scheduler")])
@pytest.mark.parametrize(
    ("kind", "options", "momentum"),
    [
        (torch.optim.SGD, {"momentum": 0.5}, lambda group: group["momentum"]),
        (torch.optim.RMSprop, {"momentum": 0.5}, lambda group: group["momentum"]),
        (torch.optim.AdamW, {}, lambda group: group["betas"][0]),
        (torch.optim.NAdam, {}, lambda group: group["betas"][0]),
    ],
)
def test_a_mapping_schedules_several_hyperparameters_and_resumes(
    order: tuple[str, ...], kind: Any, options: Any, momentum: Any
) -> None:
    def build(optimizer: torch.optim.Optimizer) -> CurveLR:
        return CurveLR(
            optimizer, {"lr": [S, Constant(0.2)], "weight_decay": DECAY, "momentum": MOMENTUM}
        )

    def check(optimizer: torch.optim.Optimizer, t: int) -> None:
        assert held(optimizer) == [S.lr(t), 0.2]
        assert held(optimizer, "weight_decay") == [DECAY.lr(t)] * 2
        assert [momentum(g) for g in optimizer.param_groups] == [MOMENTUM.lr(t)] * 2
        if "betas" in optimizer.param_groups[0]:
            assert [g["betas"][1] for g in optimizer.param_groups] == [0.999] * 2

    optimizer = two_groups(kind, **options)
    scheduler = build(optimizer)
    for t in range(7):
        check(optimizer, t)
        assert scheduler.get_lr() == [S.lr(t), 0.2]
        steps(scheduler, 1)
    states = through_a_file((optimizer.state_dict(), scheduler.state_dict()))

    optimizer = two_groups(kind, **options)
    for action in order:
        if action == "build":
            scheduler = build(optimizer)
        elif action == "optimizer":
            optimizer.load_state_dict(states[0])
        else:
            scheduler.load_state_dict(states[1])
    for t in range(7, 15):
        check(optimizer, t)
        steps(scheduler, 1)


def test_asking_for_the_rate_has_no_side_effect() -> None:
    optimizer = two_groups(weight_decay=0.3)
    scheduler = CurveLR(optimizer, {"lr": S, "weight_decay": DECAY})
    optimizer.param_groups[0]["weight_decay"] = 7.0
    before = copy.deepcopy(optimizer.state_dict())
    scheduler.get_lr()

    assert optimizer.state_dict() == before


@pytest.mark.parametrize("tensor", [False, True])
def test_a_mapping_without_the_rate_leaves_it_to_another_scheduler(tensor: bool) -> None:
    lrs = (torch.tensor(1.0), torch.tensor(0.1)) if tensor else (1.0, 0.1)
    optimizer = two_groups(lrs=lrs, weight_decay=0.3)
    theirs = StepLR(optimizer, 1, 0.5)
    ours = CurveLR(optimizer, {"weight_decay": DECAY}, last_epoch=-1)
    for t in range(5):
        assert held(optimizer, "weight_decay") == [DECAY.lr(t)] * 2
        assert [float(lr) for lr in held(optimizer)] == pytest.approx([0.5**t, 0.1 * 0.5**t])
        optimizer.step()
        ours.step()
        theirs.step()
    answers = ours.get_lr(), ours.get_last_lr()
    for lr in answers[0] + answers[1]:
        if isinstance(lr, torch.Tensor):
            lr.fill_(77.0)
    assert 77.0 not in [float(lr) for lr in held(optimizer)]

    optimizer.param_groups[0]["lr"] = 0.25
    ours.load_state_dict(ours.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.25


class Mixed(torch.optim.Optimizer):
    """Gradient descent for some groups, with weight decay for others."""

    def __init__(self, *groups: dict[str, Any]) -> None:
        super().__init__(groups, {"lr": 1.0})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * (p.grad + group.get("weight_decay", 0.0) * p)


@pytest.mark.parametrize("relative", [False, True])
def test_groups_without_the_hyperparameter_are_passed_over(relative: bool) -> None:
    net = model()
    optimizer = Mixed({"params": [net.weight], "weight_decay": 0.5}, {"params": [net.bias]})
    curves = {"lr": S, "weight_decay": [FACTOR, DECAY]}
    scheduler = CurveLR(optimizer, curves, relative=["weight_decay"] if relative else [])
    for t in range(3):
        update(net, optimizer, t)
        scheduler.step()
    state = through_a_file(scheduler.state_dict())
    scheduler.load_state_dict(state)

    decay = FACTOR.lr(3) * (0.5 if relative else 1.0)
    first, second = optimizer.param_groups
    assert not {"weight_decay", "initial_weight_decay"} & set(second)
    assert state["schedule"]["weight_decay"]["values"] == [decay, None]
    assert first["weight_decay"] == decay
    assert held(optimizer) == [S.lr(3)] * 2
    state["schedule"]["weight_decay"]["values"] = [decay, 0.1]
    scheduler.load_state_dict(state)
    assert "weight_decay" not in second


FACTOR = Linear(1.0, 0.0, 8)


@pytest.mark.parametrize("tensor", [False, True])
@pytest.mark.parametrize("order", [o for o in LOADS if o.index("build") < o.index("scheduler")])
def test_relative_keeps_the_proportions_of_groups_and_resumes(
    order: tuple[str, ...], tensor: bool
) -> None:
    def build_optimizer(*lrs: float) -> torch.optim.Optimizer:
        first, second = (torch.tensor(lr, dtype=torch.float64) if tensor else lr for lr in lrs)
        return two_groups(lrs=(first, second))

    optimizer = build_optimizer(0.5, 0.3)
    scheduler = CurveLR(optimizer, FACTOR, relative=True)
    for t in range(5):
        assert held(optimizer) == [0.5 * FACTOR.lr(t), 0.3 * FACTOR.lr(t)]
        steps(scheduler, 1)
    states = through_a_file((optimizer.state_dict(), scheduler.state_dict()))

    optimizer = build_optimizer(9.0, 9.0)
    for action in order:
        if action == "build":
            scheduler = CurveLR(optimizer, FACTOR, relative=True)
        elif action == "optimizer":
            optimizer.load_state_dict(states[0])
        else:
            scheduler.load_state_dict(states[1])
    for t in range(5, 10):
        assert held(optimizer) == [0.5 * FACTOR.lr(t), 0.3 * FACTOR.lr(t)]
        steps(scheduler, 1)


def test_a_relative_run_goes_on_in_its_proportions_without_the_optimizers_state() -> None:
    scheduler = CurveLR(two_groups(lrs=(0.5, 0.3)), FACTOR, relative=True)
    steps(scheduler, 3)
    optimizer = two_groups(lrs=(9.0, 9.0))
    fresh = CurveLR(optimizer, FACTOR, relative=True)
    fresh.load_state_dict(through_a_file(scheduler.state_dict()))
    steps(fresh, 1)

    assert held(optimizer) == [0.5 * FACTOR.lr(4), 0.3 * FACTOR.lr(4)]


def test_relative_may_be_for_some_hyperparameters_and_a_decay_of_0_stays_0() -> None:
    optimizer = two_groups()
    optimizer.param_groups[0]["weight_decay"] = 0.1
    CurveLR(optimizer, {"lr": S, "weight_decay": Constant(0.5)}, 3, relative="weight_decay")

    assert held(optimizer, "weight_decay") == [0.05, 0.0]
    assert held(optimizer) == [S.lr(4)] * 2


def test_relative_multiplies_the_first_beta() -> None:
    optimizer = two_groups(torch.optim.AdamW)
    CurveLR(optimizer, {"momentum": Constant(0.5)}, relative=True)

    assert held(optimizer, "betas") == [(0.45, 0.999)] * 2


def test_a_relative_group_added_later_starts_from_its_own_rate() -> None:
    optimizer = two_groups()
    scheduler = CurveLR(optimizer, FACTOR, relative=True)
    steps(scheduler, 2)
    optimizer.add_param_group(a_parameter() | {"lr": 5.0})
    assert scheduler.get_lr()[2] == 5.0 * FACTOR.lr(2)
    steps(scheduler, 2)

    assert held(optimizer)[2] == 5.0 * FACTOR.lr(4)


def test_a_relative_rate_is_refused_where_it_was_absolute() -> None:
    state = CurveLR(two_groups(), FACTOR).state_dict()

    assert "['relative'] must be True, got False" in refused(
        CurveLR(two_groups(), FACTOR, relative=True), state
    )


def test_a_later_group_does_not_inherit_the_scheduled_tensor_as_its_default() -> None:
    """Torch gives it the tensor that the optimizer was given, which is written in place."""
    rate = torch.tensor(0.5)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = CurveLR(optimizer, FACTOR, relative=True)
    steps(scheduler, 4)
    for _ in range(2):
        optimizer.add_param_group(a_parameter())
        assert float(held(optimizer)[-1]) == 0.5
        steps(scheduler, 1)

    assert held(optimizer)[0] is rate
    assert len({id(lr) for lr in held(optimizer)} | {id(optimizer.defaults["lr"])}) == 4
    assert [float(lr) for lr in held(optimizer)] == [0.5 * FACTOR.lr(6)] * 3


def test_tensors_that_a_checkpoint_shares_are_taken_apart() -> None:
    shared = two_groups(lrs=(torch.tensor(0.5),) * 2)
    state = through_a_file(shared.state_dict())
    optimizer = two_groups(lrs=(torch.tensor(0.1), torch.tensor(0.2)))
    scheduler = CurveLR(optimizer, [Constant(0.25), Constant(0.125)])
    optimizer.load_state_dict(state)
    first, second = held(optimizer)
    assert first is second  # torch keeps them so: what is tested below could fail
    steps(scheduler, 1)

    assert [float(lr) for lr in held(optimizer)] == [0.25, 0.125]


def test_every_group_has_its_own_rate_from_one_shared_tensor() -> None:
    optimizer = torch.optim.SGD([a_parameter(), a_parameter()], lr=torch.tensor(1.0))
    scheduler = CurveLR(optimizer, [Constant(0.25), Constant(0.125)])
    assert [float(lr) for lr in held(optimizer)] == [0.25, 0.125]
    steps(scheduler, 1)

    assert [float(lr) for lr in held(optimizer)] == [0.25, 0.125]


def test_a_replaced_tensor_is_followed() -> None:
    """Loading an optimizer replaces its tensors, by floats if it was saved with floats."""
    optimizer = sgd(model(), torch.tensor(1.0))
    scheduler = CurveLR(optimizer, S)
    before = held(optimizer)[0]
    optimizer.load_state_dict(sgd(model(), torch.tensor(1.0)).state_dict())
    assert held(optimizer)[0] is not before
    steps(scheduler, 3)
    assert held(optimizer)[0].item() == np.float32(S.lr(3))
    optimizer.load_state_dict(sgd(model(), 1.0).state_dict())
    steps(scheduler, 1)
    assert held(optimizer) == [S.lr(4)]


def test_a_float64_tensor_is_exact() -> None:
    optimizer = sgd(model(), torch.tensor(1.0, dtype=torch.float64))
    scheduler = CurveLR(optimizer, S)
    for t in range(20):
        assert held(optimizer)[0].item() == S.lr(t)
        steps(scheduler, 1)


def test_tensor_hyperparameters_are_written_in_place() -> None:
    betas = torch.tensor(0.9, dtype=torch.float64), torch.tensor(0.999, dtype=torch.float64)
    decay = torch.tensor(0.1, dtype=torch.float64)
    # torch takes tensor betas with capturable or foreach=False alone.
    optimizer = two_groups(
        torch.optim.Adam,
        (torch.tensor(1.0), torch.tensor(1.0)),
        betas=betas,
        weight_decay=decay,
        foreach=False,
    )
    scheduler = CurveLR(
        optimizer, {"momentum": [MOMENTUM, Constant(0.5)], "weight_decay": DECAY}
    )
    steps(scheduler, 4)

    assert held(optimizer, "betas")[0][0] is betas[0]
    assert held(optimizer, "weight_decay")[0] is decay
    assert [b[0].item() for b in held(optimizer, "betas")] == [MOMENTUM.lr(4), 0.5]
    assert [d.item() for d in held(optimizer, "weight_decay")] == [DECAY.lr(4)] * 2
    state = json.loads(json.dumps(scheduler.state_dict()))
    steps(scheduler, 1)
    scheduler.load_state_dict(state)
    assert held(optimizer, "betas")[0][0] is betas[0]
    assert betas[0].item() == MOMENTUM.lr(4)


def test_the_last_rates_never_alias_a_tensor() -> None:
    optimizer = sgd(model(), torch.tensor(1.0))
    scheduler = CurveLR(optimizer, S)
    steps(scheduler, 3)
    scheduler.load_state_dict(scheduler.state_dict())
    for last in (scheduler.get_last_lr()[0], scheduler.get_lr()[0]):
        if isinstance(last, torch.Tensor):
            last.fill_(9.0)

    assert held(optimizer)[0].item() == np.float32(S.lr(3))


def test_numpy_numbers_never_stay_in_a_group() -> None:
    """With one of them, ``torch.load`` refuses the checkpoints of optimizer and scheduler."""
    one = np.float64(1.0)
    optimizer = two_groups(lrs=(one, one), weight_decay=one)
    optimizer.param_groups[0]["initial_lr"] = one
    scheduler = CurveLR(
        optimizer,
        {"lr": FACTOR, "weight_decay": Linear(one, np.float64(0), np.int64(8))},
        relative=True,
    )
    optimizer.add_param_group(a_parameter() | {"lr": one})
    steps(scheduler, 3)
    for group in optimizer.param_groups:
        for name in ("lr", "weight_decay", "initial_lr", "initial_weight_decay"):
            assert type(group[name]) is float

    through_a_file((optimizer.state_dict(), scheduler.state_dict()))


def test_a_numpy_rate_that_is_not_scheduled_becomes_a_float() -> None:
    optimizer = two_groups(lrs=(np.float64(1.0), np.float64(0.5)))
    CurveLR(optimizer, {"weight_decay": DECAY})

    assert [type(lr) for lr in held(optimizer)] == [float, float]


def test_a_rate_of_0_can_be_scheduled() -> None:
    """As a factor of the optimizer's rate, which ``LambdaLR`` needs, it could not."""
    optimizer = sgd(model(), 0.0)
    scheduler = CurveLR(optimizer, S)
    steps(scheduler, 2)

    assert held(optimizer) == [S.lr(2)]


def test_the_state_is_json_whatever_the_optimizer_holds() -> None:
    optimizer = two_groups(lrs=(torch.tensor(1.0), torch.tensor(0.1)))
    scheduler = CurveLR(optimizer, {"lr": [S, FACTOR], "weight_decay": DECAY}, relative=True)
    steps(scheduler, 3)
    state = scheduler.state_dict()

    assert json.loads(json.dumps(state)) == state


def test_loading_does_not_bring_back_the_warning_about_the_order_of_calls() -> None:
    scheduler = CurveLR(sgd(model()), S)
    steps(scheduler, 1)
    fresh = CurveLR(sgd(model()), S)
    fresh.load_state_dict(scheduler.state_dict())
    fresh.step()  # torch warns in a scheduler's second call only, and a warning fails the test

    assert fresh.last_epoch == 2


def test_torch_blames_the_caller_for_the_wrong_order_of_calls() -> None:
    """The warning names the caller's line because ``step`` is not overridden."""
    scheduler = CurveLR(sgd(model()), S)
    with pytest.warns(UserWarning, match=r"before `optimizer\.step\(\)`") as caught:
        scheduler.step()

    assert caught[0].filename == __file__


def test_a_mapping_survives_pickle() -> None:
    scheduler = CurveLR(two_groups(), {"lr": [S, FACTOR], "weight_decay": DECAY}, relative=True)
    steps(scheduler, 2)
    twin = pickle.loads(pickle.dumps(scheduler))
    for each in (twin, scheduler):
        steps(each, 3)

    assert twin.state_dict() == scheduler.state_dict()
    assert held(twin.optimizer) == held(scheduler.optimizer)


def test_the_numbers_are_logged_every_so_many_steps(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    optimizer = two_groups()
    scheduler = CurveLR(
        optimizer, {"lr": [S, Constant(0.2)], "weight_decay": DECAY}, log_every=3
    )
    steps(scheduler, 7)
    for _ in range(5):
        scheduler.get_lr()

    assert {record.name for record in caplog.records} == {"lrcurves.adapters.torch"}
    assert [record.getMessage() for record in caplog.records] == [
        "t = 0: lr = 0, 0.2; weight_decay = 0.2",
        "t = 3: lr = 0.06, 0.2; weight_decay = 0.155",
        "t = 6: lr = 0.0989074, 0.2; weight_decay = 0.11",
    ]


def test_nothing_is_logged_unless_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    steps(CurveLR(two_groups(), S), 3)

    assert caplog.records == []


def test_a_foreign_scheduler_beside_ours_has_the_initial_rates_of_the_optimizer() -> None:
    optimizer = two_groups()
    CurveLR(optimizer, S)

    assert LambdaLR(optimizer, lambda t: 0.5).base_lrs == [1.0, 0.1]
