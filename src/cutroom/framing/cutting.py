"""Where one shot ends and the next begins: PySceneDetect proposes, and what is no cut is left out.

PySceneDetect's adaptive detector compares the change of each picture with those around it, which fast pans do not get
past. Three things still do, each of which is looked at here: flashes (the picture before is there again soon after),
the hues of pictures that are nearly black, and films of fewer pictures than their file has frames, whose every new
picture stands out among the repeated ones.
"""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors.adaptive_detector import AdaptiveDetector

Picture = NDArray[np.uint8]

_RATIO: Final = 3.0  # the best of the author's sweep lies between 3 and 3.5
_LEAST_SCORE: Final = 8.0  # of 255; below his 15, because what follows is asked too
_WINDOW: Final = 2
_THUMB: Final = (32, 18)
_LEAST_JUMP: Final = 4.0
"""Mean difference, of 255, of the thumbnails on both sides of a cut. Two night scenes differ by more, and noise by
less."""
_REPEATED: Final = 0.5
"""Mean difference, of 255, below which a picture only repeats the one before; what encoders change is about 0.2."""
_MOST_REPEATED: Final = 4
"""Repeated pictures that are passed over at a time: with 5 frames for each picture, 12 a second become 60. The
pictures of a slide show are repeated longer, and count."""
_FLASH_S: Final = 0.3
"""A picture that is there again so soon was never gone; photographers' flashes last a tenth of a second."""
_SAME: Final = 0.4
"""Share of a jump below which the pictures around it are the same."""
_BLACK: Final = 32
"""Lightness, of 255, that no part of a black picture reaches. Night scenes have lights."""
_LIT: Final = 64
"""Lightness that some part of the picture has to reach between two black runs; else they are one."""
_SOFT: Final = 12.0
"""A picture fades into black when the last step is smaller than this; a cut to black is as large as its picture."""
_LONG_BLACK_S: Final = 0.5
"""Black between two cuts that lasts so long is a shot of its own."""
_CLOCK: Final = 25.0
"""PySceneDetect counts in its own timecodes; any rate will do."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The first picture of a shot: its number, its timestamp in ticks, and whether it comes through black."""

    number: int
    pts: int
    faded: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """What is remembered of a picture: where it stands, and a thumbnail."""

    at: Boundary
    thumb: NDArray[np.float32]


@dataclass(slots=True)
class _Black:
    """A run of black pictures: each of them, the picture after them, and how large the steps into and out of it are."""

    pictures: list[Boundary]
    entered: float
    after: Boundary | None = None
    left: float = 0.0
    peak: float = 0.0  # of the pictures that follow, until the next run


class Cutter:
    """Finds the boundaries of shots in small pictures (BGR) that come in the order of time.

    Args:
        fps: pictures a second, about.
    """

    def __init__(self, fps: float) -> None:
        self._reach = max(3, round(_FLASH_S * fps))
        self._long_black = max(2, round(_LONG_BLACK_S * fps))
        self._detector = AdaptiveDetector(
            adaptive_threshold=_RATIO, min_scene_len=1, window_width=_WINDOW, min_content_val=_LEAST_SCORE
        )
        # A candidate is told some pictures late, and is looked at when as many lie behind it as before it.
        self._looks: deque[_Look] = deque(maxlen=2 * self._reach + (_WINDOW + 2) * (_MOST_REPEATED + 1))
        self._waiting: deque[int] = deque()
        self._last: Picture | None = None
        self._repeats = 0
        self._cuts: list[Boundary] = []
        self._blacks: list[_Black] = []

    def feed(self, number: int, pts: int, picture: Picture) -> float:
        """Take the next picture; the mean difference, of 255, from the one before."""
        at = Boundary(number, pts)
        look = _Look(at, cv2.resize(picture, _THUMB, interpolation=cv2.INTER_AREA).astype(np.float32))
        self._follow_black(look)
        self._looks.append(look)
        change = 255.0 if self._last is None else float(cv2.absdiff(picture, self._last).mean())
        self._last = picture
        if not self._repeats_itself(change):
            found: list[Any] = self._detector.process_frame(FrameTimecode(number, _CLOCK), picture)
            self._waiting.extend(timecode.frame_num for timecode in found)
        while self._waiting and self._waiting[0] + self._reach <= number:
            self._judge(self._waiting.popleft())
        return change

    def finish(self) -> list[Boundary]:
        """All boundaries, when there are no more pictures."""
        while self._waiting:
            self._judge(self._waiting.popleft())
        found = {cut.number: cut for cut in self._cuts}
        for black in _merged(self._blacks):
            self._settle(black, found)
        return [found[number] for number in sorted(found)]

    def _repeats_itself(self, change: float) -> bool:
        """Whether a picture only repeats the last one, and may be passed over."""
        if change >= _REPEATED:
            self._repeats = 0
            return False
        self._repeats += 1
        return self._repeats <= _MOST_REPEATED

    def _judge(self, number: int) -> None:
        """Keep a candidate if it is a cut."""
        before = [look for look in self._looks if number - self._reach <= look.at.number < number]
        after = [look for look in self._looks if number <= look.at.number <= number + self._reach]
        if not before or not after:
            return
        jump = _difference(before[-1], after[0])
        same = any(_difference(one, two) < _SAME * jump for one in before for two in after)
        if jump >= _LEAST_JUMP and not same:
            self._cuts.append(after[0].at)

    def _follow_black(self, look: _Look) -> None:
        """Begin, continue or end a run of black pictures."""
        last = self._looks[-1] if self._looks else None
        peak = float(look.thumb.max())
        black = self._blacks[-1] if self._blacks else None
        running = black is not None and black.after is None
        if peak < _BLACK and black is not None and running:
            black.pictures.append(look.at)
        elif peak < _BLACK:
            self._blacks.append(_Black([look.at], _difference(last, look) if last is not None else 0.0))
        elif black is not None:
            if running and last is not None:
                black.after, black.left = look.at, _difference(last, look)
            black.peak = max(black.peak, peak)

    def _settle(self, black: _Black, found: dict[int, Boundary]) -> None:
        """Decide which boundary a black run stands for, if any."""
        first, after = black.pictures[0], black.after
        last = black.pictures[-1].number if after is None else after.number
        begins, ends = first.number == 0, after is None  # a film may come out of black, and end in it
        soft_in = black.entered < _SOFT and not begins
        soft_out = black.left < _SOFT and not ends
        if soft_in or soft_out:
            for number in range(first.number - self._reach, last + self._reach + 1):
                found.pop(number, None)
        if begins or after is None:
            return
        if soft_in or soft_out:
            at = black.pictures[len(black.pictures) // 2] if soft_in and soft_out else first if soft_out else after
            found[at.number] = Boundary(at.number, at.pts, faded=True)
        elif len(black.pictures) < self._long_black and after.number in found:
            found.pop(first.number, None)


def _merged(blacks: list[_Black]) -> list[_Black]:
    """The runs, those as one between which nothing lights up."""
    merged = blacks[:1]
    for last, black in pairwise(blacks):
        if last.peak >= _LIT:
            merged.append(black)
        else:
            whole = merged[-1]
            whole.pictures += black.pictures
            whole.after, whole.left, whole.peak = black.after, black.left, black.peak
    return merged


def _difference(one: _Look, two: _Look) -> float:
    return float(np.abs(one.thumb - two.thumb).mean())
