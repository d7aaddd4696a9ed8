"""How long a post may be, as each platform counts."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

PostKind = Literal["blog", "linkedin", "twitter", "instagram"]

# X counts by weight (twitter-text 3, config v3): code points of these ranges weigh 1, all others 2, a URL 23.
_LIGHT: Final = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_URL: Final = re.compile(r"https?://\S+")
_URL_WEIGHT: Final = 23
# What joins or colours an emoji is a part of it, which weighs 2 as a whole.
_JOINER, _SELECTOR = "\u200d", "\ufe0f"
_SKINS: Final = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class PostLimits:
    """What a platform takes.

    Args:
        characters: most of the whole text, or of each part of a thread; None for as many as one likes.
        hashtags: most of them.
        parts: most posts in a thread; 1 where there are no threads.
        title: most characters of the title; 0 where there is none.
        summary: most characters of the summary that search engines show; 0 where there is none.
    """

    characters: int | None
    hashtags: int
    parts: int = 1
    title: int = 0
    summary: int = 0


LIMITS: Final[dict[PostKind, PostLimits]] = {
    "blog": PostLimits(None, hashtags=10, title=100, summary=160),
    "linkedin": PostLimits(3_000, hashtags=5),
    "twitter": PostLimits(280, hashtags=2, parts=25),
    "instagram": PostLimits(2_200, hashtags=30),
}
"""LinkedIn's and Instagram's own figures; LinkedIn shows three to five hashtags well, X one or two; search engines cut
titles and summaries at about these lengths."""


def length_of(kind: PostKind, text: str) -> int:
    """Characters of a text as the platform counts them: X by weight, LinkedIn and Instagram in UTF-16 units."""
    if kind == "twitter":
        return weight_of(text)
    return len(text.encode("utf-16-le")) // 2


def weight_of(text: str) -> int:
    """The length of a text as X counts it."""
    text = unicodedata.normalize("NFC", text)
    urls = len(_URL.findall(text))
    weight = urls * _URL_WEIGHT
    joined = False
    for character in _URL.sub("", text):
        if joined or character == _SELECTOR or ord(character) in _SKINS:
            joined = False
            continue
        if character == _JOINER:
            joined = True
            continue
        weight += 1 if any(first <= ord(character) <= last for first, last in _LIGHT) else 2
    return weight


def fitted(kind: PostKind, text: str, most: int) -> str:
    """The text, cut at a word with an ellipsis when it is too long."""
    if length_of(kind, text) <= most:
        return text
    words = text.split(" ")
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if length_of(kind, _cut(words[:middle])) <= most:
            low = middle
        else:
            high = middle - 1
    if low:
        return _cut(words[:low])
    shown = text
    while shown and length_of(kind, shown + "\u2026") > most:
        shown = shown[:-1]
    return shown + "\u2026"


def _cut(words: list[str]) -> str:
    return " ".join(words).rstrip(" ,;:.-\u2013\u2014") + "\u2026"
