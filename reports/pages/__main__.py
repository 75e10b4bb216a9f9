"""Writes the pages; see the package."""

import sys
from pathlib import Path

from coopetition.reports import pages

if len(sys.argv) > 2 or "-h" in sys.argv[1:] or "--help" in sys.argv[1:]:
    sys.exit(pages.__doc__)
pages.write(Path(sys.argv[1] if len(sys.argv) == 2 else "docs"))
