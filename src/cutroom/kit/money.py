"""Money as integers: millionths of a US dollar (`micro`), so that sums are exact."""

from typing import Final

MICRO: Final = 1_000_000
"""In one dollar."""


def micro_of(dollars: float) -> int:
    """Dollars in millionths, rounded to the nearest."""
    return round(dollars * MICRO)


def dollars_of(micro: int) -> float:
    """Millionths in dollars, for people and JSON."""
    return micro / MICRO
