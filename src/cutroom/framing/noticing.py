"""What is to be seen in a picture that a narrow crop must not miss: faces, and where something moves.

Faces are looked for in the whole picture once a second and after each sudden change, and else where they were: that
takes a tenth of the time. Between, a face that turns away is followed by the flow of its pixels for a while.
"""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

LONGER_PX: Final = 800
"""The longer side of what is looked at. A face of a twentieth of that, 40 pixels, is found: a photograph of one was
missed at 640."""
_EVERY: Final = 5  # pictures, of which there are five a second, for one that is searched as a whole
_PATIENCE: Final = 10  # pictures for which a face is followed without being found again
_LEAST: Final = 0.05  # of the longer side
_NEIGHBOURS: Final = 5
_NEAR: Final = 0.6  # of a face's width, around it, in which it is searched
_OVERLAP: Final = 0.25
_POINTS: Final = 6  # along each side of a face, that are followed
_RETURN_PX: Final = 1.5  # how far points may miss themselves when they are followed back
_STILL: Final = 14  # of 255: what noise and compression change
_MOTION_PX: Final = 160
_PATCH_PX: Final = 48
_SUDDEN: Final = 12.0


@dataclass(slots=True)
class _Track:
    """A face that is followed: its box (left, top, width, height in pixels), and how it looked last."""

    number: int
    box: NDArray[np.float64]
    missed: int = 0
    patch: Gray | None = None
    talk: float = 0.0
    eyes: int = 0


@dataclass(frozen=True, slots=True)
class _Cascades:
    """OpenCV's detectors."""

    front: Any
    side: Any
    eye: Any


