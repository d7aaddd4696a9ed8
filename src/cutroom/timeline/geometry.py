"""Where pictures lie: boxes, whether a clip hides everything below it, and how far it is enlarged."""

from fractions import Fraction
from typing import Final

from cutroom.timeline.model import Clip
from cutroom.timeline.resolved import Media, Position, ResolvedClip
from cutroom.timeline.text import SAFE_MARGIN

Canvas = tuple[int, int]
_HALF: Final = Fraction(1, 2)


def anchor(position: Position) -> tuple[Fraction, Fraction]:
    """The position as shares of the free space: (0, 0) is top left, (1, 1) bottom right."""
    across = Fraction(0) if position.endswith("left") else Fraction(1) if position.endswith("right") else _HALF
    down = Fraction(0) if position.startswith("top") else Fraction(1) if position.startswith("bottom") else _HALF
    return across, down


def box_of(clip: Clip, media: Media | None, canvas: Canvas) -> tuple[int | None, int | None]:
    """The box that the clip asks for, in pixels; a side left out follows the source's proportions."""
    width, height = clip.size.width, clip.size.height
    if width is None and height is None:
        return None, None
    stream = media.info.video if media is not None else None
    if stream is None:
        return width or canvas[0], height or canvas[1]
    if height is None and width is not None:
        return width, max(1, round(Fraction(width * stream.height, stream.width)))
    if width is None and height is not None:
        return max(1, round(Fraction(height * stream.width, stream.height))), height
    return width, height


def safe_shift(position: Position, canvas: Canvas) -> tuple[Fraction, Fraction]:
    """The shift that keeps text off the edges it stands at, as shares of the canvas."""
    margin = min(canvas) * SAFE_MARGIN
    across, down = anchor(position)
    return margin / canvas[0] * (1 - 2 * across), margin / canvas[1] * (1 - 2 * down)


def hides_all_below(clip: ResolvedClip, canvas: Canvas) -> bool:
    """Whether the clip, at full strength, leaves nothing of the canvas to be seen through or around it."""
    if clip.opacity < 1 or clip.kind in {"text", "audio"}:
        return False
    if clip.color is not None and clip.color.alpha < 1:
        return False
    box = (clip.width_px or canvas[0], clip.height_px or canvas[1])
    if clip.media is not None:
        stream = clip.media.info.video
        if stream is None or stream.has_alpha:
            return False
        if clip.fit == "contain" and stream.width * box[1] != stream.height * box[0]:
            return False
        if clip.fit == "none":
            box = (min(box[0], stream.width), min(box[1], stream.height))
    shift = (clip.offset_x, clip.offset_y)
    for side, length, share, moved in zip(canvas, box, anchor(clip.position), shift, strict=True):
        edge = (side - length) * share + moved * side
        if edge > 0 or edge + length < side:
            return False
    return True


def enlargement(clip: ResolvedClip, canvas: Canvas) -> Fraction:
    """How many output pixels one pixel of the source becomes, along the side that grows more."""
    stream = clip.media.info.video if clip.media is not None else None
    if stream is None or clip.fit == "none" or clip.kind == "audio":
        return Fraction(1)
    across = Fraction(clip.width_px or canvas[0], stream.width)
    down = Fraction(clip.height_px or canvas[1], stream.height)
    return min(across, down) if clip.fit == "contain" else max(across, down)
