"""Letters as a reader sees them: with their marks, joined signs and flags; and where a line may be broken."""

import unicodedata
from bisect import bisect_right
from typing import Final

UNSEEN: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories of joiners, marks and variation selectors: part of what is before them."""
SOFT_HYPHEN: Final = "\u00ad"
"""Where a word may be broken: a hyphen at the end of a line, and nothing anywhere else."""
_ZWJ: Final = "\u200d"
_TEXT, _PICTURE, _KEYCAP = "\ufe0e", "\ufe0f", "\u20e3"
_JOINED: Final = (
    (0x0600, 0x07FF), (0x0860, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x18AF), (0x1980, 0x1AFF), (0xA840, 0xA87F),
    (0xA8E0, 0xA9FF), (0xAA00, 0xABFF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0x10A00, 0x11FFF), (0x1E900, 0x1E95F),
)  # fmt: skip
"""Blocks of scripts whose letters join or move (Arabic, Syriac, N'Ko, the Indic scripts, Khmer, Mongolian…)."""
_APART: Final = ((0x0E00, 0x0EFF),)  # Thai and Lao stand apart
_PICTURES: Final = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗\u2795\u2796\u2797➰➿⬛⬜⭐⭕"
)
"""Emoji_Presentation=Yes below U+10000 (UTS #51, emoji-data.txt 15.0)."""
_CJK: Final = ((0x2E80, 0x30FF), (0x31F0, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_GLUE: Final = frozenset("\u00a0\u202f\u2007\u2060")
_HYPHENS: Final = frozenset("-\u2010\u2013\u2014")
_NOT_FIRST: Final = frozenset(
    "、。\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\uff09\uff3d\uff5d」』】〉》\u3015・ー々ゝゞ"
    "ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥!),.:;?]}"
)
"""Signs that begin no line."""
_NOT_LAST: Final = frozenset("\uff08\uff3b\uff5b「『【〈《\u3014([{")
"""Signs that end none."""


def clusters(text: str) -> list[str]:
    """Letters with the marks that sit on them, flags, and signs joined by joiners; together they are the text."""
    found: list[str] = []
    for char in text:
        if found and _belongs(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def joined(text: str) -> bool:
    """Whether letters hang together, so that drawing them one by one would tear the word apart."""
    return any(_within(ord(char), _JOINED) and not _within(ord(char), _APART) for char in text)


def picture(cluster: str) -> bool:
    """Whether it is meant to be an emoji rather than a letter or sign."""
    if _TEXT in cluster:
        return False
    if _PICTURE in cluster or _KEYCAP in cluster:
        return True
    return 0x1F000 <= ord(cluster[0]) < 0x20000 or cluster[0] in _PICTURES


def breakable(text: str) -> list[str]:
    """The text in parts after each of which a line may end (the common cases of UAX #14).

    Spaces stay at the end of their part; a part that is still too long is to be broken anywhere.
    """
    parts: list[str] = [""]
    for index, char in enumerate(text):
        if index and _may_break(text, index):
            parts.append("")
        parts[-1] += char
    return parts


def blank(char: str) -> bool:
    """Whether it is a space at which a line may end."""
    return unicodedata.category(char) == "Zs" and char not in _GLUE


def _may_break(text: str, index: int) -> bool:
    before, char = text[index - 1], text[index]
    if blank(char) or char in _GLUE or before in _GLUE:
        return False
    if blank(before) or before in {"\u200b", SOFT_HYPHEN}:
        return True
    if before in _HYPHENS:
        return index > 1 and text[index - 2].isalpha() and char.isalpha()
    if char in _NOT_FIRST or before in _NOT_LAST or _unseen(char):
        return False
    return _within(ord(before), _CJK) or _within(ord(char), _CJK)


def _belongs(cluster: str, char: str) -> bool:
    category = unicodedata.category(char)
    if char == "\u200b":
        return False
    if category in UNSEEN or category == "Mc" or 0x1F3FB <= ord(char) <= 0x1F3FF:
        return True
    if cluster.endswith(_ZWJ):
        return picture(cluster[0] + _PICTURE) and not char.isalnum() and not char.isspace()
    flag = len(cluster) == 1 and _regional(cluster)
    return flag and _regional(char)


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in UNSEEN


def _regional(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _within(code: int, blocks: tuple[tuple[int, int], ...]) -> bool:
    at = bisect_right(blocks, (code, 0x110000)) - 1
    return at >= 0 and blocks[at][0] <= code <= blocks[at][1]
