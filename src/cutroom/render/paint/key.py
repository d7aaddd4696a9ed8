"""A colour that becomes transparent, and pictures that decide how opaque others are."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutroom.render.paint.masks import Mask
from cutroom.render.paint.warp import Picture
from cutroom.timeline.resolved.picture import ChromaKey, MatteMode

# Cb and Cr of Rec. 709 (ITU-R BT.709-6, 3.3) without offset, times 255: -127.5 to 127.5.
_CHROMA = np.array(
    [[-0.2126 / 1.8556, -0.7152 / 1.8556, 0.9278 / 1.8556], [0.7874 / 1.5748, -0.7152 / 1.5748, -0.0722 / 1.5748]],
    np.float32,
)
_LARGEST = 127.5 * 2**0.5
"""The largest distance from grey: both differences at their end."""
_STRIPE = 16  # rows
_LUMA = np.array([[0.2126, 0.7152, 0.0722]], np.float32)


def keyed(picture: Picture, key: ChromaKey) -> Picture:
    """The picture without the key's colour; transparency that it has already is kept.

    Distance is that of the colour differences Cb and Cr of Rec. 709, which leave out brightness, so that shadows and
    creases of a lit screen vanish with it; it is a share of the largest distance from grey. Up to `threshold` a pixel
    vanishes, over `softness` more it comes back linearly.

    Spill is the light that the screen throws on what stands before it. It is taken away by limiting how far a pixel's
    colour leans towards the key's: to what leaves it on the neutral side, keeping its luma.
    """
    made = np.empty((*picture.shape[:2], 4), np.uint8)
    for top in range(0, len(picture), _STRIPE):  # which stays in the processor's cache
        made[top : top + _STRIPE] = _keyed(picture[top : top + _STRIPE], key)
    return made


def _keyed(picture: Picture, key: ChromaKey) -> Picture:
    alpha = picture[:, :, 3] if picture.shape[2] == 4 else None
    rgb = _bytes(cv2.cvtColor(picture, cv2.COLOR_mRGBA2RGBA))[:, :, :3] if alpha is not None else picture
    chroma = cv2.transform(rgb.astype(np.float32), _CHROMA)
    target = _CHROMA @ np.array([key.color.red, key.color.green, key.color.blue], np.float32)
    blue, red = cv2.split(chroma)
    distance = cv2.magnitude(blue - target[0], red - target[1]) / _LARGEST
    softness = max(key.softness, 1 / 255)
    kept = np.clip((distance - key.threshold) / softness, 0, 1)
    opaque = np.asarray(np.rint(kept * 255), np.uint8)
    if key.despill:
        rgb = _freed(rgb, blue, red, target)
    if alpha is not None:
        opaque = _bytes(cv2.multiply(opaque, alpha, scale=1 / 255))
    return _bytes(cv2.cvtColor(cv2.merge([*cv2.split(rgb), opaque]), cv2.COLOR_RGBA2mRGBA))


def matted(picture: Picture, mode: MatteMode) -> Mask:
    """How opaque a matte's picture makes what it is laid on: 255 wholly."""
    if mode.startswith("alpha"):
        mask = picture[:, :, 3].copy() if picture.shape[2] == 4 else np.full(picture.shape[:2], 255, np.uint8)
    else:
        # Colours are multiplied by alpha already: what is transparent is dark.
        luma = cv2.transform(np.ascontiguousarray(picture[:, :, :3]), _LUMA)
        mask = np.asarray(luma, np.uint8).reshape(picture.shape[:2])
    return np.asarray(255 - mask, np.uint8) if mode.endswith("inverted") else mask


def masked(picture: Picture, mask: Mask) -> Picture:
    """A picture with alpha, as opaque as the mask allows."""
    return _bytes(cv2.multiply(picture, cv2.merge([mask] * 4), scale=1 / 255))


def _freed(rgb: Picture, blue: NDArray[np.generic], red: NDArray[np.generic], target: NDArray[np.float32]) -> Picture:
    """Colours that do not lean towards the key's."""
    length = float(np.hypot(target[0], target[1]))
    if length < 1:
        return rgb  # grey throws no spill
    unit = target / length
    lean = np.maximum(np.asarray(blue, np.float32) * unit[0] + np.asarray(red, np.float32) * unit[1], 0)
    cb, cr = -lean * unit[0], -lean * unit[1]
    # The inverse of Rec. 709's matrix for a change of Cb and Cr at the same luma.
    change = cv2.merge([cr * 1.5748, cb * -0.187324 + cr * -0.468124, cb * 1.8556])
    return np.asarray(np.clip(np.rint(rgb.astype(np.float32) + change), 0, 255), np.uint8)


def _bytes(picture: NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    return np.asarray(picture, np.uint8)
