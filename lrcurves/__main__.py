"""``python -m lrcurves`` is ``lrcurves``."""

import sys

from .cli import main

sys.exit(main())
