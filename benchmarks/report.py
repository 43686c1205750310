"""Results as tables for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .harness import Spread


@dataclass(frozen=True)
class Row:
    """What one curve costs, and how many times what its peers cost."""

    name: str
    costs: dict[str, Spread]
    ratios: dict[str, Spread]
    rounds: int


@dataclass(frozen=True)
class Results:
    """The answer to one question."""

    title: str
    unit: str
    rows: list[Row]

    def __str__(self) -> str:
        costs = list(dict.fromkeys(name for row in self.rows for name in row.costs))
        ratios = list(dict.fromkeys(name for row in self.rows for name in row.ratios))
        head = ["", *costs, *(f"x {name}" for name in ratios), "rounds"]
        body = [
            [
                row.name,
                *(_shown(row.costs.get(name)) for name in costs),
                *(_shown(row.ratios.get(name)) for name in ratios),
                str(row.rounds),
            ]
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        lines = [
            "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])])
            for cells in (head, *body)
        ]
        return "\n".join([f"{self.title} ({self.unit})", "", *lines, ""])


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    digits = 0 if spread.median >= 100 else 1 if spread.median >= 10 else 2
    half = (spread.high - spread.low) / 2
    return f"{spread.median:.{digits}f} ±{half:.{digits}f}"


def to_json(machine: dict[str, str], results: Sequence[Results]) -> str:
    """Return everything, with medians and quartiles in full."""
    tables = [asdict(result) for result in results]
    return json.dumps({"machine": machine, "results": tables}, indent=1)
