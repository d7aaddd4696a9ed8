"""Drawing a block of still text at its place on the canvas, cropped to what can be seen."""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from PIL import Image

from cutroom.render.artist import Pixels
from cutroom.render.geometry import ANCHORS
from cutroom.render.lettering.ink import Rect, draw_background
from cutroom.render.lettering.layout import typeset
from cutroom.render.lettering.pieces import draw_pieces, units
from cutroom.render.lettering.scene import REST, compose, gradient_sheet
from cutroom.render.plan import Canvas, TextLayer
from cutroom.timeline.resolved import Color


@dataclass(frozen=True, slots=True)
class Drawing:
    """What of a text can be seen: a picture in straight RGBA whose top left corner is at (x, y), both even."""

    image: Image.Image
    x: int
    y: int


def draw(layer: TextLayer, canvas: Canvas) -> Drawing | None:
    """Draw a text layer; None when nothing of it lies on the canvas."""
    style, fonts, block = typeset(layer.text)
    box = style.background
    pad_x, pad_y = (box.padding_x_px, box.padding_y_px) if box else (0.0, 0.0)
    anchor_x, anchor_y = (float(anchor) for anchor in ANCHORS[layer.position])
    left = floor((canvas.width - ceil(block.width + 2 * pad_x)) * anchor_x + layer.x + 0.5) + pad_x
    top = floor((canvas.height - ceil(block.height + 2 * pad_y)) * anchor_y + layer.y + 0.5) + pad_y
    corner = (floor(left), floor(top))
    room: Rect = (-corner[0], -corner[1], canvas.width - corner[0], canvas.height - corner[1])
    pieces = draw_pieces(units(style, fonts, block, "block"), style, fonts, room)
    sheet = compose(
        style,
        pieces,
        [REST] * len(pieces),
        room,
        boxes=() if box is None else [(draw_background(style, block, box, room), room[:2], (0.0, 0.0), REST)],
        colors=None if style.gradient is None else gradient_sheet(style.gradient, (block.width, block.height), room),
    )
    return _cropped(sheet, (box or style.stroke or style).color)


def _cropped(sheet: Pixels, under: Color) -> Drawing | None:
    """What can be seen, in straight colours.

    Where nothing is drawn the colour still counts: four pixels will share one colour sample.
    """
    seen = np.nonzero(sheet[:, :, 3].any(axis=1))[0], np.nonzero(sheet[:, :, 3].any(axis=0))[0]
    if not len(seen[0]):
        return None
    top, bottom = int(seen[0][0]) // 2 * 2, -(-(int(seen[0][-1]) + 1) // 2) * 2
    left, right = int(seen[1][0]) // 2 * 2, -(-(int(seen[1][-1]) + 1) // 2) * 2
    part = sheet[top:bottom, left:right].astype(np.uint16)
    alpha = part[:, :, 3:]
    straight = np.minimum((part[:, :, :3] * 255 + alpha // 2) // np.maximum(alpha, 1), 255)
    straight = np.where(alpha > 0, straight, np.array([under.red, under.green, under.blue], np.uint16))
    whole = np.concatenate([straight, alpha], axis=2).astype(np.uint8)
    return Drawing(Image.fromarray(whole), left, top)
