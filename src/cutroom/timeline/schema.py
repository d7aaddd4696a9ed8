"""The published JSON Schema of a document: what editors complete, explain and mark.

It says more than the description of the HTTP API, of which programs make types: what fields say of each other, and that
a placeholder may stand wherever `merge` can put a value.
"""

import json
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.config import JsonDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cutroom.timeline.agreement import AGREED, equals, when
from cutroom.timeline.document import Document
from cutroom.timeline.fields import Part
from cutroom.timeline.longform import LongformEdit
from cutroom.timeline.merge import EDITORS, EDITORS_SCHEMA, FIELD, MERGE_SCHEMA
from cutroom.timeline.model import ASSETS, Edit

_PLACEHOLDER: Final = "Placeholder"
_PLACE: Final[JsonSchemaValue] = {"$ref": f"#/$defs/{_PLACEHOLDER}"}
_SAID: Final = ("description", "default", "examples")
"""What is said of a field, whatever its forms."""
_INSIDE: Final = frozenset({"items", "prefixItems", "anyOf", "oneOf", "allOf", "else"})
_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
HELLO: Final[JsonDict] = {
    "output": {"format": "mp4", "resolution": "720p"},
    "timeline": {"tracks": [{"clips": [{"asset": {"type": "text", "text": "Hello"}, "length": 3}]}]},
}
"""A small document, as an example."""


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a document: an edit of clips, or a longform."""
    schema = TypeAdapter(Document).json_schema(by_alias=True, schema_generator=_Published)
    parts = {name: _fillable(part) for name, part in _untitled(schema["$defs"]).items()}
    for kind in (Edit, LongformEdit):
        parts[kind.__name__]["properties"] |= {FIELD: dict(MERGE_SCHEMA), EDITORS: dict(EDITORS_SCHEMA)}
    parts[_PLACEHOLDER] = {"type": "string", "pattern": r"\{\{.+\}\}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cutroom timeline",
        "type": "object",
        "properties": {"longform": {"description": parts[LongformEdit.__name__]["description"]}},
        "if": {"required": ["longform"], "not": {"required": ["timeline"]}},
        "then": {"$ref": "#/$defs/LongformEdit"},
        "else": {"$ref": "#/$defs/Edit"},
        "examples": [HELLO],
        "$defs": parts,
    }


def schema_text() -> str:
    """The schema as it stands in docs/reference/timeline.schema.json."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


class _Published(GenerateJsonSchema):
    """Pydantic's own, with what `agreement` says."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Add what a type says by `Agreed`."""
        found = super().generate_inner(schema)
        agreed = schema.get("metadata", {}).get(AGREED)
        return found if agreed is None else {**found, "allOf": [agreed]}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Add what the fields of a model say of each other, and what an asset is where its type is chosen."""
        found = super().model_schema(schema)
        part: type[Part] = schema["cls"]
        if agreements := part.agreements():
            found["allOf"] = list(agreements)
        return found

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out what stands for "not given", which an editor would write into the document."""
        found = super().default_schema(schema)
        if "default" in found:
            found["default"] = _plain(found["default"])
            if found["default"] is None:
                del found["default"]
        return found

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """A union by `type` as one choice, so that only the fields of the chosen part are told, and missed."""
        tag = schema["discriminator"]
        if not isinstance(tag, str):
            return super().tagged_union_schema(schema)
        parts = {str(name): self.generate_inner(choice) for name, choice in schema["choices"].items()}
        choices = [{"const": name, "description": _first_sentence(ASSETS[name])} for name in parts]
        return {
            "type": "object",
            "properties": {tag: {"description": "What it is.", "oneOf": choices}},
            "required": [tag],
            "allOf": [when(equals(tag, [name]), **part) for name, part in parts.items()],
        }


def _first_sentence(part: type[Part]) -> str:
    return " ".join((part.__doc__ or "").split()).split(". ")[0].rstrip(".") + "."


def _plain(value: Any) -> Any:
    """A default as people write it: without what is not given, and 1 instead of 1.0."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _untitled(value: Any) -> Any:
    """Without the titles that Pydantic makes up from names: they say nothing, and editors show them first."""
    if isinstance(value, dict):
        return {key: _untitled(item) for key, item in value.items() if key != "title" or not isinstance(item, str)}
    return [_untitled(item) for item in value] if isinstance(value, list) else value


def _fillable(schema: Any) -> Any:
    """The schema with a placeholder beside everything that a text, a number or a flag can stand for.

    Conditions stay as they are: where a placeholder stands they do not hold, and nothing follows of them.
    """
    if isinstance(schema, list):
        return [_fillable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _below(name, value) for name, value in schema.items()}
    if _is_scalar(schema):
        said = {name: found.pop(name) for name in _SAID if name in found}
        return {**said, "anyOf": [found, _PLACE]}
    for way in ("oneOf", "anyOf"):
        if any(_is_scalar(one) for one in schema.get(way, ())):
            del found[way]
            found["anyOf"] = [*schema[way], _PLACE]
            found["anyOf"] = [one if _is_scalar(one) else _fillable(one) for one in found["anyOf"]]
    return found


def _below(keyword: str, value: Any) -> Any:
    if keyword == "properties":
        return {name: _typed(_fillable(field)) for name, field in value.items()}
    return _fillable(value) if keyword in _INSIDE else value


def _typed(field: JsonSchemaValue) -> JsonSchemaValue:
    """The field with its types, of which editors write the first where there is no default to write."""
    if "anyOf" not in field or not field.keys().isdisjoint({"type", "default"}):
        return field
    return {"type": list(dict.fromkeys(kind for one in field["anyOf"] for kind in _types(one))), **field}


def _types(form: JsonSchemaValue) -> list[str]:
    if (forms := form.get("anyOf") or form.get("oneOf")) is not None:
        return [kind for one in forms for kind in _types(one)]
    if "type" in form:
        return [form["type"]]
    if "$ref" in form:
        return ["string" if form == _PLACE else "object"]
    values = form["enum"] if "enum" in form else [form["const"]]
    return [_TYPES[type(value)] for value in values]


def _is_scalar(schema: JsonSchemaValue) -> bool:
    """Whether it says something of texts, numbers or flags that a placeholder would not keep to."""
    if schema.get("type") == "string":
        return not schema.keys().isdisjoint({"pattern", "maxLength", "const", "enum"})
    return schema.get("type") in ("number", "integer", "boolean") or "const" in schema or "enum" in schema
