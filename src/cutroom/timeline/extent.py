"""How long a document can get, before anything is known of its sources: what is reserved for it."""

from fractions import Fraction

from cutroom.timeline.fields import SECOND_NS, exact
from cutroom.timeline.limits import Limits
from cutroom.timeline.longform import LongformEdit
from cutroom.timeline.model import Edit
from cutroom.timeline.times import Nanoseconds, Times, spots


def longest(document: Edit | LongformEdit, limits: Limits) -> Fraction:
    """The most seconds of output that a document can have; the limit where its sources decide."""
    if isinstance(document, LongformEdit):
        asked = document.longform.duration
        return Fraction(limits.longform_s) if asked is None else exact(asked)
    timeline = document.timeline
    if timeline.duration is not None:
        return exact(timeline.duration)
    times = Times(timeline.tracks, lambda _spot, _clip: None)
    end_ns: Nanoseconds = 0
    for spot, clip in spots(timeline.tracks):
        if clip.length == "auto":
            return Fraction(limits.duration_s)
        ends = times.start(spot) if clip.length == "end" else times.end(spot)
        end_ns = max(end_ns, ends or 0)
    return Fraction(end_ns, SECOND_NS)
