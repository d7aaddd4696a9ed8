"""Sound made visible: levels or bands of the moment, drawn anew for every frame."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cutroom.kit.later import later
from cutroom.media.timebase import Rational
from cutroom.render.artist import Pixels
from cutroom.render.drawing.paints import Field, covered, fill
from cutroom.render.sound.levels import levels, spectrum
from cutroom.render.source import zero
from cutroom.timeline.resolved import Waveform

if TYPE_CHECKING:
    import cv2
else:
    cv2 = later("cv2")

_PER_SECOND: Final = 60
"""Levels that are measured in a second of sound."""
_BLOCK_S: Final = 10
"""Sound is decoded in blocks of this many seconds, counted from the source's beginning."""
_WINDOW_S: Final = 3.0
"""Seconds of sound that the width of the picture shows, the present in the middle."""
_QUIET_DB, _LOUD_DB = -42.0, -6.0
"""Levels drawn as nothing and as full height: speech moves between -40 and -10 dBFS."""
_LEAST: Final = 0.02
"""Height of silence, so that the figure never vanishes."""
_FINE: Final = 2  # samples in each direction of a pixel


class WaveformArtist:
    """Draws a box of `width` by `height` pixels, `fps` pictures a second; `path` is the waveform's source."""

    def __init__(self, waveform: Waveform, *, path: Path, width: int, height: int, fps: Rational) -> None:
        self.size = (width, height)
        self._waveform = waveform
        self._fps = fps
        self._sound = _Sound(waveform, path)
        self._paint: Field = fill(waveform.paint, width, height)

    @property
    def still(self) -> bool:
        """Never."""
        return False

    def frame(self, number: int) -> Pixels:
        """The picture of the moment in the middle of a frame."""
        now = self._waveform.trim + (number + Fraction(1, 2)) / self._fps
        width, height = self.size
        heights = self._heights(float(now))
        sheet = np.zeros((height * _FINE, width * _FINE), np.uint8)
        _FIGURES.get(self._waveform.style, _bars)(sheet, heights, self._waveform)
        mask = cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
        return covered(self._paint, mask)

    def close(self) -> None:
        """Nothing is open."""

    def _heights(self, now: float) -> NDArray[np.float32]:
        """One height from 0 to 1 for each bar."""
        bars, smoothing = self._waveform.bars, self._waveform.smoothing
        blur_s = 0.015 + 0.2 * smoothing
        if self._waveform.style in {"spectrum", "circle"}:
            # Speech and music weaken towards high pitches, about as much as this lifts them.
            lift = np.linspace(0.85, 1.7, bars)
            return np.clip(self._sound.bands(now, blur_s) * lift, _LEAST, 1).astype(np.float32)
        offsets = (np.arange(bars) - (bars - 1) / 2) / bars * _WINDOW_S
        # Towards both ends the figure becomes lower: the eye goes to the present, and nothing jumps in at the edge.
        slope = np.cos(offsets / _WINDOW_S * np.pi).clip(0.0) ** 0.6
        return np.clip(self._sound.levels(now + offsets, blur_s) * slope, _LEAST, 1).astype(np.float32)


class _Sound:
    """Levels of a source around a moment, measured when they are first needed."""

    def __init__(self, waveform: Waveform, path: Path) -> None:
        audio = waveform.media.info.audio
        if audio is None:
            raise ValueError("a waveform needs sound")
        self._path, self._format, self._stream = path, waveform.media.info.format, audio.index
        self._zero = zero(waveform.media.info)
        self._bars = waveform.bars
        self._levels: dict[int, NDArray[np.float32]] = {}
        self._bands: dict[int, NDArray[np.float32]] = {}

    def levels(self, moments: NDArray[np.float64], blur_s: float) -> NDArray[np.float32]:
        """Heights at moments, in seconds from the source's beginning; nothing before it."""
        reach = 2 * blur_s
        first = int(np.floor((moments.min() - reach) * _PER_SECOND))
        last = int(np.ceil((moments.max() + reach) * _PER_SECOND)) + 1
        heights = _scaled(np.array([self._level(index) for index in range(first, last)], np.float32))
        smooth = _smoothed(heights, blur_s)
        return np.interp(moments * _PER_SECOND - first - 0.5, np.arange(len(smooth)), smooth).astype(np.float32)

    def bands(self, now: float, blur_s: float) -> NDArray[np.float32]:
        """Strength of each band of pitch around a moment."""
        middle, reach = int(now * _PER_SECOND), max(1, round(blur_s * _PER_SECOND))
        offsets = np.arange(-2 * reach, 2 * reach + 1)
        weights = np.exp(-0.5 * (offsets / reach) ** 2)
        around = np.stack([self._band(middle + int(offset)) for offset in offsets])
        return np.asarray((weights[:, None] * around).sum(axis=0) / weights.sum(), np.float32)

    def _level(self, index: int) -> float:
        block = self._block(index, self._levels, bands=False)
        return float(block[index % len(block)]) if index >= 0 else 0.0

    def _band(self, index: int) -> NDArray[np.float32]:
        block = self._block(max(index, 0), self._bands, bands=True)
        return np.asarray(block[index % len(block)] if index >= 0 else np.zeros(self._bars), np.float32)

    def _block(self, index: int, known: dict[int, NDArray[np.float32]], *, bands: bool) -> NDArray[np.float32]:
        number = index // (_BLOCK_S * _PER_SECOND)
        if number >= 0 and number not in known:
            while len(known) > 2:  # a picture looks a few seconds back and forth
                del known[min(known)]
            start, seconds = Fraction(number * _BLOCK_S), Fraction(_BLOCK_S)
            if bands:
                known[number] = spectrum(
                    self._path, self._format, self._stream, zero=self._zero, start=start, seconds=seconds,
                    per_second=_PER_SECOND, bands=self._bars,
                )  # fmt: skip
            else:
                known[number] = levels(
                    self._path, self._format, self._stream, zero=self._zero, start=start, seconds=seconds,
                    per_second=_PER_SECOND,
                )[:, 1]  # fmt: skip
        return known.get(number, np.zeros(1, np.float32))


