"""Numbers in a text, in digits or in English words, as values that can be compared."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

# fmt: off
_UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "dozen": 12,
}
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}
# fmt: on
_SCALES: Final = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_CROWDS: Final = {"dozens": 12, **{f"{name}s": scale for name, scale in _SCALES.items()}}
_SUFFIXES: Final = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000, "b": 1_000_000_000}
_MEASURES: Final = {
    "%": "percent",
    "percent": "percent",
    "per cent": "percent",
    "$": "dollar",
    "dollar": "dollar",
    "dollars": "dollar",
    "bucks": "dollar",
    "usd": "dollar",
    "\u20ac": "euro",
    "euro": "euro",
    "euros": "euro",
    "eur": "euro",
    "\u00a3": "pound",
    "pounds": "pound",
    "gbp": "pound",
    "\u00a5": "yen",
    "yen": "yen",
}
_TOKEN: Final = re.compile(
    r"[$\u20ac\u00a3\u00a5]|\d[\d,.\u00a0\u202f']*\d|\d|%|[^\W\d_]+(?:['\u2019][^\W\d_]+)?", re.UNICODE
)
_DIGITS: Final = re.compile(r"\d")
_SIGNS: Final = re.compile(r"[\u00bc-\u00be\u2150-\u215e\u2189\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]")
"""Fractions, and numbers in circles, brackets and before full stops; powers, as of square metres, are none."""
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,.'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a text names.

    Args:
        shown: as it is written.
        readings: what it may mean; `nineteen eighty four` is 1984, or 19 and 84.
        measure: `percent`, `dollar`, `euro`, `pound` or `yen`, where one is said.
    """

    shown: str
    readings: tuple[frozenset[Decimal], ...]
    measure: str | None


def numbers_in(text: str) -> list[Number]:
    """The numbers of a text, in order. `one` alone is none: it is a pronoun as often."""
    tokens = [match.group() for match in _TOKEN.finditer(text.replace("-", " ").replace("\u2011", " "))]
    found = [
        Number(sign, (frozenset({Decimal(f"{unicodedata.numeric(sign):g}")}),), None) for sign in _SIGNS.findall(text)
    ]
    at = 0
    while at < len(tokens):
        end = _end_of_run(tokens, at)
        if end == at:
            at += 1
            continue
        run = tokens[at:end]
        readings = tuple(dict.fromkeys(_readings(run)))
        if readings and [token.casefold() for token in run] != ["one"]:
            found.append(Number(" ".join(run), readings, _measure(tokens, at, end)))
        at = end
    return found


def crowds_in(text: str) -> list[tuple[str, int]]:
    """Words such as `hundreds`, and the least that each may stand for."""
    words = (match.group() for match in _TOKEN.finditer(text))
    return [(word, _CROWDS[word.casefold()]) for word in words if word.casefold() in _CROWDS]


def _measure(tokens: Sequence[str], start: int, end: int) -> str | None:
    before = _MEASURES.get(tokens[start - 1].casefold()) if start and not tokens[start - 1].isalpha() else None
    if before is not None and before != "percent":
        return before
    if end < len(tokens):
        after = tokens[end].casefold()
        if after == "per" and end + 1 < len(tokens):
            after = f"{after} {tokens[end + 1].casefold()}"
        return _MEASURES.get(after)
    return None


def _is_word(token: str) -> bool:
    low = token.casefold()
    return low in _UNITS or low in _TENS or low in _SCALES


