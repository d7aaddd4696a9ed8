"""Bringing pictures to sRGB, for `develop_child.py`: by an ICC profile, or by code points of ITU-T H.273."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Correction = Callable[[Image.Image], Image.Image]

PLAIN: Final = frozenset({1, 2, 4, 5, 6, 7, 13, 14, 15})
"""Transfers of H.273, table 3, that screens show as they are; others are for more light than those have."""
_TO_BT709: Final = {
    9: ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),  # ITU-R BT.2087, 2.3
    12: ((1.2249, -0.2247, -0.0002), (-0.0420, 1.0419, 0.0001), (-0.0197, -0.0786, 1.0979)),  # SMPTE EG 432-1
}
"""From light in wider primaries, by their number in H.273, table 2, to that of BT.709, which sRGB shares."""
_BAND: Final = 256  # rows that are worked on at once, where numbers take more room than pixels


class TooBright(ValueError):
    """The picture has more light than a screen shows: PQ or HLG."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How colours are written (`nclx`): code points of H.273, and whether black is 0 and white all ones."""

    primaries: int
    transfer: int
    matrix: int
    full: bool


def corrector(profile: bytes | None, coding: Coding | None) -> Correction:
    """What brings pictures to sRGB. A profile goes before what is said in numbers; a broken one says nothing."""
    if coding is not None and coding.transfer not in PLAIN:
        raise TooBright
    if profile is not None:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            return _by_profile(profile)
    wide = _TO_BT709.get(coding.primaries) if coding is not None else None
    return (lambda image: image) if wide is None else (lambda image: _narrowed(image, np.array(wide, np.float32)))


def _by_profile(profile: bytes) -> Correction:
    source = ImageCms.getOpenProfile(BytesIO(profile))
    if source.profile.xcolor_space.strip() != "RGB" or ImageCms.getProfileDescription(source).startswith("sRGB"):
        return lambda image: image
    made = ImageCms.buildTransform(
        source, ImageCms.createProfile("sRGB"), "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )

    def correct(image: Image.Image) -> Image.Image:
        turned = ImageCms.applyTransform(image if image.mode == "RGB" else image.convert("RGB"), made)
        if turned is None:
            raise ValueError("there is no picture")
        if image.mode == "RGBA":
            turned.putalpha(image.getchannel("A"))
        return turned

    return correct


def _narrowed(image: Image.Image, matrix: NDArray[np.float32]) -> Image.Image:
    """Colours of wider primaries in those of BT.709; what lies outside of those is cut off."""
    pixels = np.array(image)
    levels = np.arange(256, dtype=np.float32) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)
    fine = np.arange(4096, dtype=np.float32) / 4095
    back = np.where(fine <= 0.0031308, fine * 12.92, 1.055 * fine ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    shown = np.round(back * 255).astype(np.uint8)
    for top in range(0, len(pixels), _BAND):
        rows = pixels[top : top + _BAND]
        narrow = np.clip(light[rows[..., :3]] @ matrix.T, 0, 1)
        rows[..., :3] = shown[np.round(narrow * 4095).astype(np.uint16)]
    return Image.fromarray(pixels)
