"""Makes three of the media of this folder: a planet before a green screen, brush strokes, and where the rocket is."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
GREEN = np.array([0, 177, 64], np.float32)
Picture = NDArray[np.uint8]
Field = NDArray[np.float32]


def noise(seed: int, height: int, width: int, reach: tuple[float, float]) -> Field:
    """Soft noise from 0 to 1 that joins its own left side; `reach` is its grain across and down, in pixels."""
    rough = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    wide = np.concatenate([rough, rough, rough], axis=1)
    smooth = cv2.GaussianBlur(wide, (0, 0), reach[0], sigmaY=reach[1])[:, width : 2 * width]
    return np.clip(0.5 + smooth / (5 * float(smooth.std())), 0, 1).astype(np.float32)


def rise(x: Field, low: float, high: float) -> Field:
    """From 0 at `low` to 1 at `high`, with a level start and end."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blend(below: Field, above: Field, share: Field) -> Field:
    return below + (above - below) * share[..., None]


def planet(size: int = 720, frames: int = 125) -> Iterator[Picture]:
    """A ringed planet that turns, lit from the upper left; its edges are half a pixel soft."""
    belts = noise(3, 512, 1024, (1e3, 9))[:, :1]
    storms = noise(5, 512, 1024, (60, 5)) * 0.6 + noise(7, 512, 1024, (20, 3)) * 0.4
    grooves = noise(11, 1, 512, (3, 1))[0]
    pixel = 1 / (0.29 * size)
    y, x = ((np.mgrid[0:size, 0:size] + 0.5 - size / 2) * pixel).astype(np.float32)
    radius = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - radius**2, 0, 1))
    light = -0.56 * x - 0.5 * y + 0.66 * z
    across, up = x * np.cos(0.35) + y * np.sin(0.35), -x * np.sin(0.35) + y * np.cos(0.35)
    far = np.hypot(across, up / 0.27)
    ring = rise(far, 1.28, 1.30) * rise(-far, -1.78, -1.76) * (1 - 0.93 * rise(-np.abs(far - 1.53), -0.025, -0.012))
    groove = np.interp(far, np.linspace(1.25, 1.8, 512), grooves).astype(np.float32)
    shaded = 1 - 0.85 * rise(-across, -1.26, -1.0) * (across > 0) * (up < 0)
    dust = np.array([236, 214, 196], np.float32) * ((0.5 + 0.6 * groove) * shaded)[..., None]
    ball = np.clip((1 - radius) / pixel + 0.5, 0, 1)
    under = np.hypot(across, (up - 0.07) / 0.27)
    cast = 1 - 0.5 * rise(under, 1.2, 1.34) * rise(-under, -1.86, -1.72) * (up > 0)
    latitude = np.arcsin(np.clip(up / np.maximum(np.sqrt(1 - (up * 0.2) ** 2), 0.1), -1, 1)) / np.pi + 0.5
    colors = np.array([[196, 92, 58], [240, 176, 112], [255, 226, 180]], np.float32)
    for number in range(frames):
        longitude = np.arctan2(across, z) / (2 * np.pi) + number / 125 * 0.3
        row = (latitude * 511).astype(np.float32)
        storm = cv2.remap(storms, (longitude % 1 * 1023).astype(np.float32), row, cv2.INTER_LINEAR)
        bent = np.clip(row + 26 * (storm - 0.5), 0, 511).astype(np.float32)
        tone = np.clip(1.5 * cv2.remap(belts, np.zeros_like(bent), bent, cv2.INTER_LINEAR) - 0.28 + 0.3 * storm, 0, 1)
        skin = np.stack([np.interp(tone, (0, 0.5, 1), colors[:, one]) for one in range(3)], axis=-1).astype(np.float32)
        lit = skin * (0.05 + 0.92 * rise(light, -0.12, 1.0) * cast)[..., None]
        lit += np.array([255, 170, 120], np.float32) * (0.5 * (1 - z) ** 3 * rise(light, -0.5, 0.6))[..., None]
        picture = np.broadcast_to(GREEN, (size, size, 3)).astype(np.float32)
        picture = blend(picture, dust, ring * (up < 0))
        picture = blend(picture, lit, ball)
        yield blend(picture, dust, ring * (up >= 0)).clip(0, 255).astype(np.uint8)


def strokes(width: int = 960, height: int = 540, frames: int = 105) -> Iterator[Picture]:
    """White strokes of a dry brush, to and fro down a black picture; at the end the paint has run together."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    hairs = noise(21, height, width, (90, 0.9))
    paper = noise(23, height, width, (1.2, 1.2))
    count = 6
    for number in range(frames):
        now = number / (frames - 1)
        sheet = np.zeros((height, width), np.float32)
        for stroke in range(count):
            part = np.clip((now / 0.8 - 0.85 * stroke / count) / 0.22, 0, 1)
            if part <= 0:
                continue
            way = x / width if stroke % 2 == 0 else 1 - x / width
            middle = (
                (stroke + 0.5) / count * height
                + (56 if stroke % 2 == 0 else -56) * (way - 0.5)
                + 7 * np.sin(5 * way + stroke)
            )
            aside = np.abs(y - middle) / (height / count * 0.74)
            hair = np.roll(hairs, 137 * stroke, axis=0)
            front = -0.1 + 1.35 * (1 - (1 - part) ** 2)
            wet = 1.25 - way * 0.45 + rise(np.float32(now), 0.7, 1.0) * 1.2
            ink = wet - 0.75 * (1 - hair) - 0.25 * paper - rise(aside, 0.62, 1.0) * 1.3
            sheet = np.maximum(sheet, rise(ink, 0.1, 0.3) * rise(front - way + 0.16 * (hair - 0.5), -0.01, 0.03))
        sheet = np.maximum(sheet, rise(np.float32(now), 0.9, 1.0))
        yield np.repeat((sheet * 255).astype(np.uint8)[..., None], 3, axis=2)


def rocket_matte() -> Picture:
    """White where the rocket stands, which is not as blue as the sky behind it."""
    blue, _, red = (cv2.imread(str(HERE / "rocket.jpg")).astype(np.float32)[..., one] for one in range(3))
    found = rise(red - 0.62 * blue, 6, 26)
    found[:, :300] = found[:, 346:] = 0
    whole = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return (cv2.resize(whole, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).clip(0, 1) * 255).astype(np.uint8)


def film(path: Path, pictures: Iterator[Picture], fps: int, crf: int) -> None:
    """Write pictures to an H.264 file."""
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=fps, options={"crf": str(crf), "preset": "slow"})
        for number, pixels in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, fps)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


if __name__ == "__main__":
    film(HERE / "planet-green.mp4", planet(), 25, 23)
    film(HERE / "strokes.mp4", strokes(), 30, 27)
    cv2.imwrite(str(HERE / "rocket-matte.png"), rocket_matte())
    print("made planet-green.mp4, strokes.mp4 and rocket-matte.png")
