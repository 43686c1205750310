"""Schedules in Keras 3, on any of its backends.

>>> import keras
>>> from lrcurves import Cosine
>>> optimizer = keras.optimizers.AdamW(CurveSchedule(Cosine(0.1, steps=100)))
>>> round(float(optimizer.learning_rate), 6)
0.1

A saved model names :class:`CurveSchedule` and does not import it: import this module before
``keras.saving.load_model``, or give that ``custom_objects={"lrcurves>CurveSchedule":
CurveSchedule}``; with ``compile=False`` it needs neither. Nothing but ``optimizer.iterations``
is needed to resume, which a model holds that is saved with its optimizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras  # type: ignore[import-untyped]

from .._domains import Interval, shown
from ..resume import entry
from ..schedule import Schedule
from ..serial import from_dict, to_dict

_EVERY = Interval(1, 1e9, whole=True)


@keras.saving.register_keras_serializable(package="lrcurves")
class CurveSchedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule as a Keras ``LearningRateSchedule``, for compiled training.

    The rate is computed in float64 on every backend, and is ``schedule.lr(t)`` rounded once to
    ``keras.config.floatx()``. Keras counts batches, not updates: with
    ``gradient_accumulation_steps=k`` it needs ``every=k``.

    >>> from lrcurves import Linear
    >>> rate = CurveSchedule(Linear(0.5, 0, steps=4), every=2)
    >>> [float(rate(batch)) for batch in range(5)]
    [0.5, 0.5, 0.375, 0.375, 0.25]
    >>> CurveSchedule.from_config(rate.get_config()).schedule
    Linear(base_lr=0.5, final_lr=0, steps=4)

    Args:
        schedule: a schedule that counts updates.
        every: how many batches make an update, a whole number >= 1.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if ``every`` is out of range.
    """

    def __init__(self, schedule: Schedule, every: int = 1) -> None:
        self.schedule = _schedule("CurveSchedule.schedule", schedule)
        self.every = int(_EVERY.validated("CurveSchedule.every", every))

    def __call__(self, step: Any) -> Any:
        """Return the rate of a batch.

        Args:
            step: its number, or several: a Python or NumPy number, a ``keras.Variable`` or a
                tensor of the backend; of whole numbers, unless ``every`` is 1.

        Returns:
            A tensor of the shape of ``step``, of type ``keras.config.floatx()``.

        Raises:
            TypeError: if ``step`` has another type.
            ValueError: if it is no tensor, and negative, infinite or NaN.
        """
        t = keras.ops.convert_to_tensor(step) if isinstance(step, keras.Variable) else step
        if self.every > 1:
            if keras.ops.is_tensor(t) and "int" not in str(t.dtype):  # XLA divides inexactly
                raise TypeError(f"step must hold ints if every > 1, got dtype {t.dtype}")
            t = t // self.every
        floatx = keras.config.floatx()
        if floatx == "float64" and keras.config.backend() != "jax" and keras.ops.is_tensor(t):
            t = keras.ops.cast(t, floatx)  # torch and tensorflow answer in float32 otherwise
        return keras.ops.convert_to_tensor(self.schedule(t), dtype=floatx)

    def get_config(self) -> dict[str, Any]:
        """Return plain data, which JSON holds."""
        return {"schedule": to_dict(self.schedule), "every": self.every}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> CurveSchedule:
        """Return what :meth:`get_config` described.

        Raises:
            TypeError: if something in it has the wrong type.
            ValueError: if it has the wrong value; either names the place.
        """
        saved = entry("config", config, "schedule")
        try:
            schedule = from_dict(saved)
        except (TypeError, ValueError) as error:
            raise type(error)(f"config['schedule']: {error}") from None
        return cls(schedule, **{key: config[key] for key in config if key != "schedule"})


class CurveCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets ``optimizer.learning_rate``, a number, before each batch, and logs it.

    Use :class:`CurveSchedule` if you can: this callback runs on the host, and once for each
    ``steps_per_execution`` batches, all of which get the rate of the first. But the rate can
    be changed by others. ``ReduceLROnPlateau``, or whoever assigns
    ``optimizer.learning_rate = x``, changes all that follows in proportion: that factor is
    ``scale``, by which the schedule is multiplied. (A rate of 0 has no proportion; there the
    schedule wins.) A model that is saved does not hold ``scale``.

    ``t`` is ``optimizer.iterations``, which counts updates. If the optimizer has done none and
    ``fit`` begins at a later ``initial_epoch``, ``t`` begins at that many epochs.

    >>> from lrcurves import Linear
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(1.0), loss="mse")
    >>> x, rate = keras.ops.ones((8, 1)), CurveCallback(Linear(0.5, 0, steps=8))
    >>> fit = model.fit(x, x, batch_size=2, epochs=2, verbose=0, callbacks=[rate])
    >>> fit.history["learning_rate"]  # of the last update in each epoch
    [0.3125, 0.0625]

    Args:
        schedule: a schedule that counts updates.

    Attributes:
        scale: what others have multiplied the rate by.

    Raises:
        TypeError: if ``schedule`` is none, or, in ``fit``, if the optimizer has a schedule.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = _schedule("CurveCallback.schedule", schedule)
        self.scale = 1.0
        self._optimizer: Any = None
        self._first = 0
        self._rate = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        if not isinstance(optimizer.learning_rate, keras.Variable):
            raise TypeError(
                "CurveCallback needs an optimizer whose learning_rate is a number, got a"
                " schedule: write learning_rate=1.0, or leave out the callback and write"
                " learning_rate=CurveSchedule(schedule)"
            )
        if optimizer is not self._optimizer:
            self._optimizer, self._first, self._rate = optimizer, 0, 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        if epoch and _number(optimizer.iterations) == 0:
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            batches = epoch * self.params["steps"]
            self._first = batches // (inner.gradient_accumulation_steps or 1)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        found = _number(optimizer.learning_rate)
        if self._rate not in (0.0, found):
            self.scale *= found / self._rate
        t = self._first + _number(optimizer.iterations)
        optimizer.learning_rate = self.scale * self.schedule.lr(t)
        self._rate = _number(optimizer.learning_rate)  # rounded to its type

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = self._rate


def _schedule(name: str, value: Any) -> Schedule:
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} must be a schedule, got {shown(value)}")
    return value


def _number(value: Any) -> float:
    return float(keras.ops.convert_to_tensor(value))