class Noticer:
    """Follows faces and motion through pictures (grey, upright, five a second) that come in the order of time."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._cascades = _Cascades(
            cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml")),
            cv2.CascadeClassifier(str(folder / "haarcascade_profileface.xml")),
            cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml")),
        )
        self._tracks: list[_Track] = []
        self._numbers = count(1)
        self._last: Gray | None = None
        self._since = _EVERY

    def look(self, gray: Gray, change: float) -> dict[str, Any]:
        """What is seen in a picture, in shares of its width and height.

        Args:
            gray: the picture.
            change: the greatest mean difference, of 255, between two pictures since the last one that was given.

        Returns:
            `faces`, each with its number, left, top, width, height, whether it was found here (and not only followed),
            how much its mouth moves, and how many eyes are open (-1: not looked for); `motion`: centre across and down,
            spread across and down, share of the picture that moves; `sharp`: how sharp the picture is.
        """
        if change > _SUDDEN or (self._last is not None and self._last.shape != gray.shape):
            self._tracks, self._last, self._since = [], None, _EVERY
        even = np.asarray(cv2.equalizeHist(gray), np.uint8)
        whole = self._since >= _EVERY
        followed = self._followed(gray)
        found = self._search(even, whole=whole)
        self._since = 1 if whole else self._since + 1
        self._match(found, followed)
        height, width = gray.shape
        scale = np.array([width, height, width, height])
        faces = []
        for track in self._tracks:
            self._study(track, gray, even, eyes=whole)
            share = [round(float(value), 5) for value in track.box / scale]
            faces.append([track.number, *share, track.missed == 0, round(track.talk, 3), track.eyes])
        motion = self._motion(gray)
        self._last = gray
        return {"faces": faces, "motion": motion, "sharp": round(float(cv2.Laplacian(gray, cv2.CV_32F).var()), 1)}

    def _search(self, even: Gray, *, whole: bool) -> list[NDArray[np.float64]]:
        """Boxes of faces: in all of the picture, or near those that are known."""
        height, width = even.shape
        least = int(_LEAST * max(width, height))
        if whole:
            return _distinct(self._detected(even, least, max(width, height)))
        found: list[NDArray[np.float64]] = []
        for track in self._tracks:
            x, y, w, h = track.box
            left, top = max(0, int(x - _NEAR * w)), max(0, int(y - _NEAR * h))
            part = even[top : int(y + h + _NEAR * h), left : int(x + w + _NEAR * w)]
            if min(part.shape) < least:
                continue
            near = self._detected(np.ascontiguousarray(part), max(least, int(0.7 * w)), int(1.4 * w) + 1)
            found += [box + np.array([left, top, 0, 0]) for box in near]
        return _distinct(found)

    def _detected(self, even: Gray, least: int, most: int) -> list[NDArray[np.float64]]:
        """Faces seen from the front; and from either side, where there are none of those."""
        sizes = {"minSize": (least, least), "maxSize": (most, most), "minNeighbors": _NEIGHBOURS}
        front = [np.array(box, np.float64) for box in self._cascades.front.detectMultiScale(even, 1.1, **sizes)]
        if front:
            return front
        side = [np.array(box, np.float64) for box in self._cascades.side.detectMultiScale(even, 1.15, **sizes)]
        mirrored = np.ascontiguousarray(even[:, ::-1])
        for x, y, w, h in self._cascades.side.detectMultiScale(mirrored, 1.15, **sizes):
            side.append(np.array([even.shape[1] - x - w, y, w, h], np.float64))
        return side

    def _followed(self, gray: Gray) -> dict[int, NDArray[np.float64]]:
        """Where the pixels of each known face went, by the number of its track."""
        if self._last is None or not self._tracks:
            return {}
        steps = (np.arange(_POINTS) + 0.5) / _POINTS
        grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        starts = [track.box[:2] + grid * track.box[2:] for track in self._tracks]
        points = np.concatenate(starts).astype(np.float32)[:, None]
        flow: Any = cv2.calcOpticalFlowPyrLK  # its annotations leave out that points may be None
        there, good, _ = flow(self._last, gray, points, None, winSize=(21, 21), maxLevel=4)
        back, fine, _ = flow(gray, self._last, there, None, winSize=(21, 21), maxLevel=4)
        missed = np.linalg.norm(back - points, axis=2)[:, 0]
        kept = (good[:, 0] > 0) & (fine[:, 0] > 0) & (missed < _RETURN_PX)
        moved = (there - points)[:, 0]
        found: dict[int, NDArray[np.float64]] = {}
        for place, track in enumerate(self._tracks):
            own = slice(place * len(grid), (place + 1) * len(grid))
            if kept[own].sum() * 3 >= len(grid):
                found[track.number] = track.box + np.append(np.median(moved[own][kept[own]], axis=0), (0, 0))
        return found

    def _match(self, found: list[NDArray[np.float64]], followed: dict[int, NDArray[np.float64]]) -> None:
        """Give every known face its new box, and begin to follow those that are new."""
        kept: list[_Track] = []
        for track in sorted(self._tracks, key=lambda one: one.missed):
            expected = followed.get(track.number, track.box)
            best = max(found, key=lambda box: _overlap(box, expected), default=None)
            if best is not None and _overlap(best, expected) >= _OVERLAP:
                found = [box for box in found if box is not best]
                track.box, track.missed = best, 0
            elif track.number in followed and track.missed < _PATIENCE:
                track.box, track.missed = expected, track.missed + 1
            else:
                continue
            kept.append(track)
        self._tracks = kept + [_Track(next(self._numbers), box) for box in found]

    def _study(self, track: _Track, gray: Gray, even: Gray, *, eyes: bool) -> None:
        """See whether the mouth moves more than the forehead does, and on occasion whether the eyes are open."""
        x, y, w, h = (int(value) for value in track.box)
        part = gray[max(0, y) : y + h, max(0, x) : x + w]
        track.eyes = -1
        if min(part.shape) < 8:
            track.patch, track.talk = None, 0.0
            return
        patch = np.asarray(cv2.resize(part, (_PATCH_PX, _PATCH_PX), interpolation=cv2.INTER_AREA), np.uint8)
        if track.patch is not None:
            change = cv2.absdiff(patch, track.patch)
            third = _PATCH_PX // 3
            track.talk = float(change[2 * third :, third : 2 * third].mean()) / (float(change[:third].mean()) + 2.0)
        track.patch = patch
        if eyes and track.missed == 0:
            upper = np.ascontiguousarray(even[max(0, y) : y + int(0.6 * h), max(0, x) : x + w])
            track.eyes = len(self._cascades.eye.detectMultiScale(upper, 1.1, minNeighbors=3))

    def _motion(self, gray: Gray) -> list[float]:
        """Where something moves: centre, spread and share; all 0 when nothing does."""
        if self._last is None:
            return [0.0] * 5
        height, width = gray.shape
        size = (_MOTION_PX, max(2, round(_MOTION_PX * height / width)))
        now, then = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (gray, self._last))
        change = cv2.absdiff(now, then) > _STILL
        rows, columns = np.nonzero(change)
        if not len(rows):
            return [0.0] * 5
        x, y = columns / size[0], rows / size[1]
        share = len(rows) / change.size
        return [round(float(value), 4) for value in (np.median(x), np.median(y), x.std(), y.std(), share)]


def _distinct(boxes: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """The boxes, those that tell of the same face as one: the largest."""
    kept: list[NDArray[np.float64]] = []
    for box in sorted(boxes, key=lambda one: -float(one[2])):
        if all(_overlap(box, other) < _OVERLAP for other in kept):
            kept.append(box)
    return kept


def _overlap(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Intersection over union of two boxes."""
    corner = np.minimum(one[:2] + one[2:], two[:2] + two[2:]) - np.maximum(one[:2], two[:2])
    if corner.min() <= 0:
        return 0.0
    common = float(corner[0] * corner[1])
    return common / float(one[2] * one[3] + two[2] * two[3] - common)
