"""Filling a rectangle with a colour or a gradient."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.artist import Pixels
from cutroom.timeline.resolved import Color, Gradient
from cutroom.timeline.resolved.shapes import Paint

Field = NDArray[np.float32]
_NOISE_SEED: Final = 0x5EED
_TILE: Final = 128
_STRIPE: Final = 32  # rows; tiles are made of whole stripes


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
    field = np.empty((4, height, width), np.float32)
    for channel in range(4):
        field[channel] = np.interp(at, places, colors[:, channel])
    return np.moveaxis(field, 0, -1)


def covered(field: Field, mask: Field) -> Pixels:
    """A filled rectangle seen through a mask of (height, width) floats from 0 to 1.

    Values are rounded with a little noise, always the same: without it, slow gradients show steps in eight bits.
    """
    height, width = mask.shape
    tiles = np.tile(_noise(), (1, -(-width // _TILE)))[:, :width]
    pixels = np.zeros((height, width, 4), np.uint8)
    # In stripes, which stay in the processor's cache.
    for top in range(0, height, _STRIPE):
        rows = slice(top, min(top + _STRIPE, height))
        seen = mask[rows]
        if not seen.any():
            continue
        noise = tiles[top % _TILE : top % _TILE + len(seen)]
        alpha = np.minimum(np.floor(field[rows, :, 3] * seen + np.float32(0.5)), 255)
        pixels[rows, :, 3] = alpha
        for channel in range(3):
            # A premultiplied colour is never more than its alpha.
            pixels[rows, :, channel] = np.clip(np.floor(field[rows, :, channel] * seen + noise), 0, alpha)
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


@cache
def _noise() -> Field:
    """A tile of thresholds between 0 and 1 for rounding; the mean of the rounded value stays what it was."""
    return np.random.default_rng(_NOISE_SEED).random((_TILE, _TILE), np.float32)
