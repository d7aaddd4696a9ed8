"""Pictures laid into other pictures, to a fraction of a pixel.

A `Picture` is (height, width, 3) bytes of RGB where nothing is transparent, or (height, width, 4) bytes of RGBA with
the colours multiplied by alpha; so it can be interpolated, blurred and averaged without fringes.

Enlarging interpolates between pixels (bilinear; sources are brought to the largest size that is needed beforehand, with
a better filter). Shrinking takes averages: from a pyramid of halved pictures, and from two of its levels near the
border between them, so that nothing jumps when a scale changes slowly.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutroom.render.paint.pose import Matrix, scale_of

Picture = NDArray[np.uint8]

_BLENDED: Final = 0.75  # below this share of a level's size, the next one is mixed in
_SEEN: Final = 1e-3  # pixels of the result that a source covers at least, or nothing of it is there
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class Pyramid:
    """A picture and its halves, each made when it is first needed."""

    def __init__(self, picture: Picture) -> None:
        self._levels = [picture]

    @property
    def picture(self) -> Picture:
        """The picture at its full size."""
        return self._levels[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def level(self, number: int) -> Picture:
        """The picture, halved `number` times, or as often as it can be."""
        while len(self._levels) <= number:
            last = self._levels[-1]
            width, height = max(1, (last.shape[1] + 1) // 2), max(1, (last.shape[0] + 1) // 2)
            if (width, height) == (last.shape[1], last.shape[0]):
                return last
            self._levels.append(_bytes(cv2.resize(last, (width, height), interpolation=cv2.INTER_AREA)))
        return self._levels[number]


def laid(source: Pyramid, matrix: Matrix, size: tuple[int, int], *, framed: bool, smooth: bool = False) -> Picture:
    """A picture of `size` (width, height) into which the source is laid.

    Args:
        source: what is laid.
        matrix: takes points of the source to points of the result, both in pixels; edges of pixels are whole numbers.
        size: of the result.
        framed: whether the source's edge pixels go on beyond its edges. Otherwise nothing is there, and the result has
            an alpha channel.
        smooth: enlarge with the better filter here.
    """
    a, b, _, d, e, _ = matrix
    if not framed and abs(a * e - b * d) * source.size[0] * source.size[1] < _SEEN:
        return np.zeros((size[1], size[0], 4), np.uint8)  # OpenCV would fill all with the one pixel of the fixed point
    scale = max(scale_of(matrix), 1e-6)
    number = 0
    while scale * 2 ** (number + 1) <= 1 and number < 16:
        number += 1
    rest = scale * 2**number
    result = _warped(source, number, matrix, size, framed=framed, cubic=smooth and scale > 1)
    if rest >= _BLENDED:
        return result
    # Between one level and the next: the share goes from nothing at 3/4 to all at 1/2.
    share = min((_BLENDED - rest) / (_BLENDED - 0.5), 1.0)
    smaller = _warped(source, number + 1, matrix, size, framed=framed)
    return _bytes(cv2.addWeighted(result, 1 - share, smaller, share, 0))


def with_alpha(picture: Picture) -> Picture:
    """The picture with an alpha channel."""
    return picture if picture.shape[2] == 4 else _bytes(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA))


def through(matrix: Matrix, then: Matrix) -> Matrix:
    """First one, then the other."""
    a, b, c, d, e, f = matrix
    g, h, i, j, k, m = then
    return g * a + h * d, g * b + h * e, g * c + h * f + i, j * a + k * d, j * b + k * e, j * c + k * f + m


def scaled(x: float, y: float) -> Matrix:
    """The matrix that multiplies lengths."""
    return x, 0.0, 0.0, 0.0, y, 0.0


def moved(x: float, y: float) -> Matrix:
    """The matrix that moves points."""
    return 1.0, 0.0, x, 0.0, 1.0, y


def _warped(
    source: Pyramid, number: int, matrix: Matrix, size: tuple[int, int], *, framed: bool, cubic: bool = False
) -> Picture:
    picture = source.level(number)
    width, height = source.size
    if not framed:
        picture = with_alpha(picture)
    fitted = through(scaled(width / picture.shape[1], height / picture.shape[0]), matrix)
    if fitted == _IDENTITY and size == (picture.shape[1], picture.shape[0]):
        return picture
    a, b, c, d, e, f = fitted
    # OpenCV counts from the middle of the first pixel.
    centred = np.array([[a, b, c + (a + b) / 2 - 0.5], [d, e, f + (d + e) / 2 - 0.5]])
    border = cv2.BORDER_REPLICATE if framed else cv2.BORDER_CONSTANT
    way = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    made = _bytes(cv2.warpAffine(picture, centred, size, flags=way, borderMode=border))
    if cubic and made.ndim == 3 and made.shape[2] == 4:  # a colour that swings above its alpha would be too bright
        made[:, :, :3] = np.minimum(made[:, :, :3], made[:, :, 3:])
    return made


def _bytes(picture: NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    made: Picture = np.asarray(picture, np.uint8)
    return made
