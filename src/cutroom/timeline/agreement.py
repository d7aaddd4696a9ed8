"""What the fields of one object say of each other, as JSON Schema.

Models check this in their validators, which word it for people; here the same is said for editors, beside those and
from the same tables (`Part.agreements`). What it refuses, validation refuses; validation refuses more.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Agreement = JsonSchemaValue
AGREED: Final = "cutroom_agreed"
"""Where the core schema of a type keeps what `Agreed` says."""
NOT_GIVEN: Final[JsonSchemaValue] = {"type": "null"}
"""A field that is null is not given."""


class Agreed:
    """Says of a type what the published schema adds to it, and the description of the HTTP API leaves out."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Change nothing but what is known of the type."""
        schema: Any = handler(source)
        schema["metadata"] = {**schema.get("metadata", {}), AGREED: self._agreement}
        found: CoreSchema = schema
        return found


def given(*names: str) -> Agreement:
    """All of these fields are given."""
    return {"required": list(names), "properties": {name: {"not": NOT_GIVEN} for name in names}}


def absent(*names: str) -> Agreement:
    """None of these fields is given."""
    return {"properties": dict.fromkeys(names, NOT_GIVEN)}


def one_given(*names: str) -> Agreement:
    """At least one of these fields is given."""
    return {"anyOf": [given(name) for name in names]}


def equals(name: str, values: Iterable[Any], *, default: Any = None) -> Agreement:
    """A field has one of these values; it may be left out where its default is one of them."""
    words = sorted(values)
    found = {"properties": {name: {"const": words[0]} if len(words) == 1 else {"enum": words}}}
    return found if default in words else {**found, "required": [name]}


def both(*conditions: Agreement) -> Agreement:
    """All of these hold."""
    return {"allOf": list(conditions)}


def when(condition: Agreement, fields: Mapping[str, JsonSchemaValue] | None = None, **more: Any) -> Agreement:
    """Where the condition holds, the fields are as said, and so is the rest of the object.

    It is written the other way round, since editors would offer what a condition names as something to write.
    """
    return {"if": {"not": condition}, "else": {**({"properties": dict(fields)} if fields else {}), **more}}


def within(bounds: JsonSchemaValue, *types: str) -> JsonSchemaValue:
    """Numbers in this range, where a field takes these types of values and none."""
    return {"type": [*types, "string", "null"], **bounds}


def only(value: Any, why: str | None = None) -> JsonSchemaValue:
    """This value alone, which is a field's default: what else is said there has no effect."""
    found: JsonSchemaValue
    if value is None:
        found = dict(NOT_GIVEN)
    elif isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        found = {"properties": {field.alias or name: only(getattr(value, name)) for name, field in fields}}
    else:
        found = {"maxItems": 0} if isinstance(value, tuple) else {"const": value}
    return found if why is None else {"description": why, **found}
