"""How fast lrcurves is, against what one would write or use without it: ``python -m benchmarks``.

One row in ``curves.py`` adds a curve, one file in ``peers/`` adds a peer. A result that does not
agree with its peers is refused, never timed.
"""
