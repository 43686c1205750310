"""The training libraries drive the real thing: the rate of update number t is ``s.lr(t)``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrcurves import Constant, Cosine, Linear
from lrcurves.adapters.torch import CurveLR

with warnings.catch_warnings():
    # torchmetrics and ignite still use what torch has deprecated.
    message = r"`torch\.jit\.(script|interface|script_method)` is deprecated"
    warnings.filterwarnings("ignore", message, DeprecationWarning)
    import lightning
    from ignite.engine import Engine, Events
    from ignite.handlers import LRScheduler as IgniteScheduler
    from transformers import Trainer, TrainingArguments

S = Linear(0, 0.1, 3) >> Cosine(0.1, 9)
STEPS = 12
RATES = [S.lr(t) for t in range(STEPS)]


def net(seed: int = 0) -> nn.Linear:
    torch.manual_seed(seed)
    return nn.Linear(4, 1)


def adamw(net: nn.Module, tensor: bool = False, **options: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        net.parameters(), lr=torch.tensor(1.0) if tensor else 1.0, **options
    )


def rate(optimizer: torch.optim.Optimizer) -> float:
    return float(optimizer.param_groups[0]["lr"])


def data(batches: int, size: int = 2) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(1)
    return DataLoader(TensorDataset(torch.randn(batches * size, 4, generator=generator)), size)


# -- torch.amp.GradScaler


def amp(
    optimizer: torch.optim.Optimizer, scheduler: CurveLR, linear: nn.Module, bad: set[int]
) -> list[float]:
    """Train with a GradScaler, whose updates with infinite gradients are skipped."""
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    used = []
    for i in range(STEPS + len(bad)):
        optimizer.zero_grad()
        x = torch.full((2, 4), math.inf) if i in bad else torch.ones(2, 4)
        scaler.scale(linear(x).square().mean()).backward()
        before = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if scaler.get_scale() >= before:  # else the update has been skipped
            used.append(rate(optimizer))
            scheduler.step()
    return used


@pytest.mark.parametrize("variant", [{}, {"foreach": True}, {"fused": True}], ids=str)
@pytest.mark.parametrize("bad", [set(), {0, 1}, {0, 4, 11}], ids=str)
def test_an_update_that_the_grad_scaler_skips_takes_no_time(
    variant: dict[str, Any], bad: set[int]
) -> None:
    """A fused optimizer is called all the same, and skips inside, so no hook could count."""
    linear = net()
    optimizer = adamw(linear, **variant)
    scheduler = CurveLR(optimizer, S)

    assert amp(optimizer, scheduler, linear, bad) == RATES
    assert int(optimizer.state[linear.weight]["step"]) == STEPS == scheduler.last_epoch


# -- accelerate


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()


@pytest.mark.usefixtures("fresh_accelerate")
@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("prepared_first", [False, True])
@pytest.mark.parametrize("tensor", [False, True])
def test_accelerate_drives_it_and_saves_it(
    accumulate: int, prepared_first: bool, tensor: bool, tmp_path: Path
) -> None:
    def run(folder: Path | None, first: int) -> tuple[list[float], list[float]]:
        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulate)
        linear = net()
        optimizer = adamw(linear, tensor)
        if prepared_first:
            linear, optimizer = accelerator.prepare(linear, optimizer)
            scheduler = accelerator.prepare(CurveLR(optimizer, S))
        else:
            linear, optimizer, scheduler = accelerator.prepare(
                linear, optimizer, CurveLR(optimizer, S)
            )
        assert type(scheduler).__name__ == "AcceleratedScheduler"
        if folder is not None:
            accelerator.load_state(str(folder))
        used = []
        for i, (x,) in enumerate(accelerator.prepare(data(STEPS * accumulate))):
            t, within = divmod(i, accumulate)
            if t < first:
                continue
            with accelerator.accumulate(linear):
                accelerator.backward(linear(x).square().mean())
                if within == accumulate - 1:
                    used.append(rate(optimizer))
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            if t == 4 and within == accumulate - 1 and folder is None:
                accelerator.save_state(str(tmp_path))
        weights = [w for p in linear.parameters() for w in p.detach().flatten().tolist()]
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        return used, weights

    expected = [float(torch.tensor(r)) for r in RATES] if tensor else RATES
    used, weights = run(None, first=0)
    assert used == expected
    assert run(tmp_path, first=5) == (expected[5:], weights)


@pytest.mark.usefixtures("fresh_accelerate")
def test_accelerate_never_stops_stepping_it() -> None:
    """It does at ``total_steps``, where a scheduler has such an attribute."""
    accelerator = Accelerator(cpu=True)
    linear = net()
    scheduler = CurveLR(adamw(linear), S)
    assert not hasattr(scheduler, "total_steps")
    linear, optimizer, scheduler = accelerator.prepare(linear, scheduler.optimizer, scheduler)
    for _ in range(3 * STEPS):
        accelerator.backward(linear(torch.ones(2, 4)).sum())
        optimizer.step()
        scheduler.step()

    assert scheduler.scheduler.last_epoch == 3 * STEPS


# -- the Trainer of transformers


class Regression(nn.Module):
    """A model as the Trainer wants it: it returns its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = net()

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.linear(x).squeeze(-1)
        return {"loss": (found - labels).square().mean(), "logits": found}


