"""The questions: one file each, with a function ``measure(peers, effort)`` to tables."""
