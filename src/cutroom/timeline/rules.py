"""What the parts of a well-formed document say about each other, and the limits that follow from its numbers."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from cutroom.kit.errors import Detail
from cutroom.kit.wording import shown
from cutroom.media.timebase import nearest_frame
from cutroom.timeline.fields import CLEAR, SECOND_NS, did_you_mean, exact, nanoseconds
from cutroom.timeline.keyframes import greatest
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Clip, Edit, Timeline, TimelineAsset
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import SOUNDS
from cutroom.timeline.times import Nanoseconds, Spot, Times, named, spots

STILL_S: Final = Fraction(3)
"""Seconds that a clip without a length of its own lasts with `"length": "auto"`."""
STILLS_IN_TIME: Final = frozenset({"image", "text", "color", "shape", "gradient", "svg", "html"})
"""The assets without a length of their own."""
_HEARD: Final = frozenset({"video", "audio", "timeline"})


def clips_of(edit: Edit) -> Iterator[tuple[str, Clip]]:
    """Every clip with its JSON pointer, as they stand in the document."""
    yield from clips_in(edit.timeline, "/timeline")


def clips_in(timeline: Timeline, place: str) -> Iterator[tuple[str, Clip]]:
    """The clips of one timeline, which stands at `place`."""
    for row, track in enumerate(timeline.tracks):
        for index, clip in enumerate(track.clips):
            yield f"{place}/tracks/{row}/clips/{index}", clip


def timelines_of(edit: Edit) -> Iterator[tuple[str, Timeline]]:
    """Every timeline with its JSON pointer: the edit's own, then those inside of it."""
    waiting = [("/timeline", edit.timeline)]
    while waiting:
        place, timeline = waiting.pop(0)
        yield place, timeline
        for pointer, clip in clips_in(timeline, place):
            if isinstance(clip.asset, TimelineAsset):
                waiting.append((f"{pointer}/asset/timeline", clip.asset.timeline))


def made_at(edit: Edit) -> tuple[tuple[int, int], Fraction]:
    """Size and rate of what is made for an edit before it is rendered: those of the first output with pictures."""
    pictured = (output for _, output in outputs_of(edit) if output.format not in SOUNDS)
    output = next(pictured, edit.output)
    return output.size, output.rate


def outputs_of(edit: Edit) -> Iterator[tuple[str, Output]]:
    """Every output with its JSON pointer."""
    yield "/output", edit.output
    for index, output in enumerate(edit.outputs):
        yield f"/outputs/{index}", output


def problems_of(edit: Edit, limits: Limits) -> Iterator[Detail]:
    """Everything that is wrong between the parts of the document."""
    for place, output in outputs_of(edit):
        yield from _size(output, place, limits)
    for place, timeline in timelines_of(edit):
        yield from _nothing_left(timeline, place)
        yield from _names(timeline, place)
        yield from _duration(timeline, place, limits)
        yield from _frames(edit, timeline, place)
    yield from _ranges(edit)
    if edit.timeline.background == CLEAR:
        sentence = 'The outermost timeline has a colour; to leave it out, write "transparent": true in the output.'
        yield Detail("/timeline/background", "bad_color", sentence)
    for place, output in outputs_of(edit):
        if output.format in SOUNDS and not _may_be_heard(edit):
            sentence = (
                f"{'A' if output.format == 'wav' else 'An'} {output.format} needs something to hear: a video or audio "
                "clip, or a soundtrack, with a volume above 0."
            )
            yield Detail(f"{place}/format", "nothing_audible", sentence)


def _size(output: Output, place: str, limits: Limits) -> Iterator[Detail]:
    if output.format in SOUNDS:
        return
    width, height = output.size
    sides = {"width": width, "height": height}
    for name, other in (("width", "height"), ("height", "width")):
        limit = limits.long_side_px if sides[name] >= sides[other] else limits.short_side_px
        if sides[name] > limit:
            field = name if output.width is not None else "resolution"
            sentence = (
                f"The picture would be {width}x{height}; at most {limits.long_side_px} pixels on the longer side and "
                f"{limits.short_side_px} on the shorter are accepted."
            )
            yield Detail(f"{place}/{field}", "too_large", sentence)
            if field == "resolution":
                return


def _frames(edit: Edit, timeline: Timeline, place: str) -> Iterator[Detail]:
    """A timeline without a single frame, where that can be known before its media are."""
    end = certain_end(timeline)
    rates = [made_at(edit)[1]] if place != "/timeline" else [output.rate for _, output in outputs_of(edit)]
    for rate in rates:
        if end is not None and nearest_frame(end, rate) == 0:
            where = f"{place}/duration" if timeline.duration is not None else f"{place}/tracks"
            yield Detail(
                where, "too_short", f"The timeline is shorter than one frame of {float(1 / rate):.3f} seconds."
            )
            return


def _ranges(edit: Edit) -> Iterator[Detail]:
    """A range without a single frame."""
    for place, output in outputs_of(edit):
        rate, part = output.rate, output.range
        if part is not None and part.length is not None:
            start, stop = exact(part.start), exact(part.start) + exact(part.length)
            if nearest_frame(stop, rate) == nearest_frame(start, rate):
                sentence = f"This range is shorter than one frame of {float(1 / rate):.3f} seconds."
                yield Detail(f"{place}/range/length", "too_short", sentence)


