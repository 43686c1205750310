"""The tool that breaks formulas still does, and still says what nothing notices."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from equivalent import EQUIVALENT, REASONS
from mutants import ROOT, Mutant, changes, function_at, mutants, names_in, nodes, replacements

SUMMARY = re.compile(
    r"(\d+) mutants tried in \d+ s: (\d+) fail a test, (\d+) cannot be built,"
    r" (\d+) never end, (\d+) unnoticed; (\d+) more are equivalent\n"
)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "mutants.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def tried(*words: str) -> tuple[int, str, list[int]]:
    """Return how the tool ends, what it tells, and the numbers of its last line."""
    done = run(*words)
    *told, last = done.stdout.splitlines(keepends=True) or [done.stderr]
    found = SUMMARY.fullmatch(last)
    assert found, done.stderr + last
    return done.returncode, "".join(told), [int(count) for count in found.groups()]


def test_what_is_broken_in_a_few_formulas_is_noticed() -> None:
    code, told, (count, failed, unbuilt, late, unnoticed, _) = tried(
        *("mix:", " line:", "Until._formula", "Linear._formula", "Sum._joined"),
        *("tests/test_values.py", "tests/test_noticed.py"),
    )

    assert (code, told) == (0, "")
    assert count >= 15
    assert failed + unbuilt == count
    assert late == unnoticed == 0


def test_what_nothing_notices_is_told() -> None:
    code, told, (count, *_, unnoticed, _) = tried("Tanh._check", "tests/test_values.py")

    assert code == 1
    assert unnoticed == count == len(told.splitlines()) >= 4
    assert "Tanh._check: self.lower < self.upper -> " in told or "Tanh._check: -100 <=" in told


def test_an_example_in_a_docstring_fails_for_a_reason() -> None:
    """It loses its names when it runs, and would fail the second time whatever is broken."""
    code, told, (count, failed, *_, unnoticed, _) = tried(
        "Tanh._check", "lrcurves/families/exponential.py"
    )

    assert code == 1
    assert "Tanh._check: 100 -> 101\n" in told
    assert failed >= 3
    assert failed + unnoticed == count


def test_a_test_that_fails_the_second_time_whatever_is_broken_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "test_once.py"
    path.write_text("ran = []\ndef test_it():\n    ran.append(1)\n    assert len(ran) < 2\n")
    done = run("Tanh._check", str(path))

    assert done.returncode == 1
    assert done.stderr.endswith("::test_it fails without any change\n")


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x + y", ["x - y"]),
        ("x / y", ["x * y"]),
        ("x < y", ["x <= y", "x >= y"]),
        ("x == y", ["x != y"]),
        ("x is y", ["x is not y"]),
        ("x < y <= z", ["x <= y <= z", "x >= y <= z", "x < y < z", "x < y > z"]),
        ("x and y", ["x or y"]),
        ("-x", ["x"]),
        ("not x", ["x"]),
        ("x if y else z", ["z if y else x"]),
        ("True", ["False"]),
        ("0.5", ["1.5"]),
        ("1", ["2", "0"]),
        ("'linear'", ["'cosine'"]),
        ("1e300", ["2e+300"]),
        ("f(x, y, xp)", ["f(y, x, xp)"]),
        ("f(x, x)", []),
        ("elapsed(x, y, xp)", []),
        ("minimum", ["maximum"]),
        ("self.base_lr", ["self.final_lr"]),
        ("x ** y", []),
    ],
)
def test_what_a_change_may_be(source: str, changed: list[str]) -> None:
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)

    # The last pair of two words is told once.
    assert [ast.unparse(new) for new in replacements(statement.value)] == changed


def test_a_statement_may_change_too() -> None:
    more, fork = ast.parse("x += y\nif x:\n    y").body

    assert [ast.unparse(new) for new in replacements(more)] == ["x -= y"]
    assert [ast.unparse(new) for new in replacements(fork)] == ["if not x:\n    y"]


def test_no_message_no_annotation_and_no_docstring_is_changed() -> None:
    source = "def f(x: int = 1) -> 1:\n    \"linear\"\n    raise E(1)\n    return f'{1}'"
    found = [node for node, _ in nodes(ast.parse(source).body[0])]

    assert not any(isinstance(node, ast.Constant) for node in found)


def test_no_name_is_changed_into_one_that_means_nothing_there() -> None:
    (function,) = ast.parse("def f(first, steps):\n    last = min(first, 0)").body
    assert isinstance(function, ast.FunctionDef)

    assert {"first", "steps", "last", "min", "max"} <= names_in(function)
    assert not {"warmup", "gone"} & names_in(function)
    assert not any(mutant.after == "warmup" for mutant in mutants())


def test_every_mutant_differs_in_one_place_and_is_of_a_function_that_is_found() -> None:
    every = mutants()

    assert len(every) > 1000
    assert len({(mutant.module, mutant.key) for mutant in every}) == len(every)
    for mutant in every:
        assert function_at(mutant.module, mutant.function).__name__ in mutant.function


def test_a_changed_module_holds_the_change() -> None:
    mutant: Mutant
    mutant, changed = next(changes("combine"))
    source = ast.unparse(changed())

    assert mutant.after in source
    assert source != ast.unparse(ast.parse((ROOT / "lrcurves/combine.py").read_text()))


def test_what_is_listed_as_equivalent_exists_and_has_a_reason() -> None:
    assert EQUIVALENT.keys() <= {mutant.key for mutant in mutants()}
    assert len(EQUIVALENT) == sum(map(len, REASONS.values()))
    assert all(reason.endswith(".") for reason in REASONS)
