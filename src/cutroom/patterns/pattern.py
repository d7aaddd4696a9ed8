"""A pattern: a named prompt, and what it declares about itself in front of its text."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import invalid
from cutroom.kit.strict_json import UNSTORABLE
from cutroom.patterns.shape import Shape
from cutroom.patterns.template import names_in

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Fabric's own names are of this kind; nothing of it can be a path, and nothing is hidden."""
MOST_CHARACTERS: Final = 500_000
"""Of a pattern; the largest of Fabric's has 231,376."""
MOST_VARIABLES: Final = 1_000
"""Of a pattern, those that it does not declare among them."""
_FRONT: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_MOST_FRONT: Final = 65_536
_MOST_NUMBER: Final = 1e18

VariableKind = Literal["text", "number", "boolean", "choice"]
Scalar = str | int | float | bool


class _Front(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VariableFront(_Front):
    """A variable, as front matter declares it."""

    type: VariableKind = "text"
    description: Annotated[str, Field(max_length=500)] = ""
    default: Scalar | None = None
    choices: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class Front(_Front):
    """What stands before the text of a pattern, between two lines of dashes."""

    description: Annotated[str, Field(max_length=1_000)] = ""
    tags: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=50)], ...], Field(max_length=50)] = ()
    variables: Annotated[dict[str, VariableFront], Field(max_length=100)] = {}
    model: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    output: Annotated[dict[str, Any] | None, Field(description="JSON schema of the answer.")] = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that a pattern needs.

    Args:
        kind: what values it takes.
        default: its value when none is given; None where one has to be given.
        choices: the values of a choice.
    """

    name: str
    kind: VariableKind = "text"
    description: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A named prompt.

    Args:
        name: how it is asked for.
        text: the prompt, without front matter.
        raw: all of it, as its author wrote it.
        variables: what it needs, those that its text names but its front matter does not among them.
        output: JSON schema that answers must follow; None when any text will do.
        sha256: hash of `raw`: which version it is.
    """

    name: str
    text: str
    raw: str
    description: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    model: str | None = None
    temperature: float | None = None
    output: Mapping[str, Any] | None = None
    sha256: str = field(default="", compare=False)

    def values(self, given: Mapping[str, Scalar]) -> dict[str, str]:
        """The values of the variables, those that were not given by default, as text.

        Raises:
            Invalid: `bad_variable`, with a pointer into `/variables`; `missing_variable` is told when the text is
                filled, since nobody misses a variable that the text does not use.
        """
        values = {name: _shown(value) for name, value in given.items()}
        for variable in self.variables:
            if variable.name in given:
                _check(variable, given[variable.name])
            elif variable.default is not None:
                values[variable.name] = variable.default
        return values


def read_pattern(name: str, raw: str) -> Pattern:
    """A pattern from its text.

    Raises:
        Invalid: `bad_pattern_name`, `pattern_too_large`, `bad_front_matter`, `too_many_variables`.
    """
    check_name(name)
    if len(raw) > MOST_CHARACTERS:
        message = f"A pattern has at most {MOST_CHARACTERS:,} characters; '{name}' has {len(raw):,}."
        raise Invalid("pattern_too_large", message)
    front, text = _split(raw)
    declared = tuple(
        Variable(
            key,
            variable.type,
            variable.description,
            None if variable.default is None else _shown(variable.default),
            variable.choices,
        )
        for key, variable in front.variables.items()
    )
    known = {variable.name for variable in declared}
    found = tuple(Variable(one) for one in names_in(text) if one not in known)
    if len(declared) + len(found) > MOST_VARIABLES:
        message = f"A pattern has at most {MOST_VARIABLES:,} variables; '{name}' has {len(declared) + len(found):,}."
        raise Invalid("too_many_variables", message)
    return Pattern(
        name=name,
        text=text,
        raw=raw,
        description=front.description,
        tags=front.tags,
        variables=declared + found,
        model=front.model,
        temperature=front.temperature,
        output=front.output,
        sha256=hashlib.sha256(raw.encode()).hexdigest(),
    )


def check_name(name: str) -> None:
    """Refuse what is no name.

    Raises:
        Invalid: `bad_pattern_name`.
    """
    if NAME.fullmatch(name) is None:
        message = "A name has letters, digits, _, . and -, begins with a letter or a digit, and is at most 100 long."
        raise Invalid("bad_pattern_name", message, details=[Detail("/name", "bad_pattern_name", message)])


def _split(raw: str) -> tuple[Front, str]:
    match = _FRONT.match(raw)
    if match is None:
        return Front(), raw
    try:
        data = yaml.load(match.group(1)[: _MOST_FRONT + 1], _Plain)  # noqa: S506 — a SafeLoader without aliases
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 2}"
        raise _bad_front(f"The front matter is no plain YAML{where}.") from error
    if len(match.group(1)) > _MOST_FRONT:
        raise _bad_front(f"The front matter has more than {_MOST_FRONT:,} characters.")
    if not isinstance(data, dict) or not set(data) & set(Front.model_fields):
        return Front(), raw  # a rule and some text under it, as Markdown has them
    try:
        _check_data(data)
        front = Front.model_validate(data)
        if front.output is not None:
            Shape(front.output)
    except ValidationError as error:
        raise _bad_front(f"The front matter cannot be used: {invalid(error, data, model=Front).message}") from error
    except ValueError as error:
        raise _bad_front(f"'output' is no JSON schema: {error}.") from error
    return front, raw[match.end() :]


def _check_data(data: Any) -> None:
    """Refuse what YAML can say and JSON, or the database, cannot: NUL, infinity, numbers of a thousand digits."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and UNSTORABLE.search(value):
            raise _bad_front("The front matter holds NUL, or half of a character; take it out.")
        elif isinstance(value, int | float) and not -_MOST_NUMBER <= value <= _MOST_NUMBER:
            raise _bad_front("The front matter has a number that is too large, or none.")


class _Plain(yaml.SafeLoader):
    """YAML without aliases, with which ten lines can become gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def _bad_front(sentence: str) -> Invalid:
    return Invalid("bad_front_matter", sentence, details=[Detail("/pattern", "bad_front_matter", sentence)])


def _shown(value: Scalar) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _check(variable: Variable, value: Scalar) -> None:
    text = _shown(value)
    wrong: str | None = None
    if variable.kind == "number" and not _is_number(text):
        wrong = "is a number"
    elif variable.kind == "boolean" and text not in {"true", "false"}:
        wrong = "is true or false"
    elif variable.kind == "choice" and text not in variable.choices:
        wrong = f"is one of {', '.join(variable.choices)}"
    if wrong is not None:
        pointer = f"/variables/{variable.name.replace('~', '~0').replace('/', '~1')}"
        message = f"The variable '{variable.name[:100]}' {wrong}."
        raise Invalid("bad_variable", message, details=[Detail(pointer, "bad_variable", message)])


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", text) is not None
