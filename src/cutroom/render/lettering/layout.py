"""Laying out a block of text: lines, runs of one font and direction, widths.

Each run is shaped by HarfBuzz (through Pillow and Raqm), so joined scripts, ligatures and kerning come out right. Runs
stand in visual order by the Unicode bidirectional algorithm, each paragraph in its own direction.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from PIL import ImageFont

from cutroom.render.lettering.bidi import base_level, levels, line_levels, visual
from cutroom.render.lettering.clusters import SOFT_HYPHEN, UNSEEN, blank, breakable, clusters, joined, picture
from cutroom.render.lettering.typefaces import EMOJI, NO_FILES, Typeface, faces_of, letters, load
from cutroom.timeline.resolved import TextStyle

_NO_LIGATURES: Final = ["-liga", "-clig"]
_BREAKS: Final = str.maketrans(
    {"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " "}
)
_DOTS: Final = "…"
_SMALLEST: Final = 4.0  # pixels: below, nothing can be read


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one font and direction.

    Args:
        text: the letters in reading order.
        face: the font.
        width: how far the pen moves, in pixels.
        x: where it starts, from the left end of its line.
        start: place of its first character in the text of its line.
        rtl: whether it runs from right to left.
    """

    text: str
    face: Typeface
    width: float
    x: float = 0.0
    start: int = 0
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Runs in the order in which they stand, left to right; `text` as it is read; `rtl`: its paragraph's direction."""

    runs: tuple[Run, ...]
    width: float
    text: str = ""
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Lines and their measures in pixels.

    Args:
        lines: from the top.
        width: of the widest line.
        height: of all lines.
        pitch: from one baseline to the next.
        baseline: from the top of the block to the first baseline.
        broken: whether a word was too wide for a line.
        cut: whether the end of the text is left out.
    """

    lines: tuple[Line, ...]
    width: float
    height: float
    pitch: float
    baseline: float
    broken: bool = False
    cut: bool = False


class Fonts:
    """The fonts of one text, loaded at its size when they are first needed; `files` as of `faces_of`."""

    def __init__(self, style: TextStyle, files: Mapping[str, str] = NO_FILES) -> None:
        self._size_px = style.size_px
        self._spacing_px = style.letter_spacing_px
        self._loaded: dict[Typeface, ImageFont.FreeTypeFont] = {}
        self._widths: dict[tuple[str, Typeface, bool], float] = {}
        self._lines: dict[str, float] = {}
        self.faces = faces_of(style, files)

    def font(self, face: Typeface) -> ImageFont.FreeTypeFont:
        """A font at the size of the text."""
        if face not in self._loaded:
            self._loaded[face] = load(face, self._size_px)
        return self._loaded[face]

    def width(self, text: str, face: Typeface, *, rtl: bool = False) -> float:
        """How far the pen moves over letters of one font."""
        key = (text, face, rtl)
        if key not in self._widths:
            spaced = self.spacing_px(text)
            length = self.font(face).getlength(text, direction="rtl" if rtl else "ltr", features=self.features(text))
            self._widths[key] = length + spaced * len(clusters(text)) if spaced else length
        return self._widths[key]

    def text_width(self, text: str) -> float:
        """How wide a piece of a line is, in whatever fonts it takes."""
        known = self._lines.get(text)
        if known is None:
            known = self._lines[text] = _measure(text, levels(text, base_level(text)), 0, len(text), self)
        return known

    def spacing_px(self, text: str) -> float:
        """What is added after every letter; nothing in joined scripts, which it would tear apart."""
        return self._spacing_px if self._spacing_px and not joined(text) else 0.0

    def features(self, text: str) -> list[str] | None:
        """OpenType features to set: letters that stand apart are not to be joined into ligatures."""
        return _NO_LIGATURES if self.spacing_px(text) else None

    def metrics(self) -> tuple[float, float]:
        """Ascent and descent of the text's own font, in pixels."""
        ascent, descent = self.font(self.faces[0]).getmetrics()
        return float(ascent), float(descent)


