"""The words of one language that tell something about a sentence, whatever the sentence is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Entries:
    """Words, and phrases of several words, each with a space at either end."""

    words: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def count(self, sentence: Sequence[str], text: str) -> int:
        """How often they stand in a sentence of tokens, of which `text` is the `spaced` form."""
        found = sum(text.count(phrase) for phrase in self.phrases)
        return found + sum(word in self.words for word in sentence)


_NONE: Final = Entries()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words and phrases of a language, casefolded and without punctuation, as `words.tokens` gives them.

    Args:
        stop: words that say little by themselves.
        fillers: sounds and phrases of people who think while they speak.
        hanging: at the start of a sentence, words that lean on the one before: conjunctions, pronouns for persons.
        leaning: likewise, but often harmless: demonstratives, "so".
        freeing: second words with which a leaning first word does no harm ("so what", "this is").
        asking: first words of a question.
        inverting: verbs that, before a word of `subjects`, begin a question.
        subjects: see `inverting`.
        tags: last words with which a sentence asks for agreement, not for an answer.
        extremes: superlatives and words without exception.
        turns: words and phrases of contrast and surprise.
        feelings: words of emotion.
        address: words for the listener.
        reveals: phrases that promise something: a secret, a mistake, a lesson, a story.
        markers: phrases that open a new topic.
        endings: phrases that close one: conclusions and morals.
        numbers: number words.
        wishes: what people put around the topic when they ask for highlights.
        funny: words of a prompt that wants laughter.
    """

    stop: Entries = field(default=_NONE)
    fillers: Entries = field(default=_NONE)
    hanging: Entries = field(default=_NONE)
    leaning: Entries = field(default=_NONE)
    freeing: Entries = field(default=_NONE)
    asking: Entries = field(default=_NONE)
    inverting: Entries = field(default=_NONE)
    subjects: Entries = field(default=_NONE)
    tags: Entries = field(default=_NONE)
    extremes: Entries = field(default=_NONE)
    turns: Entries = field(default=_NONE)
    feelings: Entries = field(default=_NONE)
    address: Entries = field(default=_NONE)
    reveals: Entries = field(default=_NONE)
    markers: Entries = field(default=_NONE)
    endings: Entries = field(default=_NONE)
    numbers: Entries = field(default=_NONE)
    wishes: Entries = field(default=_NONE)
    funny: Entries = field(default=_NONE)


def lexicon(**texts: str) -> Lexicon:
    """A lexicon from texts: entries that hold spaces are separated by commas, others by white space.

    The words of the other short classes say little by themselves too: they join `stop`.
    """
    known = {field.name for field in fields(Lexicon)}
    if unknown := texts.keys() - known:
        raise ValueError(f"a lexicon has no {sorted(unknown)}")
    classes = {name: _entries(text) for name, text in texts.items()}
    little = ("stop", "fillers", "hanging", "leaning", "asking", "inverting", "subjects", "address", "numbers")
    stop = frozenset[str]().union(*(classes[name].words for name in little if name in classes))
    return Lexicon(**{**classes, "stop": Entries(stop)})


def _entries(text: str) -> Entries:
    parts = text.split(",") if "," in text else text.split()
    return _sorted_out(" ".join(part.split()) for part in parts if part.strip())


def _sorted_out(entries: Iterable[str]) -> Entries:
    every = sorted(set(entries))
    return Entries(
        frozenset(entry for entry in every if " " not in entry),
        tuple(f" {entry} " for entry in every if " " in entry),
    )
