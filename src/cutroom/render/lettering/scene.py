"""Putting pieces of text together: background, shadows, outlines, letters, emoji, each where it is at the moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, radians, sin
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cutroom.kit.later import later
from cutroom.render.artist import Pixels
from cutroom.render.lettering.ink import Mask, Rect, soft
from cutroom.render.lettering.pieces import Piece
from cutroom.timeline.resolved import Color, Gradient, TextStyle

if TYPE_CHECKING:
    import cv2
else:
    cv2 = later("cv2")


@dataclass(frozen=True, slots=True)
class Pose:
    """How a piece stands at a moment, against where it rests.

    Args:
        dx: moved right, in pixels.
        dy: moved down.
        scale: around the piece's own middle.
        rotation: in degrees, clockwise, around that middle.
        opacity: 0 to 1.
        blur: sigma in pixels.
        window: only this part of the block is seen (left, top, right, bottom); None for all of it.
        soft_px: over how many pixels the window's edges fade.
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    rotation: float = 0.0
    opacity: float = 1.0
    blur: float = 0.0
    window: tuple[float, float, float, float] | None = None
    soft_px: float = 0.0


_CHANNELS: Final = ("red", "green", "blue")
REST = Pose()
HIDDEN = Pose(opacity=0.0)


def matrix(piece_middle: tuple[float, float], pose: Pose) -> NDArray[np.float64]:
    """The affine map (2 by 3) from the block at rest to the block at the moment."""
    angle, (cx, cy) = radians(pose.rotation), piece_middle
    a, b = pose.scale * cos(angle), pose.scale * sin(angle)
    return np.array([[a, -b, cx - a * cx + b * cy + pose.dx], [b, a, cy - b * cx - a * cy + pose.dy]], np.float64)


def middle(piece: Piece) -> tuple[float, float]:
    """The middle of a piece's box: of the pen's way, and of the line."""
    return (piece.unit.left + piece.unit.right) / 2, (piece.unit.top + piece.unit.bottom) / 2


def reach(rect: Rect, pivot: tuple[float, float], pose: Pose) -> Rect:
    """Where a rectangle of the block lies at the moment, with its blur."""
    corners = np.array([[x, y, 1.0] for x in (rect[0], rect[2]) for y in (rect[1], rect[3])])
    moved = corners @ matrix(pivot, pose).T
    wide = ceil(3 * pose.blur) + 1 if pose.blur > 0 else 0
    low, high = moved.min(axis=0), moved.max(axis=0)
    return (
        floor(low[0] + 1e-6) - wide,
        floor(low[1] + 1e-6) - wide,
        ceil(high[0] - 1e-6) + wide,
        ceil(high[1] - 1e-6) + wide,
    )


def lay(
    plane: NDArray[np.uint8],
    picture: NDArray[np.uint8],
    at: tuple[int, int],
    pivot: tuple[float, float],
    pose: Pose,
    room: Rect,
) -> None:
    """Add a mask (or a premultiplied picture) of a piece to the plane, whose corner is that of the `room`.

    Args:
        plane: what is added to; of the room's size.
        picture: the mask, at rest with its corner at `at` in the block.
        at: that corner.
        pivot: what scale and rotation turn around.
        pose: how it stands.
        room: the part of the block that the plane shows.
    """
    if pose.opacity <= 0:
        return
    height, width = picture.shape[:2]
    still = (
        pose.scale == 1
        and pose.rotation == 0
        and pose.blur == 0
        and pose.dx == int(pose.dx)
        and pose.dy == int(pose.dy)
    )
    if still:
        x, y = at[0] + int(pose.dx), at[1] + int(pose.dy)
    else:
        x, y, right, bottom = reach((at[0], at[1], at[0] + width, at[1] + height), pivot, pose)
        x, y, right, bottom = (
            max(x, room[0] - 64),
            max(y, room[1] - 64),
            min(right, room[2] + 64),
            min(bottom, room[3] + 64),
        )
        if right <= x or bottom <= y:
            return
        step = matrix(pivot, pose)
        step[:, 2] += step[:, :2] @ np.array(at, np.float64) - np.array([x, y], np.float64)
        picture = np.asarray(cv2.warpAffine(picture, step, (right - x, bottom - y), flags=cv2.INTER_LINEAR), np.uint8)
        picture = soft(picture, pose.blur)
        height, width = picture.shape[:2]
    left, top = max(x, room[0]), max(y, room[1])
    right, bottom = min(x + width, room[2]), min(y + height, room[3])
    if right <= left or bottom <= top:
        return
    part = picture[top - y : bottom - y, left - x : right - x]
    if pose.window is not None:
        part = _windowed(part, (left, top), pose)
    if pose.opacity < 1:
        part = np.asarray(cv2.convertScaleAbs(part, alpha=pose.opacity), np.uint8)
    target = plane[top - room[1] : bottom - room[1], left - room[0] : right - room[0]]
    if part.ndim == 3:
        over(target, part)
    else:
        cv2.add(target, part, dst=target)


