import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from cutroom.kit.errors import Invalid
from cutroom.timeline import json_schema, parse, schema_text
from tests.timeline.wrong import GOOD, TEXT, VIDEO, changed

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


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (f"{VIDEO}/opacity", []),
        (f"{VIDEO}/offset", {"x": []}),
        ("/output/fps", "30/0"),
        ("/output/fps", "0/1"),
        ("/output/fps", "00"),
        (f"{TEXT}/asset", {"type": "captions", "cues": []}),
        (f"{TEXT}/asset", {"type": "captions", "cues": [{"start": 0, "end": 1, "words": []}]}),
    ],
)
def test_what_is_refused_for_its_form_is_refused_by_the_schema(place: str, value: Any) -> None:
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(GOOD)
    wrong = changed(place, value)
    with pytest.raises(Invalid):
        parse(wrong)
    assert not schema.is_valid(wrong)


@pytest.mark.parametrize("fps", [25, "25", "30000/1001", "10/1"])
def test_rates_are_taken_by_the_schema(fps: Any) -> None:
    made = changed("/output/fps", fps)
    parse(made)
    assert Draft202012Validator(json_schema()).is_valid(made)
