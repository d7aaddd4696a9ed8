"""Where pictures lie: boxes, whether a clip hides everything below it, and how far it is enlarged."""

from fractions import Fraction
from typing import Final

from cutroom.media.info import VideoStream
from cutroom.timeline.assets.shape import ShapeAsset
from cutroom.timeline.assets.text import SAFE_MARGIN
from cutroom.timeline.assets.waveform import WaveformAsset
from cutroom.timeline.fields import exact
from cutroom.timeline.model import Clip
from cutroom.timeline.resolved import Crop, Curve, Media, Position, ResolvedClip

Canvas = tuple[int, int]
_HALF: Final = Fraction(1, 2)
_ABOVE_BUTTONS: Final = Fraction(1, 5)
"""Height over which players of upright videos lay their buttons and words, as a share of the picture's."""
_SEEN_THROUGH: Final = frozenset({"text", "audio", "captions", "shape", "waveform"})


def anchor(position: Position) -> tuple[Fraction, Fraction]:
    """The position as shares of the free space: (0, 0) is top left, (1, 1) bottom right."""
    across = Fraction(0) if position.endswith("left") else Fraction(1) if position.endswith("right") else _HALF
    down = Fraction(0) if position.startswith("top") else Fraction(1) if position.startswith("bottom") else _HALF
    return across, down


def crop_of(clip: Clip) -> Crop | None:
    """What the clip leaves out of its source; None for nothing."""
    crop = Crop(exact(clip.crop.top), exact(clip.crop.right), exact(clip.crop.bottom), exact(clip.crop.left))
    return crop if any((crop.top, crop.right, crop.bottom, crop.left)) else None


def seen_of(stream: VideoStream, crop: Crop | None) -> tuple[Fraction, Fraction]:
    """Width and height of what is left of a source after cropping, in its pixels."""
    if crop is None:
        return Fraction(stream.width), Fraction(stream.height)
    return stream.width * (1 - crop.left - crop.right), stream.height * (1 - crop.top - crop.bottom)


def box_of(clip: Clip, media: Media | None, canvas: Canvas) -> tuple[int | None, int | None]:
    """The box that the clip asks for, in pixels; a side left out follows the source's proportions."""
    width, height = clip.size.width, clip.size.height
    if isinstance(clip.asset, ShapeAsset | WaveformAsset):
        return clip.asset.box(width, height, canvas)
    if width is None and height is None:
        return None, None
    stream = media.info.video if media is not None else None
    if stream is None:
        return width or canvas[0], height or canvas[1]
    across, down = seen_of(stream, crop_of(clip))
    if height is None and width is not None:
        return width, max(1, round(width * down / across))
    if width is None and height is not None:
        return max(1, round(height * across / down)), height
    return width, height


def position_of(clip: Clip) -> Position:
    """Where the clip stands; captions at the bottom, everything else in the middle, unless it says so itself."""
    return clip.position or ("bottom" if clip.asset.type == "captions" else "center")


def shift_of(clip: Clip, canvas: Canvas) -> tuple[Fraction, Fraction]:
    """The shift away from its position that a clip has before any offset, as shares of the canvas."""
    if clip.asset.type not in {"text", "captions"}:
        return Fraction(0), Fraction(0)
    if clip.asset.type == "captions" and clip.position is None and canvas[1] > canvas[0]:
        return Fraction(0), -_ABOVE_BUTTONS
    return safe_shift(position_of(clip), canvas)


def safe_shift(position: Position, canvas: Canvas) -> tuple[Fraction, Fraction]:
    """The shift that keeps text off the edges it stands at, as shares of the canvas."""
    margin = min(canvas) * SAFE_MARGIN
    across, down = anchor(position)
    return margin / canvas[0] * (1 - 2 * across), margin / canvas[1] * (1 - 2 * down)


def hides_all_below(clip: ResolvedClip, canvas: Canvas) -> bool:
    """Whether the clip, once it has come in full, leaves nothing of the canvas to be seen through or around it."""
    box = _opaque(clip, canvas)
    if box is None or clip.radius_px > 0:
        return False
    shift = (clip.offset_x, clip.offset_y)
    for side, length, share, moved in zip(canvas, box, anchor(clip.position), shift, strict=True):
        edge = (side - length) * share + moved * side
        if edge > 0 or edge + length < side:
            return False
    return True


def hides(clip: ResolvedClip, earlier: ResolvedClip, canvas: Canvas) -> bool:
    """Whether the clip, once it has come in full, leaves nothing of an earlier one to be seen: it takes its place."""
    if hides_all_below(clip, canvas):
        return True
    if (
        earlier.kind in _SEEN_THROUGH
        or earlier.motion is not None
        or _outline(clip, canvas) != _outline(earlier, canvas)
    ):
        return False
    return _opaque(clip, canvas) == _box(clip, canvas)


def _outline(clip: ResolvedClip, canvas: Canvas) -> tuple[object, ...]:
    """Width and height of a clip's box, and all that says where it lies and what its corners are like."""
    return *_box(clip, canvas), clip.position, clip.offset_x, clip.offset_y, clip.radius_px


def _box(clip: ResolvedClip, canvas: Canvas) -> tuple[Fraction, Fraction]:
    return Fraction(clip.width_px or canvas[0]), Fraction(clip.height_px or canvas[1])


def _opaque(clip: ResolvedClip, canvas: Canvas) -> tuple[Fraction, Fraction] | None:
    """Width and height of the picture through which nothing is seen, but for its corners; None where there is none."""
    if clip.kind in _SEEN_THROUGH or clip.motion is not None or _lets_through(clip):
        return None
    box = _box(clip, canvas)
    if clip.media is None:
        return box
    stream = clip.media.info.video
    if stream is None or stream.has_alpha:
        return None
    seen = seen_of(stream, clip.crop)
    if clip.fit == "contain" and seen[0] * box[1] != seen[1] * box[0]:
        return None
    return (min(box[0], seen[0]), min(box[1], seen[1])) if clip.fit == "none" else box


def _lets_through(clip: ResolvedClip) -> bool:
    """Whether what lies below is seen through the picture, at a place inside of its box."""
    if clip.opacity < 1 or clip.blend != "normal":
        return True
    if clip.chroma is not None or clip.matte is not None:
        return True
    colors = [clip.color] if clip.color is not None else []
    if clip.gradient is not None:
        colors += [stop.color for stop in clip.gradient.stops]
    return any(color.alpha < 1 for color in colors)


def enlargement(clip: ResolvedClip, canvas: Canvas) -> Fraction:
    """How many output pixels one pixel of the source becomes at most, along the side that grows more."""
    stream = clip.media.info.video if clip.media is not None else None
    if stream is None or clip.kind == "audio":
        return Fraction(1)
    grown = exact(_most(clip.motion.scale)) if clip.motion is not None else Fraction(1)
    if clip.fit == "none":
        return grown
    seen = seen_of(stream, clip.crop)
    across = (clip.width_px or canvas[0]) / seen[0]
    down = (clip.height_px or canvas[1]) / seen[1]
    return grown * (min(across, down) if clip.fit in {"contain", "blur"} else max(across, down))


def _most(curve: Curve) -> float:
    return max(keyframe.value for keyframe in curve) if isinstance(curve, tuple) else curve
