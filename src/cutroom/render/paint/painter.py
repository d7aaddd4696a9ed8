"""The frames of a painted layer: what its subject shows, put through everything that the clip asks for.

In this order: the subject is cropped, mirrored and fitted into the box through the view; there the chroma key, the
looks, the matte, the corners and the masks and effects of passages work on it; then the box is moved, scaled and turned
into its place on the canvas, and the window is cut out. Opacity and fades of the clip are left to the filter graph,
which treats all layers alike.
"""

from fractions import Fraction
from typing import Final

import cv2
import numpy as np

from cutroom.render.curve import highest, steady, value
from cutroom.render.paint.contents import Content, content
from cutroom.render.paint.key import keyed, masked, matted
from cutroom.render.paint.looks import blurred, changing, look, pixelated, pointwise, torn
from cutroom.render.paint.masks import Mask, corners, uncovered
from cutroom.render.paint.passages import Stage
from cutroom.render.paint.pose import Matrix, Pose, largest_scale, moves, pose, upright
from cutroom.render.paint.warp import Picture, Pyramid, laid, scaled, through, with_alpha
from cutroom.render.painting import (
    CaptionSubject,
    ColorSubject,
    GradientSubject,
    ImageSubject,
    LoopSubject,
    PaintedLayer,
    Painting,
    ShapeSubject,
    TextSubject,
    WaveformSubject,
)
from cutroom.timeline.resolved.picture import View

_LARGEST_BOX: Final = 8192  # pixels in one direction in which a box is painted before it is moved
_SPARE: Final = 1.5  # how much finer a still is kept than it is shown while the view moves over it
_SHOWN: Final = 2000  # moments at which a view's zoom is looked at
_BACKDROP: Final = 8  # the blurred picture behind a padded one is made this much smaller
_BACKDROP_BLUR: Final = 0.04  # its sigma, as a share of its height


class Painter:
    """Paints one layer from a first frame on.

    Args:
        layer: the layer.
        paths: file of each source, by SHA-256.

    Raises:
        Damaged: when a source cannot be read; `frame` may raise it too.
    """

    def __init__(self, layer: PaintedLayer, paths: dict[str, str]) -> None:
        painting = layer.painting
        self._painting, self._window = painting, layer.window
        self._size = _raster(painting)
        self._content = content(
            painting.subject, paths, _wanted(painting, self._size), layer.at, painting.fps, painting.frames
        )
        self._matte = _matte(painting, paths, self._size, layer.at)
        self._corners = self._make_corners()
        self._early = pointwise(painting.looks) and self._content.still
        self._moving = moves(painting)
        self._rest = pose(painting, 0)
        self._view_moves = painting.view is not None and not _stands(painting.view)
        self._source: tuple[Picture, Pyramid] | None = None
        self._boxed: tuple[Pyramid, Picture | None, Pyramid] | None = None
        self._mask: tuple[Picture, Mask] | None = None
        self._nothing: Picture = np.zeros((layer.window.height, layer.window.width, 4), np.uint8)
        self._shown: tuple[Pyramid, Matrix, float, Picture] | None = None

    def frame(self, number: int) -> Picture:
        """The window at a frame of the clip: RGB when the painting is opaque, else RGBA with straight alpha.

        The same object again when nothing has changed; the caller does not write to it.
        """
        now = pose(self._painting, number) if self._moving else self._rest
        if now.opacity <= 0:
            return self._nothing
        box = self._staged(self._box(number), now.stages)
        shown = self._shown
        if shown is None or shown[0] is not box or shown[1:3] != (now.matrix, now.opacity):
            self._shown = shown = (box, now.matrix, now.opacity, self._drawn(box, now))
        return shown[3]

    def _drawn(self, box: Pyramid, now: Pose) -> Picture:
        """The window with the box in it, as it is sent."""
        shown = self._placed(box, now, (self._window.width, self._window.height))
        if self._painting.opaque:
            return np.ascontiguousarray(shown[:, :, :3])
        if now.opacity < 1:
            shown = np.asarray(cv2.convertScaleAbs(with_alpha(shown), alpha=now.opacity), np.uint8)
        return straight(with_alpha(shown))

    def close(self) -> None:
        """Let go of files."""
        self._content.close()
        if self._matte is not None:
            self._matte.close()

    def _make_corners(self) -> Mask | None:
        radius = self._painting.radius_px
        if radius <= 0:
            return None
        return corners(self._size, radius * self._size[0] / self._painting.box.width)

    def _box(self, number: int) -> Pyramid:
        """The box before passages: kept while nothing of it changes."""
        source = self._prepared(number)
        matte = self._matte.frame(number) if self._matte is not None else None
        fixed = not self._view_moves and not changing(self._painting.looks)
        if fixed and self._boxed is not None and self._boxed[0] is source and self._boxed[1] is matte:
            return self._boxed[2]
        box = self._fitted(source, number)
        if not self._early:
            for one in self._painting.looks:
                box = look(box, one, number)
        if matte is not None and self._painting.matte is not None:
            if self._mask is None or self._mask[0] is not matte:
                stretched = cv2.resize(
                    matted(matte, self._painting.matte.mode), self._size, interpolation=cv2.INTER_LINEAR
                )
                self._mask = (matte, np.asarray(stretched, np.uint8))
            box = masked(with_alpha(box), self._mask[1])
        if self._corners is not None:
            box = masked(with_alpha(box), self._corners)
        self._boxed = (source, matte, Pyramid(box))
        return self._boxed[2]

    def _prepared(self, number: int) -> Pyramid:
        """The subject, keyed, and with the looks that may come before scaling."""
        picture = self._content.frame(number)
        if self._source is not None and self._source[0] is picture:
            return self._source[1]
        made = picture
        if self._painting.chroma is not None:
            made = keyed(made, self._painting.chroma)
        if self._early:
            for one in self._painting.looks:
                made = look(made, one, number)
        self._source = (picture, Pyramid(made))
        return self._source[1]

    def _fitted(self, source: Pyramid, number: int) -> Picture:
        """The part of the subject that the view shows, at the box's size."""
        view = _view(self._painting.view, Fraction(number) / self._painting.fps, self._size)
        if self._painting.padded:
            return _padded(source, self._painting, view, self._size)
        return laid(source, through(_crop(self._painting, source.size, self._size), view), self._size, framed=True)

    def _staged(self, box: Pyramid, stages: tuple[Stage, ...]) -> Pyramid:
        """The box with what passages do to it besides moving it."""
        made = box.picture
        for stage in stages:
            if stage.effect == "blur":
                made = blurred(made, stage.strength)
            elif stage.effect == "pixelate":
                made = pixelated(made, stage.strength)
            elif stage.effect == "glitch":
                made = torn(made, stage.strength)
            if stage.mask is not None:
                made = masked(with_alpha(made), uncovered(stage.mask, stage.edge, self._size, onward=stage.onward))
        return box if made is box.picture else Pyramid(made)

    def _placed(self, box: Pyramid, now: Pose, size: tuple[int, int]) -> Picture:
        """The window of the canvas with the box in it."""
        width, height = self._painting.box.width, self._painting.box.height
        place = upright(now.matrix)
        if place is not None and self._size == (width, height):
            return _cut(box.picture, (self._window.x - place[0], self._window.y - place[1]), size)
        moved: Matrix = (1.0, 0.0, -float(self._window.x), 0.0, 1.0, -float(self._window.y))
        matrix = through(scaled(width / self._size[0], height / self._size[1]), through(now.matrix, moved))
        return laid(box, matrix, size, framed=False)


