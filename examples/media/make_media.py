"""Makes the two moving pictures of this folder: a planet before a green screen, and brush strokes for a luma matte."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
GREEN = np.array([0, 177, 64], np.float32)
Picture = NDArray[np.uint8]


def planet(seconds: float, size: int = 540) -> Picture:
    """A ringed planet that turns, lit from the upper left."""
    fine = 2 * size
    y, x = np.mgrid[0:fine, 0:fine].astype(np.float32)
    x, y = (x - fine / 2) / (0.3 * fine), (y - fine / 2 - 0.02 * fine * np.sin(seconds * np.pi)) / (0.3 * fine)
    ball = x * x + y * y < 1
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    light = np.clip(0.12 + 0.95 * (-0.5 * x - 0.55 * y + 0.67 * z), 0.08, 1.1)[..., None]
    across = np.arctan2(x, z) + seconds * 1.2
    bands = 0.5 + 0.5 * np.sin(7 * y + 0.6 * np.sin(3 * across) + 0.4 * np.sin(5 * y))
    warm, pale = np.array([232, 120, 62], np.float32), np.array([250, 214, 160], np.float32)
    skin = (warm + (pale - warm) * bands[..., None]) * light
    tilt_x, tilt_y = x * np.cos(0.35) + y * np.sin(0.35), (-x * np.sin(0.35) + y * np.cos(0.35)) / 0.28
    radius = np.hypot(tilt_x, tilt_y)
    ring = (radius > 1.25) & (radius < 1.75) & ~((radius > 1.5) & (radius < 1.54))
    front = ring & ((tilt_y > 0) | ~ball)
    dust = np.array([214, 190, 230], np.float32) * (0.7 + 0.3 * np.sin(radius * 40))[..., None]
    picture = np.where(front[..., None], dust, np.where(ball[..., None], skin, GREEN))
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8)


def strokes(seconds: float, width: int = 640, height: int = 360) -> Picture:
    """White brush strokes that cover the black picture from the upper left to the lower right."""
    rng = np.random.default_rng(11)
    sheet = np.zeros((height, width), np.uint8)
    count = 9
    for number in range(count):
        done = np.clip((seconds / 2.2 - number / count * 0.65) / 0.35, 0, 1)
        if done <= 0:
            continue
        done = 1 - (1 - done) ** 3
        middle = (number + 0.5) / count * (height + 220) - 110
        for _ in range(110):
            offset, start, reach = rng.normal(0, 24), rng.uniform(-60, -10), rng.uniform(0.86, 1.08)
            end = start + (width + 90) * done * reach
            left = (round(start), round(middle + offset - 40))
            right = (round(end), round(middle + offset + (end - start) * 0.12 - 40))
            cv2.line(sheet, left, right, 255, int(rng.uniform(3, 14)), cv2.LINE_AA)
    return np.repeat(cv2.GaussianBlur(sheet, (0, 0), 0.8)[..., None], 3, axis=2)


def film(path: Path, frames: list[Picture], fps: int) -> None:
    """Write pictures to an H.264 file."""
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=fps, options={"crf": "20", "preset": "slow"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


if __name__ == "__main__":
    film(HERE / "planet-green.mp4", [planet(number / 25) for number in range(100)], 25)
    film(HERE / "strokes.mp4", [strokes(number / 25) for number in range(60)], 25)
    print("made planet-green.mp4 and strokes.mp4")