def _scaled(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """From amplitude to height: decibels between quiet and loud."""
    decibels = 20 * np.log10(np.maximum(level, 1e-6))
    return np.clip((decibels - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0, 1).astype(np.float32)


def _smoothed(values: NDArray[np.float32], blur_s: float) -> NDArray[np.float32]:
    sigma = blur_s * _PER_SECOND
    reach = max(1, int(np.ceil(2 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel / kernel.sum(), mode="valid").astype(np.float32)


def _bars(sheet: Pixels, heights: NDArray[np.float32], waveform: Waveform) -> None:
    """Bars that stand on the lower edge."""
    height, width = sheet.shape[:2]
    pitch = width / len(heights)
    for number, value in enumerate(heights):
        _bar(sheet, waveform, (number + 0.5) * pitch, height - value * height, height, pitch)


def _mirror(sheet: Pixels, heights: NDArray[np.float32], waveform: Waveform) -> None:
    """Bars that grow up and down from the middle."""
    height, width = sheet.shape[:2]
    pitch = width / len(heights)
    for number, value in enumerate(heights):
        _bar(sheet, waveform, (number + 0.5) * pitch, height / 2 * (1 - value), height / 2 * (1 + value), pitch)


def _bar(sheet: Pixels, waveform: Waveform, x: float, top: float, bottom: float, pitch: float) -> None:
    thick = max(1.0, pitch * (1 - waveform.gap))
    if waveform.rounded:
        ends = [(x, min(top + thick / 2, (top + bottom) / 2)), (x, max(bottom - thick / 2, (top + bottom) / 2))]
        _lines(sheet, ends, thick)
        return
    corners = [(x - thick / 2, top), (x + thick / 2, top), (x + thick / 2, bottom), (x - thick / 2, bottom)]
    cv2.fillPoly(sheet, [_fixed(corners)], 255, shift=_SHIFT)


def _dots(sheet: Pixels, heights: NDArray[np.float32], waveform: Waveform) -> None:
    """A dot for every bar, as high as the bar would be above the middle."""
    height, width = sheet.shape[:2]
    pitch = width / len(heights)
    radius = max(1.0, pitch * (1 - waveform.gap) / 2)
    for number, value in enumerate(heights):
        for side in (-1, 1):
            centre = ((number + 0.5) * pitch, height / 2 + side * value * (height / 2 - radius))
            _lines(sheet, [centre, centre], 2 * radius)


def _line(sheet: Pixels, heights: NDArray[np.float32], waveform: Waveform) -> None:
    """One line that swings around the middle, to one side and the other by turns."""
    height, width = sheet.shape[:2]
    thick = max(2.0, height * 0.02)
    places = (np.arange(len(heights)) + 0.5) * width / len(heights)
    swing = heights * np.where(np.arange(len(heights)) % 2 == 0, 1, -1) * (height / 2 - thick)
    fine = np.arange(0, width, max(1, width // 800))
    # A cosine between neighbours: round crests, and no overshoot.
    index = np.clip((fine - places[0]) / (width / len(heights)), 0, len(heights) - 1.0001)
    whole = index.astype(int)
    share = (1 - np.cos((index - whole) * np.pi)) / 2
    y = height / 2 + swing[whole] * (1 - share) + swing[np.minimum(whole + 1, len(heights) - 1)] * share
    _lines(sheet, list(zip(fine.tolist(), y.tolist(), strict=True)), thick)


def _circle(sheet: Pixels, heights: NDArray[np.float32], waveform: Waveform) -> None:
    """Rays around a circle; low pitches at the top, both halves alike."""
    height, width = sheet.shape[:2]
    radius = min(width, height) / 2
    inner = radius * 0.55
    both = np.concatenate([heights, heights[::-1]])
    thick = max(1.0, 2 * np.pi * inner / len(both) * (1 - waveform.gap))
    for number, value in enumerate(both):
        turn = -np.pi / 2 + (number + 0.5) / len(both) * 2 * np.pi
        ends = [inner, inner + float(value) * (radius - inner - thick)]
        points = [(width / 2 + reach * np.cos(turn), height / 2 + reach * np.sin(turn)) for reach in ends]
        _lines(sheet, points, thick)


_FIGURES: Final = {"bars": _bars, "spectrum": _bars, "mirror": _mirror, "dots": _dots, "line": _line, "circle": _circle}
_SHIFT: Final = 4


def _fixed(points: Sequence[tuple[float, float]]) -> NDArray[np.int32]:
    return np.round((np.array(points) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _lines(sheet: Pixels, points: Sequence[tuple[float, float]], thick: float) -> None:
    """A line with round ends."""
    cv2.polylines(sheet, [_fixed(points)], False, 255, max(1, round(thick)), cv2.LINE_AA, _SHIFT)
