"""`python -m tests.fuzz`: as a test would, it finds the package in the folder of the tests."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from fuzz.long import main  # noqa: E402

main()
