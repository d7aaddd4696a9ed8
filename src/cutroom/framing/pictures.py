"""From crops to clips of a timeline: what the renderer takes, and people can edit.

A shot whose crop stands still is one clip with a `crop`, which the filter graph draws. Where the crop moves, the
picture is as large as it has to be, and its `offset` has keyframes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from cutroom.framing.crops import Crop
from cutroom.framing.steering import Waypoint

_SAME: Final = 0.002
"""Crops that differ by less, as shares of the picture, are one."""
_TOLERANCE: Final = Fraction(3, 8)  # of a frame, by which the renderer takes a picture early (`render.sampling`)


@dataclass(frozen=True, slots=True)
class Cutout:
    """The part of a recording that becomes a clip.

    Args:
        src: the recording, as documents name it.
        start: second at which the clip begins.
        frames: how many it has.
        fps: frames a second.
        size: width and height of the clip's picture in pixels.
        heard: seconds for which it is heard.
    """

    src: str
    start: Fraction
    frames: int
    fps: Fraction
    size: tuple[int, int]
    heard: Fraction

    @property
    def seconds(self) -> Fraction:
        """How long the clip is."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of the clip, the last excluded, that have one crop."""

    first: int
    last: int
    crop: Crop


def pieces_of(cutout: Cutout, crops: Sequence[Crop]) -> list[Piece]:
    """Which frames have which crop; neighbours that are cropped alike are one piece.

    A cut falls on the first frame that shows the new shot, whatever the rates of recording and clip are.
    """
    firsts = [max(0, math.ceil((crop.shot.start - cutout.start) * cutout.fps - _TOLERANCE)) for crop in crops]
    if firsts:
        firsts[0] = 0
    pieces: list[Piece] = []
    for crop, (first, last) in zip(crops, pairwise([*firsts, cutout.frames]), strict=True):
        last = min(last, cutout.frames)  # noqa: PLW2901
        if last <= first:
            continue
        if pieces and _alike(pieces[-1].crop, crop):
            pieces[-1] = Piece(pieces[-1].first, last, pieces[-1].crop)
        else:
            pieces.append(Piece(first, last, crop))
    return pieces


def picture_clips(cutout: Cutout, pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """The clips of the track with the pictures, as JSON; the sound is a clip of its own."""
    return [_clip(cutout, piece) for piece in pieces]


def sound_clip(cutout: Cutout) -> dict[str, Any]:
    """All the sound as one clip, so that no cut of the pictures is heard."""
    return {
        "asset": {"type": "audio", "src": cutout.src},
        "start": 0,
        "length": seconds(cutout.heard),
        "trim": seconds(cutout.start),
    }


def seconds(value: Fraction) -> float:
    """Seconds as a document has them: to the nanosecond, as it is read."""
    return round(float(value), 9)


def _alike(one: Crop, two: Crop) -> bool:
    if one.moves or two.moves or (one.reason == "pad") != (two.reason == "pad"):
        return False
    here, there = one.path[0], two.path[0]
    return abs(here.x - there.x) < _SAME and abs(here.y - there.y) < _SAME


def _clip(cutout: Cutout, piece: Piece) -> dict[str, Any]:
    start = Fraction(piece.first) / cutout.fps
    made: dict[str, Any] = {
        "asset": {"type": "video", "src": cutout.src},
        "start": seconds(start),
        "length": seconds(Fraction(piece.last - piece.first) / cutout.fps),
        "trim": seconds(cutout.start + start),
        "volume": 0,
    }
    crop = piece.crop
    if crop.reason == "pad":
        return {**made, "fit": "blur"}
    if not crop.moves:
        return {**made, **_cropped(crop)}
    return {**made, **_following(crop, cutout, cutout.start + start)}


def _cropped(crop: Crop) -> dict[str, Any]:
    """What a crop that stands still leaves out."""
    place = crop.path[0]
    sides = {
        "left": place.x - crop.width / 2,
        "right": 1 - place.x - crop.width / 2,
        "top": place.y - crop.height / 2,
        "bottom": 1 - place.y - crop.height / 2,
    }
    left_out = {name: round(share, 5) for name, share in sides.items() if share > _SAME / 4}
    return {"crop": left_out} if left_out else {}


def _following(crop: Crop, cutout: Cutout, begin: Fraction) -> dict[str, Any]:
    """A picture larger than the clip's, moved under it; keyframes count from the start of the clip."""
    width, height = cutout.size
    made: dict[str, Any] = {
        "fit": "fill",
        "size": {"width": _even(width / crop.width), "height": _even(height / crop.height)},
        "position": "top-left",
    }
    offset: dict[str, Any] = {}
    if crop.width < 1:
        offset["x"] = _keyframes([(at.at - begin, (crop.width / 2 - at.x) / crop.width) for at in crop.path])
    if crop.height < 1:
        offset["y"] = _keyframes([(at.at - begin, (crop.height / 2 - at.y) / crop.height) for at in crop.path])
    return {**made, "offset": offset}


def _keyframes(points: Sequence[tuple[Fraction, float]]) -> list[dict[str, Any]] | float:
    """Points as keyframes; what lies before the clip's start becomes the value that it has there."""
    later = [(at, value) for at, value in points if at > 0]
    earlier = [(at, value) for at, value in points if at <= 0]
    if earlier and later and earlier[-1][0] < 0:
        (one, before), (two, after) = earlier[-1], later[0]
        share = float(-one / (two - one))
        later.insert(0, (Fraction(0), before + (after - before) * share))
    elif earlier:
        later.insert(0, (Fraction(0), earlier[-1][1]))
    if all(abs(value - later[0][1]) < _SAME for _, value in later):
        return round(later[0][1], 5)
    return [{"at": seconds(at), "value": round(value, 5)} for at, value in later]


def _even(side: float) -> int:
    return 2 * round(side / 2)


def window(crop: Crop, at: Fraction) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown at a second of the recording, in shares of its picture."""
    x, y = _between(crop.path, at)
    return x - crop.width / 2, y - crop.height / 2, crop.width, crop.height


def _between(path: Sequence[Waypoint], at: Fraction) -> tuple[float, float]:
    """Where a path is at a time."""
    if at <= path[0].at:
        return path[0].x, path[0].y
    for one, two in pairwise(path):
        if at <= two.at:
            share = float((at - one.at) / (two.at - one.at))
            return one.x + (two.x - one.x) * share, one.y + (two.y - one.y) * share
    return path[-1].x, path[-1].y
