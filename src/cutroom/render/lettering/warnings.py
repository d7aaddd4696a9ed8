"""Texts and captions that will not look as their author meant."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from cutroom.render.lettering import typefaces
from cutroom.render.lettering.caption_parts import overflowing, parts_of
from cutroom.render.lettering.captions import caption_missing
from cutroom.render.lettering.layout import Fonts, missing
from cutroom.timeline.resolved import Captions, ResolvedClip, Warning  # noqa: A004 — the word of the document

_NAMED: Final = 8  # signs that a sentence names


def lettering_warnings(clips: Iterable[ResolvedClip], height: int) -> list[Warning]:
    """Unknown fonts, missing glyphs, and cues that do not fit, on a canvas that is `height` pixels high."""
    found: list[Warning] = []
    for clip in clips:
        if clip.text is not None:
            found += _letters(clip.pointer, clip.text.family, missing(clip.text))
        if clip.captions is not None:
            found += _letters(clip.pointer, clip.captions.style.family, caption_missing(clip.captions))
            found += _too_wide(clip.pointer, clip.captions, height)
    return found


def _letters(pointer: str, family: str, lost: list[str]) -> Iterator[Warning]:
    if not typefaces.known(family):
        sentence = f"There is no font named '{family}' here; {typefaces.DEFAULT_FAMILY} is used instead."
        yield Warning("font_unknown", pointer, sentence)
    if lost:
        shown = ", ".join(f"'{char}' (U+{ord(char):04X})" for char in lost[:_NAMED])
        sentence = f"No font here can draw {shown}{' and others' if len(lost) > _NAMED else ''}; left out."
        yield Warning("glyph_missing", pointer, sentence)


def _too_wide(pointer: str, captions: Captions, height: int) -> Iterator[Warning]:
    style = replace(captions.style, text="", fit_px=None, animation=None)
    found = overflowing(captions, parts_of(captions, Fonts(style)), height)
    if found:
        number, text = found[0]
        quoted = text if len(text) <= 40 else f"{text[:39]}…"
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        sentence = (
            f"Cue {number + 1} ('{quoted}'){others} has a word too wide for a line, or more lines than the picture "
        )
        yield Warning("captions_overflow", pointer, sentence + "can hold; make the letters smaller or the lines wider.")
