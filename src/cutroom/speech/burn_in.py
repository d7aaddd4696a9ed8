"""Cues as a clip of a timeline: how large letters may be, where they stand, and how much a line holds.

The clip is the same JSON that anybody may write into a timeline: it can be kept, edited and rendered again.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from cutroom.speech.cues import Cue
from cutroom.speech.formats import to_timed_vtt
from cutroom.speech.limits import CueLimits
from cutroom.speech.safe_areas import Platform, safe_area
from cutroom.timeline.assets.presets import PRESETS, PresetName, base_size
from cutroom.timeline.assets.text import SAFE_MARGIN

_WIDTHS: Final = {
    "Inter": 0.54,
    "Montserrat": 0.59,
    "Fredoka": 0.5,
    "Anton": 0.37,
    "JetBrains Mono": 0.6,
}
"""Width of a character in units of the type size, in lines of 20 that are wider than most; measured on English text."""
_CAPITALS: Final = 1.19
_FULL_WIDTH: Final = 1.0
_LEAST_CHARACTERS: Final = 16
"""Letters become smaller until so many stand in a line: longer words are rare in English."""
_LEAST_ALONE: Final = 12
"""The same of a style that shows one word at a time."""
_BLEED: Final = (0.3, 0.3)
"""Outlines, shadows and letters that grow reach this far beyond a line, across and down, in units of the type size."""
_BOXED: Final = (0.66, 0.48)
"""Boxes reach further (`assets.lettering.Background`)."""
_ANY: Final = 10_000
_SILENCE_MS: Final = 2_000
"""A pause between cues in which it is worth copying frames rather than to draw nothing over them."""
_MOST_CLIPS: Final = 200
"""Clips with captions; a timeline takes 500 clips in all."""


@dataclass(frozen=True, slots=True)
class Room:
    """What captions have of a picture.

    Args:
        size_px: type size.
        wrap_px: how wide a line may be.
        characters: how many about fill it; any number where words are shown one at a time.
        offset_y: shift downwards from where captions at the bottom stand, as a share of the picture's height.
    """

    size_px: float
    wrap_px: int
    characters: int
    offset_y: float


def room_of(
    style: PresetName, canvas: tuple[int, int], platform: Platform | None = None, *, full_width: bool = False
) -> Room:
    """What captions of a style have of a picture of `canvas` (width, height), within what the platform leaves free."""
    preset = PRESETS[style]
    left, _, right, bottom = safe_area(platform, canvas).pixels(canvas)
    free = canvas[0] - 2 * max(left, canvas[0] - right)  # in the middle of the picture, not of what is free
    each = _WIDTHS.get(preset.family, _WIDTHS["Montserrat"]) * (_CAPITALS if preset.case == "upper" else 1)
    if full_width:
        each = _FULL_WIDTH
    alone = preset.animation == "single"
    least = (_LEAST_ALONE if alone else _LEAST_CHARACTERS) // (2 if full_width else 1)
    across, down = _BOXED if preset.box else _BLEED
    size = base_size(canvas) * preset.size
    size = math.floor(10 * min(size, free / (least * each + 2 * across))) / 10
    wrap = math.floor(free - 2 * across * size)
    usual = canvas[1] - float(min(canvas) * SAFE_MARGIN)
    return Room(
        size_px=size,
        wrap_px=wrap,
        characters=_ANY if alone else max(4, int(wrap / (each * size))),
        offset_y=round((bottom - down * size - usual) / canvas[1], 5),
    )


def limits_in(room: Room, limits: CueLimits) -> CueLimits:
    """The limits of cues that are drawn: lines no longer than there is room for."""
    return replace(limits, characters=min(limits.characters, room.characters))


def caption_clip(
    cues: Sequence[Cue], *, style: PresetName, room: Room, length: Fraction, start: int = 0
) -> dict[str, Any]:
    """A clip with captions, as JSON data for the uppermost track of a timeline.

    Args:
        cues: what is said, on the clip's own clock.
        style: how it looks.
        room: what it has of the picture.
        length: seconds of the clip.
        start: second of the timeline at which it begins.
    """
    # Two braces would be a placeholder of the document; WebVTT can write a brace as its number.
    text = to_timed_vtt(cues).replace("{{", "{&#123;")
    return {
        "asset": {
            "type": "captions",
            "text": text,
            "style": style,
            "font": {"size": room.size_px},
            "width": room.wrap_px,
        },
        "start": start,
        "length": float(length),
        "position": "bottom",
        "offset": {"y": room.offset_y},
    }


def stretches(cues: Sequence[Cue]) -> list[list[Cue]]:
    """Cues that follow each other, in as many lists as there are silences; at most `_MOST_CLIPS`."""
    if not cues:
        return []
    silences = sorted(
        ((right.start_ms - left.end_ms, at) for at, (left, right) in enumerate(itertools.pairwise(cues), 1)),
        reverse=True,
    )
    ends = sorted(at for silence_ms, at in silences[: _MOST_CLIPS - 1] if silence_ms >= _SILENCE_MS)
    return [list(cues[first:last]) for first, last in itertools.pairwise([0, *ends, len(cues)])]


def _clips(cues: Sequence[Cue], style: PresetName, room: Room, duration: Fraction) -> Iterator[dict[str, Any]]:
    """One clip for each stretch of cues: where there is none, the frames of the recording need not be encoded again."""
    for found in stretches(cues):
        start = found[0].start_ms // 1000  # a whole second is a whole frame at most rates
        end = min(duration, Fraction(found[-1].end_ms, 1000))
        if end > start:
            moved = [_moved(cue, -1000 * start) for cue in found]
            yield caption_clip(moved, style=style, room=room, length=end - start, start=start)


def _moved(cue: Cue, by_ms: int) -> Cue:
    """A cue on another clock; what is said before that begins is said at once."""
    lines = tuple(
        tuple(
            replace(word, start_ms=max(0, word.start_ms + by_ms), end_ms=max(0, word.end_ms + by_ms)) for word in line
        )
        for line in cue.lines
    )
    return Cue(cue.start_ms + by_ms, cue.end_ms + by_ms, lines)


def burnt(
    cues: Sequence[Cue],
    *,
    source: str,
    canvas: tuple[int, int],
    fps: Fraction,
    duration: Fraction,
    style: PresetName,
    room: Room,
) -> dict[str, Any]:
    """A document that shows a recording with captions over it.

    Args:
        cues: what is said.
        source: the recording.
        canvas: width and height of the picture; even.
        fps: frames a second, 60 at most.
        duration: seconds of the recording.
        style: how the captions look.
        room: what they have of the picture.
    """
    clips: list[dict[str, Any]] = [{"asset": {"type": "video", "src": source}, "start": 0}]
    tracks = [{"clips": clips}]
    captions = list(_clips(cues, style, room, duration))
    if captions:
        tracks.insert(0, {"clips": captions})
    return {
        "output": {
            "format": "mp4",
            "width": canvas[0],
            "height": canvas[1],
            "fps": str(fps),
            "quality": "high",
        },
        "timeline": {"tracks": tracks},
    }
