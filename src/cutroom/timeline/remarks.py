"""Warnings: what will be rendered, but perhaps not as meant."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from cutroom.timeline.clip.filters import Filter
from cutroom.timeline.fields import exact
from cutroom.timeline.geometry import anchor, enlargement
from cutroom.timeline.joins import Stage
from cutroom.timeline.keyframes import Keyframes
from cutroom.timeline.model import Clip
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import ResolvedClip
from cutroom.timeline.schedule import Placed
from cutroom.timeline.source import is_made, public_name

_NOTICEABLE: Final = Fraction(5, 4)
"""Enlargement from which a picture looks soft."""
_FILLING: Final = frozenset({"video", "image", "color", "gradient"})
_MIDDLE: Final = Fraction(1, 2)


def look(clips: Sequence[ResolvedClip], stage: Stage, notes: Notes) -> None:
    """Warn of pictures that stand still or look soft; once for each source that is enlarged."""
    soft: set[str] = set()
    for clip in clips:
        if clip.src is None or clip.kind not in {"video", "image"}:
            continue
        if clip.kind == "video":
            _freezes(clip, stage, notes)
        scale = enlargement(clip, stage.canvas)
        if scale > _NOTICEABLE and clip.src not in soft:
            soft.add(clip.src)
            sentence = f"{public_name(clip.src)} is enlarged {float(scale):.1f} times and will look soft."
            notes.warn(f"{clip.pointer}/asset{'' if is_made(clip.src) else '/src'}", "upscaled", sentence)


def _freezes(clip: ResolvedClip, stage: Stage, notes: Notes) -> None:
    length = stage.sources[clip.src or ""].picture_s
    if length is None:
        return
    missing = (clip.end - clip.start) / stage.fps - (length - clip.trim) / clip.speed
    if missing > 1 / stage.fps:
        sentence = (
            f"{public_name(clip.src or '')} ends {float(missing):.2f} seconds before the clip does; "
            "its last picture stays until then."
        )
        notes.warn(f"{clip.pointer}/length", "freezes", sentence)


def remark(placed: Placed, resolved: ResolvedClip, stage: Stage, notes: Notes) -> None:
    """Warn of what lies beyond the clip's end, and of a matte that ends before it."""
    seconds = (resolved.end - resolved.start) / stage.fps
    for field, value in _curves(placed.clip):
        if isinstance(value, tuple) and exact(value[-1].at) > seconds + 1 / stage.fps:
            sentence = f"The last keyframe stands at {value[-1].at:g} seconds, and the clip lasts {float(seconds):g}."
            notes.warn(f"{placed.pointer}/{field}/{len(value) - 1}/at", "keyframe_beyond_end", sentence)
    _captions(placed, seconds, notes)
    _matte(placed, seconds, stage, notes)
    _position(placed, resolved, stage, notes)


def _captions(placed: Placed, seconds: Fraction, notes: Notes) -> None:
    if placed.sheet is None:
        return
    trim, speed = exact(placed.clip.trim), exact(placed.clip.speed)
    late = sum((cue.start - trim) / speed >= seconds for cue in placed.sheet.cues)
    if late:
        what = "caption comes" if late == 1 else f"captions, {late} of them, come"
        sentence = f"The last {what} after the clip has ended and will not be seen."
        notes.warn(f"{placed.pointer}/length", "caption_beyond_end", sentence)


def _matte(placed: Placed, seconds: Fraction, stage: Stage, notes: Notes) -> None:
    matte = placed.clip.matte
    if matte is None:
        return
    length = stage.sources[matte.src].picture_s
    if length is not None and length - exact(matte.trim) + 1 / stage.fps < seconds:
        missing = float(seconds - length + exact(matte.trim))
        sentence = f"{public_name(matte.src)} ends {missing:.2f} seconds before the clip does; its last picture stays."
        notes.warn(f"{placed.pointer}/matte/src", "matte_shorter", sentence)


def _position(placed: Placed, resolved: ResolvedClip, stage: Stage, notes: Notes) -> None:
    """A place is asked for, and the clip has no room to go there."""
    if placed.clip.position is None or resolved.kind not in _FILLING or resolved.fit not in {"cover", "fill", "blur"}:
        return
    box = (resolved.width_px or stage.canvas[0], resolved.height_px or stage.canvas[1])
    wanted = [share != _MIDDLE for share in anchor(resolved.position)]
    room = [length != side for length, side in zip(box, stage.canvas, strict=True)]
    if any(wanted) and not any(wants and has for wants, has in zip(wanted, room, strict=True)):
        sentence = "The picture fills the whole, whatever its 'scale', so 'position' does nothing; give it a 'size'."
        notes.warn(f"{placed.pointer}/position", "no_room", sentence)


def _curves(clip: Clip) -> list[tuple[str, Keyframes]]:
    return [
        ("volume", clip.volume),
        ("scale", clip.scale),
        ("rotation", clip.rotation),
        ("opacity", clip.opacity),
        ("offset/x", clip.offset.x),
        ("offset/y", clip.offset.y),
        ("skew/x", clip.skew.x),
        ("skew/y", clip.skew.y),
        *(
            (f"filters/{index}/amount", one.amount)
            for index, one in enumerate(clip.filters)
            if isinstance(one, Filter) and one.amount is not None
        ),
    ]
