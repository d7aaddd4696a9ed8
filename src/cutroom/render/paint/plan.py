"""Which clips are painted, and what their paintings are; decided by the clip alone, for its whole life."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from cutroom.kit.errors import CutroomError
from cutroom.render.blending import TOGETHER
from cutroom.render.geometry import ANCHORS, even, place
from cutroom.render.lettering import typefaces
from cutroom.render.paint.pose import moves, stands, window
from cutroom.render.painting import (
    CaptionSubject,
    ColorSubject,
    GradientSubject,
    ImageSubject,
    LoopSubject,
    MatteSubject,
    Painting,
    ShapeSubject,
    Subject,
    TextSubject,
    VideoSubject,
    WaveformSubject,
    Window,
    own_faces,
)
from cutroom.render.parts import Box, Canvas
from cutroom.render.source import video_source
from cutroom.timeline.resolved import Matte, Media, ResolvedClip
from cutroom.timeline.resolved.text import Measured

_ANIMATED = frozenset({"gif", "apng"})
_DRAWN = frozenset({"captions", "shape", "gradient", "waveform"})
_WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Painted:
    """A painting, and the part of the canvas that it is ever seen in."""

    painting: Painting
    window: Window


def needs_paint(clip: ResolvedClip) -> bool:
    """Whether a clip is painted rather than drawn by the filter graph."""
    if clip.kind == "audio":
        return False
    if clip.kind in _DRAWN or (clip.fit == "blur" and clip.media is not None) or _loops(clip):
        return True
    # What a stranger's font makes of a process is nothing to the worker: such a text is the painter's.
    if clip.text is not None and (clip.text.animation is not None or clip.text.faces):
        return True
    asked = (clip.motion, clip.view, clip.enter, clip.leave, clip.chroma, clip.matte)
    if clip.border is not None or clip.shadow is not None:
        return True
    if any(one is not None for one in asked) or clip.looks or clip.radius_px > 0 or clip.blend != "normal":
        return True
    return clip.flip_x or clip.flip_y


def painted(clip: ResolvedClip, canvas: Canvas) -> Painted | None:
    """The painting of a clip that needs one; None when nothing of it is ever seen."""
    subject = _subject(clip, canvas)
    if subject is None:
        return None
    made = Painting(
        subject=subject,
        width=canvas.width,
        height=canvas.height,
        box=_box(clip, canvas, subject),
        frames=clip.end + clip.tail - clip.start,
        fps=canvas.fps,
        still=False,
        opaque=False,
        padded=clip.fit == "blur" and clip.media is not None and clip.kind != "waveform",
        view=clip.view,
        motion=clip.motion,
        enter=clip.enter,
        leave=clip.leave,
        looks=clip.looks,
        chroma=clip.chroma,
        matte=None if clip.matte is None else _matte(clip.matte),
        radius_px=clip.radius_px,
        flip_x=clip.flip_x,
        flip_y=clip.flip_y,
        border=clip.border,
        shadow=clip.shadow,
    )
    made = replace(made, box=_around(made.box, made.margin))
    seen = window(made)
    if seen is None:
        return None
    # A layer that takes colours apart is mixed with each frame that lies below it.
    still = _still(made) and clip.blend not in TOGETHER
    return Painted(replace(made, still=still, opaque=_opaque(made)), seen)


def _around(box: Box, margin: int) -> Box:
    """The box with room on every side."""
    return replace(
        box, x=box.x - margin, y=box.y - margin, width=box.width + 2 * margin, height=box.height + 2 * margin
    )


def _subject(clip: ResolvedClip, canvas: Canvas) -> Subject | None:
    if clip.kind in _DRAWN or clip.text is not None:
        return _artwork(clip, canvas)
    if clip.color is not None:
        return ColorSubject(clip.color)
    if clip.media is None or clip.media.info.video is None:
        return None
    if _loops(clip):
        stream = clip.media.info.video
        return LoopSubject(clip.media.sha256, clip.media.info.format, stream.width, stream.height)
    return _file(clip.media, clip.trim, clip.speed, still=clip.kind == "image")


def _artwork(clip: ResolvedClip, canvas: Canvas) -> Subject | None:
    """The subjects that are made, not read from a file of pictures."""
    if clip.text is not None:
        return TextSubject(clip.text, typefaces.digest())
    if clip.captions is not None:
        return CaptionSubject(clip.captions, typefaces.digest(), canvas.width, canvas.height, _vertical(clip))
    if clip.shape is not None:
        return ShapeSubject(clip.shape)
    if clip.gradient is not None:
        return GradientSubject(clip.gradient)
    return None if clip.waveform is None else WaveformSubject(clip.waveform)


def _file(media: Media, trim: Fraction, speed: Fraction, *, still: bool) -> VideoSubject | ImageSubject | None:
    stream = media.info.video
    if stream is None:
        return None
    if still:
        return ImageSubject(media.sha256, media.info.format, stream.has_alpha, stream.width, stream.height)
    return VideoSubject(video_source(media.sha256, media.info, stream), trim, speed, stream.width, stream.height)


def _matte(matte: Matte) -> MatteSubject | None:
    found = _file(matte.media, matte.trim, _WHOLE, still=matte.media.info.kind == "image")
    return None if found is None else MatteSubject(found, matte.mode)


def _loops(clip: ResolvedClip) -> bool:
    """Whether a clip is an image that moves: one of several pictures, in a format of images."""
    if clip.kind != "image" or clip.media is None or clip.media.info.video is None:
        return False
    return clip.media.info.format in _ANIMATED and (clip.media.info.video.frames or 1) > 1


def _box(clip: ResolvedClip, canvas: Canvas, subject: Subject) -> Box:
    """Where the picture stands before any motion."""
    if isinstance(subject, VideoSubject | ImageSubject | LoopSubject):
        return place(clip, canvas, (subject.width, subject.height))
    if isinstance(subject, TextSubject | CaptionSubject):
        return _block(clip, canvas, subject)
    return place(clip, canvas, None)


def _block(clip: ResolvedClip, canvas: Canvas, subject: TextSubject | CaptionSubject) -> Box:
    """The picture of a text; its layout block is what position and offsets place."""
    measured = clip.measured or _measured(clip, canvas, subject)
    (width, height), (left, top), block = measured.size, measured.origin, measured.block
    anchor_x, anchor_y = ANCHORS[clip.position]
    x = even((canvas.width - block[0]) * anchor_x + clip.offset_x * canvas.width) - left
    y = even((canvas.height - block[1]) * anchor_y + clip.offset_y * canvas.height) - top
    return Box(Fraction(0), Fraction(0), _WHOLE, _WHOLE, x, y, width, height)


def _measured(clip: ResolvedClip, canvas: Canvas, subject: TextSubject | CaptionSubject) -> Measured:
    """What a text in fonts of ours takes; one in the document's own is measured by `measure_letters`, elsewhere."""
    if own_faces(subject):
        raise ValueError(f"{clip.pointer} is lettered in a font of the document, and was not measured")
    try:
        return _taken(subject, canvas.fps, clip.end + clip.tail - clip.start)
    except CutroomError as error:
        raise error.at(clip.pointer) from error


