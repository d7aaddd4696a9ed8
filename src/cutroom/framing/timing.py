"""Where a clip begins and ends: on frames, and never inside of a word."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_LEAD_MS: Final = 80
"""Silence left before the first word of a clip, where there is any: breath and the rise of a consonant."""
_REST_MS: Final = 120
"""The same after the last word."""

Spoken = tuple[int, int]
"""When a word begins and ends, in milliseconds of the recording."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a recording on frames.

    Args:
        start: second of the recording at which it begins.
        frames: how many it has.
        heard: seconds for which it is heard: a little less than its frames where the next word follows too closely.
        moved_start: whether it begins elsewhere than was asked, since that was inside of a word.
        moved_end: likewise its end.
    """

    start: Fraction
    frames: int
    heard: Fraction
    moved_start: bool
    moved_end: bool


def settle(start: Fraction, end: Fraction, words: Sequence[Spoken], *, fps: Fraction, duration: Fraction | None) -> Cut:
    """Put a part of a recording on frames, off the words that its edges would cut.

    Args:
        start: second at which it should begin.
        end: second at which it should end.
        words: when the recording's words are spoken, in order.
        fps: frames a second of the clip.
        duration: seconds of the recording, if it is known.
    """
    begin, moved_start = _before(start, words)
    finish, moved_end = _after(end, words)
    if duration is not None:
        finish = min(finish, duration)
    # On a frame of the recording, where its rate is the clip's: then each frame of the clip is just one of those.
    framed = math.floor(begin * fps) / fps
    if _inside(framed, words) is None and framed >= 0:
        begin = framed
    wanted = (finish - begin) * fps
    counts = [round(wanted), math.ceil(wanted), math.floor(wanted)]
    most = None if duration is None else math.floor((duration - begin) * fps)
    allowed = [count for count in counts if count > 0 and (most is None or count <= most)]
    good = [count for count in allowed if _inside(begin + count / fps, words) is None]
    frames = good[0] if good else max(allowed, default=max(1, most or 1))
    heard = frames / fps if good else min(frames / fps, finish - begin)
    return Cut(begin, frames, heard, moved_start, moved_end)


def _before(moment: Fraction, words: Sequence[Spoken]) -> tuple[Fraction, bool]:
    """The moment, or one in the silence before the word that it would cut."""
    at = _inside(moment, words)
    if at is None:
        return moment, False
    silence = words[at - 1][1] if at else 0
    return Fraction(max(silence, words[at][0] - _LEAD_MS), 1000), True


def _after(moment: Fraction, words: Sequence[Spoken]) -> tuple[Fraction, bool]:
    """The moment, or one in the silence after the word that it would cut."""
    at = _inside(moment, words)
    if at is None:
        return moment, False
    said = words[at][1]
    following = words[at + 1][0] if at + 1 < len(words) else said + _REST_MS
    return Fraction(min(max(said, following), said + _REST_MS), 1000), True


def _inside(moment: Fraction, words: Sequence[Spoken]) -> int | None:
    """Number of the word that is being spoken at a moment; its edges are not inside of it."""
    at = bisect_right(words, moment * 1000, key=_begins) - 1
    if at >= 0 and words[at][0] < moment * 1000 < words[at][1]:
        return at
    return None


def _begins(word: Spoken) -> Fraction:
    return Fraction(word[0])
