"""Filters on a picture. Each is a pure function of the picture, the amount and, for grain, the frame's number.

The colour looks work on sRGB bytes, as the filters of CSS do (Filter Effects 1, sections 9 to 13, whose matrices are
used); on a picture with transparency they work on its colours as they were before they were multiplied by alpha. An
`amount` of 0 changes nothing, except for the factors `brightness`, `saturation` and `gamma`, where 1 does, and `hue`,
which is in degrees.

Lengths are shares of the picture's height, so that a look is the same at every resolution: a whole `blur` has a sigma
of 5 % of it, a whole `pixelate` has blocks of 10 %, a `sharpen` reaches 0.15 %, `grain` is as fine as 1/720.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import cos, radians, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutroom.render.curve import value
from cutroom.render.paint.patch import Patch, entire
from cutroom.render.paint.warp import Picture
from cutroom.timeline.resolved.picture import Look, LookName

_BLUR: Final = 0.05
_BLOCKS: Final = 0.1
_SHARP: Final = 0.0015
_GRAIN_ROWS: Final = 720
_GRAIN_TILES: Final = 16
_SEED: Final = 77
_LEVELS: Final = np.arange(256, dtype=np.float64)
# Luma weights of CSS's matrices (those of Rec. 709, rounded as in the specification).
_R, _G, _B = 0.2126, 0.7152, 0.0722

Table = NDArray[np.uint8]
Mixing = NDArray[np.float64]


def look(picture: Picture, wanted: Look, frame: int, part: Patch | None = None) -> Picture:
    """The picture with a look.

    Args:
        picture: the picture.
        wanted: the look.
        frame: the clip's own number of it.
        part: which part of a larger one the picture is; None when it is whole, as one that is to be spread must be.
    """
    if wanted.name in _COLORS:
        return _colored(picture, wanted)
    if wanted.name in _SPREAD:
        return _SPREAD[wanted.name](picture, wanted.amount)
    part = part or entire((picture.shape[1], picture.shape[0]))
    if wanted.name == "grain":
        return _grained(picture, wanted.amount, frame, part)
    return _sharpened(picture, wanted.amount, part) if wanted.name == "sharpen" else _vignetted(picture, wanted, part)


def _colored(picture: Picture, wanted: Look) -> Picture:
    if wanted.name in _TABLES:
        return _straight(picture, lambda rgb: cv2.LUT(rgb, table(wanted)))
    if wanted.name in _MATRICES:
        return _straight(picture, lambda rgb: cv2.transform(rgb, _MATRICES[wanted.name](wanted.amount)))
    return _toned(picture, wanted)


def timed(wanted: Look, at: Fraction) -> Look:
    """A look as it is `at` seconds after the clip's start; easings that swing below nothing stay there."""
    if not wanted.course:
        return wanted
    amount = value(wanted.course, at)
    return Look(wanted.name, amount if wanted.name == "hue" else max(amount, 0.0))


def spreading(looks: tuple[Look, ...]) -> bool:
    """Whether a pixel of the result may depend on pixels that are far away."""
    return any(one.name in _SPREAD for one in looks)


def reach(looks: tuple[Look, ...]) -> float:
    """How far away they are at most otherwise, as a share of the picture's height."""
    return 4 * _SHARP * sum(one.name == "sharpen" for one in looks)


def pointwise(looks: tuple[Look, ...]) -> bool:
    """Whether every pixel of the result depends on that pixel alone, so that scaling may come before or after."""
    return all(one.name in _COLORS for one in looks)


@lru_cache(maxsize=64)
def table(wanted: Look) -> Table:
    """The table of a look that changes each channel on its own."""
    return np.asarray(np.clip(np.rint(_TABLES[wanted.name](wanted.amount)), 0, 255), np.uint8)


