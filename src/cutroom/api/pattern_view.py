"""Patterns as they are seen from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from cutroom.api.answers import ListOut
from cutroom.api.prompting import Origin
from cutroom.kit.errors import Detail
from cutroom.kit.schema import Schema, is_absent
from cutroom.llm.chat import tokens_of
from cutroom.patterns import Pattern, Preview
from cutroom.prompts import Entry, PromptVersion
from cutroom.workflows.run_wishes import ResolvedPattern

_MOST_LISTED: Final = 100
_MOST_NAME: Final = 200
"""Variables in a list, and characters of their names."""


class VariableOut(Schema):
    """A value that a pattern needs."""

    name: str
    type: Literal["text", "number", "boolean", "choice"]
    description: str = ""
    default: Annotated[str | None, Field(description="Its value when none is given; null where one must be.")] = None
    choices: list[str] = Field(default_factory=list)


class PatternFacts(Schema):
    """What a pattern says of itself in front of its text."""

    description: str = ""
    tags: list[str] = Field(default_factory=list)
    variables: list[VariableOut] = Field(default_factory=list)
    model: Annotated[str | None, Field(description="The model that it asks for.")] = None
    temperature: float | None = None
    structured: Annotated[bool, Field(description="Whether its answers are JSON that follows a schema.")] = False


class PatternOut(PatternFacts):
    """A named prompt."""

    name: str
    origin: Annotated[
        Origin, Field(description="`workspace`: its own; `folder`: the operator's; `shipped`: comes with Cutroom.")
    ]
    version: Annotated[int | None, Field(description="Of the workspace's own; null for all others.")] = None
    sha256: Annotated[str | None, Field(description="Of the text; null when it cannot be read.")] = None
    broken: Annotated[
        str | None, Field(exclude_if=is_absent, description="Why it cannot be run; absent when it can.")
    ] = None
    text: Annotated[
        str | None,
        Field(exclude_if=is_absent, description="All of it, front matter included; left out of lists."),
    ] = None
    output: Annotated[
        dict[str, Any] | None,
        Field(exclude_if=is_absent, description="The JSON schema of its answers; left out of lists."),
    ] = None
    updated_at: Annotated[datetime | None, Field(exclude_if=is_absent)] = None


class PatternList(ListOut[PatternOut]):
    """One page of patterns."""


class PromptVersionOut(Schema):
    """One version of a pattern, a strategy or a context."""

    version: int
    description: str = ""
    sha256: str
    size_bytes: int
    editor: Annotated[str | None, Field(description="The id of the person or the API key that wrote it.")] = None
    created_at: datetime


class PromptVersionList(ListOut[PromptVersionOut]):
    """One page of versions."""


class ProblemOut(Schema):
    """One thing that a run would be refused for."""

    pointer: str
    code: str
    message: str


class FilledVariableOut(VariableOut):
    """A variable, and what it is in a run."""

    value: Annotated[str | None, Field(description="What is put in; null where nothing is known.")] = None
    used: Annotated[bool, Field(description="Whether the text puts it in.")] = False


class MessageOut(Schema):
    """What a model is told."""

    role: Literal["system", "user", "assistant"]
    text: str


class PreviewOut(Schema):
    """What a run would be, and why it would be refused."""

    ready: Annotated[bool, Field(description="Whether a strict run would be taken.")]
    pattern: str
    origin: Annotated[Origin | None, Field(description="Null for a draft.")] = None
    version: int | None = None
    messages: Annotated[
        list[MessageOut], Field(description="Tokens that mean nothing stand in them as they are in the text.")
    ]
    characters: int
    estimated_tokens: int
    variables: list[FilledVariableOut]
    unused: Annotated[list[str], Field(description="Variables that were given and that the text does not know.")]
    problems: list[ProblemOut]
    model: Annotated[str | None, Field(description="The model that the pattern asks for.")] = None
    output: Annotated[dict[str, Any] | None, Field(description="The JSON schema of its answers.")] = None


def brief(pattern: Pattern) -> PatternFacts:
    """What lists tell of a pattern: the first of its variables, since a text may name a thousand."""
    facts = facts_of(pattern)
    shown = [one for one in facts.variables if len(one.name) <= _MOST_NAME][:_MOST_LISTED]
    return facts.model_copy(update={"variables": shown})


def facts_of(pattern: Pattern) -> PatternFacts:
    """What a pattern says of itself."""
    return PatternFacts(
        description=pattern.description,
        tags=list(pattern.tags),
        variables=[
            VariableOut(
                name=one.name,
                type=one.kind,
                description=one.description,
                default=one.default,
                choices=list(one.choices),
            )
            for one in pattern.variables
        ],
        model=pattern.model,
        temperature=pattern.temperature,
        structured=pattern.output is not None,
    )


def listed_view(entry: Entry) -> PatternOut:
    """A pattern of the workspace in a list."""
    return PatternOut(
        name=entry.name,
        origin="workspace",
        version=entry.version,
        sha256=entry.sha256,
        updated_at=entry.updated_at,
        **_fields(PatternFacts.model_validate(entry.facts)),
    )


def library_view(pattern: Pattern, origin: Origin) -> PatternOut:
    """A pattern of a folder in a list."""
    return PatternOut(name=pattern.name, origin=origin, sha256=pattern.sha256, **_fields(brief(pattern)))


def whole_view(resolved: ResolvedPattern, pattern: Pattern, updated_at: datetime | None = None) -> PatternOut:
    """A pattern with its text."""
    return PatternOut(
        name=resolved.name,
        origin=resolved.origin,
        version=resolved.version,
        sha256=resolved.sha256,
        text=resolved.text,
        output=None if pattern.output is None else dict(pattern.output),
        updated_at=updated_at,
        **_fields(facts_of(pattern)),
    )


def version_view(one: PromptVersion) -> PromptVersionOut:
    """A version in a list."""
    return PromptVersionOut(
        version=one.version,
        description=str(one.facts.get("description", "")),
        sha256=one.sha256,
        size_bytes=one.size_bytes,
        editor=one.editor,
        created_at=one.created_at,
    )


def preview_view(
    resolved: ResolvedPattern | None, pattern: Pattern, found: Preview, given: Mapping[str, object]
) -> PreviewOut:
    """What a run would be."""
    known = {one.name for one in pattern.variables}
    characters = sum(len(message.text) for message in found.messages)
    return PreviewOut(
        ready=not found.problems,
        pattern=pattern.name,
        origin=None if resolved is None else resolved.origin,
        version=None if resolved is None else resolved.version,
        messages=[MessageOut(role=message.role, text=message.text) for message in found.messages],
        characters=characters,
        estimated_tokens=tokens_of(characters),
        variables=[
            FilledVariableOut(**_fields(one), value=found.values.get(one.name), used=one.name in found.used)
            for one in facts_of(pattern).variables
        ],
        unused=[name for name in given if name not in known and name not in found.used],
        problems=problem_views(found.problems),
        model=pattern.model,
        output=None if pattern.output is None else dict(pattern.output),
    )


def problem_views(problems: Sequence[Detail]) -> list[ProblemOut]:
    """Problems on the wire."""
    return [ProblemOut(pointer=one.pointer, code=one.code, message=one.message) for one in problems]


def _fields(model: Schema) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields}
