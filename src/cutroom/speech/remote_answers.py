"""What servers answer, in all its forms: text, text in JSON, segments, words, speakers. None of it is trusted.

Times count from the beginning of the sound that was sent. Words with times come without punctuation from some servers
(OpenAI's `whisper-1`), which write it in the text beside them: the text is what was written, the words say when.
"""

import difflib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cutroom.speech.pcm import Span
from cutroom.speech.remote_languages import tag_of
from cutroom.speech.transcriber import Spoken, Utterance

MOST_WORDS_PER_S: Final = 12
"""More than anybody says, with some room (see `whisper_child.FASTEST`); what a server says beyond that is a loop."""
GRACE: Final = 10
LOG_PROB, NO_SPEECH = -1.0, 0.6
"""Whisper's own thresholds for a segment in which nobody speaks (openai/whisper, transcribe.py)."""
SLACK_S: Final = 2.0
"""By how much times may lie after the end of what was sent: Whisper pads to 30 s, and rounds."""
MOST_SPEAKER_CHARS: Final = 100


class NoAnswer(ValueError):
    """What came is no transcription."""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer.

    Args:
        utterances: in order.
        language: BCP 47 tag; None when it does not say.
        timed: whether every word has its times.
    """

    utterances: tuple[Utterance, ...]
    language: str | None
    timed: bool


def read_answer(raw: str, span: Span) -> Told:
    """What an answer to the sound of a span says.

    Raises:
        NoAnswer: it is neither text nor one of the objects that servers of this kind send.
    """
    data = _parsed(raw)
    if isinstance(data, str):
        data = {"text": data}
    text = data.get("text")
    segments = [one for one in _objects(data.get("segments")) if not _silent(one)]
    if not isinstance(text, str) and not segments:
        raise NoAnswer("neither text nor segments")
    words = _words(_objects(data.get("words")), span)
    inner = [_words(_objects(one.get("words")), span, _speaker(one)) for one in segments]
    if not words and any(inner):
        words = [word for some in inner for word in some]
    if segments:
        utterances = _by_segments(segments, words, span)
    else:
        utterances = [_utterance(_timed(str(text).split(), words), span)] if str(text).split() else []
    utterances = _bounded(utterances, span)
    timed = all(word.start_ms is not None for utterance in utterances for word in utterance.words)
    return Told(tuple(utterances), tag_of(data.get("language")), timed)


def _parsed(raw: str) -> Any:
    """JSON where it is some, else the text as it is: people may say "[laughs]", but no web page."""
    beginning = raw.lstrip()[:1]
    if beginning == "<":
        raise NoAnswer("a page")
    if beginning not in {"{", "[", '"'}:
        return raw
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        if beginning == "[":
            return raw
        raise NoAnswer("no JSON") from error
    if not isinstance(data, (dict, str)):
        raise NoAnswer("no object")
    return data


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _silent(segment: Mapping[str, Any]) -> bool:
    """Whether the server itself thinks that nobody speaks there."""
    no_speech, log_prob = _number(segment.get("no_speech_prob")), _number(segment.get("avg_logprob"))
    return no_speech is not None and log_prob is not None and no_speech > NO_SPEECH and log_prob < LOG_PROB


def _words(listed: Sequence[Mapping[str, Any]], span: Span, speaker: str | None = None) -> list[Spoken]:
    """Words with times, in order; those without are left out: the text has them."""
    found: list[Spoken] = []
    for one in listed:
        text = one.get("word", one.get("text"))
        times = _times(one, span)
        if not isinstance(text, str) or times is None:
            continue
        sure = next((_number(one.get(name)) for name in ("probability", "confidence", "score") if name in one), None)
        confidence = None if sure is None else min(max(sure, 0.0), 1.0)
        who = _speaker(one) or speaker
        found += [Spoken(part, times.start_ms, times.end_ms, confidence, who) for part in text.split()]
    return sorted(found, key=lambda word: (word.start_ms or 0, word.end_ms or 0))


def _by_segments(segments: Sequence[Mapping[str, Any]], words: Sequence[Spoken], span: Span) -> list[Utterance]:
    """An utterance for each segment, with the words that lie in it."""
    placed = [(one, _times(one, span) or span) for one in segments]
    texts = [str(one.get("text") or "").split() for one, _ in placed]
    timed = _timed([token for text in texts for token in text], words)
    found: list[Utterance] = []
    rest = iter(timed)
    for (one, place), text in zip(placed, texts, strict=True):
        speaker = _speaker(one)
        said = [word if word.speaker else replace(word, speaker=speaker) for word in itertools.islice(rest, len(text))]
        if said:
            found.append(_utterance(said, place))
    return found


def _timed(tokens: Sequence[str], words: Sequence[Spoken]) -> list[Spoken]:
    """The words of a text, each with the times of the same word in the list, where there is one."""
    made = [Spoken(token) for token in tokens]
    if not tokens or not words:
        return made or list(words)
    matcher = difflib.SequenceMatcher(
        a=[_plain(token) for token in tokens], b=[_plain(word.text) for word in words], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            at = block.a + offset
            made[at] = replace(words[block.b + offset], text=tokens[at])
    return made


def _plain(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold())) or word


def _utterance(words: Sequence[Spoken], place: Span) -> Utterance:
    starts = [word.start_ms for word in words if word.start_ms is not None]
    ends = [word.end_ms for word in words if word.end_ms is not None]
    return Utterance(Span(min([place.start_ms, *starts]), max([place.end_ms, *ends])), tuple(words))


def _bounded(utterances: Sequence[Utterance], span: Span) -> list[Utterance]:
    """What somebody can have said in the time; a model that has fallen into a loop says more."""
    left = GRACE + MOST_WORDS_PER_S * span.length_ms // 1000
    found: list[Utterance] = []
    for utterance in utterances:
        words = utterance.words[:left]
        left -= len(words)
        if words:
            found.append(replace(utterance, words=words))
    return found


def _times(one: Mapping[str, Any], span: Span) -> Span | None:
    """The times of a word or segment in the recording; None when they cannot be true."""
    start, end = _number(one.get("start")), _number(one.get("end"))
    if start is None or end is None or not 0 <= start <= end <= span.length_ms / 1000 + SLACK_S:
        return None
    first = min(span.start_ms + round(start * 1000), span.end_ms)
    return Span(first, min(max(first, span.start_ms + round(end * 1000)), span.end_ms))


def _number(value: object) -> float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if known and math.isfinite(value) else None  # type: ignore[arg-type]


def _speaker(one: Mapping[str, Any]) -> str | None:
    told = one.get("speaker")
    if not isinstance(told, (str, int)) or isinstance(told, bool):
        return None
    return "".join(filter(str.isprintable, str(told))).strip()[:MOST_SPEAKER_CHARS] or None
