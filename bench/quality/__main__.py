"""The quality table: every measure of what is made of recordings, on a corpus that is made here, with exact truth.

`python -m bench.quality [NAME …]`, or `python3 dev bench quality`. Without names everything is measured, which takes
about half an hour on two processors; with names, those modules of this folder. Needs flite and ffmpeg; nothing is
downloaded. What is synthesised is kept in the folder for temporary files.
"""

import importlib
import sys
import time
from pathlib import Path

from bench.quality.table import Row, print_table


def main(names: list[str]) -> int:
    """Measure, print, and say whether every bar was reached."""
    rows: list[Row] = []
    for name in names or measures():
        began = time.perf_counter()
        print(f"measuring {name} …", end=" ", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.quality.{name}").measure()
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print_table(rows)
    return 0 if all(row.ok for row in rows) else 1


def measures() -> list[str]:
    """The modules here that measure."""
    folder = Path(__file__).parent
    return sorted(path.stem for path in folder.glob("*.py") if "def measure() -> list[Row]:" in path.read_text())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
