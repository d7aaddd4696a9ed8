"""Engine: a named prompt and an input become what a model is told. Understands Fabric's folders and templates."""

from cutroom.patterns.library import Library, Summary, matches, shipped, summary_of, with_shipped
from cutroom.patterns.pattern import Pattern, Scalar, Variable, read_pattern
from cutroom.patterns.preview import Preview, preview
from cutroom.patterns.prompt import Wish, assemble
from cutroom.patterns.shape import Shape
from cutroom.patterns.strategy import Strategy, read_strategy

__all__ = [
    "Library",
    "Pattern",
    "Preview",
    "Scalar",
    "Shape",
    "Strategy",
    "Summary",
    "Variable",
    "Wish",
    "assemble",
    "matches",
    "preview",
    "read_pattern",
    "read_strategy",
    "shipped",
    "summary_of",
    "with_shipped",
]
