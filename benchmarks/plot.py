"""A plot of how time grows with length."""

from __future__ import annotations

from pathlib import Path

from .questions.growth import FILL, SLOPE
from .report import Results


def draw(growth: Results, file: Path) -> None:
    """Write the seconds by length, one line for each curve, to an image."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for row in growth.rows:
        lengths = [float(name) for name in row.costs]
        seconds = [
            cost.median * 1e-9 * n for cost, n in zip(row.costs.values(), lengths, strict=True)
        ]
        label = f"{row.name} (slope {row.ratios[SLOPE].median:.2f})"
        style = "k--" if row.name == FILL else "o-"
        axes.loglog(lengths, seconds, style, label=label, markersize=3, linewidth=1)
    axes.set(title=growth.title, xlabel="steps", ylabel="seconds")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.02, 1.0))  # hides no line
    figure.savefig(file, bbox_inches="tight")
