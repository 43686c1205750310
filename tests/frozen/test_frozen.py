"""Files that each version of the saved form has left: they are read for ever.

A row is an example of the catalogue as saved, its fingerprint, and its rates at some times as
hexadecimal floats. Rows are never changed. ``python tests/frozen/test_frozen.py``, with the
repository and ``tests`` on ``PYTHONPATH``, adds the examples that the newest file lacks; a new
version starts with a file that holds ``[]``.

What is promised is the saved form and the rates, not each bit of them: a formula may become
more exact, and the functions of another C library may round otherwise. So two rates may be as
far apart as both may be from the exact value.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from catalogue import EXAMPLES
from strategies import kinds, landmarks
from test_accuracy import EPS, promised

from lrcurves import Schedule
from lrcurves.serial import FORMAT, fingerprint, from_dict, parse, to_dict

FOLDER = Path(__file__).parent
FILES = {version: FOLDER / f"version{version}.json" for version in range(1, FORMAT + 1)}
SMALLEST = 2.0**-1022


def rows_of(version: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(FILES[version].read_text(encoding="utf-8"))
    return rows


ROWS = {f"{version}-{row['name']}": row for version in FILES for row in rows_of(version)}

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def test_every_version_has_left_a_file() -> None:
    assert sorted(FOLDER.glob("*.json")) == sorted(FILES.values())


def test_every_kind_is_in_the_newest_file() -> None:
    held: Counter[str] = Counter()

    def count(data: dict[str, Any]) -> None:
        held[data["type"]] += 1
        for value in data.values():
            for part in value if isinstance(value, list) else (value,):
                if isinstance(part, dict):
                    count(part)

    for row in rows_of(FORMAT):
        count(row["data"])

    ours = {kind.__name__ for kind in (*kinds(nested=False), *kinds(nested=True))}
    assert ours <= set(held)


@every_row
def test_an_old_file_reads_as_what_was_saved(row: dict[str, Any]) -> None:
    s = from_dict(row["data"])

    assert s == parse(row["repr"])
    assert len(row["rates"]) >= 5
    for hexadecimal, saved in row["rates"].items():
        t, was = float.fromhex(hexadecimal), float.fromhex(saved)
        apart = 2.0 * promised(s, "lr") * EPS * max(was, SMALLEST)
        assert s.lr(t) == was or abs(s.lr(t) - was) <= apart, t


@pytest.mark.parametrize("row", rows_of(FORMAT), ids=lambda row: row["name"])
def test_what_is_saved_today_is_what_the_newest_file_holds(row: dict[str, Any]) -> None:
    s = from_dict(row["data"])

    assert to_dict(s) == row["data"]
    assert fingerprint(s) == row["fingerprint"]


def row_of(name: str, s: Schedule) -> dict[str, Any]:
    """Return what is kept of an example."""
    marks = landmarks(s)[:4]
    ts = {0.0, 1.0, 7.0, 12.5, 100.0, 1e4, 2.0**31 - 1}
    ts |= {near for mark in marks for near in (mark / 3, mark, math.nextafter(mark, 0.0))}
    return {
        "name": name,
        "data": to_dict(s),
        "repr": repr(s),
        "fingerprint": fingerprint(s),
        "rates": {t.hex(): s.lr(t).hex() for t in sorted(ts)},
    }


def main() -> None:
    """Add to the newest file the examples that it lacks."""
    rows = rows_of(FORMAT)
    names = {row["name"] for row in rows}
    more = [row_of(name, s) for name, s in EXAMPLES.items() if name not in names]
    text = ",\n".join(json.dumps(row) for row in rows + more)
    FILES[FORMAT].write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(f"{len(more)} rows added to {FILES[FORMAT].name}")


if __name__ == "__main__":
    main()
