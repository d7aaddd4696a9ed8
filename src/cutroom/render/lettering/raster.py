"""Drawing a block of text to a picture with transparency."""

from dataclasses import dataclass
from math import ceil, floor

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cutroom.render.geometry import ANCHORS
from cutroom.render.lettering.layout import Block, Fonts, Run, clusters, lay_out
from cutroom.render.plan import Canvas, TextLayer
from cutroom.timeline.resolved import Color, TextBackground, TextShadow, TextStyle

_SMOOTH = 4  # samples in each direction for the edge of a box


@dataclass(frozen=True, slots=True)
class Drawing:
    """What of a text can be seen: a picture in straight RGBA whose top left corner is at (x, y), both even."""

    image: Image.Image
    x: int
    y: int


def draw(layer: TextLayer, canvas: Canvas) -> Drawing | None:
    """Draw a text layer; None when nothing of it lies on the canvas."""
    style = layer.text
    fonts = Fonts(style)
    block = lay_out(style, fonts)
    box = style.background
    pad_x, pad_y = (box.padding_x_px, box.padding_y_px) if box else (0.0, 0.0)
    anchor_x, anchor_y = (float(anchor) for anchor in ANCHORS[layer.position])
    left = (canvas.width - block.width - 2 * pad_x) * anchor_x + layer.x
    top = (canvas.height - block.height - 2 * pad_y) * anchor_y + layer.y

    size = (canvas.width, canvas.height)
    # Where nothing is drawn the colour still counts: four pixels will share one colour sample.
    sheet = Image.new("RGBA", size, _rgba((box or style.stroke or style).color, 0))
    if box is not None:
        edges = (left, top, left + block.width + 2 * pad_x, top + block.height + 2 * pad_y)
        sheet = _painted(sheet, _rounded(size, edges, box), box.color)
    stroke_px = style.stroke.width_px if style.stroke is not None else 0.0
    at = (left + pad_x, top + pad_y)
    outline = _letters(size, style, block, fonts, at, stroke_px)
    if style.shadow is not None:
        sheet = _painted(sheet, _shadow(outline, style.shadow), style.shadow.color)
    if style.stroke is not None and stroke_px > 0:
        sheet = _painted(sheet, outline, style.stroke.color)
        outline = _letters(size, style, block, fonts, at, 0.0)
    return _cropped(_painted(sheet, outline, style.color))


def _letters(
    size: tuple[int, int], style: TextStyle, block: Block, fonts: Fonts, at: tuple[float, float], stroke_px: float
) -> Image.Image:
    """A mask of all lines, `stroke_px` thicker on every side."""
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    loose = {"left": 0.0, "center": 0.5, "right": 1.0}[style.align]
    for number, line in enumerate(block.lines):
        x = at[0] + (block.width - line.width) * loose
        y = at[1] + block.baseline + number * block.pitch
        if -block.pitch <= y <= size[1] + block.pitch:
            for run in line.runs:
                _draw_run(pen, run, fonts, (x, y), stroke_px)
                x += run.width
    return mask


def _draw_run(pen: ImageDraw.ImageDraw, run: Run, fonts: Fonts, at: tuple[float, float], stroke_px: float) -> None:
    font, features = fonts.font(run.face), fonts.features(run.face)
    spacing = fonts.spacing_px(run.face)
    if not spacing:
        pen.text(at, run.text, fill=255, font=font, anchor="ls", stroke_width=stroke_px, features=features)
        return
    before = ""
    for number, cluster in enumerate(clusters(run.text)):
        # The pen's place is measured over the text so far, so that kerning is kept.
        x = at[0] + font.getlength(before + cluster, features=features) - font.getlength(cluster, features=features)
        place = (x + number * spacing, at[1])
        pen.text(place, cluster, fill=255, font=font, anchor="ls", stroke_width=stroke_px, features=features)
        before += cluster


def _rounded(size: tuple[int, int], edges: tuple[float, float, float, float], box: TextBackground) -> Image.Image:
    """A mask of a rectangle with round corners and soft edges."""
    left, top = max(floor(edges[0]), 0), max(floor(edges[1]), 0)
    right, bottom = min(ceil(edges[2]), size[0]), min(ceil(edges[3]), size[1])
    mask = Image.new("L", size, 0)
    if right <= left or bottom <= top:
        return mask
    fine = Image.new("L", ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH), 0)
    corners = [(edges[0] - left, edges[1] - top), (edges[2] - left, edges[3] - top)]
    (x0, y0), (x1, y1) = [(x * _SMOOTH, y * _SMOOTH) for x, y in corners]
    radius = min(box.radius_px * _SMOOTH, (x1 - x0) / 2, (y1 - y0) / 2)
    ImageDraw.Draw(fine).rounded_rectangle((x0, y0, x1 - 1, y1 - 1), radius, fill=255)
    mask.paste(fine.reduce(_SMOOTH), (left, top))
    return mask


def _shadow(outline: Image.Image, shadow: TextShadow) -> Image.Image:
    moved = Image.new("L", outline.size, 0)
    moved.paste(outline, (round(shadow.dx_px), round(shadow.dy_px)))
    return moved.filter(ImageFilter.GaussianBlur(shadow.blur_px)) if shadow.blur_px > 0 else moved


def _painted(sheet: Image.Image, mask: Image.Image, color: Color) -> Image.Image:
    """The sheet with one colour laid over it through a mask."""
    paint = Image.new("RGBA", sheet.size, _rgba(color, 255))
    if color.alpha < 1:
        mask = ImageChops.multiply(mask, Image.new("L", mask.size, round(color.alpha * 255)))
    paint.putalpha(mask)
    return Image.alpha_composite(sheet, paint)


def _cropped(sheet: Image.Image) -> Drawing | None:
    seen = sheet.getchannel("A").getbbox()
    if seen is None:
        return None
    left, top = seen[0] // 2 * 2, seen[1] // 2 * 2
    right, bottom = -(-seen[2] // 2) * 2, -(-seen[3] // 2) * 2
    return Drawing(sheet.crop((left, top, right, bottom)), left, top)


def _rgba(color: Color, alpha: int) -> tuple[int, int, int, int]:
    return (color.red, color.green, color.blue, alpha)