def typeset(style: TextStyle, files: Mapping[str, str] = NO_FILES) -> tuple[TextStyle, Fonts, Block]:
    """The style at the size at which it fits, its fonts, and the block.

    With `fit_px`, the size (and the space between letters with it) is lowered until the lines are no higher than that
    and no word is broken, to `least_px` at most; what then does not fit is cut with `ellipsis`, else it stands over.
    """
    fonts = Fonts(style, files)
    block = lay_out(style, fonts)
    if style.fit_px is None:
        return style, fonts, block
    if _fits(block, style.fit_px):
        return style, fonts, block
    low, high = min(max(style.least_px, _SMALLEST), style.size_px), style.size_px
    found = _sized(style, low, files)
    if _fits(found[2], style.fit_px):
        while high - low > max(0.25, low * 0.01):
            middle = (low + high) / 2
            tried = _sized(style, middle, files)
            if _fits(tried[2], style.fit_px):
                low, found = middle, tried
            else:
                high = middle
        return found
    style, fonts, block = found
    if style.ellipsis and style.fit_px is not None and block.height > style.fit_px + 0.5:
        most = max(1, int((style.fit_px + 0.5) // block.pitch))
        block = _cut(style, fonts, block, most)
    return style, fonts, block


def lay_out(style: TextStyle, fonts: Fonts) -> Block:
    """Wrap a text at words and measure it; a word that is wider than `wrap_px` is broken."""
    lines: list[Line] = []
    broken = False
    for whole in paragraphs(style):
        text = drawable(whole, fonts)
        base = base_level(text)
        found = levels(text, base)
        for start, end, torn in _wrapped(text, found, style.wrap_px, fonts):
            lines.append(_line(_hyphenated(text, start, end), found[start:end], base, fonts))
            broken = broken or torn
    return _block(lines, style, fonts, broken=broken)


def drawable(text: str, fonts: Fonts) -> str:
    """What of a line can be drawn."""
    return "".join(cluster for cluster in clusters(text) if _drawable(cluster, fonts.faces))


def missing(style: TextStyle, files: Mapping[str, str] = NO_FILES) -> list[str]:
    """Characters that no font can draw, each once, in the order of the text. They are left out."""
    faces = faces_of(style, files)
    lost: dict[str, None] = {}
    for paragraph in paragraphs(style):
        for cluster in clusters(paragraph):
            if not _drawable(cluster, faces):
                lost.update(dict.fromkeys(char for char in cluster if unicodedata.category(char) not in UNSEEN))
    return list(lost)


def paragraphs(style: TextStyle) -> list[str]:
    """The lines that the author made, in the case that is asked for, composed, and without control characters."""
    text = unicodedata.normalize("NFC", style.text.replace("\r\n", "\n").translate(_BREAKS))
    if style.case == "upper":
        text = text.upper()
    elif style.case == "lower":
        text = text.lower()
    elif style.case == "title":
        text = "".join(_titled(text))
    return ["".join(char for char in line if unicodedata.category(char) != "Cc") for line in text.split("\n")]


def _titled(text: str) -> Iterator[str]:
    """Only the first letter of each word changes, so that "don't" and "NASA" keep the rest."""
    inside = False
    for char in text:
        yield char if inside else char.title()
        inside = not char.isspace() if inside or char.isalnum() else False


def _fits(block: Block, height: float) -> bool:
    return block.height <= height + 0.5 and not block.broken


def _sized(style: TextStyle, size_px: float, files: Mapping[str, str]) -> tuple[TextStyle, Fonts, Block]:
    ratio = size_px / style.size_px
    smaller = replace(style, size_px=size_px, letter_spacing_px=style.letter_spacing_px * ratio)
    fonts = Fonts(smaller, files)
    return smaller, fonts, lay_out(smaller, fonts)


def _cut(style: TextStyle, fonts: Fonts, block: Block, most: int) -> Block:
    """The first lines, of which the last ends in "…"."""
    kept = list(block.lines[:most])
    letters_left = clusters(kept[-1].text)
    while True:
        text = "".join(letters_left).rstrip() + _DOTS
        base = int(kept[-1].rtl)
        line = _line(text, levels(text, base), base, fonts)
        if line.width <= style.wrap_px or not letters_left:
            break
        letters_left.pop()
    kept[-1] = line
    return replace(_block(kept, style, fonts, broken=block.broken), cut=True)


def _block(lines: list[Line], style: TextStyle, fonts: Fonts, *, broken: bool) -> Block:
    pitch = style.line_height * style.size_px
    ascent, descent = fonts.metrics()
    return Block(
        lines=tuple(lines),
        width=max((line.width for line in lines), default=0.0),
        height=pitch * len(lines),
        pitch=pitch,
        baseline=(pitch - (ascent + descent)) / 2 + ascent,
        broken=broken,
    )


def _drawable(cluster: str, faces: tuple[Typeface, ...]) -> bool:
    seen = [char for char in cluster if unicodedata.category(char) not in UNSEEN]
    return all(any(ord(char) in letters(face) for face in faces) for char in seen)


def _wrapped(text: str, found: list[int], wrap_px: float, fonts: Fonts) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each line, without the spaces around it, and whether a word is broken at its end."""
    start = end = 0
    for part in breakable(text):
        after = end + len(part)
        if _measure(text, found, start, after, fonts) <= wrap_px:
            end = after
            continue
        if text[start:end].strip():
            yield (*_trimmed(text, start, end), False)
        start = end
        *torn, start = _torn(text, found, start, after, wrap_px, fonts)
        for first, last in zip([end, *torn], [*torn, start], strict=False):
            if last > first:
                yield (*_trimmed(text, first, last), True)
        end = after
    yield (*_trimmed(text, start, end), False)


def _torn(text: str, found: list[int], start: int, end: int, wrap_px: float, fonts: Fonts) -> list[int]:
    """Where a part that is too wide is to be broken, each piece of one letter at least; its start when it fits."""
    ends: list[int] = []
    at = place = start
    for cluster in clusters(text[start:end]):
        following = place + len(cluster)
        if place > at and _measure(text, found, at, following, fonts) > wrap_px:
            ends.append(place)
            at = place
        place = following
    return ends or [start]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and blank(text[start]):
        start += 1
    while end > start and blank(text[end - 1]):
        end -= 1
    return start, end


def _measure(text: str, found: list[int], start: int, end: int, fonts: Fonts) -> float:
    start, end = _trimmed(text, start, end)
    return sum(
        fonts.width(part, face, rtl=level % 2 == 1)
        for part, face, level in _runs(_hyphenated(text, start, end), found[start:end], fonts.faces)
    )


def _hyphenated(text: str, start: int, end: int) -> str:
    """The characters of a line; a soft hyphen at its end is to be seen."""
    line = text[start:end]
    return line[:-1] + "-" if line.endswith(SOFT_HYPHEN) and end < len(text) else line


def _line(text: str, found: list[int], base: int, fonts: Fonts) -> Line:
    runs: list[Run] = []
    depths: list[int] = []
    start = 0
    for part, face, level in _runs(text, line_levels(text, found, base), fonts.faces):
        rtl = level % 2 == 1
        runs.append(Run(part, face, fonts.width(part, face, rtl=rtl), 0.0, start, rtl))
        depths.append(level)
        start += len(part)
    placed: list[Run] = []
    x = 0.0
    for index in visual(depths):
        placed.append(replace(runs[index], x=x))
        x += runs[index].width
    return Line(tuple(placed), x, text, base == 1)


def _runs(text: str, found: list[int], faces: tuple[Typeface, ...]) -> list[tuple[str, Typeface, int]]:
    """Split a line where font or direction changes."""
    runs: list[tuple[str, Typeface, int]] = []
    place = 0
    for cluster in clusters(text):
        face = _face(cluster, faces, runs[-1][1] if runs else None)
        level = found[place]
        place += len(cluster)
        if runs and runs[-1][1] == face and runs[-1][2] == level:
            runs[-1] = (runs[-1][0] + cluster, face, level)
        else:
            runs.append((cluster, face, level))
    return runs


def _face(cluster: str, faces: tuple[Typeface, ...], before: Typeface | None) -> Typeface:
    """The first font that has all of it; signs and spaces stay with the font before them when it has them."""
    seen = [ord(char) for char in cluster if unicodedata.category(char) not in UNSEEN]
    if picture(cluster) and letters(EMOJI).issuperset(seen):
        return EMOJI
    category = unicodedata.category(cluster[0])
    stays = not seen or (category[0] in "ZPSN" and before is not None and letters(before).issuperset(seen))
    if before is not None and not before.color and stays:
        return before
    if not seen:
        return faces[0]
    return next((face for face in faces if letters(face).issuperset(seen)), _first(cluster, faces))


def _first(cluster: str, faces: tuple[Typeface, ...]) -> Typeface:
    """The first font that has the letter itself, though perhaps not its marks."""
    return next((face for face in faces if ord(cluster[0]) in letters(face)), faces[0])
