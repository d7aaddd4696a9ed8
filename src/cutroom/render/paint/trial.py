"""Letters laid out and drawn once, to see what they take and whether their fonts can be drawn with at all."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from cutroom.render.lettering import CaptionArtist, TextArtist, caption_missing, missing
from cutroom.render.paint.job import Question
from cutroom.render.paint.letters import lettered
from cutroom.render.painting import CaptionSubject
from cutroom.timeline.resolved.captions import Captions

_TRIED: Final = 2000  # letters of captions
_TRIED_PX: Final = 32.0
_LINE_PX: Final = 2048


def tried(question: Question, files: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `Measured`, as JSON data.

    Args:
        question: what is asked.
        files: the fonts that its document brings, by SHA-256.

    Raises:
        Exception: whatever a damaged font leads to.
    """
    subject = question.subject
    artist = lettered(subject, question.fps, question.frames, files)
    overflow: list[tuple[int, str]] = []
    if isinstance(subject, CaptionSubject):
        lost = caption_missing(subject.captions, files)
        _draw(subject.captions, files)
    else:
        lost = missing(subject.text, files)
    if isinstance(artist, CaptionArtist):
        overflow = artist.overflow()
    return {"size": artist.size, "origin": artist.origin, "block": artist.block, "missing": lost, "overflow": overflow}


def _draw(captions: Captions, files: Mapping[str, str]) -> None:
    """Draw every letter of captions once: laying them out alone does not."""
    seen = dict.fromkeys(char for cue in captions.cues for word in cue.words for char in word.text)
    text = " ".join([*seen][:_TRIED])
    style = replace(captions.style, text=text, size_px=_TRIED_PX, wrap_px=_LINE_PX, fit_px=None, animation=None)
    TextArtist(style, frames=1, fps=Fraction(1), files=files)
