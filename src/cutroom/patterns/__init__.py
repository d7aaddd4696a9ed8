"""Engine: a named prompt and an input become what a model is told. Understands Fabric's folders and templates."""

from cutroom.patterns.library import Library, Summary, matches, summary_of
from cutroom.patterns.pattern import Pattern, Scalar, Variable, read_pattern
from cutroom.patterns.prompt import Wish, assemble
from cutroom.patterns.strategy import Strategy, read_strategy

__all__ = [
    "Library",
    "Pattern",
    "Scalar",
    "Strategy",
    "Summary",
    "Variable",
    "Wish",
    "assemble",
    "matches",
    "read_pattern",
    "read_strategy",
    "summary_of",
]
