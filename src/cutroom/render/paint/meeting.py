"""How a layer meets what lies below in the modes that take hue, saturation and luminosity apart.

Formulas: W3C Compositing and Blending 1, section 9.2, on sRGB values; luminosity is 0.3 R + 0.59 G + 0.11 B. What lies
below comes from a lossless film of the segment, made beforehand; the result takes the layer's transparency and is laid
over it like any other layer.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutroom.render.paint.colors import converted
from cutroom.render.paint.damaged import Damaged
from cutroom.render.paint.job import Order
from cutroom.render.paint.painter import Painter
from cutroom.render.paint.reader import Reader
from cutroom.render.paint.warp import Picture
from cutroom.render.painting import Window
from cutroom.timeline.resolved.picture import BlendMode

Plane = NDArray[np.float32]
Colors = tuple[Plane, Plane, Plane]

_TINY: Final = np.float32(1e-6)


class Below:
    """The frames that lie below a layer, from a film of the segment.

    Args:
        path: the film, in NUT.
        size: width and height of the canvas.
        window: the part that the layer can be seen in.
        alpha: whether the canvas can be transparent.
    """

    def __init__(self, path: str, size: tuple[int, int], window: Window, *, alpha: bool) -> None:
        self._reader = Reader(path, "nut")
        self._pictures = self._reader.pictures()
        self._size, self._window, self._alpha = size, window, alpha
        self._read = 0

    def frame(self, number: int) -> Picture:
        """The window at a frame of the segment, RGB or RGBA multiplied by alpha; asked for in rising order."""
        for _, picture in self._pictures:
            self._read += 1
            if self._read > number:
                return self._cut(converted(picture, self._size, alpha=self._alpha, hd=True))
        raise Damaged("what lies below ended early")

    def _cut(self, whole: Picture) -> Picture:
        window = self._window
        return np.ascontiguousarray(whole[window.y : window.y + window.height, window.x : window.x + window.width])

    def close(self) -> None:
        """Close the film."""
        self._reader.close()


class Meeting:
    """Paints a layer that mixes with what lies below in a mode that needs all colours of a pixel at once."""

    def __init__(self, painter: Painter, order: Order) -> None:
        if order.below is None:
            raise ValueError("there is nothing below")
        layer = order.layer
        size = (layer.painting.width, layer.painting.height)
        self._painter, self._layer = painter, layer
        self._below = Below(order.below, size, layer.window, alpha=order.alpha)

    def frame(self, number: int) -> Picture:
        """The window at a frame of the clip, as `Painter.frame` gives it."""
        below = self._below.frame(number - self._layer.at + self._layer.first)
        return met(below, self._painter.frame(number), self._layer.blend)

    def close(self) -> None:
        """Let go of files."""
        self._painter.close()
        self._below.close()


def met(below: Picture, layer: Picture, mode: BlendMode) -> Picture:
    """The layer with its colours mixed with those below.

    Args:
        below: RGB, or RGBA multiplied by alpha.
        layer: RGB, or RGBA in straight alpha, of the same size; the result is like it.
        mode: hue, saturation, color or luminosity.
    """
    there = below[:, :, 3] if below.shape[2] == 4 else None
    under = np.asarray(cv2.cvtColor(below, cv2.COLOR_mRGBA2RGBA), np.uint8) if there is not None else below
    source = _planes(layer)
    made = mixed(_planes(under), source, mode)
    if there is not None:  # where nothing lies below, the layer keeps its own colour
        share = there.astype(np.float32) / 255
        made = tuple(np.asarray(own + (mix - own) * share, np.float32) for own, mix in zip(source, made, strict=True))
    colors = [np.asarray(np.clip(np.rint(plane * 255), 0, 255), np.uint8) for plane in made]
    return np.asarray(cv2.merge([*colors, layer[:, :, 3]] if layer.shape[2] == 4 else colors), np.uint8)


def mixed(below: Colors, layer: Colors, mode: BlendMode) -> tuple[Plane, ...]:
    """The mode's B(Cb, Cs), for colours from 0 to 1."""
    if mode == "hue":
        return _with_luminosity(_with_saturation(layer, _saturation(below)), _luminosity(below))
    if mode == "saturation":
        return _with_luminosity(_with_saturation(below, _saturation(layer)), _luminosity(below))
    if mode == "color":
        return _with_luminosity(layer, _luminosity(below))
    if mode == "luminosity":
        return _with_luminosity(below, _luminosity(layer))
    raise ValueError(f"{mode} treats each colour on its own")


def _planes(picture: Picture) -> Colors:
    red, green, blue = (np.asarray(picture[:, :, n], np.float32) / np.float32(255) for n in range(3))
    return red, green, blue


def _luminosity(colors: Colors) -> Plane:
    red, green, blue = colors
    return np.asarray(red * np.float32(0.3) + green * np.float32(0.59) + blue * np.float32(0.11), np.float32)


def _saturation(colors: Colors) -> Plane:
    return np.asarray(np.max(colors, axis=0) - np.min(colors, axis=0), np.float32)


def _with_saturation(colors: Colors, saturation: Plane) -> Colors:
    least = np.asarray(np.min(colors, axis=0), np.float32)
    factor = saturation / np.maximum(_saturation(colors), _TINY)
    red, green, blue = (np.asarray((plane - least) * factor, np.float32) for plane in colors)
    return red, green, blue


def _with_luminosity(colors: Colors, luminosity: Plane) -> tuple[Plane, ...]:
    change = luminosity - _luminosity(colors)
    moved = [plane + change for plane in colors]
    least = np.minimum(np.minimum(moved[0], moved[1]), moved[2])
    # ClipColor (9.2): first what lies below black, then what is left above white.
    low = np.where(least < 0, luminosity / np.maximum(luminosity - least, _TINY), np.float32(1))
    moved = [luminosity + (plane - luminosity) * low for plane in moved]
    most = np.maximum(np.maximum(moved[0], moved[1]), moved[2])
    high = np.where(most > 1, (1 - luminosity) / np.maximum(most - luminosity, _TINY), np.float32(1))
    return tuple(luminosity + (plane - luminosity) * high for plane in moved)
