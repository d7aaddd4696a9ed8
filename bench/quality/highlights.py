"""Highlights: are passages that were planted in talks found, and are they cut where people would cut them?

`python -m bench.quality.highlights [TALKS] [SPOKEN]`. Talks of nine minutes, four strong passages among filler, from
two sets of texts of which only the first was looked at while weights were set. Each talk three times: as an engine with
punctuation writes it, as words alone, and with its sound, in which half of the passages are laughed at. A few shorter
talks are spoken by flite and transcribed by pocketsphinx first. Random spans of whole sentences, as many and as long,
are the reference.
"""

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.corpus.talk_texts import DEVELOPMENT, HELD_OUT, Texts
from bench.quality.corpus.talks import Talk, spoken, talk
from bench.quality.table import Row
from cutroom.highlights import Wish
from cutroom.highlights.finding import find_highlights
from cutroom.highlights.highlight import Highlight
from cutroom.highlights.lexicons import lexicon_of
from cutroom.highlights.loudness import RATE, Loudness, loudness_of
from cutroom.highlights.signs import HANGS, signs_of
from cutroom.speech import Segment, Transcript, Word
from cutroom.speech.sentences import Sentence, sentences

TALKS: Final = 25
SPOKEN: Final = 2
SETS: Final = {"development": DEVELOPMENT, "held out": HELD_OUT}
WAYS: Final = ("punctuated", "bare", "heard")
_WISH: Final = Wish(count=4)
_DRAWS: Final = 20
Span = tuple[int, int]


