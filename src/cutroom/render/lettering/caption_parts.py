"""Cues as what is on screen at a time: words in balanced lines, long cues in parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf
from typing import Final

from cutroom.render.lettering.clusters import clusters
from cutroom.render.lettering.layout import Fonts, drawable, paragraphs
from cutroom.timeline.cuesheet import gap
from cutroom.timeline.resolved import Captions, Cue, TextStyle

_MOST_WORDS: Final = 120
"""In a cue that is balanced: more is no caption, and takes long."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is drawn, and when it is spoken; `torn` when it is a piece of a word that fits no line."""

    text: str
    start: Fraction
    end: Fraction
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What of a cue is on screen at a time.

    Args:
        cue: its number.
        start: second at which it comes.
        end: second at which it goes.
        lines: its words.
        first: whether it comes with its cue, rather than after another part.
        last: whether it goes with its cue.
    """

    cue: int
    start: Fraction
    end: Fraction
    lines: tuple[tuple[Word, ...], ...]
    first: bool
    last: bool

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, as they are read."""
        return tuple(word for line in self.lines for word in line)

    @property
    def text(self) -> str:
        """The lines as text."""
        return "\n".join(line_text(line) for line in self.lines)


def line_text(line: Sequence[Word]) -> str:
    """The words of a line with what stands between them."""
    text = ""
    for word in line:
        text += (gap(text, word.text) if text else "") + word.text
    return text


def parts_of(captions: Captions, fonts: Fonts) -> list[Part]:
    """Everything that is shown, by start."""
    one_by_one = captions.animation == "single"
    found: list[Part] = []
    for number, cue in enumerate(captions.cues):
        words = list(_words(cue, captions.style, fonts))
        lines = list(_lines(cue, words, captions.style, fonts))
        if one_by_one:
            lines = [(word,) for word in words]
        groups = list(_grouped(lines, 1 if one_by_one else max(1, captions.most_lines)))
        starts = [max(group[0][0].start, cue.start) for group in groups]
        starts[:1] = [cue.start] if starts else []
        for index, (group, start) in enumerate(zip(groups, starts, strict=True)):
            last = index == len(groups) - 1
            end = cue.end if last else max(start, starts[index + 1])
            if end > start:
                found.append(Part(number, start, end, group, first=index == 0, last=last))
    return sorted(found, key=lambda part: part.start)


def overflowing(captions: Captions, parts: Sequence[Part], height: int) -> list[tuple[int, str]]:
    """Number and text of the cues with a word wider than a line, or with lines higher than `height`."""
    found: dict[int, str] = {}
    pitch = captions.style.line_height * captions.style.size_px
    for part in parts:
        if len(part.lines) * pitch > height or any(word.torn for word in part.words):
            found.setdefault(part.cue, " ".join(word.text for word in captions.cues[part.cue].words))
    return sorted(found.items())


def _grouped(lines: list[tuple[Word, ...]], most: int) -> Iterator[tuple[tuple[Word, ...], ...]]:
    """Lines in groups of about the same number, of `most` at most."""
    parts = -(-len(lines) // most)
    for index in range(parts):
        yield tuple(lines[index * len(lines) // parts : (index + 1) * len(lines) // parts])


def width_of(line: Sequence[Word], fonts: Fonts, style: TextStyle) -> float:
    """About how wide a line is, from the widths of its words."""
    if not line:
        return 0.0
    space = fonts.width(" ", fonts.faces[0])
    return sum(_width(word.text, fonts) for word in line) + space * (len(line) - 1)


def plain(text: str, style: TextStyle, fonts: Fonts) -> str:
    """A word as it is drawn: in its case, without what no font has."""
    return drawable(" ".join(paragraphs(replace(style, text=text))), fonts).strip()


def _words(cue: Cue, style: TextStyle, fonts: Fonts) -> Iterator[Word]:
    for word in cue.words:
        text = plain(word.text, style, fonts)
        if not text:
            continue
        if _width(text, fonts) <= style.wrap_px:
            yield Word(text, word.start, word.end)
        else:
            # Each piece has its share of the word's time: they may be on screen one after the other.
            start, long = word.start, (word.end - word.start) / len(text)
            for piece in _torn(text, style.wrap_px, fonts):
                end = start + len(piece) * long
                yield Word(piece, start, end, torn=True)
                start = end


def _torn(text: str, wrap_px: float, fonts: Fonts) -> list[str]:
    pieces = [""]
    for cluster in clusters(text):
        if pieces[-1] and _width(pieces[-1] + cluster, fonts) > wrap_px:
            pieces.append("")
        pieces[-1] += cluster
    return pieces


def _lines(cue: Cue, words: list[Word], style: TextStyle, fonts: Fonts) -> Iterator[tuple[Word, ...]]:
    """The author's lines where they fit, else lines of about the same width."""
    whole = sum(cue.lines) == len(words) == len(cue.words) and cue.lines
    counts = cue.lines if whole else (len(words),)
    start = 0
    for count in counts:
        line = words[start : start + count]
        start += count
        yield from _balanced(line, _filled(line, style.wrap_px, style, fonts), style, fonts)


def _balanced(
    words: Sequence[Word], greedy: list[tuple[Word, ...]], style: TextStyle, fonts: Fonts
) -> list[tuple[Word, ...]]:
    """As many lines as the greedy ones, of widths as equal as they can be (least squares, Knuth and Plass 1981)."""
    count = len(greedy)
    if count < 2 or len(words) > _MOST_WORDS or any(word.torn for word in words):
        return greedy
    size = len(words)
    places = [0.0]
    space = fonts.width(" ", fonts.faces[0])
    for word in words:
        places.append(places[-1] + _width(word.text, fonts) + space)
    aim = places[-1] / count
    best: list[list[tuple[float, int]]] = [[(0.0, 0)] + [(inf, 0)] * size]
    for _ in range(count):
        row = [(inf, 0)] * (size + 1)
        for end in range(1, size + 1):
            for start in range(end - 1, -1, -1):
                wide = places[end] - places[start] - space
                if wide > style.wrap_px and end - start > 1:
                    break
                cost = best[-1][start][0] + (wide - aim) ** 2
                if cost < row[end][0]:
                    row[end] = (cost, start)
        best.append(row)
    if best[count][size][0] == inf:
        return greedy
    lines: list[tuple[Word, ...]] = []
    end = size
    for number in range(count, 0, -1):
        start = best[number][end][1]
        lines.append(tuple(words[start:end]))
        end = start
    return lines[::-1]


def _filled(words: Sequence[Word], wrap_px: float, style: TextStyle, fonts: Fonts) -> list[tuple[Word, ...]]:
    lines: list[list[Word]] = [[]]
    for word in words:
        if lines[-1] and (word.torn or width_of([*lines[-1], word], fonts, style) > wrap_px):
            lines.append([])
        lines[-1].append(word)
    return [tuple(line) for line in lines if line]


def _width(text: str, fonts: Fonts) -> float:
    return fonts.text_width(text)
