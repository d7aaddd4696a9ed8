"""Posts by a language model: asked for, checked against the recording, mended once, and cleaned of what is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cutroom.kit.errors import Unavailable
from cutroom.llm import Bill, Models, Usage
from cutroom.posts.draft import (
    Draft,
    Notes,
    Point,
    Style,
    draft_type,
    noted,
    noting,
    numbered,
    post_of_draft,
    writing,
    wrong_numbers,
)
from cutroom.posts.ground import Ground, words_in
from cutroom.posts.grounded import Tally, complaints, grounded
from cutroom.posts.limits import PostKind
from cutroom.posts.post import Paragraph, Post, fit, too_long
from cutroom.speech.sentences import Sentence

MOST_CHARACTERS: Final = 48_000
"""Of a transcript that is given to a model whole: about 12,000 tokens, an hour and a quarter of speech."""
PART_CHARACTERS: Final = 20_000
OVERLAP: Final = 4
"""Sentences at the end of one part of a long transcript that the next one begins with."""


@dataclass(frozen=True, slots=True)
class WrittenPost:
    """A post, and how it came about."""

    post: Post
    tally: Tally
    model: str
    usage: Usage


def parts_of(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """The parts in which a transcript is read, as spans of sentences; one when it is short enough."""
    sizes = [len(one.text) + 8 for one in sentences]
    if sum(sizes) <= MOST_CHARACTERS:
        return [(0, len(sentences))]
    parts: list[tuple[int, int]] = []
    first = size = 0
    for number, length in enumerate(sizes):
        if size + length > PART_CHARACTERS and number > first:
            parts.append((first, number))
            first = max(first + 1, number - OVERLAP)
            size = sum(sizes[first:number])
        size += length
    return [*parts, (first, len(sentences))]


async def note(
    models: Models, sentences: Sequence[Sentence], span: tuple[int, int], model: str | None, bill: Bill | None = None
) -> list[Point]:
    """What is worth writing about in one part of a long transcript; `bill` pays for it.

    Raises:
        CutroomError: as `Models.ask_for`.
    """
    first, last = span
    checked = await models.ask_for(Notes, noting(numbered(sentences[first:last], first)), model=model, bill=bill)
    found: list[Point] = []
    for point in checked.value.points:
        known = [number for number in point.sentences if first <= number < last]
        if known:
            found.append(Point(text=point.text, sentences=known))
    return found


async def write(
    models: Models,
    kind: PostKind,
    ground: Ground,
    points: Sequence[Point],
    *,
    language: str,
    style: Style,
    model: str | None = None,
    bill: Bill | None = None,
) -> WrittenPost:
    """Have a post written.

    Args:
        models: whom to ask.
        kind: the platform.
        ground: the recording.
        points: notes on it, when it is too long to be read whole.
        language: of the recording.
        style: how the post should sound.
        model: which model; the usual one when None.
        bill: what pays for it.

    Raises:
        Unavailable: `model_bad_answer` when nothing that it wrote was said; and as `Models.ask_for`.
        Invalid: as `Models.ask_for`.
    """
    sentences = ground.sentences
    material = noted(points, sentences) if points else numbered(sentences)
    written_in = style.language or language
    review = _Review(kind, ground, written_in)
    answer = await models.ask_for(
        draft_type(kind),
        writing(kind, style, language, material),
        model=model,
        temperature=0.4,
        check=review.check,
        bill=bill,
    )
    post, tally = grounded(post_of_draft(kind, answer.value, len(sentences)), ground, written_in)
    if written_in.split("-", maxsplit=1)[0] == language.split("-", maxsplit=1)[0]:
        post = Post(
            kind,
            tuple(cited for one in post.paragraphs if (cited := _cited(one, ground)) is not None),
            post.hashtags,
            post.title,
            post.summary,
        )
    if not post.paragraphs:
        raise Unavailable(
            "model_bad_answer", f"Nothing of the {kind} post that the model wrote is said in the recording."
        )
    return WrittenPost(fit(post), tally, answer.model, answer.usage)


@dataclass(slots=True)
class _Review:
    """Complains of a draft once; what is wrong with the second is taken out instead."""

    kind: PostKind
    ground: Ground
    language: str
    drafts: list[Draft] = field(default_factory=list)

    def check(self, draft: Draft) -> str | None:
        self.drafts.append(draft)
        if len(self.drafts) > 1:
            return None
        post = post_of_draft(self.kind, draft, len(self.ground.sentences))
        wrong: list[str] = []
        claims = complaints(post, self.ground, self.language)
        if claims:
            named = "; ".join(sorted({f"the {claim.kind} '{claim.text[:80]}'" for claim in claims})[:12])
            wrong.append(f"These are not in the sentences, leave them out: {named}.")
        missing = wrong_numbers(draft, len(self.ground.sentences))
        if missing:
            wrong.append(f"There are no sentences with these numbers: {', '.join(map(str, missing[:12]))}.")
        if (long := too_long(post)) is not None:
            wrong.append(long)
        return " ".join(wrong) or None


def _cited(paragraph: Paragraph, ground: Ground) -> Paragraph | None:
    """The paragraph with citations that fit it; None when nothing in the recording does.

    A citation fits when at least one of the longer words of the paragraph is in what is cited, or near it.
    """
    words = {word for word in words_in(paragraph.text) if len(word) > 3}
    near = {n for one in paragraph.sentences for n in (one - 1, one, one + 1) if 0 <= n < len(ground.sentences)}
    if any(words & set(words_in(ground.sentences[number].text)) for number in near):
        return paragraph
    shared = [len(words & set(words_in(sentence.text))) for sentence in ground.sentences]
    best = max(range(len(shared)), key=lambda number: shared[number], default=None)
    if best is None or shared[best] == 0:
        return None
    return Paragraph(paragraph.text, (best,), paragraph.heading)
