"""What a run of a pattern would tell a model, and everything that is wrong with it, without running it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import pointer
from cutroom.llm import Message
from cutroom.patterns.pattern import Pattern, Scalar
from cutroom.patterns.prompt import Wish, assemble
from cutroom.patterns.template import fill, names_in


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run of a pattern would be.

    Args:
        messages: what a model would be told; what cannot be filled stays as it is. None where it would be too long.
        values: what the variables are, those that were not given by default.
        used: names of the variables that the text has put in.
        problems: why a strict run would be refused, with pointers into the request; nothing when it would run.
    """

    messages: Sequence[Message]
    values: Mapping[str, str]
    used: frozenset[str]
    problems: Sequence[Detail]


def preview(pattern: Pattern, given: str, wish: Wish) -> Preview:
    """Assemble a run leniently, and say what a strict one would miss."""
    usable, problems = _usable(pattern, wish.variables)
    values = pattern.values(usable)
    noted = _Noted(values)
    for name in names_in(pattern.text):
        if name not in values:
            message = f"The pattern needs the variable '{name[:100]}'; give it a value under /variables."
            problems.append(Detail(pointer(["variables", name[:100]]), "missing_variable", message))
            noted[name] = "{{" + name + "}}"
    try:
        fill(pattern.text, noted, given)
    except Invalid as error:
        problems += error.details or [Detail("/pattern", error.code, error.message)]
    try:
        messages = assemble(pattern, given, replace(wish, variables=usable, lenient=True))
    except Invalid:  # too large, which has been said
        messages = []
    return Preview(messages, values, frozenset(noted.asked & values.keys()), problems)


def _usable(pattern: Pattern, variables: Mapping[str, Scalar]) -> tuple[dict[str, Scalar], list[Detail]]:
    """The values that may be given, and what is wrong with the others."""
    usable: dict[str, Scalar] = {}
    problems: list[Detail] = []
    for name, value in variables.items():
        try:
            pattern.values({name: value})
        except Invalid as error:
            problems += error.details
        else:
            usable[name] = value
    return usable, problems


class _Noted(dict[str, str]):
    """Values that note which of them were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)
