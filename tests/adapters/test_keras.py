"""Keras on each of its backends: it reads KERAS_BACKEND once, so each has a process of its own.

What is tested is in ``keras_cases.py``; here it is run, and every test of it reported. A model
that one backend saves is loaded by the others, so the three run at the same time.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).with_name("keras_cases.py")
BACKENDS = ("torch", "jax", "tensorflow")
NAMES = [
    node.name
    for node in ast.parse(CASES.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


def command(backend: str, *arguments: str | Path) -> tuple[list[str], dict[str, str]]:
    silent = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    return [sys.executable, *map(str, arguments)], os.environ | silent


@dataclass
class Run:
    """The cases on one backend, in a process that is already running."""

    backend: str
    folder: Path
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        report = f"--junitxml={self.folder / self.backend}.xml"
        plain = ("-q", "--tb=short", "-p", "no:cacheprovider", "-o", "junit_family=xunit1")
        arguments, environment = command(self.backend, "-m", "pytest", CASES, report, *plain)
        with (self.folder / f"{self.backend}.log").open("w") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=environment | {"KERAS_CASES_FILES": str(self.folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    @cached_property
    def results(self) -> dict[str, list[ElementTree.Element]]:
        """The result of each test of the cases, one for each set of its parameters."""
        self.process.wait(timeout=900)
        report = self.folder / f"{self.backend}.xml"
        log = (self.folder / f"{self.backend}.log").read_text(encoding="utf-8")
        assert report.exists(), log[-5000:]
        found: dict[str, list[ElementTree.Element]] = {}
        for case in ElementTree.parse(report).iter("testcase"):
            found.setdefault(str(case.get("name")).partition("[")[0], []).append(case)
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    folder = tmp_path_factory.mktemp("keras")
    started = {backend: Run(backend, folder) for backend in BACKENDS}
    yield started
    for run in started.values():
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_keras(name: str, backend: str, runs: dict[str, Run]) -> None:
    cases = runs[backend].results.get(name, [])
    faults = [
        f"{case.get('name')}: {fault.get('message')}\n{fault.text}"
        for case in cases
        for fault in case
        if fault.tag in ("failure", "error", "skipped")
    ]

    assert cases, f"{name} did not run"
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_row_that_was_compared_is_counted(
    backend: str, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    cases = runs[backend].results["test_every_schedule_has_the_same_rates_here"]
    counted = [p.get("value") for case in cases for p in case.iter("property")]

    assert len(counted) == (2 if backend == "tensorflow" else 1)
    with capsys.disabled():
        print(f"\nKeras on {backend}: {'; with XLA '.join(map(str, counted))}")


@pytest.mark.parametrize("imports_ours", [False, True])
def test_a_process_that_loads_a_model_imports_our_module_first(
    imports_ours: bool, runs: dict[str, Run]
) -> None:
    assert runs["torch"].results
    path = runs["torch"].folder / "torch.keras"
    ours = "import lrcurves.adapters.keras" if imports_ours else ""
    code = f"import keras\n{ours}\nprint(keras.saving.load_model({str(path)!r}).optimizer.name)"
    arguments, environment = command("torch", "-c", code)
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, cwd=ROOT)

    assert (done.returncode == 0) == imports_ours
    assert imports_ours or "Could not locate class 'CurveSchedule'" in done.stderr


def test_importing_the_adapter_imports_the_backend_alone() -> None:
    code = (
        "import sys, lrcurves.adapters.keras\n"
        "assert 'torch' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    arguments, environment = command("jax", "-W", "error", "-c", code)
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, cwd=ROOT)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