def straight(picture: Picture) -> Picture:
    """RGBA whose colours are not multiplied by alpha.

    Where nothing is seen the colour still counts, because four pixels will share one colour sample: such a pixel gets
    the mean colour of what is seen in its block of two by two.
    """
    made = np.asarray(cv2.cvtColor(picture, cv2.COLOR_mRGBA2RGBA), np.uint8)
    alpha = picture[:, :, 3]
    height, width = alpha.shape
    low = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    # Only blocks at an edge have both seen and unseen pixels.
    dark = cv2.erode(alpha, np.ones((3, 3), np.uint8))
    edge = (dark == 0) & (alpha == 0) & (np.repeat(np.repeat(low[:, :, 3], 2, 0), 2, 1) > 0)
    if edge.any():
        mean = np.asarray(cv2.cvtColor(low, cv2.COLOR_mRGBA2RGBA), np.uint8)
        ys, xs = np.nonzero(edge)
        made[ys, xs, :3] = mean[ys // 2, xs // 2, :3]
    return made


def _raster(painting: Painting) -> tuple[int, int]:
    """The size at which the box is painted: that at which it is seen at its largest."""
    box = painting.box
    scale = largest_scale(painting)
    if isinstance(painting.subject, TextSubject | CaptionSubject):
        scale = max(scale, 1.0)
    scale = min(scale, _LARGEST_BOX / max(box.width, box.height))
    return max(1, round(box.width * scale)), max(1, round(box.height * scale))


def _wanted(painting: Painting, size: tuple[int, int]) -> tuple[float, float]:
    """The size at which the whole subject is needed, in pixels."""
    subject, box = painting.subject, painting.box
    if isinstance(subject, ShapeSubject | GradientSubject | WaveformSubject | ColorSubject):
        return size
    if isinstance(subject, TextSubject | CaptionSubject | LoopSubject):
        return box.width, box.height
    zoom = 1.0
    if painting.view is not None:
        step = max(1, painting.frames // _SHOWN)
        moments = [Fraction(n) / painting.fps for n in range(0, painting.frames, step)]
        zoom = max(highest(painting.view.zoom, moments), 1.0)
        if not _stands(painting.view) and isinstance(subject, ImageSubject):
            zoom = max(zoom, min(zoom * _SPARE, subject.width * float(box.crop_width) / size[0]))
    width, height = size[0] * zoom / float(box.crop_width), size[1] * zoom / float(box.crop_height)
    if painting.padded:
        scale = min(width / subject.width, height / subject.height)
        width, height = subject.width * scale, subject.height * scale
    # Twice what the file holds shows all of it; beyond that, enlarging is cheaper later.
    most = min(1.0, max(2 * subject.width, size[0]) / width, max(2 * subject.height, size[1]) / height)
    return width * most, height * most


def _matte(painting: Painting, paths: dict[str, str], size: tuple[int, int], first: int) -> Content | None:
    if painting.matte is None:
        return None
    return content(painting.matte.picture, paths, size, first, painting.fps, painting.frames)


def _stands(view: View) -> bool:
    return steady(view.zoom) and steady(view.x) and steady(view.y)


def _view(view: View | None, at: Fraction, size: tuple[int, int]) -> Matrix:
    """Takes the box to the part of it that is seen."""
    if view is None:
        return scaled(1, 1)
    zoom = max(value(view.zoom, at), 1.0)
    x, y = value(view.x, at), value(view.y, at)
    return zoom, 0.0, -x * (zoom - 1) * size[0], 0.0, zoom, -y * (zoom - 1) * size[1]


def _crop(painting: Painting, source: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """Takes the subject, of which a part is shown, to the box; mirrored where the clip is."""
    box = painting.box
    x, y, width, height = map(float, (box.crop_x, box.crop_y, box.crop_width, box.crop_height))
    across, down = size[0] / (width * source[0]), size[1] / (height * source[1])
    left, top = -x / width * size[0], -y / height * size[1]
    a, c = (-across, size[0] - left) if painting.flip_x else (across, left)
    e, f = (-down, size[1] - top) if painting.flip_y else (down, top)
    return a, 0.0, c, 0.0, e, f


def _padded(source: Pyramid, painting: Painting, view: Matrix, size: tuple[int, int]) -> Picture:
    """The subject contained in the box, over itself covering the box, blurred."""
    box = painting.box
    shown = (source.size[0] * float(box.crop_width), source.size[1] * float(box.crop_height))
    whole = _crop(painting, source.size, size)
    parts: list[Matrix] = []
    for choose in (max, min):
        scale = choose(size[0] / shown[0], size[1] / shown[1])
        x, y = shown[0] * scale / size[0], shown[1] * scale / size[1]
        about = (x, 0.0, (1 - x) * size[0] / 2, 0.0, y, (1 - y) * size[1] / 2)
        parts.append(through(through(whole, about), view))
    small = (max(1, size[0] // _BACKDROP), max(1, size[1] // _BACKDROP))
    behind = laid(source, through(parts[0], scaled(small[0] / size[0], small[1] / size[1])), small, framed=True)
    soft = cv2.GaussianBlur(behind, (0, 0), _BACKDROP_BLUR * small[1], borderType=cv2.BORDER_REPLICATE)
    backdrop = with_alpha(np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), np.uint8))
    before = laid(source, parts[1], size, framed=False)
    if box.crop_width < 1 or box.crop_height < 1:
        before = masked(before, _inside(about, view, size))
    made = over(before, backdrop)
    return np.ascontiguousarray(made[:, :, :3]) if source.picture.shape[2] == 3 else made


def _inside(about: Matrix, view: Matrix, size: tuple[int, int]) -> Mask:
    """How much of each pixel of the box shows what is contained in it, and not what was cropped beside that."""
    x, _, left, _, y, top = through(about, view)
    shares = []
    for length, start, scale in ((size[0], left, x), (size[1], top, y)):
        edges = np.clip(np.arange(length + 1), start, start + scale * length)
        shares.append(np.diff(edges))
    return np.asarray(np.rint(np.outer(shares[1], shares[0]) * 255), np.uint8)


def over(upper: Picture, lower: Picture) -> Picture:
    """One picture with alpha laid on another."""
    left = cv2.merge([np.asarray(255 - upper[:, :, 3], np.uint8)] * 4)
    return np.asarray(cv2.add(upper, cv2.multiply(lower, left, scale=1 / 255)), np.uint8)


def _cut(picture: Picture, corner: tuple[int, int], size: tuple[int, int]) -> Picture:
    """A part of a picture; what lies outside of it is transparent."""
    left, top = corner
    height, width = picture.shape[:2]
    if left >= 0 and top >= 0 and left + size[0] <= width and top + size[1] <= height:
        return picture[top : top + size[1], left : left + size[0]]
    made = np.zeros((size[1], size[0], 4), np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size[0], width), min(top + size[1], height)
    if x1 > x0 and y1 > y0:
        made[y0 - top : y1 - top, x0 - left : x1 - left] = with_alpha(np.ascontiguousarray(picture[y0:y1, x0:x1]))
    return made
