"""Captions that somebody else made, as a transcript: cues are segments, and words take their share of the time."""

from typing import Final

from cutroom.speech.transcript import Engine, Segment, Transcript, Word
from cutroom.timeline.cuesheet import CueSheet

CAPTIONS: Final = Engine("captions", "", writes_punctuation=True)


def transcript_of(sheet: CueSheet, language: str) -> Transcript:
    """The transcript that captions amount to; where cues overlap, the later words wait for the earlier ones."""
    now = 0
    segments: list[Segment] = []
    for cue in sheet.cues:
        words: list[Word] = []
        for word in cue.words:
            start = max(now, round(word.start * 1000))
            now = max(start, round(word.end * 1000))
            words.append(Word(word.text, start, now))
        if words:
            segments.append(Segment(tuple(words)))
    return Transcript(language, now, CAPTIONS, tuple(segments))