def blurred(picture: Picture, amount: float) -> Picture:
    """Softened by a Gaussian; a wide one is made on a smaller picture, where it costs a fraction."""
    sigma = max(amount, 0.0) * _BLUR * picture.shape[0]
    if sigma < 0.2:
        return picture
    height, width = picture.shape[:2]
    # The shrunk picture still has a sigma of 4 pixels or more, so that nothing of its grid is to be seen.
    times = 1
    while sigma / (times * 2) >= 4 and min(height, width) // (times * 2) >= 8:
        times *= 2
    if times == 1:
        return _bytes(cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    size = (-(-width // times), -(-height // times))
    edged = cv2.copyMakeBorder(picture, 0, size[1] * times - height, 0, size[0] * times - width, cv2.BORDER_REPLICATE)
    small = cv2.resize(edged, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / times, borderType=cv2.BORDER_REPLICATE)
    large = cv2.resize(small, (size[0] * times, size[1] * times), interpolation=cv2.INTER_LINEAR)
    return _bytes(np.ascontiguousarray(large[:height, :width]))


def pixelated(picture: Picture, amount: float) -> Picture:
    """In square blocks of one colour each, laid out from the middle."""
    height, width = picture.shape[:2]
    side = round(max(amount, 0.0) * _BLOCKS * height)
    if side < 2:
        return picture
    left, top = (-width % (2 * side)) // 2 % side, (-height % (2 * side)) // 2 % side
    right, bottom = -(width + left) % side, -(height + top) % side
    edged = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    whole = (edged.shape[1], edged.shape[0])
    small = cv2.resize(edged, (whole[0] // side, whole[1] // side), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, whole, interpolation=cv2.INTER_NEAREST)
    return _bytes(np.ascontiguousarray(large[top : top + height, left : left + width]))


def torn(picture: Picture, strength: float) -> Picture:
    """Stripes moved sideways, red and blue apart: by up to 8 % of the width; the same in every render."""
    height, width = picture.shape[:2]
    made = picture.copy()
    moves = np.random.default_rng(_SEED).uniform(-0.08, 0.08, 24)
    edges = [round(height * n / 24) for n in range(25)]
    for top, bottom, move in zip(edges, edges[1:], moves, strict=False):
        made[top:bottom] = np.roll(made[top:bottom], round(move * width * strength), axis=1)
    apart = round(0.01 * width * strength)
    made[:, :, 0] = np.roll(made[:, :, 0], apart, axis=1)
    made[:, :, 2] = np.roll(made[:, :, 2], -apart, axis=1)
    if made.shape[2] == 4:  # colours that moved beyond their alpha would be brighter than white
        made[:, :, :3] = np.minimum(made[:, :, :3], made[:, :, 3:])
    return made


def _straight(picture: Picture, change: Callable[[Picture], cv2.typing.MatLike]) -> Picture:
    """Change the colours as they are without alpha."""
    if picture.shape[2] == 3:
        return _bytes(change(picture))
    straight = _bytes(cv2.cvtColor(picture, cv2.COLOR_mRGBA2RGBA))
    rgb = _bytes(change(_bytes(cv2.cvtColor(straight, cv2.COLOR_RGBA2RGB))))
    made = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)
    cv2.mixChannels([straight], [made], [3, 3])
    return _bytes(cv2.cvtColor(made, cv2.COLOR_RGBA2mRGBA))


def _toned(picture: Picture, wanted: Look) -> Picture:
    """`boost` has more contrast and colour, `muted` less: by half at the amount 1."""
    share = 0.5 * wanted.amount if wanted.name == "boost" else -0.5 * wanted.amount
    contrasted = look(picture, Look("contrast", share), 0)
    return _straight(contrasted, lambda rgb: cv2.transform(rgb, _saturate(1 + share)))


def _sharpened(picture: Picture, amount: float, part: Patch) -> Picture:
    sigma = max(_SHARP * part.whole[1], 0.6)
    soft = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    made = _bytes(cv2.addWeighted(picture, 1 + 1.5 * amount, soft, -1.5 * amount, 0))
    if made.shape[2] == 4:
        made[:, :, 3] = picture[:, :, 3]
        made[:, :, :3] = np.minimum(made[:, :, :3], made[:, :, 3:])
    return made


def _vignetted(picture: Picture, wanted: Look, part: Patch) -> Picture:
    return shaded(picture, _shade(part, round(wanted.amount, 6)))


def shaded(picture: Picture, shade: NDArray[np.uint8]) -> Picture:
    """Colours multiplied by a mask, transparency left as it is."""
    if picture.shape[2] == 3:
        return _bytes(cv2.multiply(picture, cv2.merge([shade] * 3), scale=1 / 255))
    whole = np.full_like(shade, 255)
    return _bytes(cv2.multiply(picture, cv2.merge([shade, shade, shade, whole]), scale=1 / 255))


@lru_cache(maxsize=4)
def _shade(part: Patch, amount: float) -> NDArray[np.uint8]:
    """Falls with the fourth power of the cosine of the angle of view, as a lens's light does; black corners at 1."""
    width, height = part.whole
    x = (np.arange(part.left, part.left + part.width) + 0.5) / width * 2 - 1
    y = (np.arange(part.top, part.top + part.height) + 0.5) / height * 2 - 1
    square = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    light = 1 - amount * (1 - (1 - square) ** 2)
    return np.asarray(np.clip(np.rint(light * 255), 0, 255), np.uint8)


def _grained(picture: Picture, amount: float, frame: int, part: Patch) -> Picture:
    """Noise that is the same in all three colours, another at every frame, the same in every render."""
    height, width = picture.shape[:2]
    size = max(1, round(part.whole[1] / _GRAIN_ROWS))
    rng = np.random.default_rng([_SEED, frame])
    above, before = part.top % size, part.left % size
    rows, columns = -(-(above + height) // size), -(-(before + width) // size)
    noise = _noise(amount)
    # A place in a large field of noise, chosen anew for each frame, is as good as new noise and much cheaper.
    top, left = (
        int(rng.integers(noise.shape[0])) + part.top // size,
        int(rng.integers(noise.shape[1])) + part.left // size,
    )
    down, across = (np.arange(rows) + top) % noise.shape[0], (np.arange(columns) + left) % noise.shape[1]
    tile = noise[down[:, None], across[None, :]]
    if size > 1:
        tile = cv2.resize(tile, (columns * size, rows * size), interpolation=cv2.INTER_NEAREST)
        tile = tile[above : above + height, before : before + width]
    change = cv2.merge([tile] * 3)
    return _straight(picture, lambda rgb: cv2.add(rgb, change, dtype=cv2.CV_8U))


@lru_cache(maxsize=4)
def _noise(amount: float) -> NDArray[np.int16]:
    field = np.random.default_rng(_SEED).normal(0, 48 * amount, (1021, 1531))
    return np.asarray(np.rint(field), np.int16)


def _saturate(s: float) -> Mixing:
    """CSS `saturate()`; `greyscale` is the same with less than 1."""
    return np.array(
        [
            [_R + (1 - _R) * s, _G - _G * s, _B - _B * s],
            [_R - _R * s, _G + (1 - _G) * s, _B - _B * s],
            [_R - _R * s, _G - _G * s, _B + (1 - _B) * s],
        ]
    )


def _sepia(amount: float) -> Mixing:
    whole = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    return np.asarray(np.eye(3) * (1 - amount) + whole * amount, np.float64)


def _hue(degrees: float) -> Mixing:
    """CSS `hue-rotate()`."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    luma = np.array([[0.213, 0.715, 0.072]] * 3)
    across = np.array([[0.787, -0.715, -0.072], [-0.213, 0.285, -0.072], [-0.213, -0.715, 0.928]])
    around = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    return np.asarray(luma + c * across + s * around, np.float64)


def _bytes(picture: NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    return np.asarray(picture, np.uint8)


_TABLES: Final[Mapping[LookName, Callable[[float], NDArray[np.float64]]]] = {
    "brightness": lambda amount: _LEVELS * amount,
    "contrast": lambda amount: (_LEVELS - 127.5) * (1 + amount) + 127.5,
    "gamma": lambda amount: 255 * (_LEVELS / 255) ** (1 / max(amount, 0.01)),
    "lighten": lambda amount: _LEVELS + (255 - _LEVELS) * amount * 0.5,
    "darken": lambda amount: _LEVELS * (1 - 0.5 * amount),
    "negative": lambda amount: _LEVELS + (255 - 2 * _LEVELS) * amount,
}
_MATRICES: Final[Mapping[LookName, Callable[[float], Mixing]]] = {
    "greyscale": lambda amount: _saturate(1 - amount),
    "saturation": _saturate,
    "sepia": _sepia,
    "hue": _hue,
}
_COLORS: Final[frozenset[LookName]] = frozenset({*_TABLES, *_MATRICES, "boost", "muted"})
_SPREAD: Final[Mapping[LookName, Callable[[Picture, float], Picture]]] = {"blur": blurred, "pixelate": pixelated}
