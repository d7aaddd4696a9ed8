"""Painted clips and what comes out of them, without ffmpeg in between where that is enough."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutroom.render.layers import layer, picture
from cutroom.render.paint.painter import Painter
from cutroom.render.painting import PaintedLayer
from cutroom.render.parts import Canvas
from cutroom.timeline.resolved import Color, Keyframe, Media, ResolvedClip
from tests.render.studio import Studio

CANVAS = Canvas(320, 180, Fraction(30), Color(0, 0, 0))
Frame = NDArray[np.uint8]


def planned(clip: ResolvedClip, canvas: Canvas = CANVAS) -> PaintedLayer:
    """The painted layer of a clip in a segment that is as long as the clip."""
    shown = picture(clip, canvas)
    assert shown is not None
    made = layer(shown, canvas, clip.start, clip.end + clip.tail)
    assert isinstance(made, PaintedLayer)
    return made


def painted(clip: ResolvedClip, studio: Studio | None = None, canvas: Canvas = CANVAS) -> list[Frame]:
    """Every frame of a clip as RGBA on the whole canvas, in straight alpha."""
    made = planned(clip, canvas)
    paths = {} if studio is None else {sha256: str(path) for sha256, path in studio.paths.items()}
    painter = Painter(made, paths)
    frames: list[Frame] = []
    for number in range(made.painting.frames):
        whole = np.zeros((canvas.height, canvas.width, 4), np.uint8)
        part, window = painter.frame(number), made.window
        target = whole[window.y : window.y + window.height, window.x : window.x + window.width]
        target[:, :, : part.shape[2]] = part
        if part.shape[2] == 3:
            target[:, :, 3] = 255
        frames.append(whole)
    painter.close()
    return frames


def centroid(frame: Frame) -> tuple[float, float]:
    """The middle of what is seen, weighted by alpha; edges of pixels are whole numbers."""
    alpha = frame[:, :, 3].astype(float)
    total = alpha.sum()
    xs, ys = np.arange(alpha.shape[1]) + 0.5, np.arange(alpha.shape[0]) + 0.5
    return float((alpha.sum(axis=0) * xs).sum() / total), float((alpha.sum(axis=1) * ys).sum() / total)


def keys(*pairs: tuple[Any, float], easing: Any = "linear") -> tuple[Keyframe, ...]:
    """A curve through values at seconds."""
    return tuple(Keyframe(Fraction(at), value, easing) for at, value in pairs)


async def kept(studio: Studio, name: str, pixels: NDArray[Any]) -> Media:
    """A picture with these pixels, as a PNG."""
    path: Path = studio.folder / name
    if not path.exists():
        Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return await studio.take(path)


def ramp(width: int = 320, height: int = 180) -> Frame:
    """Colours that change slowly in both directions, so that compression and scaling keep them."""
    x, y = np.arange(width)[None, :] / width, np.arange(height)[:, None] / height
    red, green = np.broadcast_to(255 * x, (height, width)), np.broadcast_to(255 * y, (height, width))
    return np.asarray(np.stack([red, green, 255 * (1 - x) * (1 - y) + 0 * red], axis=2), np.uint8)


def smooth(values: Sequence[float]) -> float:
    """The largest difference between two steps that follow each other."""
    return float(np.abs(np.diff(np.diff(values))).max())
