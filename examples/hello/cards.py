"""The drawn cards: a page of the film's own document, and the mark of Cutroom."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path(__file__).parents[2] / "src" / "cutroom" / "render" / "lettering" / "fonts"
SCALE = 3
"""Drawn this many times larger and shrunk: smooth edges without thinking about them."""

PAPER, EDGE = (16, 20, 28, 236), (255, 255, 255, 34)
PLAIN, KEY, TEXT, NUMBER, FAINT = "#c9d1dc", "#8fb8ff", "#ffc58a", "#9fe3b4", "#5c6675"
CODE = [
    [("{", PLAIN)],
    [('    "asset"', KEY), (": {", PLAIN)],
    [('        "type"', KEY), (": ", PLAIN), ('"text"', TEXT), (",", PLAIN)],
    [('        "text"', KEY), (": ", PLAIN), ('"This film is a JSON file."', TEXT)],
    [("    },", PLAIN)],
    [('    "start"', KEY), (": ", PLAIN), ("1.25", NUMBER), (",", PLAIN)],
    [('    "length"', KEY), (": ", PLAIN), ("3.5", NUMBER), (",", PLAIN)],
    [
        ('    "transition"', KEY),
        (": { ", PLAIN),
        ('"in"', KEY),
        (": ", PLAIN),
        ('"fade"', TEXT),
        (", ", PLAIN),
        ('"out"', KEY),
        (": ", PLAIN),
        ('"fade"', TEXT),
        (" }", PLAIN),
    ],
    [("}", PLAIN)],
]


def _font(weight: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"Inter-{weight}.otf"), size * SCALE)


def code_card() -> Image.Image:
    """A window with the clip that the film opens with."""
    width, height, margin = 610, 408, 40
    whole = (width + 2 * margin, height + 2 * margin)
    size = (whole[0] * SCALE, whole[1] * SCALE)
    left, top, right, bottom = (side * SCALE for side in (margin, margin, margin + width, margin + height))
    shade = Image.new("L", size, 0)
    ImageDraw.Draw(shade).rounded_rectangle([left, top + 30, right, bottom + 30], 18 * SCALE, fill=120)
    card = Image.new("RGBA", size, (4, 10, 20, 0))
    card.putalpha(shade.filter(ImageFilter.GaussianBlur(14 * SCALE)))
    page = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle([left, top, right, bottom], 18 * SCALE, fill=PAPER, outline=EDGE, width=SCALE)
    for number, color in enumerate(("#ff6b5e", "#ffbe4d", "#47c96b")):
        corner = (left + (34 + 22 * number) * SCALE, top + 22 * SCALE)
        draw.ellipse([*corner, corner[0] + 12 * SCALE, corner[1] + 12 * SCALE], fill=color)
    draw.text(((left + right) / 2, top + 28 * SCALE), "timeline.json", FAINT, _font("SemiBold", 15), anchor="mm")
    _write(draw, left + 34 * SCALE, top + 72 * SCALE)
    card.alpha_composite(page)
    return card.resize(whole, Image.Resampling.LANCZOS)


def _write(draw: ImageDraw.ImageDraw, left: float, top: float) -> None:
    """The lines of CODE; a leading space is 7 pixels wide, since Inter's own is too narrow to indent with."""
    font = _font("Regular", 22)
    for number, line in enumerate(CODE):
        x = left
        for text, color in line:
            bare = text.lstrip(" ")
            x += (len(text) - len(bare)) * 7 * SCALE
            draw.text((x, top + 36 * SCALE * number), bare, color, font, anchor="lm")
            x += draw.textlength(bare, font)


def mark() -> Image.Image:
    """A play button, cut in two."""
    side = 256
    big = side * SCALE
    rows, columns = (np.mgrid[0:big, 0:big] + 0.5) / SCALE
    corners = [(66.0, 58.0), (66.0, 198.0), (198.0, 128.0)]
    outside = np.full((big, big), -np.inf)
    near = np.full((big, big), np.inf)
    for (x, y), (to_x, to_y) in zip(corners, corners[1:] + corners[:1], strict=True):
        along_x, along_y = to_x - x, to_y - y
        length = np.hypot(along_x, along_y)
        outside = np.maximum(outside, ((columns - x) * -along_y + (rows - y) * along_x) / length)
        share = np.clip(((columns - x) * along_x + (rows - y) * along_y) / length**2, 0, 1)
        near = np.minimum(near, np.hypot(columns - x - share * along_x, rows - y - share * along_y))
    rounded = np.where(outside < 0, True, near < 26)
    gap = np.abs((columns - 122) + (rows - 128) * 0.27) / np.hypot(1, 0.27) < 9
    shape = Image.fromarray(((rounded & ~gap) * 255).astype(np.uint8))
    ramp = np.linspace(0, 1, big)[None, :, None]
    colors = (1 - ramp) * np.array([255, 138, 106]) + ramp * np.array([255, 214, 160])
    whole = Image.fromarray(np.ascontiguousarray(np.broadcast_to(colors, (big, big, 3)).astype(np.uint8)))
    whole.putalpha(shape)
    return whole.resize((side, side), Image.Resampling.LANCZOS)
