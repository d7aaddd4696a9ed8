"""An input that is longer than a model reads at once: cut where it breaks, with some overlap."""

import re
from typing import Final

CHARACTERS_PER_TOKEN: Final = 4
OVERLAP: Final = 400
"""Characters, some sentences, that a part begins with and the one before ends with."""
_BREAKS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f])\s+"),
    re.compile(r"\s+"),
)


def split(text: str, most: int, *, overlap: int = OVERLAP) -> list[str]:
    """The text in parts of at most `most` characters, each cut at the best break of its last third.

    Args:
        text: what is cut.
        most: characters of a part; more than twice the overlap.
        overlap: characters that follow each other in two parts.

    Raises:
        ValueError: when parts would not get on.
    """
    if most <= 2 * overlap:
        raise ValueError("parts must be more than twice as long as their overlap")
    parts: list[str] = []
    start = 0
    while len(text) - start > most:
        end = _cut(text, start + most * 2 // 3, start + most)
        parts.append(text[start:end])
        start = _cut(text, max(start + 1, end - overlap), end - overlap // 2)
    parts.append(text[start:])
    return parts


def _cut(text: str, low: int, high: int) -> int:
    """The place of the best break between two places; the second where there is none."""
    for breaks in _BREAKS:
        ends = [match.end() for match in breaks.finditer(text, low, high)]
        if ends:
            return ends[-1]
    return high
