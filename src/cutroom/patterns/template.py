"""Tokens in the text of a pattern: `{{name}}`, `{{input}}`, `{{plugin:text:upper:…}}`, one inside of another.

The text is read once, from left to right, and what a token becomes is never read again: a value that looks like a token
stays what it is. So nothing loops, and a text grows by its values alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.kit.errors import Detail, Invalid
from cutroom.patterns.plugins import run_plugin

INPUT: Final = "{{input}}"
MOST_CHARACTERS: Final = 8_000_000
"""Of a prompt: the longest input, and as much around it. It is made whole before it is read in parts."""
_NAME: Final = "input"
_PLUGIN: Final = "plugin:"
_EXTENSION: Final = "ext:"
_UNKNOWN: Final = "\0"
"""Stands for a value while only names are looked for; no text that is kept holds it."""
_BRACES: Final = re.compile(r"([{}])")


@dataclass(frozen=True, slots=True)
class _Value:
    """Text that was put in and is not read again."""

    text: str


@dataclass(frozen=True, slots=True)
class _Left:
    """A token that stays as it is, with the pieces inside of it, so that a deep nest is not copied at each level."""

    inside: "Sequence[_Piece]"


_Piece = str | _Value | _Left
Evaluate = Callable[[str], str | None]


def has_input(text: str) -> bool:
    """Whether a pattern says where its input goes."""
    return INPUT in text


def names_in(text: str) -> list[str]:
    """The variables that a text needs, each once, in order; not the input, not plugins.

    A name that is put together of values, as in `{{greeting_{{language}}}}`, is not known before those are.
    """
    found: dict[str, None] = {}

    def note(token: str) -> str:
        if token != _NAME and _UNKNOWN not in token and not token.startswith((_PLUGIN, _EXTENSION)):
            found.setdefault(token)
        return _UNKNOWN

    _filled(text, note, MOST_CHARACTERS)
    return list(found)


def fill(
    text: str,
    variables: Mapping[str, str],
    given: str,
    *,
    lenient: bool = False,
    plain: bool = False,
    most: int = MOST_CHARACTERS,
) -> str:
    """The text with its tokens replaced.

    Args:
        text: of the pattern; the input goes to its end when it does not say where.
        variables: values by their exact names.
        given: the input.
        lenient: tokens that mean nothing stay as they are.
        plain: only the input is put in, and everything else stays as it is.
        most: characters that the result may have.

    Raises:
        Invalid: `missing_variable`, `unknown_plugin` or `bad_plugin_value` unless lenient; `prompt_too_large`.
    """
    if not has_input(text):
        text = f"{text}\n{INPUT}"
    if plain:
        if len(text) + text.count(INPUT) * (len(given) - len(INPUT)) > most:
            raise _too_large(most)
        return _checked(text.replace(INPUT, given), most)

    def evaluate(token: str) -> str | None:
        if token == _NAME:
            return given
        try:
            if token.startswith((_PLUGIN, _EXTENSION)):
                return run_plugin(token)
            if token in variables:
                return variables[token]
            raise _missing(token)
        except Invalid:
            if lenient:
                return None
            raise

    return _checked(_filled(text, evaluate, most), most)


def _missing(name: str) -> Invalid:
    shown = name[:100]
    message = f"The pattern needs the variable '{shown}'; give it a value under /variables."
    return Invalid("missing_variable", message, details=[Detail("/variables", "missing_variable", message)])


def _filled(text: str, evaluate: Evaluate, most: int) -> str:
    """Replace tokens, the innermost first: what is inside of a pair of `{{` and `}}` with no other brace in it."""
    done: list[_Piece] = []
    size = 0
    pieces = [piece for piece in _BRACES.split(text) if piece]
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        closes = piece == "}" and at < len(pieces) and pieces[at] == "}"
        start = _start_of_token(done) if closes else None
        if start is None:
            done.append(piece)
            continue
        inside = done[start + 2 :]
        means = inside and not any(isinstance(part, _Left) for part in inside)
        value = evaluate(_joined(inside)) if means else None
        at += 1
        if value is None:
            del done[start:]
            done.append(_Left(inside))
            continue
        size += len(value)
        if size > most:
            raise _too_large(most)
        del done[start:]
        done.append(_Value(value))
    return _joined(done)


def _start_of_token(done: list[_Piece]) -> int | None:
    """Where the token begins that ends here; None when none does."""
    for index in range(len(done) - 1, -1, -1):
        if done[index] == "{":
            return index - 1 if index > 0 and done[index - 1] == "{" else None
        if done[index] == "}":
            return None
    return None


def _joined(pieces: Sequence[_Piece]) -> str:
    """The text of pieces; a nest of tokens may be deeper than functions can call each other."""
    texts: list[str] = []
    waiting: list[_Piece] = list(reversed(pieces))
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, _Left):
            waiting += ["}}", *reversed(piece.inside), "{{"]
        else:
            texts.append(piece.text if isinstance(piece, _Value) else piece)
    return "".join(texts)


def _checked(text: str, most: int) -> str:
    if len(text) > most:
        raise _too_large(most)
    return text


def _too_large(most: int) -> Invalid:
    return Invalid("prompt_too_large", f"The prompt would have more than {most:,} characters; shorten the input.")
