"""A post whose every claim was said: what was not is taken out, sentence by sentence, and what was is cited."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from cutroom.posts.facts import QUOTED, Claim, claims_of, unsupported
from cutroom.posts.ground import Ground, words_in
from cutroom.posts.post import Paragraph, Post, texts_of

_STOP: Final = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"\u201d\u00bb)]*\s+|\n+")
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that was taken out, and the claim in it that nobody had made."""

    claim: Claim
    sentence: str


@dataclass(slots=True)
class Tally:
    """What was looked up, and what was taken out."""

    counts: dict[str, int] = field(default_factory=lambda: {"number": 0, "name": 0, "quotation": 0, "link": 0})
    removed: list[Removed] = field(default_factory=list)


def complaints(post: Post, ground: Ground, language: str) -> list[Claim]:
    """Every claim of a post that nobody made."""
    known = _small_words(post)
    return [
        claim
        for text in texts_of(post)
        for claim in unsupported(claims_of(text, ground, language=language, known=known))
    ]


def grounded(post: Post, ground: Ground, language: str) -> tuple[Post, Tally]:
    """The post without what nobody said. Its paragraphs cite the sentences that their numbers and quotations are from.

    A paragraph of which nothing is left goes; so does a heading that claims something. The post may end up empty.
    """
    tally = Tally()
    known = _small_words(post)

    def cleaned(text: str | None) -> tuple[str, list[Claim]]:
        kept: list[str] = []
        held: list[Claim] = []
        for sentence in _sentences(text or ""):
            claims = claims_of(sentence, ground, language=language, known=known)
            wrong = unsupported(claims)
            if wrong:
                tally.removed += [Removed(claim, sentence) for claim in wrong]
                continue
            for claim in claims:
                tally.counts[claim.kind] += 1
            kept.append(sentence.strip())
            held += claims
        return " ".join(part for part in kept if part), held

    paragraphs: list[Paragraph] = []
    for paragraph in post.paragraphs:
        text, held = cleaned(paragraph.text)
        if text:
            heading = cleaned(paragraph.heading)[0] or None
            paragraphs.append(Paragraph(text, _cited(paragraph.sentences, held), heading))
    return (
        replace(
            post,
            paragraphs=tuple(paragraphs),
            title=cleaned(post.title)[0] or None,
            summary=cleaned(post.summary)[0] or None,
            hashtags=tuple(said_tags(post.hashtags, ground)),
        ),
        tally,
    )


def said_tags(tags: Iterable[str], ground: Ground) -> list[str]:
    """Those hashtags that are made of words that were said; each once, without the sign."""
    found: dict[str, str] = {}
    for tag in tags:
        bare = re.sub(r"\W", "", tag)
        parts = [part.casefold() for part in _CAMEL.findall(bare.replace("_", " "))]
        if bare and (all(ground.has_word(part) for part in parts) or _composed(bare.casefold(), ground)):
            found.setdefault(bare.casefold(), bare)
    return list(found.values())


def _sentences(text: str) -> list[str]:
    """The sentences of a text; a quotation is never cut, however many there are in it."""
    quoted = [match.span() for match in QUOTED.finditer(text)]
    ends = [match.end() for match in _STOP.finditer(text)]
    edges = [0, *(end for end in ends if not any(low < end < high for low, high in quoted)), len(text)]
    return [text[low:high] for low, high in pairwise(edges) if text[low:high].strip()]


def _composed(tag: str, ground: Ground) -> bool:
    """Whether a tag is words that were said, written without spaces."""
    reached = {0}
    for end in range(1, len(tag) + 1):
        if any(start in reached and end - start > 1 and ground.has_word(tag[start:end]) for start in range(end)):
            reached.add(end)
    return len(tag) in reached


def _cited(given: Sequence[int], claims: Sequence[Claim]) -> tuple[int, ...]:
    """The sentences of a paragraph, with those added that its numbers and quotations are from."""
    found = set(given)
    for claim in claims:
        if claim.kind in {"number", "quotation"} and not found.intersection(claim.sentences):
            near = min(claim.sentences, key=lambda one: min((abs(one - other) for other in found), default=0))
            found.add(near)
    return tuple(sorted(found))


def _small_words(post: Post) -> set[str]:
    """Words that the post writes small, which are no names where they are written large."""
    shown = " ".join(paragraph.text for paragraph in post.paragraphs)
    return {word for token in shown.split() if token[:1].islower() for word in words_in(token)}
