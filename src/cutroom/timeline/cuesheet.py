"""The cues of one caption file, and their words as text."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cutroom.timeline.resolved.captions import Cue

_UNSPACED: Final = ((0x2E80, 0x30FF), (0x31F0, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
"""Code points of scripts without spaces: Han, Kana, and their full-width signs."""


@dataclass(frozen=True, slots=True)
class CueSheet:
    """What a caption file says: cues ordered by start, in seconds after the file's own zero."""

    cues: tuple[Cue, ...]


def split_words(text: str) -> list[str]:
    """The words of a line. In scripts that write no spaces (Chinese, Japanese) every sign is a word of its own."""
    found: list[str] = []
    for part in text.split():
        fresh = True
        for char in part:
            if fresh or (unspaced(char) and unicodedata.category(char)[0] == "L"):
                found.append(char)
            elif unspaced(found[-1][-1]) and unicodedata.category(char)[0] in "LN":
                found.append(char)
            else:
                found[-1] += char
            fresh = False
    return found


def gap(left: str, right: str) -> str:
    """What stands between two words that follow each other: a space, but none between signs that take none."""
    if not left or not right or not unspaced(left[-1]):
        return " "
    return "" if unspaced(right[0]) or unicodedata.category(left[-1])[0] == "P" else " "


def lines_of(cue: Cue) -> list[str]:
    """The lines of a cue as its author broke them."""
    return [join_words(words) for words in _grouped(cue)]


def join_words(words: list[str]) -> str:
    """Words as one line of text."""
    line = ""
    for word in words:
        line = f"{line}{gap(line, word)}{word}" if line else word
    return line


def _grouped(cue: Cue) -> Iterator[list[str]]:
    words = [word.text for word in cue.words]
    counts = cue.lines or (len(words),)
    start = 0
    for count in counts:
        if words[start : start + count]:
            yield words[start : start + count]
        start += count
    if words[start:]:
        yield words[start:]


def unspaced(char: str) -> bool:
    """Whether a sign is of a script that writes no spaces."""
    return any(first <= ord(char) <= last for first, last in _UNSPACED)
