"""What is filmed: rooms, bodies, and a face that detectors know as one; BGR, and drawn the same every time."""

import math
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
SKINS = ((150, 180, 225), (110, 150, 205), (90, 120, 170))


def room(seed: int, width: int = 640, height: int = 360, *, light: float = 1.0) -> Picture:
    """A wall with things on it, unlike that of any other seed; `light` from 0 (night) to 1."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(40, 200, (2, 3)).astype(np.float32)
    slope = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    wall = np.broadcast_to(ends[0] * (1 - slope) + ends[1] * slope, (height, width, 3)).astype(np.uint8).copy()
    for _ in range(9 * width // 640):
        color = _color(rng)
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(30, 150)), int(rng.integers(20, 120))
        if rng.random() < 0.5:
            cv2.rectangle(wall, (x, y), (x + w, y + h), color, -1)
        else:
            cv2.ellipse(wall, (x, y), (w // 2, h // 2), 0, 0, 360, color, -1, cv2.LINE_AA)
    return _kept(wall * light)


def noisy(picture: Picture, rng: np.random.Generator, amount: float = 3.0) -> Picture:
    """A picture as a sensor sees it."""
    if not amount:
        return picture
    height, width = picture.shape[:2]
    grain = _grain(height, width)[int(rng.integers(0, 8))] * np.float32(amount)
    return _kept(picture + grain)


@cache
def _grain(height: int, width: int) -> NDArray[np.float32]:
    """Eight pictures of noise; which comes next is what looks alive."""
    return np.random.default_rng(11).standard_normal((8, height, width, 1), np.float32)


@cache
def face(size: int, skin: tuple[int, int, int] = SKINS[0], mouth: float = 0.0) -> Picture:
    """A face of `size` pixels from chin to hair, with alpha; `mouth` says how far it is open, from 0 to 1."""
    fine = 4
    height, width = size * fine, int(size * 0.78) * fine
    made = np.zeros((height, width, 4), np.uint8)
    shade = tuple(int(value * 0.72) for value in skin)
    shine = tuple(min(255, int(value * 1.1)) for value in skin)

    def oval(x: float, y: float, wide: float, high: float, color: Any, first: int = 0, last: int = 360) -> None:
        at = (int(width * x), int(height * y))
        axes = (int(width * wide), int(height * high))
        cv2.ellipse(made, at, axes, 0, first, last, (*color, 255), -1, cv2.LINE_AA)

    oval(0.5, 0.5, 0.49, 0.49, skin)
    oval(0.5, 0.16, 0.46, 0.17, (30, 40, 60), 180, 360)
    for x in (0.29, 0.71):
        oval(x, 0.385, 0.155, 0.075, shade)
        oval(x, 0.40, 0.105, 0.038, (240, 235, 235))
        oval(x, 0.40, 0.046, 0.036, (25, 30, 40))
        oval(x, 0.315, 0.15, 0.024, (55, 40, 30), 180, 360)
    middle, bridge = width // 2, (int(height * 0.40), int(height * 0.58))
    cv2.line(made, (middle, bridge[0]), (middle, bridge[1]), (*shine, 255), int(width * 0.07), cv2.LINE_AA)
    oval(0.5, 0.60, 0.11, 0.035, shade, 0, 180)
    oval(0.5, 0.76, 0.19, 0.022 + 0.05 * mouth, (150, 60, 70))
    soft: Any = cv2.GaussianBlur(made, (0, 0), fine * size / 120)
    return np.asarray(cv2.resize(soft, (width // fine, size), interpolation=cv2.INTER_AREA), np.uint8)


def person(
    onto: Picture, center: tuple[float, float], size: int, skin: tuple[int, int, int] = SKINS[0], mouth: float = 0.0
) -> None:
    """Draw somebody whose face is `size` pixels high and has its middle there, to a fraction of a pixel."""
    x, y = center
    shoulders = (round(x * 16), round((y + size * 1.25) * 16))
    axes = (round(size * 0.8 * 16), round(size * 0.85 * 16))
    cv2.ellipse(onto, shoulders, axes, 0, 180, 360, (120, 60, 40), -1, cv2.LINE_AA, 4)
    floor = (round((x + size * 0.8) * 16), onto.shape[0] * 16)
    cv2.rectangle(onto, (shoulders[0] - axes[0], shoulders[1]), floor, (120, 60, 40), -1, cv2.LINE_AA, 4)
    drawn = face(size, skin, round(mouth, 1))
    height, width = drawn.shape[:2]
    left, top = math.floor(x - width / 2), math.floor(y - height / 2)
    shift = np.array([[1, 0, x - width / 2 - left], [0, 1, y - height / 2 - top]], np.float32)
    placed: Any = cv2.warpAffine(drawn, shift, (width + 1, height + 1), flags=cv2.INTER_LINEAR)
    seen = (slice(max(0, top), top + height + 1), slice(max(0, left), left + width + 1))
    under = onto[seen]
    placed = placed[max(0, -top) :, max(0, -left) :][: under.shape[0], : under.shape[1]]
    alpha = placed[..., 3:].astype(np.float32) / 255
    onto[seen] = _kept(placed[..., :3] * alpha + under * (1 - alpha))


def _color(rng: np.random.Generator) -> tuple[int, int, int]:
    blue, green, red = (int(value) for value in rng.integers(20, 235, 3))
    return blue, green, red


def _kept(values: Any) -> Picture:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
