"""The kinds of value that a filter's option can take, and how each is written.

There is no kind for free text: a value is a number, a time, a word from a closed list, a colour, a formula, or the path
of a file that we made. `write` turns a value into ffmpeg's text for it, still unescaped, or refuses it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from cutroom.media.expression import Expression, Variable
from cutroom.media.timebase import format_rational, microseconds
from cutroom.media.words import Color, Word

_LANGUAGE: Final = re.compile(r"[a-z]{3}")


@dataclass(frozen=True, slots=True)
class Language:
    """A language, by its ISO 639-2 code: three letters."""

    code: str


Value = (
    int
    | float
    | Fraction
    | Word
    | Sequence[Word]
    | Sequence[float]
    | Color
    | Expression
    | Path
    | Mapping[str, int | float]
    | Language
)


class Kind(Protocol):
    """A kind of value."""

    def write(self, value: Value) -> str:
        """The text of a value, unescaped; raises ValueError or TypeError when it is not of this kind."""
        ...


def _number(value: object, low: float, high: float) -> int | float | Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise TypeError(f"a number is wanted, not {type(value).__name__}")
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{value} is not within {low:g} and {high:g}")
    return value


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number."""

    low: int = 0
    high: int = 1 << 31
    suffix: str = ""

    def write(self, value: Value) -> str:
        """Decimal digits."""
        number = _number(value, self.low, self.high)
        if not isinstance(number, int):
            raise TypeError(f"a whole number is wanted, not {number}")
        return f"{number}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Real:
    """A number."""

    low: float = -1e9
    high: float = 1e9

    def write(self, value: Value) -> str:
        """The shortest decimal form that reads back the same."""
        return repr(float(_number(value, self.low, self.high)))


@dataclass(frozen=True, slots=True)
class Reals:
    """A list of numbers."""

    separator: str = " "
    low: float = -1e9
    high: float = 1e9

    def write(self, value: Value) -> str:
        """The numbers with the separator between them."""
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError("a list of numbers is wanted")
        return self.separator.join(repr(float(_number(item, self.low, self.high))) for item in value)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate or an aspect: an exact fraction."""

    def write(self, value: Value) -> str:
        """`n/d`."""
        number = _number(value, 0, 1e9)
        if isinstance(number, float):
            raise TypeError("a rate is a Fraction or a whole number")
        return format_rational(Fraction(number))


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds."""

    low: float = 0

    def write(self, value: Value) -> str:
        """Decimal seconds with microseconds."""
        return microseconds(Fraction(_number(value, self.low, 1e7)))


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def write(self, value: Value) -> str:
        """`1` or `0`."""
        if not isinstance(value, bool):
            raise TypeError("True or False is wanted")
        return "1" if value else "0"


class Choice:
    """One word of a closed list, or several with a separator."""

    def __init__(self, *words: Word, separator: str | None = None) -> None:
        self.words = frozenset(words)
        self._separator = separator

    def write(self, value: Value) -> str:
        """The word or words."""
        chosen: Sequence[object] = (value,) if isinstance(value, Word) else value if isinstance(value, tuple) else ()
        if not chosen or (len(chosen) > 1 and self._separator is None):
            raise TypeError("a Word, or a tuple of them where several are accepted, is wanted")
        texts: list[str] = []
        for word in chosen:
            if not isinstance(word, Word) or word not in self.words:
                raise ValueError(f"{word!r} is not one of {', '.join(sorted(self.words))}")
            texts.append(word.value)
        return (self._separator or "").join(texts)


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour."""

    def write(self, value: Value) -> str:
        """`0xRRGGBBAA`."""
        if not isinstance(value, Color):
            raise TypeError("a Color is wanted")
        return str(value)


class Formula:
    """A formula over the variables that the filter knows, or a number."""

    def __init__(self, *variables: Variable) -> None:
        self._variables = frozenset(variables)

    def write(self, value: Value) -> str:
        """The formula as ffmpeg reads it."""
        if not isinstance(value, Expression):
            value = Expression(_number(value, -1e12, 1e12))
        if unknown := value.variables() - self._variables:
            raise ValueError(f"this formula does not know {', '.join(sorted(unknown))}")
        return value.render()


@dataclass(frozen=True, slots=True)
class LanguageTag:
    """The language of a stream, as the one piece of metadata that we write."""

    def write(self, value: Value) -> str:
        """`language=xyz`."""
        if not isinstance(value, Language):
            raise TypeError("a Language is wanted")
        if _LANGUAGE.fullmatch(value.code) is None:
            raise ValueError(f"{value.code!r} is no code of three letters")
        return f"language={value.code}"


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, as a tuple."""

    def write(self, value: Value) -> str:
        """`WxH`."""
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError("a (width, height) is wanted")
        side = Int(1, 16384)
        return f"{side.write(value[0])}x{side.write(value[1])}"


@dataclass(frozen=True, slots=True)
class File:
    """The absolute path of a file or folder that we made or ship."""

    def write(self, value: Value) -> str:
        """The path."""
        if not isinstance(value, Path):
            raise TypeError("a Path is wanted")
        if not value.is_absolute() or "\x00" in str(value):
            raise ValueError("a filter's file is given by its absolute path")
        return str(value)


class Params:
    """Parameters that an encoder takes in one option, as numbers by name; each name has its own kind."""

    def __init__(self, **names: Int | Real) -> None:
        self.names = names

    def write(self, value: Value) -> str:
        """`name=number:name=number`; a `_` in a name is written as `-`."""
        if not isinstance(value, Mapping):
            raise TypeError("parameters by name are wanted")
        if unknown := value.keys() - self.names.keys():
            raise ValueError(f"these parameters are not in the list: {', '.join(sorted(unknown))}")
        return ":".join(f"{name.replace('_', '-')}={self.names[name].write(given)}" for name, given in value.items())