class Driven(Trainer):
    """A Trainer that makes the scheduler itself, the other way to bring your own."""

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> CurveLR:
        self.lr_scheduler = CurveLR(optimizer or self.optimizer, S)
        return self.lr_scheduler


def trainer(folder: Path, tensor: bool = False, own: bool = True, **options: Any) -> Trainer:
    model = Regression()
    arguments = TrainingArguments(
        str(folder),
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        max_steps=STEPS,
        logging_steps=1,
        save_steps=5,
        learning_rate=77.0,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        **options,
    )
    generator = torch.Generator().manual_seed(1)
    inputs, labels = (torch.randn(shape, generator=generator) for shape in ((48, 4), (48,)))
    rows = [{"x": x, "labels": y} for x, y in zip(inputs, labels, strict=True)]
    if not own:
        return Driven(model, arguments, train_dataset=rows)
    optimizer = adamw(model, tensor)
    return Trainer(
        model, arguments, train_dataset=rows, optimizers=(optimizer, CurveLR(optimizer, S))
    )


def logged(done: Trainer, name: str) -> list[float]:
    return [entry[name] for entry in done.state.log_history if name in entry]


@pytest.mark.parametrize(
    ("tensor", "own"), [(False, True), (True, True), (False, False)], ids=["", "tensor", "made"]
)
def test_the_trainer_uses_logs_and_resumes_the_rates(
    tensor: bool, own: bool, tmp_path: Path
) -> None:
    whole = trainer(tmp_path, tensor, own)
    whole.train()
    resumed = trainer(tmp_path, tensor, own)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))

    for done in (whole, resumed):
        expected = [float(torch.tensor(r)) for r in RATES] if tensor else RATES
        assert logged(done, "learning_rate") == expected
        assert all(math.isfinite(loss) and loss > 0 for loss in logged(done, "loss"))
        assert done.lr_scheduler.last_epoch == STEPS
    pairs = zip(whole.model.parameters(), resumed.model.parameters(), strict=True)
    assert all(torch.equal(first, second) for first, second in pairs)


def test_the_trainer_refuses_to_go_on_under_another_schedule(tmp_path: Path) -> None:
    trainer(tmp_path).train()
    other = trainer(tmp_path)
    other.lr_scheduler = CurveLR(other.optimizer, Constant(0.1))

    with pytest.raises(ValueError, match=r"gives 0\.0883022 and 0\.075, the present one 0\.1 "):
        other.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))


# -- Lightning


class Module(lightning.LightningModule):
    """A model that notes the rate of each of its updates."""

    def __init__(self, schedule: dict[str, Any], tensor: bool = False) -> None:
        super().__init__()
        self.linear = net()
        self.schedule = schedule
        self.tensor = tensor
        self.used: list[float] = []

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        return self.linear(batch[0]).square().mean()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self.used.append(rate(optimizer))

    def configure_optimizers(self) -> Any:
        optimizer = adamw(self, self.tensor)
        scheduler = {"scheduler": CurveLR(optimizer, S), **self.schedule}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}


