"""A transcript in the forms that OpenAI's API for transcriptions answers in."""

import json
import math
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, Literal, get_args

from cutroom.speech.cues import cues_of
from cutroom.speech.formats import to_srt, to_vtt
from cutroom.speech.remote_languages import name_of
from cutroom.speech.sentences import Sentence, sentences
from cutroom.speech.transcript import Transcript, Word
from cutroom.timeline.cuesheet import join_words

Form = Literal["json", "text", "srt", "vtt", "verbose_json"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
Granularity = Literal["word", "segment"]
GRANULARITIES: Final[tuple[Granularity, ...]] = get_args(Granularity)
JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"


def written(transcript: Transcript, form: Form, granularities: Collection[Granularity]) -> tuple[str, str]:
    """The body of an answer, and its media type."""
    if form == "srt":
        return to_srt(cues_of(transcript)), _TEXT
    if form == "vtt":
        return to_vtt(cues_of(transcript)), _TEXT
    if form == "text":
        return f"{text_of(transcript)}\n", _TEXT
    data = _plain(transcript) if form == "json" else _verbose(transcript, granularities)
    return json.dumps(data, ensure_ascii=False), JSON


def events_of(transcript: Transcript) -> Iterator[str]:
    """The events of a stream: a delta for each sentence, which together are the text, then the text as a whole."""
    before = ""
    whole = text_of(transcript)
    for sentence in sentences(transcript):
        text = whole[: len(before) + _room(whole[len(before) :], sentence.text)]
        delta = text[len(before) :]
        before = text
        if delta:
            yield _event({"type": "transcript.text.delta", "delta": delta})
    yield _event({"type": "transcript.text.done", "text": whole})


def _room(rest: str, text: str) -> int:
    """How much of the rest a sentence takes, with the space before it."""
    return rest.index(text) + len(text) if text in rest else len(rest)


def text_of(transcript: Transcript) -> str:
    """All that was said, as one line."""
    return join_words([word.text for word in transcript.words()])


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _plain(transcript: Transcript) -> dict[str, Any]:
    return {"text": text_of(transcript), "usage": _usage(transcript)}


def _verbose(transcript: Transcript, granularities: Collection[Granularity]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "task": "transcribe",
        "language": name_of(transcript.language),
        "duration": transcript.duration_ms / 1000,
        "text": text_of(transcript),
        "usage": _usage(transcript),
    }
    if "segment" in granularities or not granularities:
        found["segments"] = [_segment(number, one) for number, one in enumerate(sentences(transcript))]
    if "word" in granularities:
        found["words"] = [_word(word) for word in transcript.words()]
    return found


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(transcript.duration_ms / 1000)}


def _word(word: Word) -> dict[str, Any]:
    return {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000}


def _segment(number: int, sentence: Sentence) -> dict[str, Any]:
    """A sentence as a segment; what only Whisper knows of its own work is what it says of perfect work."""
    text = sentence.text.encode()
    return {
        "id": number,
        "seek": sentence.start_ms // 10,
        "start": sentence.start_ms / 1000,
        "end": sentence.end_ms / 1000,
        "text": sentence.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _log_prob(sentence.words),
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 3),
        "no_speech_prob": 0.0,
    }


def _log_prob(words: Sequence[Word]) -> float:
    """The mean logarithm of what the engine gives its words; 0 where it gives them nothing."""
    told = [word.confidence for word in words if word.confidence is not None]
    return round(sum(math.log(max(one, 1e-6)) for one in told) / len(told), 4) if told else 0.0
