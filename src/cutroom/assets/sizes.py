"""How an upload is cut into parts."""

from typing import Final

from cutroom.assets.store import MOST_PARTS

_MIB: Final = 1 << 20


def part_size(size_bytes: int, at_least: int) -> int:
    """Size of every part but the last: `at_least`, or whole MiB so that 10,000 parts are enough."""
    needed = -(-size_bytes // MOST_PARTS)
    return max(at_least, -(-needed // _MIB) * _MIB)


def part_count(size_bytes: int, each: int) -> int:
    """How many parts there are."""
    return -(-size_bytes // each)


def part_bytes(size_bytes: int, each: int, number: int) -> int:
    """Size of part `number`, from 1."""
    return min(each, size_bytes - (number - 1) * each)
