"""Proposals of a model, made to fit our rules and put among our own spans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from cutroom.highlights.features import Features
from cutroom.highlights.finding import highlights_of, remarks_of
from cutroom.highlights.highlight import Found, Highlight, Remark, Wish
from cutroom.highlights.proposing import Proposed
from cutroom.highlights.relevance import relevance_of
from cutroom.highlights.scoring import Spans, nearest_spans, spans_of, together
from cutroom.highlights.selection import chosen
from cutroom.speech import Transcript

_MODEL: Final = 0.6
"""How much the points of a model weigh against ours, which know how a passage sounds and where it may be cut."""
_UNNAMED: Final = 20.0
"""What a span counts for which the model did not name: less than the worst that it would."""


def merged(transcript: Transcript, features: Features, wish: Wish, proposals: Sequence[Proposed]) -> Found:
    """The best of what a model proposed, filled up with our own where it named too few.

    Args:
        transcript: whose words.
        features: of it.
        wish: what is wanted.
        proposals: of all parts; one that is twice in them counts once.
    """
    relevance = relevance_of(features, wish.prompt) if wish.prompt else None
    fitted, meant = _fitted(features, wish, proposals)
    own = spans_of(features, wish, relevance)
    if relevance is not None and not relevance.found and fitted:
        own = own.take_numbers(
            []
        )  # what the model chose by the prompt is not mixed with what has nothing to do with it
    own = replace(own, score=(1 - _MODEL) * own.score + _MODEL * _UNNAMED)
    spans = together([*fitted, own])
    numbers = chosen(features, spans, wish.count)
    highlights = highlights_of(transcript, features, wish, spans.take_numbers(numbers), relevance)
    named = [meant[number] if number < len(meant) else None for number in numbers]
    told = tuple(_told(highlight, one) for highlight, one in zip(highlights, named, strict=True))
    remarks = list(remarks_of(transcript, wish, len(told)))
    if told and not any(named):
        sentence = "The model proposed nothing that could be used; the highlights were chosen by our own scoring."
        remarks.append(Remark("model_proposed_nothing", sentence))
    return Found(told, tuple(remarks))


def _fitted(features: Features, wish: Wish, proposals: Sequence[Proposed]) -> tuple[list[Spans], list[Proposed]]:
    """For each proposal the span nearest to it that may be taken, with the model's points in its own.

    Whether it fits the prompt is for the model to say, which knows other words for the same.
    """
    nearest = nearest_spans(features, wish, [(one.first, one.last) for one in proposals])
    best: dict[tuple[int, int], tuple[Spans, Proposed]] = {}
    for spans, one in zip(nearest, proposals, strict=True):
        if not len(spans):
            continue
        score = (1 - _MODEL) * spans.score + _MODEL * one.score
        pointed = replace(spans, score=score, parts={**spans.parts, "model": np.array([one.score])})
        key = int(spans.first[0]), int(spans.last[0])
        if key not in best or best[key][1].score < one.score:
            best[key] = pointed, one
    kept = list(best.values())
    return [spans for spans, _ in kept], [one for _, one in kept]


def _told(highlight: Highlight, one: Proposed | None) -> Highlight:
    """A highlight with the words of the model that proposed it."""
    if one is None:
        return highlight
    reasons = [one.reason, *highlight.reasons] if one.reason else list(highlight.reasons)
    return replace(highlight, title=one.title or highlight.title, reasons=tuple(reasons))
