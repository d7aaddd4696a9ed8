"""How long a document can get, before anything is known of its sources: what is reserved for it."""

from fractions import Fraction

from cutroom.timeline.fields import SECOND_NS, exact, nanoseconds
from cutroom.timeline.limits import Limits
from cutroom.timeline.longform import LongformEdit
from cutroom.timeline.model import Edit


def longest(document: Edit | LongformEdit, limits: Limits) -> Fraction:
    """The most seconds of output that a document can have; the limit where its sources decide."""
    if isinstance(document, LongformEdit):
        asked = document.longform.duration
        return Fraction(limits.longform_s) if asked is None else exact(asked)
    timeline = document.timeline
    if timeline.duration is not None:
        return exact(timeline.duration)
    end_ns = 0
    for track in timeline.tracks:
        cursor_ns = 0
        for clip in track.clips:
            if clip.length == "auto":
                return Fraction(limits.duration_s)
            start_ns = cursor_ns if clip.start == "auto" else nanoseconds(clip.start)
            cursor_ns = start_ns if clip.length == "end" else start_ns + nanoseconds(clip.length)
            end_ns = max(end_ns, cursor_ns)
    return Fraction(end_ns, SECOND_NS)
