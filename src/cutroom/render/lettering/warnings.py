"""Texts and captions that will not look as their author meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cutroom.render.lettering import typefaces
from cutroom.render.lettering.caption_parts import overflowing, parts_of
from cutroom.render.lettering.captions import caption_missing
from cutroom.render.lettering.layout import Fonts, missing
from cutroom.timeline.fields import did_you_mean
from cutroom.timeline.resolved import ResolvedClip, Warning  # noqa: A004 — the word of the document

_NAMED: Final = 8  # signs that a sentence names


def lettering_warnings(clips: Iterable[ResolvedClip], height: int, own: Sequence[str] = ()) -> list[Warning]:
    """Unknown fonts, missing glyphs, and cues that do not fit.

    Args:
        clips: of the edit.
        height: of the canvas, in pixels.
        own: names of the families that the document brings.
    """
    found: list[Warning] = []
    there = tuple(dict.fromkeys((*own, *sorted(typefaces.families()))))
    for clip in clips:
        style = clip.text if clip.captions is None else clip.captions.style
        if clip.measured is not None:
            found += _lost(clip.pointer, clip.measured.missing)
            found += _too_wide(clip.pointer, clip.measured.overflow)
        elif style is None or style.faces:  # in fonts of the document, and nobody sees it: the output is sound alone
            continue
        elif clip.captions is None:
            found += _unknown(clip.pointer, style.family, there)
            found += _lost(clip.pointer, missing(style))
        else:
            found += _unknown(clip.pointer, style.family, there)
            found += _lost(clip.pointer, caption_missing(clip.captions))
            parts = parts_of(clip.captions, Fonts(replace(style, text="", fit_px=None, animation=None)))
            found += _too_wide(clip.pointer, overflowing(clip.captions, parts, height))
    return found


def _unknown(pointer: str, family: str, there: Sequence[str]) -> Iterator[Warning]:
    if not typefaces.known(family):
        sentence = (
            f"There is no font named '{family}' here{did_you_mean(family, there)}; {typefaces.DEFAULT_FAMILY} is used "
            f"instead. There are {', '.join(there)}."
        )
        yield Warning("font_unknown", pointer, sentence)


def _lost(pointer: str, lost: Sequence[str]) -> Iterator[Warning]:
    if lost:
        shown = ", ".join(f"'{char}' (U+{ord(char):04X})" for char in lost[:_NAMED])
        sentence = f"No font here can draw {shown}{' and others' if len(lost) > _NAMED else ''}; left out."
        yield Warning("glyph_missing", pointer, sentence)


def _too_wide(pointer: str, found: Sequence[tuple[int, str]]) -> Iterator[Warning]:
    if found:
        number, text = found[0]
        quoted = text if len(text) <= 40 else f"{text[:39]}…"
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        sentence = (
            f"Cue {number + 1} ('{quoted}'){others} has a word too wide for a line, or more lines than the picture "
        )
        yield Warning("captions_overflow", pointer, sentence + "can hold; make the letters smaller or the lines wider.")
