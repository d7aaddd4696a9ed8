"""Talks of about ten minutes with passages planted in filler, as words with exact times; the same from each seed."""

import random
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.corpus.flite import say
from bench.quality.corpus.speech import Samples, write
from bench.quality.corpus.talk_texts import Texts
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.pcm import SAMPLE_RATE

PASSAGES: Final = 4
_CHARACTER_MS: Final = 66.0  # with pauses about 130 words a minute
_SENTENCE_END: Final = re.compile(r"(?<=[.?!])\s+")
_LEADS: Final = ("And", "So", "Um,", "Well,", "And then", "Okay,")
_LEAD_SHARE: Final = 0.18


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk and where its planted passages lie, in milliseconds.

    Args:
        transcript: with punctuation.
        planted: the passages, from first word to last.
        sentence_starts: when each sentence truly begins.
        sentence_ends: when each one truly ends.
        laughter: from and to when the audience laughs.
    """

    transcript: Transcript
    planted: tuple[tuple[int, int], ...]
    sentence_starts: tuple[int, ...]
    sentence_ends: tuple[int, ...]
    laughter: tuple[tuple[int, int], ...] = ()

    @property
    def bare(self) -> Transcript:
        """The same words as an engine gives them that knows no punctuation, capitals or figures."""
        return bare(self.transcript)


def bare(transcript: Transcript) -> Transcript:
    """A transcript without punctuation and capitals, in segments between silences."""
    words = [replace(word, text=re.sub(r"[^\w']", "", word.text).lower() or "a") for word in transcript.words()]
    return replace(
        transcript, engine=Engine("pocketsphinx", "en-us", writes_punctuation=False), segments=(Segment(tuple(words)),)
    )


def talk(texts: Texts, seed: int, *, passages: int = PASSAGES) -> Talk:
    """A talk in which passages of these texts stand among its filler, at random places."""
    chance = random.Random(f"talk {seed}")
    return _timed(_pieces(texts, chance, passages, len(texts.filler)), chance)


def spoken(texts: Texts, seed: int, wav: Path, *, passages: int = 2, topics: int = 4) -> Talk:
    """A talk as a WAV file, spoken by flite; shorter than others, as it has to be listened to."""
    chance = random.Random(f"spoken {seed}")
    now_ms = 800.0
    parts: list[Samples] = [np.zeros(round(now_ms * SAMPLE_RATE / 1000), np.float32)]
    words: list[Word] = []
    planted: list[tuple[int, int]] = []
    starts: list[int] = []
    ends: list[int] = []
    for good, sentences in _pieces(texts, chance, passages, topics):
        first = len(words)
        for sentence in sentences:
            said = say(sentence, "slt")
            told = [
                (token.text, [now_ms + time for word in token.words for time in (word.start_ms, word.end_ms)])
                for token in said.tokens
            ]
            words += [Word(text, round(min(times)), round(max(times))) for text, times in told if times]
            pause_ms = chance.lognormvariate(6.4, 0.35)
            parts += [said.samples.astype(np.float32), np.zeros(round(pause_ms * SAMPLE_RATE / 1000), np.float32)]
            now_ms = 1000 * sum(map(len, parts)) / SAMPLE_RATE
            starts.append(words[-len(told)].start_ms)
            ends.append(words[-1].end_ms)
        if good:
            planted.append((words[first].start_ms, words[-1].end_ms))
    write(wav, np.concatenate(parts))
    engine = Engine("faster-whisper", "truth", writes_punctuation=True)
    transcript = Transcript("en", round(now_ms), engine, (Segment(tuple(words)),))
    return Talk(transcript, tuple(planted), tuple(starts), tuple(ends))


def _pieces(texts: Texts, chance: random.Random, passages: int, topics: int) -> list[tuple[bool, list[str]]]:
    """Sentences in order, of filler and of passages by turns, each with whether it is a passage."""
    filler = chance.sample(texts.filler, topics)
    blocks: list[tuple[bool, list[str]]] = [(False, [_led(one, chance) for one in _split(text)]) for text in filler]
    chosen = chance.sample(texts.passages, passages)
    pieces: list[tuple[bool, list[str]]] = []
    # Filler is cut anywhere between two of its sentences to let a passage in.
    sentences = [one for _, block in blocks for one in block]
    places = sorted(chance.sample(range(len(sentences) + 1), passages))
    before = 0
    for place, text in zip(places, chosen, strict=True):
        pieces += [(False, sentences[before:place]), (True, _split(text))]
        before = place
    pieces.append((False, sentences[before:]))
    return pieces


def _timed(pieces: list[tuple[bool, list[str]]], chance: random.Random) -> Talk:
    now = 800.0
    words: list[Word] = []
    planted: list[tuple[int, int]] = []
    starts: list[int] = []
    ends: list[int] = []
    laughter: list[tuple[int, int]] = []
    for good, sentences in pieces:
        first = len(words)
        for sentence in sentences:
            starts.append(round(now))
            for text in sentence.split():
                length = _CHARACTER_MS * (len(text) + 1) * chance.uniform(0.8, 1.2)
                words.append(Word(text, round(now), round(now + length), 0.9))
                now += length + (chance.uniform(60, 320) if text.endswith(",") else chance.choice([0, 0, 0, 30, 60]))
            ends.append(words[-1].end_ms)
            now = words[-1].end_ms + chance.lognormvariate(6.4, 0.35)  # 600 ms, mostly from 400 to 900
        if good:
            planted.append((words[first].start_ms, words[-1].end_ms))
            if chance.random() < 0.5:
                laughter.append((words[-1].end_ms + 150, words[-1].end_ms + 1_900))
                now = max(now, words[-1].end_ms + 2_100)
    segment = Segment(tuple(words))
    engine = Engine("faster-whisper", "truth", writes_punctuation=True)
    transcript = Transcript("en", words[-1].end_ms + 1_000, engine, (segment,))
    return Talk(transcript, tuple(planted), tuple(starts), tuple(ends), tuple(laughter))


def _split(text: str) -> list[str]:
    return _SENTENCE_END.split(" ".join(text.split()))


def _led(sentence: str, chance: random.Random) -> str:
    """A sentence as people say it, sometimes with a word before it that only leads in."""
    if chance.random() >= _LEAD_SHARE:
        return sentence
    return f"{chance.choice(_LEADS)} {sentence[0].lower()}{sentence[1:]}"
