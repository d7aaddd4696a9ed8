"""The brushes of the pictures: skies, ridges, pines, glow, drifting noise. Every stroke comes from a fixed seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1280, 720
Picture = npt.NDArray[np.floating[Any]]
"""Rows, columns, and red, green, blue from 0 to 1."""
Field = npt.NDArray[np.floating[Any]]
Strip = npt.NDArray[np.floating[Any]]

ROWS: Field = np.arange(HEIGHT, dtype=np.float32)[:, None]
COLUMNS: Field = np.arange(WIDTH, dtype=np.float32)[None, :]


def rgb(text: str) -> Field:
    """A colour such as "#f2a07b" as three numbers from 0 to 1."""
    return np.frombuffer(bytes.fromhex(text.lstrip("#")), np.uint8).astype(np.float32) / 255


def smooth(x: Field | float) -> Field:
    """From 0 to 1 with a level start and end."""
    x = np.clip(np.asarray(x, np.float32), 0, 1)
    return x * x * (3 - 2 * x)


def sky(stops: list[tuple[float, str]]) -> Picture:
    """A vertical gradient: (share of the height from the top, colour) each."""
    at = np.array([share for share, _ in stops], np.float32)
    colors = np.stack([rgb(color) for _, color in stops])
    share = ROWS[:, 0] / (HEIGHT - 1)
    column = np.stack([np.interp(share, at, colors[:, channel]) for channel in range(3)], axis=-1)
    return np.repeat(column[:, None, :].astype(np.float32), WIDTH, axis=1)


def distance(x: float, y: float, squash: float = 1.0) -> Field:
    """Pixels from a point; `squash` above 1 makes rings wider than high."""
    return np.sqrt((COLUMNS - x) ** 2 + ((ROWS - y) * squash) ** 2)


def glow(picture: Picture, x: float, y: float, reach: float, color: str, strength: float, squash: float = 1.0) -> None:
    """Light around a point, added as a screen so that it never burns out."""
    light = strength * np.exp(-distance(x, y, squash) / reach)
    picture += (1 - picture) * light[:, :, None] * rgb(color)


def disk(picture: Picture, x: float, y: float, radius: float, color: str, strength: float = 1.0) -> None:
    """A filled circle with an edge one pixel soft."""
    cover(picture, strength * np.clip(radius - distance(x, y) + 0.5, 0, 1), rgb(color))


def cover(picture: Picture, mask: Field, color: Field) -> None:
    """Paint a colour (or a picture) where the mask says, in place."""
    picture += (color - picture) * mask[:, :, None]


@dataclass(frozen=True)
class Ridge:
    """A chain of hills as seen from afar.

    Args:
        line: height of the chain in pixels, along a strip much wider than the picture.
        base: row of the picture at which the height is 0.
        crest, foot: colours at the top of the hills and `depth` pixels below.
        drift: pixels a second that it moves to the left.
        trees: what stands on the hills, as another line; None for bare ones.
    """

    line: Strip
    base: float
    crest: str
    foot: str
    depth: float
    drift: float
    trees: Strip | None = None

    def paint(self, picture: Picture, seconds: float) -> None:
        """Lay the chain over the picture as it stands after `seconds`."""
        at = COLUMNS[0] + 200 + self.drift * seconds
        strip = np.arange(self.line.size)
        ground = ROWS - (self.base - np.interp(at, strip, self.line).astype(np.float32))[None, :]
        mist = smooth(ground / self.depth)[:, :, None]
        color = rgb(self.crest) + (rgb(self.foot) - rgb(self.crest)) * mist
        cover(picture, np.clip(ground + 0.5, 0, 1), color)
        if self.trees is not None:
            wood = ROWS - (self.base - np.interp(at, strip, self.trees).astype(np.float32))[None, :]
            cover(picture, np.clip(wood + 0.5, 0, 1) * (ground < 1), rgb(self.crest))


def chain(seed: int, height: float, coarse: float, rough: float, length: int = 2400) -> Strip:
    """A mountain line by midpoint displacement: peaks every `coarse` pixels, finer ones `rough` times as high."""
    rng = np.random.default_rng(seed)
    line = np.zeros(length)
    step, size = coarse, height
    while step > 3:
        knots = np.arange(0, length + 2 * step, step)
        line += np.interp(np.arange(length), knots, size * rng.uniform(-0.5, 0.5, knots.size))
        step, size = step / 2, size * rough
    return (line - line.min()).astype(np.float32)


def rolling(seed: int, height: float, waves: tuple[float, ...], length: int = 2400) -> npt.NDArray[np.float32]:
    """Soft hills: a few sine waves of the given lengths in pixels, the shorter the lower."""
    rng = np.random.default_rng(seed)
    at = np.arange(length)
    line = sum(wave / waves[0] * np.sin(2 * np.pi * (at / wave + rng.uniform())) for wave in waves)
    return (height * (np.asarray(line) - np.min(line)) / np.ptp(line)).astype(np.float32)


def pines(seed: int, ground: Strip, spacing: float, height: float) -> Strip:
    """A wood of conifers along the ground, in groves."""
    rng = np.random.default_rng(seed)
    line = ground - 50
    at = np.arange(ground.size, dtype=np.float32)
    x = 0.0
    while x < ground.size:
        grove = 0.5 + 0.5 * np.sin(x / 150 + seed) * np.sin(x / 67 + 2 * seed)
        tall = height * (0.42 + 0.58 * grove) * rng.uniform(0.7, 1.0)
        away = np.abs(at - x)
        near = away < 0.24 * tall
        boughs = 0.86 + 0.14 * np.abs(np.mod(away[near] / (0.045 * tall), 2) - 1)
        shape = tall * (1 - away[near] / (0.24 * tall)) * boughs - 4
        line[near] = np.maximum(line[near], ground[min(int(x), ground.size - 1)] + shape)
        x += spacing * rng.uniform(0.35, 1.2) * (2.6 - 2.1 * grove)
    return line


def clouds(seed: int, stretch: float, power: float, width: int = 2048) -> Field:
    """Noise like clouds, -1 to 1 or so, that joins with itself left and right; `stretch` draws it out sideways."""
    rng = np.random.default_rng(seed)
    across = np.fft.fftfreq(width)[None, :] * stretch
    down = np.fft.fftfreq(HEIGHT * 2)[:, None]
    size = np.sqrt(across**2 + down**2)
    size[0, 0] = 1
    spectrum = np.fft.fft2(rng.standard_normal((HEIGHT * 2, width))) / size**power
    spectrum[0, 0] = 0
    noise = np.fft.ifft2(spectrum).real[:HEIGHT]
    return (noise / noise.std() / 2).astype(np.float32)


def drifted(noise: Field, pixels: float) -> Field:
    """The part of the noise that is seen after it moved left by `pixels`."""
    whole, part = int(np.floor(pixels)), np.float32(pixels % 1)
    first = np.take(noise, np.arange(whole, whole + WIDTH) % noise.shape[1], axis=1)
    second = np.take(noise, np.arange(whole + 1, whole + 1 + WIDTH) % noise.shape[1], axis=1)
    return first + (second - first) * part


def finished(picture: Picture, grain: Field, vignette: float = 0.22) -> npt.NDArray[np.uint8]:
    """Darker corners, a breath of grain against banding, and 8 bits."""
    corner = distance(WIDTH / 2, HEIGHT / 2, 1.25) / 900
    picture = picture * (1 - vignette * smooth(corner))[:, :, None] + grain[:, :, None]
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