def _windowed(part: NDArray[np.uint8], corner: tuple[int, int], pose: Pose) -> NDArray[np.uint8]:
    """A picture with everything outside of the pose's window taken away."""
    if pose.window is None:
        return part
    height, width = part.shape[:2]
    fade = max(pose.soft_px, 1.0)
    xs, ys = np.arange(width) + corner[0] + 0.5, np.arange(height) + corner[1] + 0.5
    left, top, right, bottom = pose.window
    across = np.clip((xs - left) / fade + 0.5, 0, 1) * np.clip((right - xs) / fade + 0.5, 0, 1)
    down = np.clip(ys - top + 0.5, 0, 1) * np.clip(bottom - ys + 0.5, 0, 1)
    seen = np.outer(down, across).astype(np.float32)
    return np.asarray(np.rint(part * (seen[:, :, None] if part.ndim == 3 else seen)), np.uint8)


def over(under: Pixels, top: Pixels) -> None:
    """Lay a premultiplied picture over another, in place (Porter and Duff, 1984)."""
    clear = cv2.merge([cv2.bitwise_not(np.ascontiguousarray(top[:, :, 3]))] * 4)
    cv2.add(cv2.multiply(under, clear, scale=1 / 255), top, dst=under)


def flatten(layers: Sequence[tuple[Mask, Color]], size: tuple[int, int]) -> Pixels:
    """Plain colours laid over each other through masks, from the bottom to the top, as a premultiplied picture.

    What each layer adds is its ink where nothing above hides it, so that one channel is computed and not four.

    Args:
        layers: masks of the size, and their colours.
        size: height and width.
    """
    sheet: Pixels = np.zeros((*size, 4), np.uint8)
    boxes = [cv2.boundingRect(mask) for mask, color in layers if color.alpha > 0]
    boxes = [box for box in boxes if box[2] and box[3]]
    if not boxes:
        return sheet
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    free: Mask = np.full((bottom - top, right - left), 255, np.uint8)
    seen: list[tuple[Mask, Color]] = []
    for whole, color in reversed(layers):
        mask: Mask = whole[top:bottom, left:right]
        if color.alpha < 1:
            mask = np.asarray(cv2.convertScaleAbs(mask, alpha=color.alpha), np.uint8)
        if seen:
            mask = np.asarray(cv2.multiply(mask, free, scale=1 / 255), np.uint8)
        seen.append((mask, color))
        free = np.asarray(cv2.subtract(free, mask), np.uint8)
    channels = [_mixed([(mask, getattr(color, name)) for mask, color in seen], free.shape) for name in _CHANNELS]
    sheet[top:bottom, left:right] = cv2.merge([*channels, cv2.bitwise_not(free)])
    return sheet


def _mixed(parts: Sequence[tuple[Mask, int]], size: tuple[int, ...]) -> Mask:
    """One channel: each mask times its share of that colour."""
    total: Mask | None = None
    for mask, level in parts:
        if level == 0:
            continue
        part = mask if level == 255 else np.asarray(cv2.convertScaleAbs(mask, alpha=level / 255), np.uint8)
        total = part if total is None else np.asarray(cv2.add(total, part), np.uint8)
    return np.zeros(size, np.uint8) if total is None else total


