"""Cues as files. What is said is text everywhere: nothing in it is a tag, a code, a time or a script."""

import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, get_args

from cutroom.speech.cues import Cue
from cutroom.speech.transcript import Transcript, Word
from cutroom.timeline import cues as timeline
from cutroom.timeline.cuesheet import join_words

SubtitleFormat = Literal["srt", "vtt", "ass", "json", "txt"]
FORMATS: Final[tuple[SubtitleFormat, ...]] = get_args(SubtitleFormat)
CONTENT_TYPES: Final[dict[SubtitleFormat, str]] = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "ass": "text/x-ssa",
    "json": "application/json",
    "txt": "text/plain",
}
PARAGRAPH_MS: Final = 2_000
"""A silence after which plain text begins a new paragraph."""
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?0-9])|\{(?=\\)|&(?=#?\w+;)")
_CODE: Final = re.compile(r"\{(?=\\)")  # of ASS, which many programs look for everywhere
_UNSEEN: Final = "\u200b"
"""Zero width space: SubRip knows no escapes, so what would begin a tag or a code is parted from it unseen."""


def to_srt(cues: Sequence[Cue]) -> str:
    """Cues as a SubRip file."""
    return timeline.to_srt([_guarded(cue, _TAG).shown() for cue in cues])


def to_vtt(cues: Sequence[Cue]) -> str:
    """Cues as a WebVTT file."""
    return timeline.to_vtt([_guarded(cue, _CODE).shown() for cue in cues])


def to_timed_vtt(cues: Sequence[Cue]) -> str:
    """Cues as a WebVTT file that says when each word is spoken (WebVTT 1, section 4.2.2: cue timestamps)."""
    blocks = ["WEBVTT\n"]
    for cue in (_guarded(one, _CODE) for one in cues):
        lines = []
        for line in cue.lines:
            words = [f"<{_stamp(_within(word, cue))}>{html.escape(word.text, quote=False)}" for word in line]
            gaps = ["", *(_gap(left, right) for left, right in itertools.pairwise(line))]
            lines.append("".join(space + word for space, word in zip(gaps, words, strict=True)))
        blocks.append(f"{_stamp(cue.start_ms)} --> {_stamp(cue.end_ms)}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def to_text(transcript: Transcript) -> str:
    """What was said, in paragraphs: a new one for each speaker, and after a long silence."""
    paragraphs: list[list[Word]] = []
    for word in transcript.words():
        last = paragraphs[-1][-1] if paragraphs else None
        if last is None or last.speaker != word.speaker or word.start_ms - last.end_ms >= PARAGRAPH_MS:
            paragraphs.append([])
        paragraphs[-1].append(word)
    return "\n\n".join(_paragraph(words) for words in paragraphs) + ("\n" if paragraphs else "")


def _paragraph(words: Sequence[Word]) -> str:
    text = join_words([word.text for word in words])
    return f"{words[0].speaker}: {text}" if words[0].speaker else text


def _guarded(cue: Cue, codes: re.Pattern[str]) -> Cue:
    if not any(codes.search(text) for text in cue.texts):
        return cue
    lines = tuple(
        tuple(replace(word, text=codes.sub(lambda found: found.group() + _UNSEEN, word.text)) for word in line)
        for line in cue.lines
    )
    return replace(cue, lines=lines)


def _gap(left: Word, right: Word) -> str:
    return join_words([left.text, right.text])[len(left.text) : -len(right.text)]


def _within(word: Word, cue: Cue) -> int:
    return min(max(word.start_ms, cue.start_ms), cue.end_ms)


def _stamp(moment_ms: int) -> str:
    hours, rest = divmod(moment_ms, 3_600_000)
    return f"{hours:02}:{rest // 60_000:02}:{rest // 1000 % 60:02}.{rest % 1000:03}"
