"""The pictures of a longform as segments: each still is encoded once, each dissolve once, each loop once.

A turn looks the same whenever it comes, since a moving background starts from its beginning at every turn. So hours
need as many encoded pieces as one round through the backgrounds, and their packets are written again and again.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Final

from cutroom.media.timebase import nearest_frame
from cutroom.render.compile import segments_at
from cutroom.render.geometry import around, place
from cutroom.render.keys import segment_key
from cutroom.render.longform.plan import PictureSegment
from cutroom.render.plan import Canvas, RepeatSegment, SegmentPlan, SkipSegment
from cutroom.render.repeat import skip_still
from cutroom.timeline.geometry import hides_all_below
from cutroom.timeline.resolved import ResolvedClip, ResolvedEdit
from cutroom.timeline.resolved.longform import ResolvedBackground, ResolvedLongform

PIECE_S: Final = 10
"""Length of the pieces that moving pictures are encoded in."""
CYCLE_S: Final = 20
"""A loop up to this long is one cycle; longer ones are pieces, which come again just the same."""
THREADS: Final = 1
"""Of the encoder: pieces are short and made side by side, and a second thread costs 50 MB of pictures in 1080p."""


def picture_segments(longform: ResolvedLongform, engine: str) -> tuple[PictureSegment, ...]:
    """Everything that is seen, in order."""
    segments: list[PictureSegment] = []
    frames = 0
    for one in _Turns(longform, engine).segments():
        segments.append(replace(one, index=len(segments), start=frames))
        frames += one.frames
    if frames != longform.frames:
        raise ValueError("the turns do not fill the output")
    return tuple(segments)


class _Turns:
    """The turns of a longform, one after the other."""

    def __init__(self, longform: ResolvedLongform, engine: str) -> None:
        self._longform = longform
        self._engine = engine
        self._dissolve = cache(self._dissolve_of)
        self._still = cache(self._still_of)
        self._moving = cache(self._moving_of)

    def segments(self) -> Iterator[PictureSegment]:
        """Their segments, each counted from its own start."""
        longform, count = self._longform, len(self._longform.backgrounds)
        for number, start in enumerate(range(0, longform.frames, longform.turn)):
            length = min(longform.turn, longform.frames - start)
            fade = min(longform.crossfade, length) if number else 0
            here = number % count
            if fade:
                yield self._dissolve((number - 1) % count, here, fade)
            if length > fade:
                yield from self._body(here, fade, length)

    def _body(self, here: int, first: int, last: int) -> Iterator[PictureSegment]:
        """A background alone, in frames [first, last) of its turn."""
        background = self._longform.backgrounds[here]
        if background.kind == "image":
            yield replace(self._still(here), frames=last - first)
            return
        loop = loop_frames(background, self._longform.output.fps)
        ahead = -(-first // loop) * loop
        times = (last - ahead) // loop if loop <= CYCLE_S * self._longform.output.fps else 0
        if times < 2:
            yield from self._moving(here, first, last)
            return
        if ahead > first:
            yield from self._moving(here, first, ahead)
        (cycle,) = self._moving(here, 0, loop, whole=True)
        yield RepeatSegment(0, 0, loop * times, cycle)
        if ahead + loop * times < last:
            yield from self._moving(here, 0, last - ahead - loop * times)

    def _still_of(self, here: int) -> SkipSegment:
        edit = self._edit(1, self._clips(here, 0, 1, 0))
        return skip_still(self._encoded(edit), self._engine)

    def _moving_of(self, here: int, first: int, last: int, *, whole: bool = False) -> tuple[SegmentPlan, ...]:
        """A moving background in frames [first, last) of its turn; pieces start where its loops do."""
        fps = self._longform.output.fps
        loop, grid = loop_frames(self._longform.backgrounds[here], fps), max(1, round(PIECE_S * fps))
        edges = [first]
        while not whole and edges[-1] < last:
            begun = edges[-1] // loop * loop
            edges.append(min(begun + ((edges[-1] - begun) // grid + 1) * grid, begun + loop, last))
        edges = [first, last] if whole else edges
        found: list[SegmentPlan] = []
        for start, end in pairwise(edges):
            edit = self._edit(end - start, self._clips(here, start, end, 0))
            found.append(self._encoded(edit))
        return tuple(found)

    def _dissolve_of(self, before: int, here: int, fade: int) -> SegmentPlan:
        """The first frames of a turn, over the background before it, which plays on.

        What the new background leaves free becomes the plain colour meanwhile, as it will be when it stands alone.
        """
        turn = self._longform.turn
        below, coming = self._clips(before, turn, turn + fade, 0), self._clips(here, 0, fade, 2)
        above = [replace(clip, fade_in=self._longform.crossfade) for clip in (*self._free(coming[0]), *coming)]
        return self._encoded(self._edit(fade, [*below, *above]))

    def _free(self, clip: ResolvedClip) -> list[ResolvedClip]:
        """The plain colour, on layer 1, where a background leaves the picture free; everywhere if it lets through."""
        output, stream = self._longform.output, clip.media.info.video if clip.media is not None else None
        canvas = Canvas(output.width, output.height, output.fps, output.background)
        if stream is None or hides_all_below(clip, (canvas.width, canvas.height)):
            return []
        box = place(clip, canvas, (stream.width, stream.height))
        whole = (0, 0, canvas.width, canvas.height)
        return [
            replace(
                clip,
                layer=1,
                kind="color",
                media=None,
                src=None,
                color=output.background,
                position="top-left",
                offset_x=Fraction(x, canvas.width),
                offset_y=Fraction(y, canvas.height),
                width_px=width,
                height_px=height,
            )
            for x, y, width, height in ([whole] if stream.has_alpha else around(box, canvas))
        ]

    def _clips(self, here: int, first: int, last: int, layer: int) -> list[ResolvedClip]:
        """A background in frames [first, last) of its turn, as clips that start at frame 0."""
        background, fps = self._longform.backgrounds[here], self._longform.output.fps
        if background.kind == "image":
            return [_clip(background, 0, last - first, Fraction(0), layer)]
        loop = loop_frames(background, fps)
        clips: list[ResolvedClip] = []
        for start in range(first // loop * loop, last, loop):
            begin, end = max(start, first), min(start + loop, last)
            clips.append(_clip(background, begin - first, end - first, (begin - start) / fps, layer))
        return clips

    def _encoded(self, edit: ResolvedEdit) -> SegmentPlan:
        """All of an edit as one segment."""
        (segment,) = segments_at([0, edit.frames], edit, self._engine)
        if not isinstance(segment, SegmentPlan):
            raise TypeError("a background is encoded before it is repeated")
        lean = replace(segment, encoder=replace(segment.encoder, threads=THREADS))
        return replace(lean, key=segment_key(lean, self._engine))

    def _edit(self, frames: int, clips: list[ResolvedClip]) -> ResolvedEdit:
        return ResolvedEdit(self._longform.output, frames, tuple(clips), None, ())


def loop_frames(background: ResolvedBackground, fps: Fraction) -> int:
    """Output frames of a moving background from its first picture until it starts again."""
    stream = background.media.info.video
    length = None if stream is None else stream.duration
    if length is None:
        length = background.media.info.duration or Fraction(1)
    return max(1, nearest_frame(length, fps))


def _clip(background: ResolvedBackground, start: int, end: int, trim: Fraction, layer: int) -> ResolvedClip:
    zero = Fraction(0)
    return ResolvedClip(
        pointer=background.pointer,
        layer=layer,
        kind=background.kind,
        media=background.media,
        src=background.src,
        start=start,
        end=end,
        tail=0,
        trim=trim,
        fade_in=0,
        fade_out=0,
        text=None,
        color=None,
        fit=background.fit,
        position="center",
        offset_x=zero,
        offset_y=zero,
        width_px=None,
        height_px=None,
        opacity=1.0,
        volume=0.0,
        audio_start=zero,
        audio_end=zero,
        audio_fade_in=zero,
        audio_fade_out=zero,
    )
