"""Results as tables for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from .harness import Spread


@dataclass(frozen=True)
class Row:
    """What one curve costs, and how many times what its peers cost.

    Args:
        name: of the curve.
        costs: in the unit of the table.
        ratios: to a peer, by its name; below 1 we are faster.
        rounds: how many, at least.
        targets: what a ratio should be at most, by the same names.
        memory: the peak above what was there before, in MiB.
        differ: the peers that were not timed, because their rates are others.
    """

    name: str
    costs: dict[str, Spread]
    ratios: dict[str, Spread]
    rounds: int
    targets: dict[str, float] = field(default_factory=dict)
    memory: float | None = None
    differ: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """The answer to one question.

    Args:
        title: the question.
        unit: of the costs.
        rows: one for each curve.
        judged: whether the targets hold for what was measured.
    """

    title: str
    unit: str
    rows: list[Row]
    judged: bool = True

    def __str__(self) -> str:
        costs = list(dict.fromkeys(name for row in self.rows for name in row.costs))
        ratios = list(dict.fromkeys(name for row in self.rows for name in row.ratios))
        measured = any(row.memory is not None for row in self.rows)
        head = ["", *costs, *(f"x {name}" for name in ratios), *["MiB"] * measured, "rounds"]
        body = [
            [
                row.name,
                *(_shown(row.costs.get(name)) for name in costs),
                *(
                    "differs" if name in row.differ else self._judged(row, name)
                    for name in ratios
                ),
                *["-" if row.memory is None else f"{row.memory:.2f}"] * measured,
                str(row.rounds),
            ]
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        lines = [
            "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])])
            for cells in (head, *body)
        ]
        differ = list(dict.fromkeys(why for row in self.rows for why in row.differ.values()))
        notes = ["", "Not timed, for their rates are others:", *differ] if differ else []
        return "\n".join([f"{self.title} ({self.unit})", "", *lines, *notes, ""])

    def _judged(self, row: Row, name: str) -> str:
        """Return a ratio, then the most that it should be and whether that is kept."""
        if name not in row.ratios:
            return "-"
        ratio, target = row.ratios[name], row.targets.get(name)
        if target is None:
            return _shown(ratio)
        kept = "of" if not self.judged else VERDICTS[verdict(ratio, target)]
        return f"{_shown(ratio)} ({kept} {target:g})"


VERDICTS = {"kept": "<=", "missed": "MISSED", "open": "near"}


def verdict(ratio: Spread, target: float) -> str:
    """Return "kept", "missed" if three of four rounds are above the target, else "open"."""
    return "kept" if ratio.median <= target else "missed" if ratio.low > target else "open"


def missed(results: Sequence[Results]) -> tuple[list[str], int]:
    """Return the targets that are missed, as lines, and the number of all."""
    judged = [
        (f"{table.title}: {row.name}: {_shown(row.ratios[name])} x {name}, not {target:g}", v)
        for table in results
        if table.judged
        for row in table.rows
        for name, target in row.targets.items()
        if name in row.ratios
        for v in [verdict(row.ratios[name], target)]
    ]
    return [line for line, v in judged if v == "missed"], len(judged)


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    digits = 0 if spread.median >= 100 else 1 if spread.median >= 10 else 2
    if spread.median < 0.1:
        digits = 4
    half = (spread.high - spread.low) / 2
    return f"{spread.median:.{digits}f} ±{half:.{digits}f}"


def to_json(machine: dict[str, str], results: Sequence[Results]) -> str:
    """Return everything, with medians and quartiles in full."""
    tables = [asdict(result) for result in results]
    return json.dumps({"machine": machine, "results": tables}, indent=1)
