"""From clips to the layers of one segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cutroom.media.mp4 import Integers
from cutroom.render.geometry import covers, even, place, visible
from cutroom.render.lettering import typefaces
from cutroom.render.paint.patch import bounded
from cutroom.render.paint.plan import Painted, needs_paint, painted
from cutroom.render.painting import PaintedLayer, sources
from cutroom.render.plan import Box, Canvas, ColorLayer, ImageLayer, Layer, Ramp, TextLayer, VideoLayer, VideoSource
from cutroom.render.sampling import due, sampling
from cutroom.render.segments import Live
from cutroom.render.source import video_source
from cutroom.timeline.resolved import Color, ResolvedClip


@dataclass(frozen=True, slots=True)
class Picture:
    """A clip that shows something: painted for its whole life, or plain.

    `box` is None for plain text, whose size is known when it is laid out, and for what is painted.
    """

    clip: ResolvedClip
    box: Box | None
    painted: Painted | None = None

    @property
    def first(self) -> int:
        """The first output frame that shows it."""
        return self.clip.start

    @property
    def last(self) -> int:
        """The first output frame that no longer does."""
        return self.clip.end + self.clip.tail


def picture(clip: ResolvedClip, canvas: Canvas) -> Picture | None:
    """What a clip shows; None when that is nothing."""
    if clip.opacity <= 0:
        return None
    if needs_paint(clip):
        return _painted(clip, canvas)
    if clip.text is not None:
        return Picture(clip, None)
    stream = clip.media.info.video if clip.media is not None and clip.kind in {"video", "image"} else None
    if stream is None and clip.color is None:
        return None
    box = place(clip, canvas, (stream.width, stream.height) if stream is not None else None)
    size = (box.width, box.height)
    if bounded(size, (canvas.width, canvas.height)) != size:  # FFmpeg would scale all of it, seen or not
        return _painted(clip, canvas)
    return Picture(clip, box) if visible(box, canvas) else None


def _painted(clip: ResolvedClip, canvas: Canvas) -> Picture | None:
    made = painted(clip, canvas)
    return None if made is None else Picture(clip, None, made)


def live(shown: Picture, canvas: Canvas, keys: Mapping[str, Integers]) -> Live:
    """When a picture is there, for cutting the edit into segments.

    Args:
        shown: the picture.
        canvas: what it is drawn on.
        keys: times of the key frames of sources, by SHA-256.
    """
    clip = shown.clip
    edges: list[int] = []
    for rise in (clip.fade_in, clip.enter.frames if clip.enter is not None else 0):
        edges += [shown.first + rise] if rise else []
    for fall in (clip.fade_out, clip.leave.frames if clip.leave is not None else 0):
        edges += [shown.last - fall] if fall else []
    if shown.painted is not None:
        whole = covers(shown.painted.painting.box, canvas)
    else:
        whole = shown.box is not None and covers(shown.box, canvas)
    found = key_frames(shown, canvas.fps, keys)
    return Live(shown.first, shown.last, covers=whole, transitions=tuple(dict.fromkeys(edges)), keys=found)


def keyed_source(shown: Picture) -> VideoSource | None:
    """The source of a picture whose key frames say where it is best cut: moving, plain, at its own speed."""
    clip = shown.clip
    if shown.painted is not None or clip.kind != "video" or clip.speed != 1 or clip.media is None:
        return None
    stream = clip.media.info.video
    if stream is None or stream.interlaced:  # its pictures need those before them, key frames too
        return None
    return video_source(clip.media.sha256, clip.media.info, stream)


def key_frames(shown: Picture, fps: Fraction, keys: Mapping[str, Integers]) -> tuple[int, ...]:
    """The output frames at which key frames of a picture's source are first shown.

    Args:
        shown: the picture.
        fps: frames a second of the output.
        keys: their times in ticks of the source, by SHA-256.
    """
    source = keyed_source(shown)
    if source is None or source.sha256 not in keys:
        return ()
    rule = sampling(source, shown.clip.trim, shown.clip.speed, fps)
    factor = source.time_base * rule.ticks
    if factor.denominator != 1:  # a time base that is finer than ticks can be: its pictures are not counted exactly
        return ()
    ticks = keys[source.sha256] * factor.numerator
    first, last = np.searchsorted(ticks, (rule.shift, due(shown.last - shown.first - 1, fps, rule)), "right")
    waits = ticks[first:last] - rule.shift
    # The first frame that is due no sooner than the picture.
    frames = -(-waits * fps.numerator // (rule.ticks * fps.denominator))
    return tuple(shown.first + frame for frame in np.unique(frames).tolist())


def layer(shown: Picture, canvas: Canvas, start: int, end: int) -> Layer:
    """The part of a picture that lies in output frames [start, end), in frames counted from `start`."""
    clip, box = shown.clip, shown.box
    first, last = max(shown.first, start) - start, min(shown.last, end) - start
    ramps = _ramps(shown, start, first, last)
    if shown.painted is not None:
        painting, window = shown.painted.painting, shown.painted.window
        at = 0 if painting.still else start + first - shown.first
        return PaintedLayer(clip.pointer, first, last, ramps, clip.opacity, window, at, painting, clip.blend)
    if clip.text is not None:
        return TextLayer(
            clip.pointer,
            first,
            last,
            ramps,
            clip.opacity,
            text=clip.text,
            position=clip.position,
            x=even(clip.offset_x * canvas.width),
            y=even(clip.offset_y * canvas.height),
            fonts=typefaces.digest(),
        )
    if box is None:
        raise ValueError(f"{clip.pointer} has no box")
    if clip.color is not None:
        return ColorLayer(clip.pointer, first, last, ramps, clip.opacity, box, clip.color)
    if clip.media is None or clip.media.info.video is None:
        raise ValueError(f"{clip.pointer} has no picture")
    sha256, info, stream = clip.media.sha256, clip.media.info, clip.media.info.video
    if clip.kind == "image":
        return ImageLayer(
            clip.pointer, first, last, ramps, clip.opacity, box, sha256, info.format, alpha=stream.has_alpha
        )
    second = clip.trim + clip.speed * Fraction(start + first - clip.start) / canvas.fps
    source = video_source(sha256, info, stream)
    return VideoLayer(clip.pointer, first, last, ramps, clip.opacity, box, source, second, clip.speed)


def inputs_of(layers: Sequence[Layer]) -> set[str]:
    """SHA-256 of every source that layers are made from."""
    found: set[str] = set()
    for one in layers:
        if isinstance(one, VideoLayer):
            found.add(one.source.sha256)
        elif isinstance(one, ImageLayer):
            found.add(one.sha256)
        elif isinstance(one, PaintedLayer):
            found.update(sources(one.painting))
    return found


def uncovered(layers: Sequence[Layer], canvas: Canvas) -> tuple[Layer, ...]:
    """The layers without those that others hide for as long as they are there; bottom to top, as given."""
    seen: list[Layer] = []
    for one in reversed(layers):
        if not any(hides(above, canvas) and above.first <= one.first and above.last >= one.last for above in seen):
            seen.append(one)
    return tuple(reversed(seen))


def hides(one: Layer, canvas: Canvas, *, fading: bool = False) -> bool:
    """Whether nothing below a layer can be seen while it is there; `fading`: while it does not fade."""
    if isinstance(one, TextLayer) or one.opacity < 1 or (one.ramps and not fading):
        return False
    if isinstance(one, PaintedLayer):
        whole = (one.window.width, one.window.height) == (canvas.width, canvas.height)
        return one.blend == "normal" and one.painting.opaque and whole
    if not covers(one.box, canvas):
        return False
    if isinstance(one, ColorLayer):
        return one.color.alpha >= 1
    return not (one.source.alpha if isinstance(one, VideoLayer) else one.alpha)


def opaque_color(color: Color) -> Color:
    """A colour without its transparency."""
    return Color(color.red, color.green, color.blue)


def _ramps(shown: Picture, start: int, first: int, last: int) -> tuple[Ramp, ...]:
    """The fades that fall into [first, last), all counted from `start`."""
    ramps: list[Ramp] = []
    if shown.clip.fade_in:
        ramps.append(Ramp(shown.first - start, shown.clip.fade_in, rising=True))
    if shown.clip.fade_out:
        ramps.append(Ramp(shown.last - shown.clip.fade_out - start, shown.clip.fade_out, rising=False))
    return tuple(ramp for ramp in ramps if ramp.first < last and ramp.first + ramp.length > first)
