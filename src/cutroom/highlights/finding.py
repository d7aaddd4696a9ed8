"""From a transcript to its highlights."""

import math
from collections.abc import Sequence
from typing import Final

from cutroom.highlights.edges import edges_of, keyframe_of
from cutroom.highlights.features import Features, features_of
from cutroom.highlights.highlight import Found, Highlight, Remark, Wish
from cutroom.highlights.loudness import Loudness
from cutroom.highlights.reasons import reasons_of
from cutroom.highlights.relevance import Relevance, relevance_of
from cutroom.highlights.scoring import Spans, spans_of
from cutroom.highlights.selection import chosen
from cutroom.highlights.titles import title_of
from cutroom.speech import Transcript
from cutroom.timeline.cuesheet import join_words

_SHORT_TIMES: Final = 1.5
"""A recording that is not longer than so many of the shortest highlight leaves no choice."""


def find_highlights(
    transcript: Transcript, wish: Wish, *, loudness: Loudness | None = None, cuts_ms: Sequence[int] = ()
) -> Found:
    """The passages of a recording that best stand by themselves, by our own scoring.

    Args:
        transcript: what is said in it.
        wish: how many, how long, and about what.
        loudness: of the recording; without, energy is told from the pace alone.
        cuts_ms: when its picture is cut, in order.
    """
    if next(transcript.words(), None) is None:
        return Found((), (NO_WORDS,))
    features = features_of(transcript, loudness, cuts_ms)
    relevance = relevance_of(features, wish.prompt) if wish.prompt else None
    spans = spans_of(features, wish, relevance)
    taken = spans.take_numbers(chosen(features, spans, wish.count))
    remarks = remarks_of(transcript, wish, len(taken), relevance)
    return Found(highlights_of(transcript, features, wish, taken, relevance), remarks)


def highlights_of(
    transcript: Transcript, features: Features, wish: Wish, spans: Spans, relevance: Relevance | None = None
) -> tuple[Highlight, ...]:
    """Spans as highlights, in the same order."""
    return tuple(_highlight(transcript, features, wish, spans, row, relevance) for row in range(len(spans)))


def _highlight(
    transcript: Transcript, features: Features, wish: Wish, spans: Spans, row: int, relevance: Relevance | None
) -> Highlight:
    first, last = int(spans.first[row]), int(spans.last[row])
    held = features.sentences[first : last + 1]
    words = [word for sentence in held for word in sentence.words]
    start_ms, end_ms = edges_of(features, first, last, most_ms=wish.max_ms, duration_ms=transcript.duration_ms)
    parts = {name: float(values[row]) for name, values in spans.parts.items() if not math.isnan(values[row])}
    if not features.delivery.heard and not features.reacted[first : last + 1].any():
        del parts["energy"]  # the pace alone tells too little to be shown as a figure
    reasons = reasons_of(features, first, last, {"energy": 0.0, **parts}, relevance)
    return Highlight(
        start_ms=start_ms,
        end_ms=end_ms,
        first_word=held[0].first,
        last_word=held[-1].first + len(held[-1].words) - 1,
        title=title_of(features, first, last),
        text=join_words([word.text for word in words]),
        score=float(spans.score[row]),
        parts=parts,
        reasons=reasons,
        keyframe_ms=min(max(keyframe_of(features, first, last), start_ms), end_ms),
        speakers=tuple(dict.fromkeys(word.speaker for word in words if word.speaker is not None)),
    )


NO_WORDS: Final = Remark("no_speech", "Nothing is said in this recording, so there is nothing to choose from.")


def remarks_of(
    transcript: Transcript, wish: Wish, found: int, relevance: Relevance | None = None
) -> tuple[Remark, ...]:
    """What is not as wished."""
    remarks: list[Remark] = []
    if transcript.duration_ms < wish.min_ms:
        told = f"The recording lasts {transcript.duration_ms / 1000:.1f} s, and a highlight at least"
        remarks.append(Remark("recording_too_short", f"{told} {wish.min_ms / 1000:g} s; ask for shorter ones."))
    elif transcript.duration_ms < _SHORT_TIMES * wish.min_ms:
        told = "The recording is hardly longer than one highlight; there was little to choose from."
        remarks.append(Remark("recording_short", told))
    if found < wish.count:
        told = f"{found} of the {wish.count} highlights that were asked for were found: there are no more passages"
        bounds = f"of {wish.min_ms / 1000:g} to {wish.max_ms / 1000:g} s that stand apart from each other"
        fits = " and share words with the prompt" if relevance is not None and relevance.found else ""
        remarks.append(Remark("fewer_found", f"{told} {bounds}{fits}."))
    if relevance is not None and not relevance.found:
        told = "Nothing that is said shares words with the prompt; the highlights were chosen without it."
        remarks.append(Remark("prompt_not_found", told))
    return tuple(remarks)
