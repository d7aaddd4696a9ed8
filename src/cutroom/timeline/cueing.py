"""Cues as a clip shows them: words without times get some, and times become those of the clip."""

from fractions import Fraction

from cutroom.timeline.cuesheet import CueSheet, split_words
from cutroom.timeline.resolved import Cue, SpokenWord
from cutroom.timeline.wordtimes import spread


def cue_of_text(text: str, start: Fraction, end: Fraction) -> Cue | None:
    """A cue whose words carry no times of their own and share its time; None when there is no word in it.

    Line breaks of the text become `lines`; a text of one line is left to be wrapped.
    """
    lines = [found for line in text.splitlines() if (found := split_words(line))]
    words = [word for line in lines for word in line]
    if not words:
        return None
    counts = tuple(len(line) for line in lines) if len(lines) > 1 else ()
    return Cue(start, end, spread(start, end, [(word, None, None) for word in words]), counts)


def shifted(sheet: CueSheet, trim: Fraction, speed: Fraction) -> tuple[Cue, ...]:
    """The cues of a clip that leaves out `trim` seconds and plays at `speed`; what lies before is left out."""

    def moved(seconds: Fraction) -> Fraction:
        return max(Fraction(0), (seconds - trim) / speed)

    return tuple(
        Cue(
            moved(cue.start),
            moved(cue.end),
            tuple(SpokenWord(word.text, moved(word.start), moved(word.end)) for word in cue.words),
            cue.lines,
        )
        for cue in sheet.cues
        if cue.end > trim
    )
