"""Which part of a box is painted for a frame, and how finely, so that little is painted which nobody sees."""

from dataclasses import dataclass
from math import ceil, floor, hypot, sqrt
from typing import Final

from cutroom.render.paint.pose import Matrix, largest_scale
from cutroom.render.painting import CaptionSubject, Painting, TextSubject, Window

_LARGEST: Final = 8192  # pixels in one direction of what is painted at once; OpenCV's warping counts in 16 bits
_WHOLE: Final = 4  # canvases that a box which is painted whole may be as large as
_SMALL: Final = 1 << 18  # pixels that a box may always have
_MOST: Final = 8  # canvases that a part of a box may be as large as
_AROUND: Final = 4.0  # pixels of the canvas beside what is seen of it, for interpolation and halving
_GRID: Final = 64  # parts begin and end at such pixels: one that moves slowly stays for some frames
_LEAST: Final = 1e-6
_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a box, in pixels of the whole box as it is painted; `whole` is that one's width and height."""

    whole: tuple[int, int]
    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the part."""
        return self.width, self.height


def entire(size: tuple[int, int]) -> Patch:
    """All of a box."""
    return Patch(size, 0, 0, *size)


def raster(painting: Painting) -> tuple[int, int]:
    """The size of the box at which it is seen at its largest; letters are drawn no smaller than they are."""
    scale = largest_scale(painting)
    if isinstance(painting.subject, TextSubject | CaptionSubject):
        scale = max(scale, 1.0)
    return _sized(painting, scale)


def bounded(size: tuple[int, int], canvas: tuple[int, int]) -> tuple[int, int]:
    """The size of a box, or a smaller one that is not much more than the canvas: at that one a box is painted whole."""
    area = max(_WHOLE * canvas[0] * canvas[1], _SMALL)
    share = min(sqrt(area / (size[0] * size[1])), _LARGEST / max(size), 1.0)
    return size if share >= 1 else (max(1, floor(size[0] * share)), max(1, floor(size[1] * share)))


def patch(painting: Painting, size: tuple[int, int], matrix: Matrix, window: Window, reach: float) -> Patch | None:
    """What is to be painted of a box that is too large to be painted whole; None where nothing of it is seen.

    While its scale changes, the box is halved as often as the frame allows, and not made to measure: what is shown
    would be as soft as its pixels happen to lie, and flicker.

    Args:
        painting: what the box belongs to.
        size: of the box at its largest.
        matrix: takes points of the box to the canvas, at this frame.
        window: what is seen of the canvas.
        reach: how far around a pixel what becomes of it depends on others, as a share of the box's height.
    """
    seen = _seen(painting, matrix, window)
    if seen is None:
        return None
    a, b, _, d, e, _ = matrix
    wanted = max(hypot(a, d), hypot(b, e), _LEAST) * painting.box.width
    number = 0
    while size[0] >= wanted * 2 ** (number + 1) and number < _HALVINGS:
        number += 1
    while True:
        whole = max(1, round(size[0] / 2**number)), max(1, round(size[1] / 2**number))
        found = _cut(whole, seen, reach)
        if found.width * found.height <= _MOST * painting.width * painting.height + (4 * _GRID) ** 2 and (
            max(found.size) <= _LARGEST
        ):
            return found
        number += 1


def _sized(painting: Painting, scale: float) -> tuple[int, int]:
    return max(1, round(painting.box.width * scale)), max(1, round(painting.box.height * scale))


def _seen(painting: Painting, matrix: Matrix, window: Window) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of what the window shows of a box, as shares of its width and height."""
    a, b, c, d, e, f = matrix
    area = a * e - b * d
    if abs(area) < _LEAST**2:
        return None
    left, right = window.x - _AROUND - c, window.x + window.width + _AROUND - c
    top, bottom = window.y - _AROUND - f, window.y + window.height + _AROUND - f
    corners = [(x, y) for x in (left, right) for y in (top, bottom)]
    xs = [(e * x - b * y) / area / painting.box.width for x, y in corners]
    ys = [(a * y - d * x) / area / painting.box.height for x, y in corners]
    edges = max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), 1.0), min(max(ys), 1.0)
    return edges if edges[0] < edges[2] and edges[1] < edges[3] else None


def _cut(whole: tuple[int, int], seen: tuple[float, float, float, float], reach: float) -> Patch:
    spare = ceil(reach * whole[1])
    left, right = _stretch(seen[0] * whole[0] - spare, seen[2] * whole[0] + spare, whole[0])
    top, bottom = _stretch(seen[1] * whole[1] - spare, seen[3] * whole[1] + spare, whole[1])
    return Patch(whole, left, top, right - left, bottom - top)


def _stretch(first: float, last: float, most: int) -> tuple[int, int]:
    start = max(floor(first / _GRID) * _GRID, 0)
    return min(start, most - 1), min(ceil(last / _GRID) * _GRID, most)
