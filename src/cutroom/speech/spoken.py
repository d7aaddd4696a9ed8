"""How written English is said: numbers, amounts, symbols and abbreviations as words."""

import re
import unicodedata
from typing import Final

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = (
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_UNITS: Final = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen", "₹": "rupees"}
_PARTS: Final = {"$": "cents", "£": "pence", "€": "cents", "₹": "paise"}
_SYMBOLS: Final = {
    "%": "percent", "&": "and", "+": "plus", "=": "equals", "@": "at", "#": "number", "°": "degrees", "§": "section",
    "\u00d7": "times", "÷": "divided by", "~": "about", "№": "number",
}  # fmt: skip
_ABBREVIATIONS: Final = {
    "dr": "doctor", "mr": "mister", "mrs": "missus", "ms": "miss", "prof": "professor", "vs": "versus", "st": "saint",
    "etc": "et cetera",
}  # fmt: skip
_MONEY: Final = re.compile(r"([$£€¥₹])(\d+(?:,\d+)*)(?:\.(\d+))?([kKmMbB]n?)?")
_NUMBER: Final = re.compile(r"(\d+(?:,\d+)*)(?:\.(\d+))?(st|nd|rd|th|s)?")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})")
_SHORT: Final = {"k": "thousand", "m": "million", "b": "billion"}
_PIECE: Final = re.compile(
    r"[$£€¥₹]?\d+(?:,\d+)*(?:[.:]\d+)?(?:st|nd|rd|th|s|[kKmMbB]n?)?(?![A-Za-z])|[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d|\S"
)
_MOST_DIGITS: Final = 15


def spoken(written: str) -> list[str]:
    """The words as which a written word is said; its letters keep their case. Empty for what is not said.

    >>> spoken("1984,"), spoken("$5.50"), spoken("Twenty-one"), spoken("50%")
    (['nineteen', 'eighty', 'four'], ['five', 'dollars', 'fifty', 'cents'], ['Twenty', 'one'], ['fifty', 'percent'])
    """
    found: list[str] = []
    for piece in _PIECE.findall(unicodedata.normalize("NFKC", written)):
        found += _said(piece)
    return found


def _said(piece: str) -> list[str]:
    if piece in _SYMBOLS:
        return _SYMBOLS[piece].split()
    if money := _MONEY.fullmatch(piece):
        return _amount(*money.groups())
    if time := _TIME.fullmatch(piece):
        hours, minutes = int(time[1]), int(time[2])
        small = ["oh", _ONES[minutes]] if 0 < minutes < 10 else cardinal(minutes)
        return [*cardinal(hours), *(small if minutes else ["o'clock"])]
    if number := _NUMBER.fullmatch(piece):
        return _numeral(*number.groups())
    if short := _ABBREVIATIONS.get(piece.lower()):
        return short.split()
    return [piece] if any(char.isalpha() for char in piece) else []


def _amount(sign: str, whole: str, part: str | None, scale: str | None) -> list[str]:
    words = _plain_number(whole)
    if scale is not None:
        return [*words, *(["point", *_digits(part)] if part else []), _SHORT[scale[0].lower()], _UNITS[sign]]
    said = [*words, _UNITS[sign]]
    if part is not None and int(part) > 0:
        said += [*_plain_number(part), _PARTS[sign]] if sign in _PARTS and len(part) == 2 else ["point", *_digits(part)]
    return said


def _numeral(whole: str, part: str | None, ending: str | None) -> list[str]:
    if part is not None:
        return [*_plain_number(whole), "point", *_digits(part)]
    is_year = len(whole) == 4 and whole.isdigit() and 1100 <= int(whole) < 2100 and int(whole) % 1000 >= 10
    words = _year(int(whole)) if is_year else _plain_number(whole)
    if ending == "s":
        return [*words[:-1], _plural(words[-1])]
    return [*words[:-1], _ordinal(words[-1])] if ending else words


def _plain_number(text: str) -> list[str]:
    digits = text.replace(",", "")
    if len(digits) > _MOST_DIGITS or (len(digits) > 1 and digits.startswith("0")):
        return _digits(digits)
    return cardinal(int(digits))


def _digits(text: str) -> list[str]:
    return [_ONES[int(digit)] for digit in text if digit.isascii() and digit.isdigit()]


def _year(year: int) -> list[str]:
    high, low = divmod(year, 100)
    if low == 0:
        return [*cardinal(high), "hundred"]
    return [*cardinal(high), *(["oh", _ONES[low]] if low < 10 else cardinal(low))]


def cardinal(number: int) -> list[str]:
    """A number from 0 on as words."""
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_TENS[tens], *([_ONES[ones]] if ones else [])]
    scale, name = next((scale, name) for scale, name in _SCALES if number >= scale)
    high, low = divmod(number, scale)
    return [*cardinal(high), name, *(cardinal(low) if low else [])]


def _ordinal(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("x") else f"{word}s"
