"""What a model is told: pattern, strategy, context, language and input, in the order in which Fabric has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.llm import Message
from cutroom.patterns.pattern import Pattern, Scalar
from cutroom.patterns.strategy import Strategy
from cutroom.patterns.template import MOST_CHARACTERS, fill

_IN_LANGUAGE: Final = (
    "Do all of the above as it is asked. Then make sure that everything you answer, headings and titles too, is "
    "written in the language '{}' and in no other."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a pattern is run.

    Args:
        variables: values by name.
        strategy: how to think.
        context: what to know, put before the pattern.
        language: what to answer in; None, or `en`, leaves it to the pattern.
        lenient: tokens that mean nothing stay as they are.
        plain: only the input is put in.
        history: turns of a conversation before this one.
    """

    variables: Mapping[str, Scalar]
    strategy: Strategy | None = None
    context: str | None = None
    language: str | None = None
    lenient: bool = False
    plain: bool = False
    history: Sequence[Message] = ()


def assemble(pattern: Pattern | None, given: str, wish: Wish, *, most: int = MOST_CHARACTERS) -> list[Message]:
    """The messages of a run.

    A pattern holds the input, in one message of the system; without one, the input is the user's message.

    Raises:
        Invalid: `missing_variable`, `bad_variable`, `unknown_plugin`, `bad_plugin_value`, `prompt_too_large`.
    """
    filled = None
    if pattern is not None:
        values = pattern.values(wish.variables)
        filled = fill(pattern.text, values, given, lenient=wish.lenient, plain=wish.plain, most=most)
    parts = [wish.strategy.prompt if wish.strategy else "", wish.context or "", filled or ""]
    system = "\n".join(part for part in map(str.strip, parts) if part)
    if wish.language and wish.language != "en":
        system = f"{system}\n\n{_IN_LANGUAGE.format(wish.language)}".strip()
    messages = list(wish.history)
    if system:
        messages.append(Message("system", system))
    if pattern is None:
        messages.append(Message("user", given))
    return messages
