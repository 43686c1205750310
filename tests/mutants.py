"""Break each formula in an obvious way, and show that the tests notice every time.

``python tests/mutants.py`` takes every function in the files of the formulas, changes one
thing in it (a sign, an edge, a constant, two ends swapped), runs the tests that reach it until
one fails, and prints those changes that none notices. Words after it choose among the
functions, and names of files the tests::

    python tests/mutants.py Cyclic ease
    python tests/mutants.py Tanh tests/test_values.py

The tests are collected once, and run twice: to learn which of them reach which function, and
to show that they pass again, and how fast, if nothing has changed. Then each mutant is a fork
of that process: the code of the function is exchanged in place, every schedule that exists is
made again, and the tests run in the order of their success so far.

A change that cannot be noticed, because all values stay what they are to within the rounding
that is promised, is listed in ``equivalent.py`` with the reason.
"""

from __future__ import annotations

import ast
import builtins
import gc
import importlib
import math
import os
import resource
import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from equivalent import EQUIVALENT

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # or else it may be another copy that is installed

from lrcurves.schedule import KINDS, Schedule  # noqa: E402

MODULES = (
    *("_ops", "combine", "change", "families.power", "families.exponential"),
    *("families.pieces", "families.wave", "families.phased", "families.warmup"),
)
"""Where the formulas are."""

TESTS = (
    *("lrcurves/_ops.py", "lrcurves/combine.py", "lrcurves/change.py", "lrcurves/families"),
    *("tests/test_values.py", "tests/test_noticed.py", "tests/test_formulas.py"),
    *("tests/test_corners.py", "tests/parity/test_published.py"),
    "tests/test_errors.py::test_impossible_input_fails_at_construction",
)
"""What is quick, and loads no framework: a process of that size is slow to fork."""

BUDGET = 4.0
"""Seconds of tests for each mutant: those with most success first, then the quickest."""

LIMIT = 10
"""Seconds of processor time after which a mutant counts as noticed: a loop without an end."""


# Changes.

SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
EDGES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
PAIRS = (
    *(("minimum", "maximum"), ("min", "max"), ("floor", "ceil"), ("remaining", "elapsed")),
    *(("base_lr", "final_lr"), ("peak_lr", "start_lr"), ("first", "last"), ("high", "low")),
    *(("gone", "left"), ("gone_count", "left_count"), ("near", "far"), ("whole", "rest")),
    *(("up", "down"), ("warmup", "steps"), ("period", "end"), ("early", "late")),
    *(("starts", "lengths"), ("constant", "linear"), ("cosine", "linear")),
)
SWAPPED = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of ``node`` and means something else."""
    match node:
        case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
            yield ast.BinOp(left, SIGNS[type(sign)](), right)
        case ast.AugAssign(target, sign, value) if type(sign) in SIGNS:
            yield ast.AugAssign(target, SIGNS[type(sign)](), value)
        case ast.Compare(left, ops, others):
            for i, op in enumerate(ops):
                for other in EDGES.get(type(op), ()):
                    yield ast.Compare(left, [*ops[:i], other(), *ops[i + 1 :]], others)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(ast.Name() | ast.Attribute() | ast.Call() as test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1 if value + 1 != value else value * 2)
            if value == 1:
                yield ast.Constant(value - 1)
        case ast.Constant(str(value)) if value in SWAPPED:
            yield ast.Constant(SWAPPED[value])
        case ast.Name(name, ast.Load()) if name in SWAPPED:
            yield ast.Name(SWAPPED[name], ast.Load())
        case ast.Attribute(value, name, ast.Load()) if name in SWAPPED:
            yield ast.Attribute(value, SWAPPED[name], ast.Load())
        case ast.Call(function, args, keywords) if _called(function) not in COMMUTE:
            for i in range(len(args) - 1):
                pair = args[i : i + 2]
                if ast.dump(pair[0]) != ast.dump(pair[1]) and not any(map(_is_system, pair)):
                    swapped = [*args[:i], *pair[::-1], *args[i + 2 :]]
                    yield ast.Call(function, swapped, keywords)


COMMUTE = ("minimum", "maximum", "min", "max", "elapsed")
"""Functions whose arguments may be swapped."""


def _is_system(arg: ast.expr) -> bool:
    return isinstance(arg, ast.Name) and arg.id == "xp"


def _called(function: ast.expr) -> str:
    """Return the name of a function, without what it belongs to."""
    return ast.unparse(function).rpartition(".")[2]


Place = tuple[ast.AST, str, int | None]
"""Where a node is: its parent, the field, and the index in it."""


def children(node: ast.AST) -> Iterator[tuple[ast.AST, Place]]:
    """Yield what may be changed in ``node``: no message, no annotation, no docstring."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "defaults", "kw_defaults"):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child, (node, name, i)


