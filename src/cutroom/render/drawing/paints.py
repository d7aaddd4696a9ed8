"""Filling a rectangle with a colour or a gradient."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.artist import Pixels
from cutroom.timeline.resolved import Color, Gradient
from cutroom.timeline.resolved.shapes import Paint

Field = NDArray[np.float32]
_NOISE_SEED: Final = 0x5EED
_TILE: Final = 128


def fill(paint: Paint, width: int, height: int) -> Field:
    """A filled rectangle: (height, width, 4) floats from 0 to 255, colours multiplied by alpha.

    The colours of a gradient are mixed premultiplied in sRGB (CSS Images 4, 3.4.2), so a stop without opacity leaves no
    dark edge.
    """
    if isinstance(paint, Color):
        return np.broadcast_to(_premultiplied(paint), (height, width, 4))
    at = _along(paint, width, height)
    stops = sorted(paint.stops, key=lambda stop: stop.at)
    places = [stop.at for stop in stops]
    colors = np.stack([_premultiplied(stop.color) for stop in stops])
    channels = [np.interp(at, places, colors[:, channel]) for channel in range(4)]
    return np.stack(channels, axis=-1).astype(np.float32)


def covered(field: Field, mask: Field) -> Pixels:
    """A filled rectangle seen through a mask of (height, width) floats from 0 to 1.

    Values are rounded with a little noise, always the same: without it, slow gradients show steps in eight bits.
    """
    seen = field * mask[..., None]
    noise = np.tile(_noise(), (-(-mask.shape[0] // _TILE), -(-mask.shape[1] // _TILE)))[
        : mask.shape[0], : mask.shape[1]
    ]
    pixels = np.empty(seen.shape, np.uint8)
    np.minimum(np.floor(seen[..., 3] + 0.5), 255, out=seen[..., 3])
    pixels[..., 3] = seen[..., 3]
    for channel in range(3):
        # A premultiplied colour is never more than its alpha.
        pixels[..., channel] = np.clip(np.floor(seen[..., channel] + noise), 0, seen[..., 3])
    return pixels


def _along(gradient: Gradient, width: int, height: int) -> Field:
    """How far each pixel's middle lies along a gradient, from 0 to 1.

    A linear one reaches from corner to corner in its direction (CSS Images 4, 3.2.2); a radial one from the middle to
    the corners, as an ellipse of the box's proportions.
    """
    across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2)[None, :]
    down = (np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None]
    if gradient.form == "radial":
        reach: Field = np.hypot(across / (width / 2), down / (height / 2)).astype(np.float32)
        return np.divide(reach, np.sqrt(2), dtype=np.float32)
    angle = np.deg2rad(gradient.angle)
    right, below = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    length = abs(width * right) + abs(height * below)
    return ((across * right + down * below) / length + 0.5).astype(np.float32)


def _premultiplied(color: Color) -> Field:
    rgb = np.array([color.red, color.green, color.blue], np.float32) * color.alpha
    return np.append(rgb, np.float32(255 * color.alpha)).astype(np.float32)


def _noise() -> Field:
    """A tile of thresholds between 0 and 1 for rounding; the mean of the rounded value stays what it was."""
    return np.random.default_rng(_NOISE_SEED).random((_TILE, _TILE), np.float32)
