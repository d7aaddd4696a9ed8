"""What the parts of a well-formed document say about each other, and the limits that follow from its numbers."""

from collections.abc import Iterator

from cutroom.kit.errors import Detail
from cutroom.timeline.assets import AudioAsset, VideoAsset
from cutroom.timeline.fields import exact
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Clip, Edit


def clips_of(edit: Edit) -> Iterator[tuple[str, Clip]]:
    """Every clip with its JSON pointer, as they stand in the document."""
    for row, track in enumerate(edit.timeline.tracks):
        for index, clip in enumerate(track.clips):
            yield f"/timeline/tracks/{row}/clips/{index}", clip


def problems_of(edit: Edit, limits: Limits) -> Iterator[Detail]:
    """Everything that is wrong between the parts of the document."""
    yield from _size(edit, limits)
    yield from _nothing_left(edit)
    yield from _duration(edit, limits)
    if edit.output.format == "mp3" and not _may_be_heard(edit):
        sentence = "An mp3 needs something to hear: a video or audio clip, or a soundtrack, with a volume above 0."
        yield Detail("/output/format", "nothing_audible", sentence)


def _size(edit: Edit, limits: Limits) -> Iterator[Detail]:
    if edit.output.format == "mp3":
        return
    width, height = edit.output.size
    sides = {"width": width, "height": height}
    for name, other in (("width", "height"), ("height", "width")):
        limit = limits.long_side_px if sides[name] >= sides[other] else limits.short_side_px
        if sides[name] > limit:
            field = name if edit.output.width is not None else "resolution"
            sentence = (
                f"The picture would be {width}x{height}; at most {limits.long_side_px} pixels on the longer side and "
                f"{limits.short_side_px} on the shorter are accepted."
            )
            yield Detail(f"/output/{field}", "too_large", sentence)
            if field == "resolution":
                return


def _nothing_left(edit: Edit) -> Iterator[Detail]:
    for row, track in enumerate(edit.timeline.tracks):
        for index, (before, clip) in enumerate(zip(track.clips, track.clips[1:], strict=False), start=1):
            if before.length == "end" and clip.start == "auto":
                sentence = "The clip before this one runs to the end, so nothing is left for it; give it a 'start'."
                yield Detail(f"/timeline/tracks/{row}/clips/{index}/start", "nothing_left", sentence)


def _duration(edit: Edit, limits: Limits) -> Iterator[Detail]:
    if edit.timeline.duration is not None:
        if edit.timeline.duration > limits.duration_s:
            yield Detail("/timeline/duration", "too_long", too_long(limits))
        return
    deciding = deciders(edit)
    if not deciding:
        yield no_duration(edit)
    for place, clip in deciding:
        start = 0.0 if clip.start == "auto" else clip.start
        length = 0.0 if isinstance(clip.length, str) else clip.length
        if exact(start) + exact(length) > limits.duration_s:
            field = "start" if start > limits.duration_s else "length"
            yield Detail(f"{place}/{field}", "too_long", too_long(limits))


def deciders(edit: Edit) -> list[tuple[str, Clip]]:
    """The clips whose ends decide how long a timeline without `duration` is."""
    fixed = [(place, clip) for place, clip in clips_of(edit) if clip.length != "end"]
    return [(place, clip) for place, clip in fixed if clip.parent_duration_decider] or fixed


def too_long(limits: Limits) -> str:
    """The sentence for a timeline over the limit."""
    return f"The timeline would last longer than {limits.duration_s} seconds, which is the most that is accepted."


def no_duration(edit: Edit) -> Detail:
    """The detail for a timeline that nothing gives a length."""
    for place, _ in clips_of(edit):
        sentence = (
            "Every clip runs to the end, and nothing says where that is; give a clip a length, or set 'duration'."
        )
        return Detail(f"{place}/length", "no_duration", sentence)
    sentence = "The timeline has no clip; add one, or set 'duration'."
    return Detail("/timeline/tracks", "no_duration", sentence)


def _may_be_heard(edit: Edit) -> bool:
    track = edit.timeline.soundtrack
    if track is not None and track.volume > 0:
        return True
    return any(isinstance(clip.asset, VideoAsset | AudioAsset) and clip.volume > 0 for _, clip in clips_of(edit))