def nodes(node: ast.AST) -> Iterator[tuple[ast.AST, Place]]:
    """Yield everything that may be changed in ``node``, with its place."""
    for child, place in children(node):
        yield child, place
        yield from nodes(child)


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions and methods of a module, by their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef) and node.name != "_text":  # it is no formula
            yield prefix + node.name, node


@dataclass(frozen=True)
class Mutant:
    """One change in one function.

    Args:
        module: the module of the function, below ``lrcurves``.
        function: its qualified name.
        number: which one it is of those in the function that read alike.
        line: the number of the line.
        before: the source of what is changed.
        after: what takes its place.
    """

    module: str
    function: str
    number: int
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.key}"

    @property
    def key(self) -> str:
        """What names it whatever else changes in the file."""
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.function}: {self.before} -> {self.after}{again}"


def source_of(module: str) -> Path:
    return ROOT / "lrcurves" / f"{module.replace('.', '/')}.py"


def names_in(function: ast.FunctionDef) -> set[str]:
    """Return the names that a function uses or is given, and those of Python."""
    inside = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    given = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return inside | given | set(vars(builtins))


def changes(module: str) -> Iterator[tuple[Mutant, Callable[[], ast.Module]]]:
    """Yield every mutant of a module, with a way to have the tree of the module so changed."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    for name, function in functions(tree):
        alike: Counter[tuple[str, str]] = Counter()
        known = names_in(function)
        for node, (parent, where, i) in nodes(function):
            for new in replacements(node):
                if isinstance(new, ast.Name) and new.id not in known:
                    continue  # any test that comes by would notice
                before, after = (ast.unparse(x).partition("\n")[0] for x in (node, new))
                alike[before, after] += 1
                line: int = getattr(node, "lineno", function.lineno)
                mutant = Mutant(module, name, alike[before, after], line, before, after)

                def changed(new: ast.AST = new, at: Place = (parent, where, i)) -> ast.Module:
                    parent, where, i = at
                    if i is None:
                        setattr(parent, where, new)
                    else:
                        getattr(parent, where)[i] = new
                    return ast.fix_missing_locations(tree)

                yield mutant, changed


def mutants() -> list[Mutant]:
    """Return all that can be tried."""
    return [mutant for module in MODULES for mutant, _ in changes(module)]


# A mutant, put in the place of the original.


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of every function in some code, but for functions in functions."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            if "<locals>" not in const.co_qualname:
                yield from codes(const)


@cache
def function_at(module: str, name: str) -> FunctionType:
    """Return the function of a qualified name, whatever it is wrapped into."""
    value: Any = importlib.import_module(f"lrcurves.{module}")
    for part in name.split("."):
        value = vars(value)[part]
    found = getattr(value, "fget", getattr(value, "__func__", value))
    assert isinstance(found, FunctionType), name
    return found


def install(mutant: Mutant, schedules: Iterable[Schedule]) -> None:
    """Exchange the code of a function, and make the schedules again that it may have made."""
    for other, changed in changes(mutant.module):
        if other == mutant:
            code = compile(changed(), str(source_of(mutant.module)), "exec")
            break
    new = next(c for c in codes(code) if c.co_qualname == mutant.function)
    function_at(mutant.module, mutant.function).__code__ = new
    for schedule in schedules:
        remake(schedule)


def living() -> list[Schedule]:
    """Return every schedule that exists, each after those that it holds."""
    found = [
        x for x in gc.get_objects() if issubclass(type(x), Schedule) and hasattr(x, "_depth")
    ]
    return sorted(found, key=lambda schedule: schedule._depth)


def remake(schedule: Schedule) -> None:
    """Derive again what follows from the fields of a schedule."""
    object.__delattr__(schedule, "_depth")
    schedule.__post_init__()


# Which tests reach a function.


@dataclass
class Reach:
    """What a call reaches: functions of the formulas, and kinds of schedule.

    Args:
        functions: their code.
        kinds: names of kinds whose methods have been called.
    """

    functions: set[CodeType] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def __enter__(self) -> Reach:
        threading.settrace(self._note)
        sys.settrace(self._note)
        return self

    def __exit__(self, *failure: object) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]

    def _note(self, frame: Any, event: str, arg: object) -> None:
        code = frame.f_code
        if code.co_filename in FILES:
            self.functions.add(code)
            if code.co_varnames[:1] == ("self",):
                self.kinds.add(type(frame.f_locals["self"]).__name__)


FILES = {str(source_of(module)) for module in (*MODULES, "schedule")}


def made_with() -> dict[str, set[CodeType]]:
    """Return which functions it takes to make a schedule of each kind."""
    found: dict[str, set[CodeType]] = {name: set() for name in KINDS}
    for schedule in living():
        with Reach() as reach:
            remake(schedule)
        found.setdefault(type(schedule).__name__, set()).update(reach.functions)
    return found


# The tests.


class Trials:
    """A plugin for pytest: runs the tests once, and then again for every mutant.

    Args:
        tried: the mutants.
        jobs: how many at once.
        told: called with a mutant and its end, and how many have ended.
    """

    def __init__(
        self, tried: list[Mutant], jobs: int, told: Callable[[Mutant, str], None]
    ) -> None:
        self.tried = tried
        self.jobs = jobs
        self.told = told
        self.reached: dict[int, Reach] = {}
        self.taken: dict[int, float] = {}
        self.success: Counter[int] = Counter()
        self.failed = False
        self.trouble = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the catalogue in longer units of time: the formulas are the same."""
        items[:] = [
            i
            for i in items
            if getattr(i, "callspec", None) is None or i.callspec.params.get("by", 1) == 1
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = session.items
        self.made = made_with()
        for i, (item, then) in enumerate(_in_order(items)):
            with Reach() as self.reached[i]:
                self._run(item, then)
            self._insist(item)
        for schedule in living():
            remake(schedule)
        for i, (item, then) in enumerate(_in_order(items)):
            start = time.process_time()
            self._run(item, then)
            self.taken[i] = time.process_time() - start
            self._insist(item)
        self._try_all(items)
        return True

    def _insist(self, item: pytest.Item) -> None:
        if self.failed:
            self.trouble = f"{item.nodeid} fails without any change"
            pytest.exit(self.trouble, returncode=1)

    def _run(self, item: pytest.Item, then: pytest.Item | None) -> None:
        if isinstance(item, pytest.DoctestItem):  # it loses its names when it has run
            its_names = item.dtest.globs.copy()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=then)
            item.dtest.globs.update(its_names)
        else:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=then)

    def _try_all(self, items: list[pytest.Item]) -> None:
        self.living = living()
        gc.freeze()  # or else every child copies the whole memory when it counts references
        waiting = iter(self.tried)
        running: dict[int, tuple[Mutant, int]] = {}
        while True:
            while len(running) < self.jobs and (mutant := next(waiting, None)) is not None:
                pipe, child = self._started(mutant, items)
                running[pipe] = mutant, child
            if not running:
                return
            for pipe in select.select(list(running), [], [])[0]:
                mutant, child = running.pop(pipe)
                answer = os.read(pipe, 100).decode()
                os.close(pipe)
                _, status = os.waitpid(child, 0)
                if os.WIFSIGNALED(status):
                    answer = "late"
                elif not answer:
                    raise RuntimeError(f"{mutant} could not be tried")
                if answer.isdigit():
                    self.success[int(answer)] += 1
                    answer = items[int(answer)].nodeid
                self.told(mutant, answer)

    def _started(self, mutant: Mutant, items: list[pytest.Item]) -> tuple[int, int]:
        pipe, answer = os.pipe()
        child = os.fork()
        if child:
            os.close(answer)
            return pipe, child
        try:
            os.write(answer, self._noticed_by(mutant, items).encode())
        finally:
            os._exit(0)

    def _noticed_by(self, mutant: Mutant, items: list[pytest.Item]) -> str:
        """Return the number of the test that fails, or ``"made"`` if nothing can be made."""
        used = math.ceil(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + LIMIT, used + LIMIT))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        chosen = self._reaching(mutant)
        try:
            install(mutant, self.living)
        except Exception:  # a schedule of the tests cannot be made any more
            return "made"
        for i, (item, then) in zip(chosen, _in_order([items[i] for i in chosen]), strict=True):
            self._run(item, then)
            if self.failed:
                return str(i)
        return "unnoticed"

    def _reaching(self, mutant: Mutant) -> list[int]:
        """Return the tests that reach a function: those first that have noticed most."""
        code = function_at(mutant.module, mutant.function).__code__
        kinds = {name for name, used in self.made.items() if code in used}
        reaching = [
            i
            for i, reach in self.reached.items()
            if code in reach.functions or reach.kinds & kinds
        ]
        reaching.sort(key=lambda i: (-self.success[i], self.taken[i]))
        spent = accumulate(self.taken[i] for i in reaching)
        return [i for i, seconds in zip(reaching, spent, strict=True) if seconds < BUDGET]