def fit(
    module: Module,
    folder: Path,
    steps: int,
    batches: int = STEPS,
    checkpoint: Path | None = None,
    **options: Any,
) -> lightning.Trainer:
    done = lightning.Trainer(
        max_steps=steps,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        **options,
    )
    done.fit(module, data(batches), ckpt_path=checkpoint)
    return done


EVERY_STEP = {"interval": "step"}
of_lightning = pytest.mark.filterwarnings(
    r"ignore:`isinstance\(treespec, LeafSpec\)` is deprecated:FutureWarning"
)


@of_lightning
@pytest.mark.parametrize("tensor", [False, True])
def test_lightning_drives_it_with_the_interval_of_a_step(tensor: bool, tmp_path: Path) -> None:
    module = Module(EVERY_STEP, tensor)
    fit(module, tmp_path, STEPS)

    assert module.used == ([float(torch.tensor(r)) for r in RATES] if tensor else RATES)


@of_lightning
def test_lightning_counts_updates_and_not_what_it_accumulates(tmp_path: Path) -> None:
    module = Module(EVERY_STEP)
    fit(module, tmp_path, STEPS // 2, accumulate_grad_batches=2)

    assert module.used == RATES[: STEPS // 2]


@of_lightning
@pytest.mark.filterwarnings(
    "ignore:You're resuming from a checkpoint that ended before the epoch ended"
)
def test_lightning_resumes_it(tmp_path: Path) -> None:
    first, second = Module(EVERY_STEP), Module(EVERY_STEP)
    fit(first, tmp_path, 5).save_checkpoint(tmp_path / "stopped.ckpt")
    fit(second, tmp_path, STEPS, checkpoint=tmp_path / "stopped.ckpt")

    assert (first.used, second.used) == (RATES[:5], RATES[5:])


@of_lightning
def test_lightning_as_it_comes_steps_once_an_epoch(tmp_path: Path) -> None:
    """Why the README names the interval."""
    module = Module({})
    fit(module, tmp_path, STEPS, batches=STEPS // 2)

    assert module.used == [S.lr(0)] * 6 + [S.lr(1)] * 6


# -- ignite


def ignite(event: Any, use_legacy: bool, schedule: Any = S) -> list[tuple[float, float]]:
    """Return the rate and the weight decay of each update."""
    linear = net()
    optimizer = adamw(linear)
    used = []

    def update(engine: Engine, x: torch.Tensor) -> None:
        optimizer.zero_grad()
        linear(x).square().mean().backward()
        used.append((rate(optimizer), optimizer.param_groups[0]["weight_decay"]))
        optimizer.step()

    engine = Engine(update)
    handler = IgniteScheduler(CurveLR(optimizer, schedule), use_legacy=use_legacy)
    engine.add_event_handler(event, handler)
    engine.run([torch.ones(2, 4)] * (STEPS // 2), max_epochs=2)
    return used


STARTED, COMPLETED = Events.ITERATION_STARTED, Events.ITERATION_COMPLETED
of_ignite = pytest.mark.filterwarnings(
    "ignore:Please make sure to attach scheduler to Events.ITERATION_COMPLETED:UserWarning"
)


@of_ignite
@pytest.mark.parametrize(("event", "use_legacy"), [(STARTED, False), (COMPLETED, True)])
def test_ignite_drives_it_attached_in_either_way(event: Any, use_legacy: bool) -> None:
    both = {"lr": S, "weight_decay": Linear(0.1, 0, STEPS)}

    assert [lr for lr, _ in ignite(event, use_legacy)] == RATES
    assert ignite(event, use_legacy, both) == [
        (S.lr(t), Linear(0.1, 0, STEPS).lr(t)) for t in range(STEPS)
    ]


@of_ignite
@pytest.mark.parametrize(
    ("event", "use_legacy", "first"), [(STARTED, True, 1), (COMPLETED, False, 0)]
)
def test_ignite_attached_otherwise_is_off_by_one(
    event: Any, use_legacy: bool, first: int
) -> None:
    used = [lr for lr, _ in ignite(event, use_legacy)]
    late = [S.lr(max(t - 1, 0)) for t in range(STEPS)]

    assert used == ([S.lr(t + 1) for t in range(STEPS)] if first else late)