def certain_end(timeline: Timeline) -> Fraction | None:
    """The second at which a timeline ends, when the document alone says so; None when that hangs on media."""
    if timeline.duration is not None:
        return exact(timeline.duration)
    times = Times(timeline.tracks, _own_length)
    ends = [(times.end(spot), clip) for spot, clip in spots(timeline.tracks) if clip.length != "end"]
    deciding = [end for end, clip in ends if clip.parent_duration_decider] or [end for end, _ in ends]
    known = [end for end in deciding if end is not None]
    return Fraction(max(known), SECOND_NS) if known and len(known) == len(deciding) else None


def _own_length(_spot: Spot, clip: Clip) -> Nanoseconds | None:
    """The nanoseconds of `"length": "auto"`, when the document alone says so."""
    if isinstance(clip.asset, TimelineAsset):
        end = certain_end(clip.asset.timeline)
        return None if end is None else max(Fraction(0), (end - exact(clip.trim)) / exact(clip.speed)) * SECOND_NS
    return STILL_S * SECOND_NS if clip.asset.type in STILLS_IN_TIME else None


def _nothing_left(timeline: Timeline, place: str) -> Iterator[Detail]:
    for row, track in enumerate(timeline.tracks):
        for index, (before, clip) in enumerate(zip(track.clips, track.clips[1:], strict=False), start=1):
            if before.length == "end" and clip.start == "auto":
                sentence = "The clip before this one runs to the end, so nothing is left for it; give it a 'start'."
                yield Detail(f"{place}/tracks/{row}/clips/{index}/start", "nothing_left", sentence)


def _names(timeline: Timeline, at: str) -> Iterator[Detail]:
    """What clips call each other: every name is there once, and says a time that does not hang on itself."""
    known: dict[str, Clip] = {}
    for place, clip in clips_in(timeline, at):
        if clip.name is not None and known.setdefault(clip.name, clip) is not clip:
            yield Detail(f"{place}/name", "duplicate_name", f"{shown(clip.name)} is the name of another clip already.")
    for place, clip in clips_in(timeline, at):
        for field, value in (("start", clip.start), ("length", clip.length)):
            found = named(value)
            if found is None:
                continue
            way, name = found
            if name not in known:
                sentence = f"No clip of this timeline has the name {shown(name)}{did_you_mean(name, known)}."
                yield Detail(f"{place}/{field}", "unknown_clip", sentence)
            elif way != "with" and known[name].length == "end":
                sentence = f"{shown(name)} runs to the end, so it is not known how long it lasts; give it a 'length'."
                yield Detail(f"{place}/{field}", "unknown_length", sentence)
    for (row, index), field in Times(timeline.tracks, _own_length).circles() if known else ():
        sentence = f"This {field} hangs on itself by way of other clips; give one of them a number of seconds."
        yield Detail(f"{at}/tracks/{row}/clips/{index}/{field}", "circular_times", sentence)


def _duration(timeline: Timeline, at: str, limits: Limits) -> Iterator[Detail]:
    if timeline.duration is not None:
        if timeline.duration > limits.duration_s:
            yield Detail(f"{at}/duration", "too_long", too_long(limits))
        return
    deciding = deciders(timeline, at)
    if not deciding:
        yield no_duration(timeline, at)
    for place, clip in deciding:
        start = 0.0 if isinstance(clip.start, str) else clip.start
        length = 0.0 if isinstance(clip.length, str) else clip.length
        if nanoseconds(start) + nanoseconds(length) > nanoseconds(limits.duration_s):
            field = "start" if start > limits.duration_s else "length"
            yield Detail(f"{place}/{field}", "too_long", too_long(limits))


def deciders(timeline: Timeline, at: str) -> list[tuple[str, Clip]]:
    """The clips whose ends decide how long a timeline without `duration` is."""
    fixed = [(place, clip) for place, clip in clips_in(timeline, at) if clip.length != "end"]
    return [(place, clip) for place, clip in fixed if clip.parent_duration_decider] or fixed


def too_long(limits: Limits) -> str:
    """The sentence for a timeline over the limit."""
    return f"The timeline would last longer than {limits.duration_s} seconds, which is the most that is accepted."


def no_duration(timeline: Timeline, at: str) -> Detail:
    """The detail for a timeline that nothing gives a length."""
    for place, _ in clips_in(timeline, at):
        sentence = (
            "Every clip runs to the end, and nothing says where that is; give a clip a length, or set 'duration'."
        )
        return Detail(f"{place}/length", "no_duration", sentence)
    sentence = "The timeline has no clip; add one, or set 'duration'."
    return Detail(f"{at}/tracks", "no_duration", sentence)


def _may_be_heard(edit: Edit) -> bool:
    track = edit.timeline.soundtrack
    if track is not None and greatest(track.volume) > 0:
        return True
    return any(clip.asset.type in _HEARD and greatest(clip.volume) > 0 for _, clip in clips_of(edit))
