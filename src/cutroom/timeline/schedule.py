"""When clips start and end: exact seconds from `auto`, `end` and the media's own lengths, then the timeline's end."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import overload

from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.facts import Gathered, Known, check_captions, check_clip, check_matte
from cutroom.timeline.fields import SECOND_NS, exact
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Clip, Edit
from cutroom.timeline.notes import Notes
from cutroom.timeline.rules import no_duration, too_long
from cutroom.timeline.times import Nanoseconds, Spot, Times, spots


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip with exact times in seconds; `end` is None when the clip runs to the end of the timeline.

    `source` is what is known of the media under `src`; a caption clip has a `sheet` instead.
    """

    pointer: str
    layer: int
    clip: Clip
    src: str | None
    source: Known | None
    sheet: CueSheet | None
    start: Fraction
    end: Fraction | None


def schedule(edit: Edit, found: Gathered, notes: Notes) -> list[list[Placed]]:
    """Place the clips of every track; what a source makes impossible goes to `notes`."""
    tracks = edit.timeline.tracks
    own: dict[Spot, Fraction | None] = {}
    media: dict[Spot, tuple[str | None, Known | None, CueSheet | None]] = {}
    for spot, clip in spots(tracks):
        pointer = _pointer(spot)
        src = found.src_at(pointer)
        source, sheet = found.known.get(src or ""), _sheet(clip, src, found)
        if sheet is not None:
            lasts = check_captions(clip, pointer, sheet, notes)
        else:
            lasts = check_clip(clip, pointer, src, source, notes)
        check_matte(clip, pointer, found.known, notes)
        own[spot], media[spot] = lasts, (src, source, sheet)
    times = Times(tracks, lambda spot, _clip: (own[spot] or 0) * SECOND_NS)
    placed: list[list[Placed]] = [[] for _ in tracks]
    for spot, clip in spots(tracks):
        start, end = times.start(spot), times.end(spot)
        if start is None:
            sentence = "The clip before this one runs to the end, so nothing is left for it; give it a 'start'."
            notes.refuse(f"{_pointer(spot)}/start", "nothing_left", sentence)
            continue
        layer = len(tracks) - 1 - spot[0]
        placed[spot[0]].append(Placed(_pointer(spot), layer, clip, *media[spot], _seconds(start), _seconds(end)))
    return placed


def _pointer(spot: Spot) -> str:
    return f"/timeline/tracks/{spot[0]}/clips/{spot[1]}"


@overload
def _seconds(time: Nanoseconds) -> Fraction: ...
@overload
def _seconds(time: None) -> None: ...
def _seconds(time: Nanoseconds | None) -> Fraction | None:
    return None if time is None else Fraction(time, SECOND_NS)


def _sheet(clip: Clip, src: str | None, found: Gathered) -> CueSheet | None:
    """The cues of a caption clip, from its file or from the document itself."""
    if not isinstance(clip.asset, CaptionsAsset):
        return None
    return clip.asset.sheet() or found.sheets[src or ""]


def end_of(edit: Edit, tracks: Sequence[Sequence[Placed]], limits: Limits, notes: Notes) -> Fraction:
    """The second at which the timeline ends: `duration`, else the longest deciding clip, else the longest clip."""
    explicit = edit.timeline.duration
    if explicit is not None:
        if explicit > limits.duration_s:
            notes.refuse("/timeline/duration", "too_long", too_long(limits))
        return exact(explicit)
    ends = [(placed.end, placed) for track in tracks for placed in track if placed.end is not None]
    ends = [pair for pair in ends if pair[1].clip.parent_duration_decider] or ends
    if not ends:
        notes.problems.append(no_duration(edit.timeline, "/timeline"))
        return Fraction(0)
    end, last = max(ends, key=lambda pair: pair[0])
    if end > limits.duration_s:
        notes.refuse(f"{last.pointer}/length", "too_long", too_long(limits))
    return end
