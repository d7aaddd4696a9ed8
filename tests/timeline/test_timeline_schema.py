import json
from pathlib import Path
from typing import Any

from cutroom.timeline import json_schema, schema_text

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "timeline.schema.json"


def objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        found = [value] if "properties" in value else []
        return found + [inner for item in value.values() for inner in objects(item)]
    return [inner for item in value for inner in objects(item)] if isinstance(value, list) else []


def test_the_committed_schema_is_fresh() -> None:
    again = "from cutroom.timeline import schema_text; print(schema_text(), end='')"
    assert COMMITTED.read_text("utf-8") == schema_text(), f'run: python -c "{again}" > {COMMITTED}'


def test_every_field_is_described_and_no_other_is_allowed() -> None:
    for part in objects(json_schema()):
        assert part["additionalProperties"] is False
        for name, field in part["properties"].items():
            assert field.get("description") or "$ref" in field or "const" in field, name


def test_the_schema_says_which_track_is_on_top() -> None:
    assert (
        "first track in the list is the top layer"
        in json_schema()["$defs"]["Timeline"]["properties"]["tracks"]["description"]
    )


def test_names_in_the_schema_are_those_of_the_document() -> None:
    assert {"fadeIn", "parentDurationDecider"} <= set(json_schema()["$defs"]["Clip"]["properties"])
    assert {"in", "out", "duration", "cross"} == set(json_schema()["$defs"]["Transition"]["properties"])
    assert json.loads(schema_text()) == json_schema()