@lru_cache(maxsize=64)
def _taken(subject: TextSubject | CaptionSubject, fps: Fraction, frames: int) -> Measured:
    """Kept, for a plan asks twice, and so do the outputs of one document."""
    from cutroom.render.paint.letters import lettered  # noqa: PLC0415 — a painter of videos need not load it

    artist = lettered(subject, fps, frames)
    artist.close()
    return Measured(artist.size, artist.origin, artist.block)


def letters_of(clip: ResolvedClip, canvas: Canvas) -> TextSubject | CaptionSubject | None:
    """The subject of a clip that is lettered in fonts which its document brings; None for all others."""
    style = clip.text if clip.captions is None else clip.captions.style
    subject = _artwork(clip, canvas) if style is not None and style.faces else None
    return subject if isinstance(subject, TextSubject | CaptionSubject) else None


def _vertical(clip: ResolvedClip) -> Literal["top", "center", "bottom"]:
    """The edge that captions keep to."""
    if clip.position.startswith("top"):
        return "top"
    return "bottom" if clip.position.startswith("bottom") else "center"


def _still(painting: Painting) -> bool:
    """Whether all frames are the same."""
    if moves(painting) or not stands(painting.view) or any(one.changes for one in painting.looks):
        return False
    if painting.matte is not None and not isinstance(painting.matte.picture, ImageSubject):
        return False
    subject = painting.subject
    if isinstance(subject, TextSubject):
        return subject.text.animation is None
    return isinstance(subject, ImageSubject | ColorSubject | ShapeSubject | GradientSubject)


def _opaque(painting: Painting) -> bool:
    """Whether every pixel of the window is opaque in all frames: the box stands still and lets nothing through."""
    if moves(painting) or painting.motion is not None:
        return False
    if painting.chroma is not None or painting.matte is not None or painting.radius_px > 0 or painting.margin:
        return False
    subject = painting.subject
    if isinstance(subject, VideoSubject):
        return not subject.source.alpha
    if isinstance(subject, ImageSubject):
        return not subject.alpha
    if isinstance(subject, ColorSubject):
        return subject.color.alpha >= 1
    return isinstance(subject, GradientSubject) and all(stop.color.alpha >= 1 for stop in subject.gradient.stops)
