"""Formulas that ffmpeg evaluates for each frame, as trees of numbers, named variables and closed sets of functions.

A formula is never made from text, so nothing that a user typed can become one. Grammar and names: ffmpeg-utils(1),
"Expression Evaluation", and the "expressions" part of each filter in ffmpeg-filters(1).
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

Number = int | float | Fraction
MAX_DEPTH: Final = 90
"""Measured on FFmpeg 9.0.2: 99 nested parentheses or 97 nested `if`s are read, 101 and 99 are not; nor are 200 terms in
one sum, which is why `render` writes long sums in halves."""


class Variable(StrEnum):
    """What a filter tells its formulas. Which filter knows which is in `filters.py`."""

    FRAME = "n"  # number of the frame, from 0
    FRAME_UPPER = "N"
    TIME = "t"  # seconds
    TIME_UPPER = "T"
    PTS = "PTS"
    START_PTS = "STARTPTS"
    TIME_BASE = "TB"
    FRAME_RATE = "FR"
    SAMPLE_RATE = "SR"
    IN_WIDTH = "iw"
    IN_HEIGHT = "ih"
    OUT_WIDTH = "ow"
    OUT_HEIGHT = "oh"
    WIDTH = "w"
    HEIGHT = "h"
    CANVAS_WIDTH = "W"
    CANVAS_HEIGHT = "H"
    X = "x"
    Y = "y"
    X_UPPER = "X"
    Y_UPPER = "Y"
    UPPER_PIXEL = "A"
    LOWER_PIXEL = "B"
    ASPECT = "a"
    TEXT_WIDTH = "tw"
    TEXT_HEIGHT = "th"
    LINE_HEIGHT = "lh"
    ZOOM = "zoom"
    OUT_FRAME = "on"
    IN_FRAME = "in"
    OUT_TIME = "ot"
    IN_TIME = "it"
    VALUE = "val"
    MAX_VALUE = "maxval"


class Function(StrEnum):
    """What may stand between or before values; `_ARITY` has the number of arguments."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    POWER = "^"
    IF = "if"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    GREATER_OR_EQUAL = "gte"
    EQUAL = "eq"
    BETWEEN = "between"
    MIN = "min"
    MAX = "max"
    CLIP = "clip"
    FLOOR = "floor"
    ROUND = "round"
    MODULO = "mod"
    ABSOLUTE = "abs"
    SINE = "sin"
    COSINE = "cos"
    SQUARE_ROOT = "sqrt"
    EXPONENTIAL = "exp"
    LOGARITHM = "log"
    HYPOTENUSE = "hypot"


_INFIX: Final = frozenset(
    {Function.ADD, Function.SUBTRACT, Function.MULTIPLY, Function.DIVIDE, Function.POWER},
)
_UNARY: Final = frozenset(
    {
        Function.FLOOR,
        Function.ROUND,
        Function.ABSOLUTE,
        Function.SINE,
        Function.COSINE,
        Function.SQUARE_ROOT,
        Function.EXPONENTIAL,
        Function.LOGARITHM,
    }
)
_TERNARY: Final = frozenset({Function.IF, Function.BETWEEN, Function.CLIP})


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula: a number, a variable, or a function of formulas. Combine them with `+ - * / **` and `call`.

    Raises:
        ValueError: when a number is not finite or a function gets the wrong number of arguments.
        TypeError: when it is made from anything else.
    """

    head: Number | Variable | Function
    arguments: "tuple[Expression, ...]" = ()

    def __post_init__(self) -> None:
        if isinstance(self.head, Function):
            wanted, given = _arity(self.head), len(self.arguments)
            if given != wanted and not (self.head is Function.ADD and given > wanted):
                raise ValueError(f"'{self.head}' takes {wanted} arguments")
        elif self.arguments:
            raise ValueError("only a function takes arguments")
        elif not isinstance(self.head, Variable):
            _check_number(self.head)

    def __add__(self, other: "Expression | Number") -> "Expression":
        return call(Function.ADD, self, other)

    def __radd__(self, other: Number) -> "Expression":
        return call(Function.ADD, other, self)

    def __sub__(self, other: "Expression | Number") -> "Expression":
        return call(Function.SUBTRACT, self, other)

    def __rsub__(self, other: Number) -> "Expression":
        return call(Function.SUBTRACT, other, self)

    def __mul__(self, other: "Expression | Number") -> "Expression":
        return call(Function.MULTIPLY, self, other)

    def __rmul__(self, other: Number) -> "Expression":
        return call(Function.MULTIPLY, other, self)

    def __truediv__(self, other: "Expression | Number") -> "Expression":
        return call(Function.DIVIDE, self, other)

    def __rtruediv__(self, other: Number) -> "Expression":
        return call(Function.DIVIDE, other, self)

    def __pow__(self, other: "Expression | Number") -> "Expression":
        return call(Function.POWER, self, other)

    def __neg__(self) -> "Expression":
        return call(Function.SUBTRACT, 0, self)

    def variables(self) -> frozenset[Variable]:
        """The variables that it mentions."""
        if isinstance(self.head, Variable):
            return frozenset({self.head})
        return frozenset().union(*(argument.variables() for argument in self.arguments))

    def depth(self) -> int:
        """How many pairs of parentheses `render` nests."""
        inner = max((argument.depth() for argument in self.arguments), default=0)
        return inner + (len(self.arguments) - 1).bit_length() if self.head is Function.ADD else inner + 1

    def render(self) -> str:
        """The formula as ffmpeg reads it, before any escaping.

        Raises:
            ValueError: when it nests deeper than ffmpeg follows.
        """
        if self.depth() > MAX_DEPTH:
            raise ValueError(f"a formula nests at most {MAX_DEPTH} deep")
        return _text(self)


def _text(formula: Expression) -> str:
    head = formula.head
    if isinstance(head, Function):
        parts = [_text(argument) for argument in formula.arguments]
        while head is Function.ADD and len(parts) > 2:  # in halves: a long sum is deep too
            parts = [f"({'+'.join(parts[i : i + 2])})" for i in range(0, len(parts), 2)]
        if head in _INFIX:
            return f"({head.value.join(parts)})"
        return f"{head.value}({','.join(parts)})"
    if isinstance(head, Variable):
        return head.value
    if isinstance(head, Fraction):
        return f"({head.numerator}/{head.denominator})"
    return f"({head!r})" if head < 0 else repr(head)


def _check_number(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise TypeError("a formula is made of numbers, variables and functions")
    if not math.isfinite(value):
        raise ValueError("a formula's numbers are finite")


def _arity(function: Function) -> int:
    if function in _UNARY:
        return 1
    return 3 if function in _TERNARY else 2


def var(name: Variable) -> Expression:
    """A variable as a formula."""
    return Expression(name)


def call(function: Function, *arguments: Expression | Number) -> Expression:
    """A function of formulas and numbers. `ADD` takes two or more, for sums of any length."""
    return Expression(function, tuple(a if isinstance(a, Expression) else Expression(a) for a in arguments))
