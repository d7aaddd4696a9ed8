"""The published JSON Schema of a document."""

from typing import Any

from cutroom.timeline.model import Edit


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the document, as committed in docs/reference/timeline.schema.json."""
    schema = Edit.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cutroom timeline",
        **{key: value for key, value in schema.items() if key != "title"},
    }
