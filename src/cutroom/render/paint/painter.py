"""The frames of a painted layer: what its subject shows, put through everything that the clip asks for.

In this order: the subject is cropped, mirrored and fitted into the box through the view; there the chroma key, the
looks, the matte, the corners, the border, the shadow and the masks and effects of passages work on it; then the box is
moved, scaled and turned into its place on the canvas, and the window is cut out. Of a box that is much larger than the
canvas only a patch is painted, about as large as what is seen of it. Opacity and fades of the clip are left to the
filter graph, which treats all layers alike.
"""

from fractions import Fraction
from typing import Final

import cv2
import numpy as np

from cutroom.render.curve import highest, value
from cutroom.render.paint.contents import Content, LetterContent, content
from cutroom.render.paint.frames import Edging, Shade, over
from cutroom.render.paint.key import keyed, masked, matted
from cutroom.render.paint.looks import blurred, look, pixelated, pointwise, reach, spreading, timed, torn
from cutroom.render.paint.masks import Mask, corners, uncovered
from cutroom.render.paint.passages import Stage
from cutroom.render.paint.patch import Patch, bounded, entire, patch, raster
from cutroom.render.paint.pose import Matrix, Pose, moves, pose, stands, upright
from cutroom.render.paint.warp import Picture, Pyramid, laid, moved, scaled, through, with_alpha
from cutroom.render.painting import ImageSubject, PaintedLayer, Painting, VideoSubject
from cutroom.timeline.resolved.picture import View

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
        self._size = raster(painting)
        self._whole = entire(bounded(self._size, (painting.width, painting.height)))
        self._large = self._whole.size != self._size
        self._spreads = spreading(painting.looks)
        inner = _within(painting, self._whole.size)
        wanted = _wanted(painting, _within(painting, self._size), inner)
        scale = self._whole.width / painting.box.width
        self._content = content(painting.subject, paths, wanted, layer.at, painting.fps, painting.frames, scale=scale)
        if isinstance(self._content, LetterContent) and not self._large:  # what is lettered is not scaled twice
            self._whole = entire(self._content.size)
        self._matte = _matte(painting, paths, self._whole.size, layer.at)
        self._corners: tuple[Patch, Mask] | None = None
        self._border = None if painting.border is None else Edging(painting.border, inner, painting.radius_px, scale)
        self._shadow = None if painting.shadow is None else Shade(painting.shadow, self._whole.size, scale)
        self._inner = None if self._border is None and self._shadow is None else entire(inner)
        self._early = pointwise(painting.looks) and self._content.still and not any(o.changes for o in painting.looks)
        self._moving = moves(painting)
        self._rest = pose(painting, 0)
        self._fixed = stands(painting.view) and not any(one.changes for one in painting.looks)
        self._source: tuple[Picture, Pyramid] | None = None
        self._boxed: tuple[Pyramid, Picture | None, Patch, Pyramid] | None = None
        self._mask: tuple[Picture, Patch, Mask] | None = None
        self._nothing: Picture = np.zeros((layer.window.height, layer.window.width, 4), np.uint8)
        self._shown: tuple[Pyramid, Matrix, float, Picture] | None = None

    def frame(self, number: int) -> Picture:
        """The window at a frame of the clip: RGB when the painting is opaque, else RGBA with straight alpha.

        The same object again when nothing has changed; the caller does not write to it.
        """
        now = pose(self._painting, number) if self._moving else self._rest
        if now.opacity <= 0:
            return self._nothing
        part = self._patch(now)
        if part is None:
            return self._nothing
        box = self._staged(self._box(number, part), now.stages, part)
        shown = self._shown
        if shown is None or shown[0] is not box or shown[1:3] != (now.matrix, now.opacity):
            self._shown = shown = (box, now.matrix, now.opacity, self._drawn(box, now, part))
        return shown[3]

    def _drawn(self, box: Pyramid, now: Pose, part: Patch) -> Picture:
        """The window with the box in it, as it is sent."""
        shown = self._placed(box, now, part)
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

    def _patch(self, now: Pose) -> Patch | None:
        """What is painted of the box; None where nothing of it is seen."""
        if (
            not self._large
            or self._spreads
            or self._inner is not None
            or any(stage.effect is not None for stage in now.stages)
        ):
            return self._whole
        return patch(self._painting, self._size, now.matrix, self._window, reach(self._painting.looks))

    def _box(self, number: int, part: Patch) -> Pyramid:
        """A part of the box before passages: kept while nothing of it changes."""
        part = self._inner or part
        source = self._prepared(number)
        matte = self._matte.frame(number) if self._matte is not None else None
        kept = self._boxed
        if self._fixed and kept is not None and kept[0] is source and kept[1] is matte and kept[2] == part:
            return kept[3]
        box = self._fitted(source, number, part)
        if not self._early:
            for one in self._painting.looks:
                box = look(box, timed(one, Fraction(number) / self._painting.fps), number, part)
        if matte is not None and self._painting.matte is not None:
            if self._mask is None or self._mask[0] is not matte or self._mask[1] != part:
                self._mask = (matte, part, _stretched(matted(matte, self._painting.matte.mode), part))
            box = masked(with_alpha(box), self._mask[2])
        if self._painting.radius_px > 0:
            if self._corners is None or self._corners[0] != part:
                radius = (
                    self._painting.radius_px * part.whole[0] / (self._painting.box.width - 2 * self._painting.margin)
                )
                self._corners = (part, corners(part, radius))
            box = masked(with_alpha(box), self._corners[1])
        if self._border is not None:
            box = self._border.laid_on(with_alpha(box))
        if self._shadow is not None:
            box = self._shadow.below(with_alpha(box))
        made = Pyramid(box)
        self._boxed = (source, matte, part, made)
        return made

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

    def _fitted(self, source: Pyramid, number: int, part: Patch) -> Picture:
        """The part of the box, with what the view shows there of the subject."""
        view = _view(self._painting.view, Fraction(number) / self._painting.fps, part.whole)
        if self._painting.padded:
            return _padded(source, self._painting, view, part)
        matrix = through(_crop(self._painting, source.size, part.whole), view)
        return laid(source, through(matrix, moved(-part.left, -part.top)), part.size, framed=True, smooth=self._large)

    def _staged(self, box: Pyramid, stages: tuple[Stage, ...], part: Patch) -> Pyramid:
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
                made = masked(with_alpha(made), uncovered(stage.mask, stage.edge, part, onward=stage.onward))
        return box if made is box.picture else Pyramid(made)

    def _placed(self, box: Pyramid, now: Pose, part: Patch) -> Picture:
        """The window of the canvas with the box in it."""
        width, height = self._painting.box.width, self._painting.box.height
        window, size = self._window, (self._window.width, self._window.height)
        place = upright(now.matrix)
        if place is not None and part.whole == (width, height):
            return _cut(box.picture, (window.x - place[0] - part.left, window.y - place[1] - part.top), size)
        finer = through(moved(part.left, part.top), scaled(width / part.whole[0], height / part.whole[1]))
        return laid(box, through(finer, through(now.matrix, moved(-window.x, -window.y))), size, framed=False)


