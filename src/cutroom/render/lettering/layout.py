"""Laying out a block of text: lines, runs of one font, widths.

Each run is shaped by HarfBuzz (through Pillow and Raqm), so joined scripts, ligatures and kerning come out right, and
so does right-to-left text inside a run. Runs are put in the order of the line's first strong direction.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import ImageFont

from cutroom.render.lettering.typefaces import Typeface, letters, load, typefaces
from cutroom.timeline.resolved import TextStyle

_UNSEEN: Final = frozenset({"Cf", "Mn", "Me"})  # joiners, marks, variation selectors: part of what is before them
_NO_LIGATURES: Final = ["-liga", "-clig"]


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that are drawn with one font; `width` in pixels."""

    text: str
    face: Typeface
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """Runs in the order they stand, left to right."""

    runs: tuple[Run, ...]
    width: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines and their measures in pixels.

    Args:
        width: of the widest line.
        height: of all lines.
        pitch: from one baseline to the next.
        baseline: from the top of the block to the first baseline.
    """

    lines: tuple[Line, ...]
    width: float
    height: float
    pitch: float
    baseline: float


class Fonts:
    """The fonts of one text, loaded at its size when they are first needed."""

    def __init__(self, style: TextStyle) -> None:
        self._size_px = style.size_px
        self._spacing_px = style.letter_spacing_px
        self._loaded: dict[Typeface, ImageFont.FreeTypeFont] = {}
        self.faces = typefaces(style.family, style.weight)

    def font(self, face: Typeface) -> ImageFont.FreeTypeFont:
        """A font at the size of the text."""
        if face not in self._loaded:
            self._loaded[face] = load(face, self._size_px)
        return self._loaded[face]

    def width(self, text: str, face: Typeface) -> float:
        """How far the pen moves over a run."""
        spaced = self.spacing_px(face)
        length = self.font(face).getlength(text, features=self.features(face))
        return length + spaced * len(clusters(text)) if spaced else length

    def spacing_px(self, face: Typeface) -> float:
        """What is added after every letter; nothing in joined scripts, which it would tear apart."""
        return 0.0 if face.joined else self._spacing_px

    def features(self, face: Typeface) -> list[str] | None:
        """OpenType features to set: letters that stand apart are not to be joined into ligatures."""
        return _NO_LIGATURES if self.spacing_px(face) else None


def lay_out(style: TextStyle, fonts: Fonts) -> Block:
    """Wrap a text at words and measure it; a word that is wider than `wrap_px` is broken."""
    lines = [_line(text, fonts) for text in _wrapped(style, fonts)]
    pitch = style.line_height * style.size_px
    ascent, descent = fonts.font(fonts.faces[0]).getmetrics()
    return Block(
        lines=tuple(lines),
        width=max((line.width for line in lines), default=0.0),
        height=pitch * len(lines),
        pitch=pitch,
        baseline=(pitch - (ascent + descent)) / 2 + ascent,
    )


def missing(style: TextStyle) -> list[str]:
    """Characters that no font of ours can draw, each once, in the order of the text. They are left out."""
    faces = typefaces(style.family, style.weight)
    text = "".join(_paragraphs(style.text))
    return list({char: None for char in text if not _drawable(char, faces)})


def _drawable(char: str, faces: tuple[Typeface, ...]) -> bool:
    return unicodedata.category(char) in _UNSEEN or any(ord(char) in letters(face) for face in faces)


def clusters(text: str) -> list[str]:
    """Letters with the marks that sit on them."""
    found: list[str] = []
    for char in text:
        if found and unicodedata.category(char) in _UNSEEN:
            found[-1] += char
        else:
            found.append(char)
    return found


def _paragraphs(text: str) -> list[str]:
    """The lines that the author made, without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return ["".join(char for char in line if unicodedata.category(char) != "Cc") for line in lines]


def _wrapped(style: TextStyle, fonts: Fonts) -> Iterator[str]:
    for whole in _paragraphs(style.text):
        paragraph = "".join(char for char in whole if _drawable(char, fonts.faces))
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if _width(longer, fonts) <= style.wrap_px:
                line = longer
                continue
            if line.strip():
                yield line.strip(" ")
            *broken, line = _broken(word, style.wrap_px, fonts)
            yield from broken
        yield line.strip(" ")


def _broken(word: str, wrap_px: int, fonts: Fonts) -> list[str]:
    """A word in parts that fit, each of one letter at least."""
    parts = [""]
    for cluster in clusters(word):
        if parts[-1] and _width(parts[-1] + cluster, fonts) > wrap_px:
            parts.append("")
        parts[-1] += cluster
    return parts


def _width(text: str, fonts: Fonts) -> float:
    return sum(fonts.width(part, face) for part, face in _runs(text, fonts.faces))


def _line(text: str, fonts: Fonts) -> Line:
    runs = [Run(part, face, fonts.width(part, face)) for part, face in _runs(text, fonts.faces)]
    if len(runs) > 1 and _right_to_left(text):
        runs.reverse()
    return Line(tuple(runs), sum(run.width for run in runs))


def _runs(text: str, faces: tuple[Typeface, ...]) -> list[tuple[str, Typeface]]:
    """Split a line where the font changes; signs and spaces stay with the font before them when it has them."""
    runs: list[tuple[str, Typeface]] = []
    for char in text:
        category = unicodedata.category(char)
        if runs and (category in _UNSEEN or (category[0] in "ZPSN" and ord(char) in letters(runs[-1][1]))):
            face = runs[-1][1]
        else:
            face = next((face for face in faces if ord(char) in letters(face)), faces[0])
        if runs and runs[-1][1] == face:
            runs[-1] = (runs[-1][0] + char, face)
        else:
            runs.append((char, face))
    against = not _right_to_left(text)
    return [run for part, face in runs for run in _without_tail(part, face, against=against)]


def _without_tail(text: str, face: Typeface, *, against: bool) -> Iterator[tuple[str, Typeface]]:
    """A run that goes against its line, without the spaces after it: those lie between it and the next run."""
    body = text.rstrip(" ")
    if body and body != text and _right_to_left(body) == against:
        yield body, face
        yield text[len(body) :], face
    else:
        yield text, face


def _right_to_left(text: str) -> bool:
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((direction != "L" for direction in directions if direction in {"L", "R", "AL"}), False)
