"""Whether what a text claims was said: every number, name, quotation and link in it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cutroom.posts.ground import Ground, words_in
from cutroom.posts.numbers import crowds_in, numbers_in

ClaimKind = Literal["number", "name", "quotation", "link"]
UNCHECKED_NAMES: Final = frozenset({"de", "lb"})
"""Languages that write every noun with a capital: names cannot be told from other words there."""

QUOTED: Final = re.compile(
    r"[\"\u201c\u201e\u201f\u00ab](?P<double>.{2,600}?)[\"\u201d\u201c\u00bb]"
    r"|(?<!\w)['\u2018](?=[^\W\d])(?P<single>[^\n]{2,600}?)(?<=\S)['\u2019](?!\w)",
    re.DOTALL,
)
"""Apostrophes are no quotation marks: none opens behind a letter or before a digit, and none closes before a letter."""
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|!?\[[^\]]*\]\([^)]*\)", re.IGNORECASE)
_SITE: Final = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|ai|co|app|dev)\b", re.IGNORECASE)
"""A site by its name alone, which people say: `acme.com`, `ASP.NET`."""
_NAME: Final = re.compile(r"[^\W\d_][\w'\u2019.&-]*")
_STARTS: Final = re.compile(r"(?:^|[.!?:\u2026\n\u2022\"\u201c(]\s*)$")
_NO_NAMES: Final = frozenset({"i", "i'm", "i've", "i'd", "i'll", "ok", "tl", "dr"})


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a text says and that can be looked up.

    Args:
        kind: what it is.
        text: as it is written.
        sentences: numbers of the sentences of the recording that support it; empty when none does.
    """

    kind: ClaimKind
    text: str
    sentences: tuple[int, ...]

    @property
    def supported(self) -> bool:
        """Whether it was said."""
        return bool(self.sentences)


def claims_of(text: str, ground: Ground, *, language: str, known: Collection[str] = ()) -> list[Claim]:
    """What a text claims.

    Args:
        text: a paragraph, a heading, a part of a thread.
        ground: what was said.
        language: of the text; a BCP 47 tag.
        known: further words, case folded, that are no names: those written small elsewhere in the same post.
    """
    found = [Claim("link", match.group(), ()) for match in _LINK.finditer(text)]
    found += [
        Claim("link", match.group(), tuple(ground.of_words(words_in(match.group())))) for match in _SITE.finditer(text)
    ]
    for match in QUOTED.finditer(text):
        said = match["double"] or match["single"]
        words = words_in(said)
        if len(words) > 1:
            found.append(Claim("quotation", said, tuple(ground.of_words(words))))
    found += [Claim("number", number.shown, tuple(ground.of_number(number))) for number in numbers_in(text)]
    found += [
        Claim("number", shown, tuple(ground.of_words([shown.casefold()]) or ground.from_number(least)))
        for shown, least in crowds_in(text)
    ]
    if language.split("-", maxsplit=1)[0] not in UNCHECKED_NAMES:
        found += _names(text, ground, {*known, *_small(text)})
    return found


def unsupported(claims: Sequence[Claim]) -> list[Claim]:
    """Those that nobody said."""
    return [claim for claim in claims if not claim.supported]


def _names(text: str, ground: Ground, known: Collection[str]) -> list[Claim]:
    """Words written with a capital, or with digits or capitals inside, that are not so for standing at a start."""
    found: list[Claim] = []
    for match in _NAME.finditer(text):
        shown = match.group().rstrip(".'\u2019-&")
        words = words_in(shown)
        if not words or all(word in known or word in _NO_NAMES for word in words):
            continue
        marked = shown[:1].isupper()
        odd = any(character.isupper() for character in shown[1:])
        starts = bool(_STARTS.search(text[: match.start()]))
        if not odd and (not marked or (starts and not _goes_on(text, match.end()))):
            continue
        places = [place for word in words for place in _said(word, ground)]
        whole = all(ground.has_word(word) for word in words)
        found.append(Claim("name", shown, tuple(sorted(set(places))) if whole else ()))
    return found


def _said(word: str, ground: Ground) -> list[int]:
    return ground.of_words([word]) or ground.of_words([word.removesuffix("s")]) or ground.of_words([f"{word}s"])


def _goes_on(text: str, end: int) -> bool:
    """Whether the next word has a capital too, as in the names of people."""
    following = _NAME.match(text[end:].lstrip()[:40])
    return following is not None and text[end : end + 1] == " " and following.group()[0].isupper()


def _small(text: str) -> set[str]:
    return {word for match in _NAME.finditer(text) if match.group()[0].islower() for word in words_in(match.group())}