def straight(picture: Picture) -> Picture:
    """RGBA whose colours are not multiplied by alpha.

    Where nothing is seen the colour still counts, because four pixels will share one colour sample: such a pixel gets
    the mean colour of what is seen in its block of two by two.
    """
    made = np.asarray(cv2.cvtColor(picture, cv2.COLOR_mRGBA2RGBA), np.uint8)
    alpha = picture[:, :, 3]
    height, width = alpha.shape
    low = np.asarray(cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    # Only blocks at an edge have both seen and unseen pixels, and few are.
    rows, columns = np.nonzero(cv2.inRange(low[:, :, 3], 1, 254))
    mean = cv2.cvtColor(low[None, rows, columns], cv2.COLOR_mRGBA2RGBA)[0, :, :3] if len(rows) else low[:0, 0, :3]
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        ys, xs = 2 * rows + down, 2 * columns + across
        unseen = alpha[ys, xs] == 0
        made[ys[unseen], xs[unseen], :3] = mean[unseen]
    return made


def _wanted(painting: Painting, size: tuple[int, int], whole: tuple[int, int]) -> tuple[float, float]:
    """The size at which the whole subject is needed, in pixels.

    Args:
        painting: what it belongs to.
        size: of the box at its largest.
        whole: that at which it may be painted whole.
    """
    subject, box = painting.subject, painting.box
    if not isinstance(subject, VideoSubject | ImageSubject):
        return whole
    zoom = 1.0
    if painting.view is not None:
        step = max(1, painting.frames // _SHOWN)
        moments = [Fraction(n) / painting.fps for n in range(0, painting.frames, step)]
        zoom = max(highest(painting.view.zoom, moments), 1.0)
        if not stands(painting.view) and isinstance(subject, ImageSubject):
            zoom = max(zoom, min(zoom * _SPARE, subject.width * float(box.crop_width) / size[0]))
    width, height = size[0] * zoom / float(box.crop_width), size[1] * zoom / float(box.crop_height)
    if painting.padded:
        scale = min(width / subject.width, height / subject.height)
        width, height = subject.width * scale, subject.height * scale
    if whole != size:  # what is seen of it will be enlarged, and nothing else
        return min(width, subject.width), min(height, subject.height)
    # Twice what the file holds shows all of it; beyond that, enlarging is cheaper later.
    most = min(1.0, max(2 * subject.width, size[0]) / width, max(2 * subject.height, size[1]) / height)
    return width * most, height * most


def _within(painting: Painting, size: tuple[int, int]) -> tuple[int, int]:
    """The size of the picture in a box of this size, without the room for its shadow."""
    room = 2 * round(painting.margin * size[0] / painting.box.width)
    return max(1, size[0] - room), max(1, size[1] - room)


def _matte(painting: Painting, paths: dict[str, str], size: tuple[int, int], first: int) -> Content | None:
    if painting.matte is None:
        return None
    return content(painting.matte.picture, paths, size, first, painting.fps, painting.frames)


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


def _stretched(mask: Mask, part: Patch) -> Mask:
    """A part of a mask that is stretched over the box."""
    if part == entire(part.whole):
        return np.asarray(cv2.resize(mask, part.size, interpolation=cv2.INTER_LINEAR), np.uint8)
    larger = scaled(part.whole[0] / mask.shape[1], part.whole[1] / mask.shape[0])
    return laid(Pyramid(mask), through(larger, moved(-part.left, -part.top)), part.size, framed=True)


def _padded(source: Pyramid, painting: Painting, view: Matrix, part: Patch) -> Picture:
    """The subject contained in the box, over itself covering the box, blurred."""
    box, size = painting.box, part.whole
    shown = (source.size[0] * float(box.crop_width), source.size[1] * float(box.crop_height))
    whole = _crop(painting, source.size, size)
    parts: list[Matrix] = []
    for choose in (max, min):
        scale = choose(size[0] / shown[0], size[1] / shown[1])
        x, y = shown[0] * scale / size[0], shown[1] * scale / size[1]
        about = (x, 0.0, (1 - x) * size[0] / 2, 0.0, y, (1 - y) * size[1] / 2)
        parts.append(through(through(whole, about), view))
    small = bounded(size, (painting.width, painting.height))
    small = (max(1, small[0] // _BACKDROP), max(1, small[1] // _BACKDROP))
    behind = laid(source, through(parts[0], scaled(small[0] / size[0], small[1] / size[1])), small, framed=True)
    soft = cv2.GaussianBlur(behind, (0, 0), _BACKDROP_BLUR * small[1], borderType=cv2.BORDER_REPLICATE)
    backdrop = with_alpha(_stretched(np.asarray(soft, np.uint8), part))
    before = laid(source, through(parts[1], moved(-part.left, -part.top)), part.size, framed=False)
    if box.crop_width < 1 or box.crop_height < 1:
        before = masked(before, _inside(about, view, part))
    made = over(before, backdrop)
    return np.ascontiguousarray(made[:, :, :3]) if source.picture.shape[2] == 3 else made


def _inside(about: Matrix, view: Matrix, part: Patch) -> Mask:
    """How much of each pixel of the box shows what is contained in it, and not what was cropped beside that."""
    x, _, left, _, y, top = through(about, view)
    shares = []
    for whole, first, length, start, scale in (
        (part.whole[0], part.left, part.width, left, x),
        (part.whole[1], part.top, part.height, top, y),
    ):
        edges = np.clip(np.arange(first, first + length + 1), start, start + scale * whole)
        shares.append(np.diff(edges))
    return np.asarray(np.rint(np.outer(shares[1], shares[0]) * 255), np.uint8)


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
