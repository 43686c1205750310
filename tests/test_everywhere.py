"""Schedules in other processes, in threads, in config systems, in checkpoints and in jax."""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import torch
import yaml
from catalogue import EXAMPLES
from crossed import bits
from hydra.utils import instantiate
from hypothesis import given
from omegaconf import DictConfig, ListConfig, OmegaConf
from strategies import landmarks, schedules

from lrcurves import Cosine, Exponential, Floor, Linear, Schedule, Sequential
from lrcurves.serial import fingerprint, from_dict, from_json, parse, to_dict, to_json

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def named(s: Schedule) -> str:
    return type(s).__name__


def copies(s: Schedule) -> list[Schedule]:
    pickled = [pickle.dumps(s, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    return [
        from_dict(to_dict(s)),
        from_json(to_json(s)),
        from_json(to_json(s, indent=2).encode("utf-16")),
        parse(repr(s)),
        copy.copy(s),
        copy.deepcopy(s),
        *map(pickle.loads, pickled),
        from_dict(yaml.safe_load(yaml.safe_dump(to_dict(s)))),
        from_dict(OmegaConf.create(to_dict(s))),
        from_dict(tomllib.loads(toml(to_dict(s)))),
        from_dict(torched(to_dict(s))),
    ]


def toml(data: dict[str, Any]) -> str:
    """Return plain data as TOML, which has no null: what is ``None`` is left out."""

    def inline(value: Any) -> str:
        if isinstance(value, dict):
            items = (f"{k} = {inline(v)}" for k, v in value.items() if v is not None)
            return f"{{{', '.join(items)}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(inline, value))}]"
        return json.dumps(value)

    return "\n".join(f"{k} = {inline(v)}" for k, v in data.items() if v is not None)


def torched(data: dict[str, Any]) -> Any:
    file = io.BytesIO()
    torch.save(data, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@every_example
def test_a_copy_of_any_kind_has_the_same_bits(s: Schedule) -> None:
    want = bits(s)

    for twin in copies(s):
        assert twin == s
        assert hash(twin) == hash(s)
        assert fingerprint(twin) == fingerprint(s)
        assert bits(twin) == want


@given(schedules())
def test_any_copy_is_equal_and_has_the_same_fingerprint(s: Schedule) -> None:
    ts = [0.0, 0.5, 7.0, *landmarks(s)[:5]]
    rates = [s.lr(t) for t in ts]

    for twin in copies(s):
        assert twin == s
        assert fingerprint(twin) == fingerprint(s)
        assert [twin.lr(t) for t in ts] == rates


@given(schedules(), schedules())
def test_fingerprints_are_equal_as_schedules_are(one: Schedule, other: Schedule) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_schedules_cross_into_processes_and_back(way: str) -> None:
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("crossed.py"), way],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"schedules": len(EXAMPLES)}


def test_no_salt_of_hashes_changes_a_fingerprint_a_pickle_or_a_rate() -> None:
    code = (
        "import hashlib, json, pickle\n"
        "from catalogue import EXAMPLES\n"
        "from lrcurves.serial import fingerprint\n"
        "print(json.dumps([\n"
        "    [fingerprint(s), hashlib.sha256(pickle.dumps(s)).hexdigest(), s.lr(7).hex()]\n"
        "    for s in EXAMPLES.values()]))\n"
        "print(hash('a word'))"
    )
    outputs = []
    for seed in ("0", "1", "123456"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(done.stdout.splitlines())

    found, salts = zip(*outputs, strict=True)
    assert len(set(salts)) == 3
    assert len(set(found)) == 1
    prints = [row[0] for row in json.loads(found[0])]
    assert prints == [fingerprint(s) for s in EXAMPLES.values()]
    assert len(set(prints)) == len(set(EXAMPLES.values()))


def together(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """Return what threads make that start at once and are switched as often as possible."""
    results: list[Any] = [None] * threads
    gate = threading.Barrier(threads)

    def run(i: int) -> None:
        gate.wait()
        results[i] = work(i)

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        sys.setswitchinterval(pause)
    return results


@every_example
def test_threads_on_one_schedule_get_the_bits_of_one_thread(s: Schedule) -> None:
    """All of them pass the call at which the flat function is made."""
    want = bits(from_dict(to_dict(s)))
    shared = from_dict(to_dict(s))

    assert together(4, lambda i: bits(shared)) == [want] * 4


@pytest.mark.parametrize("name", ["nested", "one-cycle", "cosine-restarts-longer", "stretch"])
def test_threads_that_fill_parts_of_one_array_get_the_same_table(name: str) -> None:
    s, size = EXAMPLES[name], 40_000
    want = s.lr_array(range(8 * size))
    table = np.full(8 * size, np.nan)
    whole = together(8, lambda i: s.lr_array(range(8 * size)))

    for rates in whole:
        assert rates.tobytes() == want.tobytes()
    parts = [range(i * size, (i + 1) * size) for i in range(8)]
    alone = [s.lr_array(part).tobytes() for part in parts]
    together(8, lambda i: s.lr_array(parts[i], out=table[i * size : (i + 1) * size]))
    assert [part.tobytes() for part in np.split(table, 8)] == alone


def test_threads_may_make_save_and_read_schedules_at_once() -> None:
    def work(i: int) -> list[str]:
        return [to_json(parse(repr(s))) for s in EXAMPLES.values()]

    assert together(4, work) == [[to_json(s) for s in EXAMPLES.values()]] * 4


S = Linear(0, 0.1, 500) >> Floor(Exponential(0.1, 0.5, every=700), 1e-5, mode="offset")

TARGETS = """
n: 500
schedule:
  _target_: lrcurves.Sequential
  _convert_: object
  parts:
    - {_target_: lrcurves.Linear, base_lr: 0, final_lr: 1e-1, steps: "${n}"}
    - _target_: lrcurves.Floor
      schedule: {_target_: lrcurves.Exponential, base_lr: 0.1, gamma: 0.5, every: 700}
      min_lr: 1e-5
      mode: offset
"""

DATA = """
n: 500
schedule:
  _target_: lrcurves.serial.from_dict
  data:
    type: Sequential
    parts:
      - {type: Linear, base_lr: 0, final_lr: 1e-1, steps: "${n}"}
      - type: Floor
        schedule: {type: Exponential, base_lr: 0.1, gamma: 0.5, every: 700}
        min_lr: 1e-5
        mode: offset
"""

TEXT = """
n: 500
schedule:
  _target_: lrcurves.serial.parse
  text: "Linear(0, 0.1, ${n}) >> Floor(Exponential(0.1, 0.5, every=700), 1e-5, 'offset')"
"""


@pytest.mark.parametrize("config", [TARGETS, DATA, TEXT], ids=["targets", "data", "text"])
def test_hydra_makes_a_schedule_from_a_config(config: str) -> None:
    assert instantiate(OmegaConf.create(config).schedule) == S


@pytest.mark.parametrize("config", [TARGETS, DATA, TEXT], ids=["targets", "data", "text"])
@pytest.mark.parametrize("convert", ["partial", "object", "all"])
def test_hydra_makes_a_schedule_inside_of_something_else(config: str, convert: str) -> None:
    assert instantiate(OmegaConf.create(config), _convert_=convert) == {"n": 500, "schedule": S}


def test_hydra_makes_a_schedule_from_another_constructor() -> None:
    config = {"_target_": "lrcurves.Exponential.from_half_life", "base_lr": 1, "half_life": 9}

    assert instantiate(config) == Exponential.from_half_life(1, 9)


def test_containers_of_config_systems_are_read_like_dictionaries_and_lists() -> None:
    config = OmegaConf.create(to_dict(S))

    assert isinstance(config, DictConfig)
    assert isinstance(config.parts, ListConfig)
    assert from_dict(config) == S
    assert from_dict({"type": "Sequential", "parts": config.parts}) == S
    assert Sequential(parts=[S]) == S  # type: ignore[arg-type]


def test_a_config_file_of_several_saved_schedules_reads() -> None:
    parts = [to_dict(Linear(0, 0.1, 500)), to_dict(Cosine(0.1, 9500))]
    config = yaml.safe_load(yaml.safe_dump({"type": "Sequential", "parts": parts}))

    assert from_dict(config) == Linear(0, 0.1, 500) >> Cosine(0.1, 9500)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{type: Cosine, base_lr: 1e-3, steps: 100}", "$.base_lr"),
        ("{type: Cosine, base_lr: 0.1, steps: 1.0e3}", "$.steps"),
        ("{type: Sum, parts: [{type: Constant, base_lr: 1e-3}]}", "$.parts[0].base_lr"),
        ("{type: MultiStep, base_lr: 1, gamma: 1, milestones: [1e3]}", "$.milestones[0]"),
    ],
)
def test_a_number_that_yaml_takes_for_text_is_told_how_to_write(text: str, place: str) -> None:
    with pytest.raises(TypeError) as error:
        from_dict(yaml.safe_load(text))

    assert str(error.value).startswith(f"{place} must be a finite number")
    assert str(error.value).endswith(
        ": YAML takes a number for text unless it has a point and a signed exponent, as 1.0e-3"
    )


def test_a_toml_file_reads() -> None:
    text = """
        type = "Sequential"
        [[parts]]
        type = "Linear"
        base_lr = 0
        final_lr = 1e-1
        steps = 5_00
        [[parts]]
        type = "Floor"
        min_lr = 1e-5
        mode = "offset"
        schedule = { type = "Exponential", base_lr = 0.1, gamma = 0.5, every = 700 }
        """

    assert from_dict(tomllib.loads(text)) == S
    with pytest.raises(ValueError, match=r"^\$\.base_lr must be a finite number >= 0, got inf"):
        from_dict(tomllib.loads('type = "Constant"\nbase_lr = inf'))


def test_the_saved_form_survives_a_file_of_torch(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    saved = {name: to_dict(s) for name, s in EXAMPLES.items()}
    torch.save(saved, file)

    assert torch.load(file, weights_only=True) == saved


@pytest.mark.parametrize("s", {type(s): s for s in EXAMPLES.values()}.values(), ids=named)
def test_equal_schedules_are_one_static_argument_of_jax(s: Schedule) -> None:
    traced = []

    def rate(schedule: Schedule, t: Any) -> Any:
        traced.append(schedule)
        return schedule(t)

    compiled = jax.jit(rate, static_argnums=0)
    want, t = np.float32(s.lr(12)), np.int32(12)
    got = np.asarray(compiled(s, t))

    assert abs(got - want) <= np.spacing(want)
    for twin in (from_dict(to_dict(s)), parse(repr(s)), pickle.loads(pickle.dumps(s))):
        assert np.asarray(compiled(twin, t)).tobytes() == got.tobytes()
    assert len(traced) == 1
    compiled(2 * s, t)
    assert len(traced) == 2
