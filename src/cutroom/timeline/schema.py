"""The published JSON Schema of a document."""

import json
from typing import Any

from pydantic import TypeAdapter

from cutroom.timeline.document import Document
from cutroom.timeline.longform import LongformEdit
from cutroom.timeline.merge import FIELD, MERGE_SCHEMA
from cutroom.timeline.model import Edit


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a document: an edit of clips, or a longform."""
    schema = _untitled(TypeAdapter(Document).json_schema(by_alias=True))
    for kind in (Edit, LongformEdit):
        schema["$defs"][kind.__name__]["properties"][FIELD] = dict(MERGE_SCHEMA)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Cutroom timeline", **schema}


def schema_text() -> str:
    """The schema as it stands in docs/reference/timeline.schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _untitled(value: Any) -> Any:
    """Without the titles that Pydantic makes up from names: they say nothing, and editors show them first."""
    if isinstance(value, dict):
        return {key: _untitled(item) for key, item in value.items() if key != "title" or not isinstance(item, str)}
    return [_untitled(item) for item in value] if isinstance(value, list) else value
