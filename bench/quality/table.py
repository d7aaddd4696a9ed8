"""The table that measures fill: one row for each thing that has a bar."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measure.

    Args:
        measure: what was measured, its area first: `stitching: word error rate`.
        bar: what it has to reach, for people.
        figure: what it did reach, for people.
        ok: whether it did.
    """

    measure: str
    bar: str
    figure: str
    ok: bool


def print_table(rows: Sequence[Row]) -> None:
    """Print rows in columns."""
    heads = Row("measure", "bar", "figure", ok=True)
    widths = [max(len(getattr(row, name)) for row in (heads, *rows)) for name in ("measure", "bar", "figure")]
    for row in (heads, *rows):
        verdict = "" if row is heads else "ok" if row.ok else "MISSED"
        cells = zip((row.measure, row.bar, row.figure), widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells), verdict, sep="  ", flush=True)
