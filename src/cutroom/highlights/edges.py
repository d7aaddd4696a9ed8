"""The moments at which a passage is cut in and out, and the one at which a still is taken."""

import bisect
from collections.abc import Sequence
from typing import Final

import numpy as np

from cutroom.highlights.features import Features

LEAD_MS: Final = 150
"""Silence that is left before the first word: an attack needs a moment, and recognisers are late by tens of ms."""
TAIL_MS: Final = 400
"""And after the last one, for the sound of the room."""
_REACTION_TAIL_MS: Final = 2_500
"""Laughter or applause stays in for so long."""
_CUT_NEAR_MS: Final = 500
"""A cut of the picture so shortly before the first word is where to cut in: else the shot before would flash up."""
_AFTER_CUT_MS: Final = 200


def edges_of(features: Features, first: int, last: int, *, most_ms: int, duration_ms: int) -> tuple[int, int]:
    """Where to cut in and out around the sentences from `first` to `last`, in milliseconds.

    Both lie between words; what is added to the words does not make the passage longer than `most_ms`.
    """
    begins, ends = int(features.starts_ms[first]), int(features.ends_ms[last])
    spare = max(0, most_ms - (ends - begins))
    before = begins if first == 0 else begins - int(features.ends_ms[first - 1])
    lead = min(LEAD_MS, before if first == 0 else before // 2, spare // 3)
    cut = _last_cut(features.cuts_ms, begins - min(before, spare // 3, _CUT_NEAR_MS), begins)
    start = begins - lead if cut is None else cut
    heard = features.delivery.reactions_ms[last] > 0
    room = max(0, duration_ms - ends)
    if last + 1 < len(features):
        silence = int(features.starts_ms[last + 1]) - ends
        room = max(silence // 2, silence - LEAD_MS if heard else 0)
    tail = min(_REACTION_TAIL_MS if heard else TAIL_MS, room, max(0, most_ms - (ends - start)))
    return start, ends + tail


def keyframe_of(features: Features, first: int, last: int) -> int:
    """The middle of the longest shot of the sentence that catches most."""
    lively = features.hooks[first : last + 1] + 0.5 * features.delivery.lively[first : last + 1]
    best = first + int(np.argmax(lively))
    begins, ends = int(features.starts_ms[best]), int(features.ends_ms[best])
    low, high = bisect.bisect_right(features.cuts_ms, begins), bisect.bisect_left(features.cuts_ms, ends)
    inner = features.cuts_ms[low:high]
    pieces = list(zip([begins, *inner], [*inner, ends], strict=True))
    start, end = max(pieces, key=lambda piece: piece[1] - piece[0])
    return min(end, max((start + end) // 2, min(start + _AFTER_CUT_MS, end)))


def _last_cut(cuts_ms: Sequence[int], low: int, high: int) -> int | None:
    """The last cut from `low` to `high`, both included."""
    place = bisect.bisect_right(cuts_ms, high) - 1
    return cuts_ms[place] if place >= 0 and cuts_ms[place] >= low else None
