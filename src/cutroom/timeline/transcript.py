"""Cutroom's transcript: JSON with segments of speech and the words in them, as speech recognisers write it."""

import json
import math
import re
from fractions import Fraction
from typing import Any, Final

from cutroom.timeline.cueing import cue_of_text
from cutroom.timeline.cuesheet import split_words
from cutroom.timeline.resolved.captions import Cue
from cutroom.timeline.wordtimes import MOST_SECONDS, Timed, bad_captions, spread

_CONTROL: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]")


def read_transcript(text: str) -> list[Cue]:
    """The cues of `{"segments": [{"start", "end", "text", "words": [{"text", "start", "end"}]}]}`.

    Whisper's "word" is read as "text"; words, and their times, may be missing. The "cues" of our subtitles are read as
    segments whose words stand in "lines": `{"cues": [{"start", "end", "lines": [{"words": […]}]}]}`.

    Raises:
        Invalid: `bad_captions`.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise bad_captions(f"Line {error.lineno}: the transcript is no JSON: {error.msg.lower()}") from error
    except (RecursionError, ValueError) as error:
        raise bad_captions(
            "The transcript is no JSON that can be read: it is nested too deeply or has huge numbers"
        ) from error
    segments = document.get("segments", document.get("cues")) if isinstance(document, dict) else document
    if not isinstance(segments, list):
        raise bad_captions(
            'A transcript is {"segments": [{"start": 0, "end": 1.5, "text": "…"}]}; there are no segments'
        )
    cues = (_cue(segment, f"Segment {number}") for number, segment in enumerate(segments, 1))
    return [cue for cue in cues if cue is not None]


def _cue(segment: Any, name: str) -> Cue | None:
    if not isinstance(segment, dict):
        raise bad_captions(f"{name} is no object")
    start, end = _time(segment.get("start"), f"{name}: 'start'"), _time(segment.get("end"), f"{name}: 'end'")
    if start is None or end is None:
        raise bad_captions(f"{name} needs 'start' and 'end' in seconds")
    if end < start:
        raise bad_captions(f"{name} ends before it starts")
    if "lines" in segment:
        return _broken(segment["lines"], start, end, name)
    words = segment.get("words")
    if words is not None and not isinstance(words, list):
        raise bad_captions(f"{name}: 'words' is no list")
    timed = [timed for number, word in enumerate(words or (), 1) for timed in _word(word, f"{name}, word {number}")]
    if timed and end > start:
        return Cue(start, end, spread(start, end, timed))
    if timed:
        return None
    text = _text(segment.get("text"), f"{name}: 'text'")
    return cue_of_text(text, start, end) if end > start else None


def _broken(lines: Any, start: Fraction, end: Fraction, name: str) -> Cue | None:
    """A cue whose author broke its lines."""
    timed: list[Timed] = []
    counts: list[int] = []
    for line in lines if isinstance(lines, list) else [None]:
        words = line.get("words") if isinstance(line, dict) else None
        if not isinstance(words, list):
            raise bad_captions(f"{name}: 'lines' is no list of objects with 'words'")
        found = [part for number, word in enumerate(words, 1) for part in _word(word, f"{name}, word {number}")]
        timed += found
        counts += [len(found)] if found else []
    if not timed or end <= start:
        return None
    return Cue(start, end, spread(start, end, timed), tuple(counts) if len(counts) > 1 else ())


def _word(word: Any, name: str) -> list[Timed]:
    if not isinstance(word, dict):
        raise bad_captions(f"{name} is no object")
    parts = split_words(_text(word.get("text", word.get("word")), name))
    start, end = _time(word.get("start"), f"{name}: 'start'"), _time(word.get("end"), f"{name}: 'end'")
    if not parts:
        return []
    if len(parts) == 1:
        return [(parts[0], start, end)]
    if start is None or end is None or end < start:
        return [(parts[0], start, None), *((part, None, None) for part in parts[1:])]
    return [(one.text, one.start, one.end) for one in spread(start, end, [(part, None, None) for part in parts])]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise bad_captions(f"{name} is no text")
    return _CONTROL.sub("", value)


def _time(value: Any, name: str) -> Fraction | None:
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value <= MOST_SECONDS
    ):
        raise bad_captions(f"{name} is no number of seconds from 0 to {MOST_SECONDS}")
    return Fraction(round(value * 1000), 1000)