@dataclass
class Tally:
    """What was counted over talks."""

    planted: int = 0
    found: int = 0
    random: float = 0.0
    asked: int = 0
    given: int = 0
    edges: int = 0
    on_sentences: int = 0
    in_words: int = 0
    hanging: int = 0
    questions: int = 0
    overlaps: int = 0
    middles: list[float] = field(default_factory=list)
    truths: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of planted passages that were found."""
        return self.found / self.planted

    @property
    def by_chance(self) -> float:
        """The share that random spans find."""
        return self.random / self.planted

    @property
    def bias(self) -> float:
        """How far the mean place of what is found is from the mean place of what is planted, in parts of the talk."""
        return abs(float(np.mean(self.middles)) - float(np.mean(self.truths)))


def overlap(one: Span, other: Span) -> float:
    """Intersection over union."""
    shared = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return shared / ((one[1] - one[0]) + (other[1] - other[0]) - shared)


def hits(planted: Sequence[Span], found: Sequence[Span]) -> int:
    """How many planted passages are found, at an overlap of a half."""
    return sum(any(overlap(one, other) >= 0.5 for other in found) for one in planted)


def random_spans(every: Sequence[Sentence], wish: Wish, chance: random.Random) -> list[Span]:
    """Spans of whole sentences, as many and as long as wished."""
    found: list[Span] = []
    while len(found) < wish.count:
        first = chance.randrange(len(every))
        start = every[first].start_ms
        ends = [one.end_ms for one in every[first:] if wish.min_ms <= one.end_ms - start <= wish.max_ms]
        if ends:
            found.append((start, chance.choice(ends)))
    return found


def sound_of(truth: Talk, seed: int, folder: Path) -> Loudness:
    """The loudness of a recording of a talk: noise where words are, and laughter; no passage is louder."""
    chance = np.random.default_rng(seed)
    samples = chance.normal(0, 20, truth.transcript.duration_ms * RATE // 1000)
    for word in truth.transcript.words():
        _noise(samples, word.start_ms, word.end_ms, 1_900 * 10 ** (chance.normal(0, 1.5) / 20), chance)
    for start, end in truth.laughter:
        _noise(samples, start, end, 2_200, chance)
    path = folder / f"{seed}.pcm"
    path.write_bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return loudness_of(path)


def _noise(
    samples: "np.typing.NDArray[np.float64]", start_ms: int, end_ms: int, level: float, chance: np.random.Generator
) -> None:
    span = slice(start_ms * RATE // 1000, end_ms * RATE // 1000)
    samples[span] += chance.normal(0, level, len(samples[span]))


def tally(texts: Texts, way: str, talks: int, *, first: int = 0) -> Tally:
    """Find highlights in talks of these texts, and count."""
    counted = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + talks):
            truth = talk(texts, seed)
            transcript = truth.bare if way == "bare" else truth.transcript
            loudness = sound_of(truth, seed, Path(folder)) if way == "heard" else None
            found = find_highlights(transcript, _WISH, loudness=loudness).highlights
            _count(counted, truth, transcript, found, random.Random(seed))
    return counted


def _count(
    counted: Tally, truth: Talk, transcript: Transcript, found: Sequence[Highlight], chance: random.Random
) -> None:
    words = list(transcript.words())
    spans = [(words[one.first_word].start_ms, words[one.last_word].end_ms) for one in found]
    every = sentences(truth.transcript)
    counted.planted += len(truth.planted)
    counted.found += hits(truth.planted, spans)
    counted.random += sum(hits(truth.planted, random_spans(every, _WISH, chance)) for _ in range(_DRAWS)) / _DRAWS
    counted.asked += _WISH.count
    counted.given += len(found)
    counted.edges += 2 * len(found)
    counted.on_sentences += sum((a in truth.sentence_starts) + (b in truth.sentence_ends) for a, b in spans)
    counted.in_words += sum(_inside(words, at) for one in found for at in (one.start_ms, one.end_ms))
    lexicon = lexicon_of("en")
    opening = {one.start_ms: signs_of(one, lexicon, punctuated=True) for one in every}
    closing = {one.end_ms: one for one in every}
    counted.hanging += sum(opening[a].leans >= HANGS for a, _ in spans if a in opening)
    counted.questions += sum(closing[b].asks for _, b in spans if b in closing)
    counted.overlaps += sum(
        min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms) >= (min(a.end_ms - a.start_ms, b.end_ms - b.start_ms) / 2)
        for place, a in enumerate(found)
        for b in found[place + 1 :]
    )
    counted.middles += [(a + b) / 2 / transcript.duration_ms for a, b in spans]
    counted.truths += [(a + b) / 2 / transcript.duration_ms for a, b in truth.planted]


def _inside(words: Sequence[Word], at: int) -> bool:
    return any(word.start_ms < at < word.end_ms for word in words)


def heard_by_pocketsphinx(texts: Texts, talks: int) -> Tally:
    """Find highlights in spoken talks as the command line does without any settings: no punctuation, real mistakes.

    An edge counts as lying on a sentence when it is in the silence between two, or not more than 100 ms off.
    """
    counted = Tally()
    wish = ("--count", "2", "--min-length", f"{_WISH.min_ms / 1000:g}", "--max-length", f"{_WISH.max_ms / 1000:g}")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(talks):
            wav = Path(folder) / f"{seed}.wav"
            truth = spoken(texts, seed, wav)
            command = [
                sys.executable,
                "-m",
                "cutroom.app",
                "highlights",
                str(wav),
                "--engine",
                "pocketsphinx",
                "--json",
            ]
            done = subprocess.run([*command, *wish], check=True, capture_output=True, text=True)
            items = json.loads(done.stdout)["items"]
            spans = [(round(1000 * one["start"]), round(1000 * one["end"])) for one in items]
            chance = random.Random(seed)
            every = sentences(truth.transcript)
            words = list(truth.transcript.words())
            draws = [hits(truth.planted, random_spans(every, Wish(count=2), chance)) for _ in range(_DRAWS)]
            counted.planted += len(truth.planted)
            counted.found += hits(truth.planted, spans)
            counted.random += sum(draws) / _DRAWS
            counted.asked += 2
            counted.given += len(spans)
            counted.edges += 2 * len(spans)
            gaps = list(zip([0, *truth.sentence_ends], [*truth.sentence_starts, 10**9], strict=True))
            counted.on_sentences += sum(
                any(end - 100 <= edge <= start + 100 for end, start in gaps) for span in spans for edge in span
            )
            counted.in_words += sum(_inside(words, edge) for span in spans for edge in span)
            counted.middles += [sum(span) / 2 / truth.transcript.duration_ms for span in spans]
            counted.truths += [sum(span) / 2 / truth.transcript.duration_ms for span in truth.planted]
    return counted


def long_recording(hours: float = 10) -> tuple[float, float, float]:
    """Hours of talk, the seconds of a processor that it takes to find highlights in it, and the megabytes."""
    words: list[Word] = []
    shift = 0
    for seed in range(1000):
        part = talk(DEVELOPMENT, seed).transcript
        words += [Word(one.text, one.start_ms + shift, one.end_ms + shift) for one in part.words()]
        shift += part.duration_ms
        if shift >= hours * 3_600_000:
            break
    whole = Transcript("en", shift, part.engine, (Segment(tuple(words)),))
    started = time.process_time()
    find_highlights(whole, Wish(count=20))
    took = time.process_time() - started
    tracemalloc.start()
    find_highlights(whole, Wish(count=20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return shift / 3_600_000, took, peak / 1e6


def tallies(talks: int = TALKS) -> Iterator[tuple[str, str, Tally]]:
    """Every set of texts in every way."""
    for name, texts in SETS.items():
        for way in WAYS:
            yield name, way, tally(texts, way, talks)


def measure() -> list[Row]:
    """The rows of the quality table; texts that were not looked at count."""
    rows: list[Row] = []
    every: list[Tally] = []
    for way in WAYS:
        counted = tally(HELD_OUT, way, TALKS)
        every.append(counted)
        rows.append(_found(f"highlights: planted ones found, {way}", counted))
    heard = heard_by_pocketsphinx(HELD_OUT, SPOKEN)
    rows.append(_found("highlights: planted ones found, pocketsphinx", heard))
    every.append(heard)
    in_words, overlaps = sum(one.in_words for one in every), sum(one.overlaps for one in every)
    on_sentences = sum(one.on_sentences for one in every) / sum(one.edges for one in every)
    given, asked = sum(one.given for one in every), sum(one.asked for one in every)
    hanging, bias = sum(one.hanging for one in every), max(one.bias for one in every[:-1])
    hours, seconds, megabytes = long_recording()
    return [
        *rows,
        Row("highlights: cuts inside a word", "0", str(in_words), in_words == 0),
        Row("highlights: edges on sentences", ">= 95 %", f"{on_sentences:.1%}", on_sentences >= 0.95),
        Row("highlights: pairs that overlap by half", "0", str(overlaps), overlaps == 0),
        Row("highlights: as many as asked", "all", f"{given} of {asked}", given == asked),
        Row("highlights: openers that hang in the air", "0", str(hanging), hanging == 0),
        Row("highlights: bias of their place", "<= 0.05", f"{bias:.3f}", bias <= 0.05),
        Row(
            f"highlights: {hours:.0f} hours of transcript",
            "< 30 s, < 200 MB",
            f"{seconds:.1f} s, {megabytes:.0f} MB",
            seconds < 30 and megabytes < 200,
        ),
    ]


def _found(name: str, counted: Tally) -> Row:
    times = counted.recall / counted.by_chance
    told = f"{counted.recall:.2f} against {counted.by_chance:.2f}, {times:.1f} times"
    return Row(name, ">= 2 times random", told, times >= 2)


def main(talks: int, said: int) -> None:
    columns: tuple[tuple[str, Callable[[Tally], object]], ...] = (
        ("found", lambda one: f"{one.recall:.2f}"),
        ("random", lambda one: f"{one.by_chance:.2f}"),
        ("times", lambda one: f"{one.recall / one.by_chance:.1f}"),
        ("given", lambda one: f"{one.given}/{one.asked}"),
        ("edges", lambda one: f"{one.on_sentences / one.edges:.3f}"),
        ("in words", lambda one: one.in_words),
        ("hanging", lambda one: one.hanging),
        ("unanswered", lambda one: one.questions),
        ("overlaps", lambda one: one.overlaps),
        ("bias", lambda one: f"{one.bias:.3f}"),
    )
    print(f"{'set':12} {'way':13}" + "".join(f"{name:>11}" for name, _ in columns))
    spoken_ones = ((name, "pocketsphinx", heard_by_pocketsphinx(texts, said)) for name, texts in SETS.items() if said)
    for name, way, counted in itertools.chain(tallies(talks), spoken_ones):
        print(f"{name:12} {way:13}" + "".join(f"{value(counted)!s:>11}" for _, value in columns), flush=True)
    hours, seconds, megabytes = long_recording()
    print(f"{hours:.1f} hours: {seconds:.1f} s, {megabytes:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TALKS, int(sys.argv[2]) if len(sys.argv) > 2 else SPOKEN)