def paint(sheet: Pixels, mask: Mask, colors: Pixels) -> None:
    """Lay a premultiplied picture over another through a mask, in place."""
    over(sheet, np.asarray(cv2.multiply(colors, cv2.merge([mask] * 4), scale=1 / 255), np.uint8))


def gradient_sheet(gradient: Gradient, block: tuple[float, float], room: Rect) -> Pixels:
    """The colours of a gradient that runs over the block, premultiplied, for each pixel of the room.

    A linear one runs along its angle so far that the corners have the first and the last colour (CSS Images 3, 3.1).
    """
    width, height = max(block[0], 1.0), max(block[1], 1.0)
    xs = np.arange(room[0], room[2]) + 0.5 - width / 2
    ys = np.arange(room[1], room[3]) + 0.5 - height / 2
    if gradient.form == "linear":
        along, down = cos(radians(gradient.angle)), sin(radians(gradient.angle))
        length = abs(along) * width + abs(down) * height
        place = (xs[None, :] * along + ys[:, None] * down) / length + 0.5
    else:
        place = np.hypot(xs[None, :] * 2 / width, ys[:, None] * 2 / height)
    place = np.clip(place, 0, 1)
    at = [stop.at for stop in gradient.stops]
    alpha = np.interp(place, at, [stop.color.alpha for stop in gradient.stops])
    channels = [
        np.interp(place, at, [getattr(stop.color, name) * stop.color.alpha for stop in gradient.stops])
        for name in ("red", "green", "blue")
    ]
    return np.asarray(np.rint(np.stack([*channels, alpha * 255], axis=2)), np.uint8)


def compose(
    style: TextStyle,
    pieces: Sequence[Piece],
    poses: Sequence[Pose],
    room: Rect,
    *,
    boxes: Iterable[tuple[Mask, tuple[int, int], tuple[float, float], Pose]] = (),
    colors: Pixels | None = None,
) -> Pixels:
    """Draw a text as it stands at a moment.

    Args:
        style: its colours.
        pieces: the letters.
        poses: how each piece stands.
        room: the part of the block to be drawn.
        boxes: masks of what lies behind, their corner, pivot and pose.
        colors: the letters' colours for each pixel of the room, when they are filled with a gradient.
    """
    size = (room[3] - room[1], room[2] - room[0])
    layers: list[tuple[Mask, Color]] = []
    if style.background is not None:
        plane: Mask = np.zeros(size, np.uint8)
        for mask, at, pivot, pose in boxes:
            lay(plane, mask, at, pivot, pose, room)
        layers.append((plane, style.background.color))
    moving = [(piece, pose) for piece, pose in zip(pieces, poses, strict=True) if pose.opacity > 0]
    if style.shadow is not None:
        layers.append((_plane(size, room, [(p.shadow, p, pose) for p, pose in moving]), style.shadow.color))
    if style.stroke is not None and style.stroke.width_px > 0:
        layers.append((_plane(size, room, [(p.stroke, p, pose) for p, pose in moving]), style.stroke.color))
    letters = _plane(size, room, [(p.fill, p, pose) for p, pose in moving])
    if colors is None:
        sheet = flatten([*layers, (letters, style.color)], size)
    else:
        sheet = flatten(layers, size)
        paint(sheet, letters, colors)
    for piece, pose in moving:
        if piece.colors is not None:
            seen = Pose(
                pose.dx,
                pose.dy,
                pose.scale,
                pose.rotation,
                pose.opacity * style.color.alpha,
                pose.blur,
                pose.window,
                pose.soft_px,
            )
            lay(sheet, piece.colors, (piece.x, piece.y), middle(piece), seen, room)
    return sheet


def _plane(size: tuple[int, int], room: Rect, masks: Iterable[tuple[Mask | None, Piece, Pose]]) -> Mask:
    plane: Mask = np.zeros(size, np.uint8)
    for mask, piece, pose in masks:
        if mask is not None:
            lay(plane, mask, (piece.x, piece.y), middle(piece), pose, room)
    return plane