def _in_order(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Yield each test with the one after it."""
    return zip_longest(items, items[1:])


def survivors(
    tried: Iterable[Mutant], tests: Sequence[str], jobs: int
) -> tuple[Counter[str], list[Mutant]]:
    """Try some mutants, and return how they ended and those that nothing noticed."""
    ends: Counter[str] = Counter()
    alive: list[Mutant] = []
    chosen = [mutant for mutant in tried if mutant.key not in EQUIVALENT]

    def told(mutant: Mutant, end: str) -> None:
        ends["noticed" if end not in ("unnoticed", "made", "late") else end] += 1
        if end == "unnoticed":
            alive.append(mutant)
            print(f"unnoticed: {mutant}", file=sys.__stdout__, flush=True)

    plugin = Trials(chosen, jobs, told)
    os.environ["HYPOTHESIS_PROFILE"] = "quick"
    options = ("--capture=no", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={ROOT}")
    paths = [str(ROOT / path) for path in tests]
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        code = pytest.main([*options, *paths], plugins=[plugin])
    if sum(ends.values()) != len(chosen):
        trouble = plugin.trouble or f"pytest ended with {code!r}"
        raise RuntimeError(f"the tests could not be run: {trouble}")
    return ends, alive


def main(*words: str) -> int:
    """Try all mutants, or those whose description holds one of some words."""
    tests = [word for word in words if word.endswith(".py")] or TESTS
    names = [word for word in words if not word.endswith(".py")]
    tried = [m for m in mutants() if not names or any(name in str(m) for name in names)]
    start = time.perf_counter()
    ends, alive = survivors(tried, tests, os.cpu_count() or 1)
    print(
        f"{sum(ends.values())} mutants tried in {time.perf_counter() - start:.0f} s:"
        f" {ends['noticed']} fail a test, {ends['made']} cannot be built,"
        f" {ends['late']} never end, {ends['unnoticed']} unnoticed;"
        f" {len(tried) - sum(ends.values())} more are equivalent"
    )
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