def _end_of_run(tokens: Sequence[str], at: int) -> int:
    """Where the run of number words that starts at a token ends; the same place when none starts there."""
    if _DIGITS.match(tokens[at]):
        end = at + 1
        while end < len(tokens) and (tokens[end].casefold() in _SCALES or tokens[end].casefold() in _SUFFIXES):
            end += 1
        return end
    low = tokens[at].casefold()
    if low not in _UNITS and low not in _TENS:
        return at
    end = at + 1
    while end < len(tokens):
        low = tokens[end].casefold()
        following = tokens[end + 1] if end + 1 < len(tokens) else ""
        joins = low == "and" and tokens[end - 1].casefold() in _SCALES and following.casefold() in {**_UNITS, **_TENS}
        points = low == "point" and following.casefold() in _UNITS
        if not (_is_word(low) or joins or points):
            break
        end += 1
    return end


def _readings(run: Sequence[str]) -> Iterator[frozenset[Decimal]]:
    if _DIGITS.match(run[0]):
        scale = Decimal(1)
        for token in run[1:]:
            low = token.casefold()
            scale *= _SCALES.get(low) or _SUFFIXES[low]
        for value in _of_digits(run[0]):
            yield frozenset({value * scale})
        return
    words = [token.casefold() for token in run if token.casefold() != "and"]
    whole = _of_words(words)
    if whole is not None:
        yield frozenset({whole})
    parts = _apart(words)
    if len(parts) > 1:
        if all(part < 100 for part in parts):
            # A year or a number that is read out: nineteen eighty four, nine one one.
            yield frozenset({Decimal("".join(str(int(part)) for part in parts))})
        if len(parts) == 2 and parts[1] < 10 and parts[0] >= 10:
            yield frozenset({Decimal(f"{int(parts[0])}0{int(parts[1])}")})
        yield frozenset(parts)


def _of_digits(text: str) -> Iterator[Decimal]:
    """What digits may mean: 1,200 is twelve hundred here, and 1.2 elsewhere."""
    if not _GROUPED.fullmatch(text):
        pieces = re.findall(r"\d+", text)
        yield from (Decimal(piece) for piece in pieces[:1])
        return
    marks = [mark for mark in text if not mark.isdigit()]
    plain = re.sub(r"\D", "", text)
    if not marks:
        yield Decimal(plain)
        return
    tail = text.rpartition(marks[-1])[2]
    if len(tail) == 3:
        yield Decimal(plain)
    if len(marks) == 1 or len(tail) != 3:
        head = re.sub(r"\D", "", text.rpartition(marks[-1])[0])
        try:
            yield Decimal(f"{head}.{tail}")
        except InvalidOperation:  # pragma: no cover — digits are digits
            return


def _of_words(words: Sequence[str]) -> Decimal | None:
    """The one number that the words are, by the grammar of English numerals; None when they are several."""
    if "point" in words:
        at = words.index("point")
        head = _of_words(words[:at]) if at else Decimal(0)
        scale = 1
        tail = list(words[at + 1 :])
        while tail and tail[-1] in _SCALES:
            scale *= _SCALES[tail.pop()]
        digits = "".join(str(_UNITS[word]) for word in tail if word in _UNITS and _UNITS[word] < 10)
        if head is None or len(digits) != len(tail):
            return None
        return Decimal(f"{head}.{digits}") * scale
    total, group = 0, 0
    last = "start"
    for word in words:
        if word in _UNITS:
            if last == "unit" or (last == "ten" and not 0 < _UNITS[word] < 10):
                return None
            group += _UNITS[word]
            last = "unit"
        elif word in _TENS:
            if last in {"unit", "ten"}:
                return None
            group += _TENS[word]
            last = "ten"
        elif word == "hundred":
            group = max(group, 1) * 100
            last = "scale"
        else:
            total += max(group, 1) * _SCALES[word]
            group = 0
            last = "scale"
    return Decimal(total + group)


def _apart(words: Sequence[str]) -> list[Decimal]:
    """The words as several numbers, each as long as it can be."""
    found: list[Decimal] = []
    start = 0
    while start < len(words):
        end = len(words)
        while end > start + 1 and _of_words(words[start:end]) is None:
            end -= 1
        value = _of_words(words[start:end])
        if value is not None:
            found.append(value)
        start = end
    return found
