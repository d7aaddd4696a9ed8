import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft202012Validator

from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, json_schema, make_form, parse, schema_text
from cutroom.timeline.document import parse_document
from cutroom.timeline.model import ASSETS
from tests.timeline.documents_of_any_sort import EVERYTHING
from tests.timeline.full import FULL
from tests.timeline.wrong import GOOD, RAW, TEXT, VIDEO, WRONG, Wrong, changed

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "timeline.schema.json"


EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = Draft202012Validator(json_schema())
UNSAID = {
    "bad_captions", "bad_gradient", "bad_path", "bad_source", "bad_svg", "bad_text", "conflicting_sources",
    "not_rising", "nothing_audible", "nothing_left", "text_too_long", "too_large", "too_long", "too_many_clips",
    "too_many_levels", "too_many_tracks", "too_short", "unresolved_placeholder",
}  # fmt: skip
"""What no schema says, or only in part: grammars of their own, sums, order in time, and the limits of an operator."""


def test_the_committed_schema_is_fresh() -> None:
    again = "from cutroom.timeline import schema_text; print(schema_text(), end='')"
    assert COMMITTED.read_text("utf-8") == schema_text(), f'run: python -c "{again}" > {COMMITTED}'


def test_every_field_is_described_and_no_other_is_allowed() -> None:
    for part in json_schema()["$defs"].values():
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            for name, field in part["properties"].items():
                assert field.get("description") or "$ref" in field or name == "type", name


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
    assert SCHEMA.is_valid(GOOD)
    wrong = changed(place, value)
    with pytest.raises(Invalid):
        parse(wrong)
    assert not SCHEMA.is_valid(wrong)


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong not in RAW], ids=lambda wrong: wrong.name)
def test_what_is_refused_for_what_fields_say_of_each_other_is_refused_by_the_schema(wrong: Wrong) -> None:
    assert wrong.code in UNSAID or not SCHEMA.is_valid(wrong.document)


def test_a_document_with_nearly_every_field_keeps_to_the_schema() -> None:
    SCHEMA.validate(FULL)


@given(EVERYTHING)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_schema_refuses_nothing_that_is_accepted_and_most_of_what_is_refused(document: Any) -> None:
    """Of the rest, `merge` decides: a placeholder may stand for what does not fit."""
    try:
        parse_document(document, Limits(allow_local=True))
    except Invalid as error:
        said = {detail.code for detail in error.details} - UNSAID
        assert not said or "{{" in json.dumps(document) or not SCHEMA.is_valid(document)
    else:
        assert SCHEMA.is_valid(document), document


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.json")), ids=lambda path: path.name)
def test_every_example_keeps_to_the_schema(path: Path) -> None:
    found = json.loads(path.read_text())
    document = found.get("document", found)
    if not document.keys().isdisjoint({"timeline", "longform"}):
        SCHEMA.validate(document)


def test_editors_say_where_the_schema_is_and_nobody_minds() -> None:
    document = {"$schema": "./timeline.schema.json", **GOOD}
    SCHEMA.validate(document)
    assert parse_document(document) == parse_document(GOOD)
    assert make_form(document, None, Limits()).filled({}, Limits()) == parse(GOOD)
    with pytest.raises(Invalid) as caught:
        parse({"$schema": 5, **GOOD})
    assert [(detail.pointer, detail.code) for detail in caught.value.details] == [("/$schema", "wrong_type")]


def test_an_asset_is_chosen_by_its_type_and_each_says_what_it_is() -> None:
    asset = json_schema()["$defs"]["Clip"]["properties"]["asset"]
    choices = {one["const"]: one["description"] for one in asset["properties"]["type"]["anyOf"] if "const" in one}
    assert choices.keys() == ASSETS.keys()
    assert choices["color"] == "A plane of one colour."


def test_no_default_stands_for_what_is_not_given() -> None:
    assert '"default": null' not in schema_text()


@pytest.mark.parametrize("fps", [25, "25", "30000/1001", "10/1"])
def test_rates_are_taken_by_the_schema(fps: Any) -> None:
    made = changed("/output/fps", fps)
    parse(made)
    assert SCHEMA.is_valid(made)
