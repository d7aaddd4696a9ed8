"""The same edit on a smaller canvas: every measure in pixels becomes smaller by the same factor.

Measures in pixels are told by their names, which end in `_px`: the convention of the whole resolved edit.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

from cutroom.timeline.resolved import Media, ResolvedClip, ResolvedEdit


def scaled(edit: ResolvedEdit, width: int) -> ResolvedEdit:
    """The edit on a canvas that is `width` pixels wide (made even), with the same proportions; never a larger one.

    A picture that is shown pixel for pixel is given a box of its own size first, so that it becomes smaller too.
    """
    output = edit.output
    if width >= output.width:
        return edit
    factor = Fraction(width, output.width)
    return resized(edit, (_even(output.width * factor), _even(output.height * factor)))


def resized(edit: ResolvedEdit, size: tuple[int, int]) -> ResolvedEdit:
    """The edit on a canvas of another size (width, height), whose proportions are the same but for rounding."""
    output = edit.output
    if size == (output.width, output.height):
        return edit
    factor = Fraction(size[0], output.width)
    clips = tuple(scale(_boxed(clip, (output.width, output.height)), factor) for clip in edit.clips)
    return replace(edit, output=replace(output, width=size[0], height=size[1]), clips=clips)


def _even(side: Fraction) -> int:
    return max(2, 2 * round(side / 2))


def _boxed(clip: ResolvedClip, canvas: tuple[int, int]) -> ResolvedClip:
    """The clip with its picture stretched over a box of the picture's own size, where the picture fits into its box."""
    stream = clip.media.info.video if clip.media is not None else None
    if clip.fit != "none" or stream is None:
        return clip
    box = (clip.width_px or canvas[0], clip.height_px or canvas[1])
    if stream.width > box[0] or stream.height > box[1] or (clip.position != "center" and box != canvas):
        return clip
    return replace(clip, fit="fill", width_px=stream.width, height_px=stream.height)


def scale(value: Any, factor: Fraction) -> Any:
    """A copy of plain data in which every field named `…_px` is multiplied by a factor."""
    if isinstance(value, Media) or not is_dataclass(value) or isinstance(value, type):
        return tuple(scale(item, factor) for item in value) if isinstance(value, tuple) else value
    changes: Mapping[str, Any] = {
        field.name: _multiplied(getattr(value, field.name), factor)
        if field.name.endswith("_px")
        else scale(getattr(value, field.name), factor)
        for field in fields(value)
    }
    return replace(value, **changes)


def _multiplied(value: Any, factor: Fraction) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return max(1, round(value * factor)) if value > 0 else round(value * factor)
    if isinstance(value, float):
        return value * float(factor)
    return scale(value, factor)
