"""The structure of the package: who may import whom, and what is loaded when."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import lrcurves

PACKAGE = Path(lrcurves.__file__).parent

LAYERS = (
    "_domains _svg _terminal _bounds",
    "_ops _kinds _smooth _requests _lines _search _growth",
    "_stack _source _matrix _jets _calls",
    "_numpy",
    "_tensors _extremes _words _straight _in_order _passed _write",
    "_grid",
    "_rows _cells",
    "_layout",
    "_table",
    "schedule",
    "combine",
    "change",
    "families.power",
    "families.exponential",
    "families.pieces",
    "families.wave",
    "families.phased",
    "families.warmup",
    "families",
    "_spec _brief",
    "serial calibrate clock _seams _composition",
    "resume _decays _runs _explain _design _files",
    "edit plateau plot _rules",
    "findings",
    "analyse",
    "compat compat.torch compat.optax compat.keras compat.transformers compat.timm",
    "adapters adapters._groups cli",
    "adapters.torch adapters.optax adapters.keras",
    "",  # the package itself, which lists the public names
    "__main__",
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row.split(" ")}
HEAVY = {
    "numpy": {
        "_numpy",
        "_smooth",
        "_search",
        "_growth",
        "_stack",
        "_matrix",
        "_passed",
        "_write",
        "_rows",
        "_extremes",
        "_grid",
        "_layout",
        "_words",
        "_calls",
        "_straight",
        "_in_order",
        "_cells",
        "_table",
        "adapters.optax",
    },
    "torch": {"adapters.torch", "adapters._groups"},
    "jax": {"adapters.optax"},
    "keras": {"adapters.keras"},
}
UPHILL = {
    ("schedule", "combine"): "the operators build combinations",
    ("schedule", "change"): "a number times a schedule is one of them",
    ("schedule", "plot"): "a schedule draws itself",
}


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(name: str, node: ast.ImportFrom) -> list[str]:
    """Return the modules of the package that a relative import in a module names."""
    is_package = (PACKAGE / name.replace(".", "/") / "__init__.py").exists() or not name
    here = name.split(".") if name else []
    base = here[: len(here) - node.level + is_package] + (node.module or "").split(".")
    target = ".".join(part for part in base if part)
    inner = [f"{target}.{alias.name}".lstrip(".") for alias in node.names]
    return [module for module in inner if module in RANK] or [target]


def test_every_module_has_a_layer() -> None:
    assert set(modules()) == set(RANK)


@pytest.mark.parametrize("name", RANK)
def test_imports_run_downhill(name: str) -> None:
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.ImportFrom) and node.level:
            for target in imported(name, node):
                if RANK[target] >= RANK[name] and target == "" and name in ("cli",):
                    continue  # the version
                if RANK[target] >= RANK[name]:
                    assert (name, target) in UPHILL, f"{name} imports {target}"


@pytest.mark.parametrize("name", RANK)
def test_imports_inside_the_package_are_relative(name: str) -> None:
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] != "lrcurves"
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] != "lrcurves" for alias in node.names)


@pytest.mark.parametrize("name", RANK)
def test_numpy_and_frameworks_are_imported_in_their_own_module_alone(name: str) -> None:
    for node in modules()[name].body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for root in {name.split(".")[0] for name in names}:
            if root in ("numpy", "torch", "jax", "keras", "tensorflow", "matplotlib"):
                assert name in HEAVY.get(root, set()), f"{name} imports {root}"


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_import_and_lr_load_neither_numpy_nor_a_framework() -> None:
    code = "import lrcurves, lrcurves.serial, lrcurves.cli; lrcurves.Cosine(0.1, 9).lr(3)"

    assert not loaded_after(code) & {"numpy", "torch", "jax", "keras", "matplotlib"}


def test_the_first_array_loads_numpy() -> None:
    """Shows that the test above can fail."""
    code = "import lrcurves; lrcurves.Cosine(0.1, 9).lr_array([3])"

    assert "numpy" in loaded_after(code)


def test_a_copy_under_another_name_works(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "host" / "vendored_curves")
    (tmp_path / "host" / "__init__.py").touch()
    code = f"""
sys.path.insert(0, {str(tmp_path)!r})
import pickle
from host.vendored_curves import Cosine, Linear
from host.vendored_curves.serial import parse, to_json, from_json
s = Linear(0, 0.1, 10) >> Cosine(0.1, 90)
assert parse(repr(s)) == s == from_json(to_json(s)) == pickle.loads(pickle.dumps(s))
assert list(s.lr_array(range(3))) == [s.lr(t) for t in range(3)]
assert "lrcurves" not in sys.modules
"""
    loaded_after(code)


def test_the_public_names_are_those_that_are_listed() -> None:
    named = {
        name
        for name, value in vars(lrcurves).items()
        if not name.startswith("_") and not hasattr(value, "__path__")
        if getattr(value, "__module__", None) is not None
    }

    assert named == set(lrcurves.__all__)
    assert lrcurves.__all__ == sorted(lrcurves.__all__)
