"""How fast lrcurves is, beside what one would use without it: ``python -m benchmarks``.

One row in ``curves.py`` adds a curve, one file in ``peers/`` a peer, one in ``questions/`` a
table. A result that does not agree with its peers is refused, never timed.
"""
