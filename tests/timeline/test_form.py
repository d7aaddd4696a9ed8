"""Forms: documents with typed placeholders."""

from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Form, FormField, Limits, make_form
from tests.timeline.documents import text

LIMITS = Limits(fonts=frozenset({"Inter"}))


def document(**more: Any) -> dict[str, Any]:
    clips = [
        text("Hello {{NAME}}", start="{{START}}", length=2),
        {"asset": {"type": "image", "src": "{{PHOTO}}"}, "start": 0, "length": 3},
        {"asset": {"type": "color", "color": "{{TINT}}"}, "length": 1, "parentDurationDecider": "{{LAST}}"},
        {"asset": {"type": "video", "src": "https://cdn.example/{{FILE}}.mp4"}, "length": 1},
    ]
    return {"timeline": {"tracks": [{"clips": [clip]} for clip in clips]}, **more}


def refused(make: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        make()
    return [(detail.code, detail.pointer) for detail in caught.value.details]


def form(**fields: FormField) -> Form:
    return make_form(document(), fields, LIMITS)


VALUES = {"NAME": "Ann", "START": 1, "PHOTO": "asset:ast_1", "TINT": "#fff", "LAST": True, "FILE": "a"}


def test_types_are_guessed_from_where_placeholders_stand() -> None:
    assert {name: field.type for name, field in form().fields.items()} == {
        "NAME": "string",
        "START": "number",
        "PHOTO": "url",
        "TINT": "color",
        "LAST": "boolean",
        "FILE": "string",
    }


def test_a_word_as_default_leaves_room_for_numbers_where_numbers_may_stand() -> None:
    clip = {"asset": {"type": "{{KIND}}", "text": "{{TEXT}}"}, "length": "{{LENGTH}}"}
    timeline = {"tracks": [{"clips": [clip]}], "duration": 9}
    merge = {"KIND": "text", "TEXT": "Hi", "RATE": "30000/1001", "LENGTH": "end"}
    made = make_form({"output": {"fps": "{{RATE}}"}, "timeline": timeline, "merge": merge}, None, LIMITS)
    assert {name: field.type for name, field in made.fields.items()} == {
        "KIND": "string",
        "TEXT": "string",
        "RATE": "numberOrText",
        "LENGTH": "numberOrText",
    }
    for values, as_text in (({"LENGTH": 2.5}, False), ({"LENGTH": "2.5", "RATE": "", "TEXT": "5"}, True)):
        (track,) = made.filled(values, LIMITS, from_text=as_text).timeline.tracks
        assert track.clips[0].length == 2.5
    assert made.filled({}, LIMITS).timeline.tracks[0].clips[0].length == "end"
    wrong = refused(lambda: made.filled({"LENGTH": "soon"}, LIMITS))
    assert wrong == [("unknown_value", "/document/timeline/tracks/0/clips/0/length")]
    assert refused(lambda: made.filled({"LENGTH": True}, LIMITS)) == [("wrong_type", "/values/LENGTH")]


def test_filling_gives_the_checked_edit() -> None:
    edit = form().filled(VALUES, LIMITS)
    assert edit.timeline.tracks[0].clips[0].start == 1
    assert edit.timeline.tracks[2].clips[0].parent_duration_decider is True


def test_text_values_are_read_by_the_type_of_their_field() -> None:
    row = {**VALUES, "START": " 1.5 ", "LAST": "No"}
    edit = form().filled(row, LIMITS, from_text=True)
    assert edit.timeline.tracks[0].clips[0].start == 1.5
    assert edit.timeline.tracks[2].clips[0].parent_duration_decider is False


def test_every_wrong_value_is_pointed_at() -> None:
    wrong = {"START": "soon", "PHOTO": "no url", "TINT": "red", "LAST": "maybe", "FILE": ["x"], "NAMES": 1}
    assert set(refused(lambda: form().filled(wrong, LIMITS))) == {
        ("unknown_field", "/values/NAMES"),
        ("missing_value", "/values/NAME"),
        ("wrong_type", "/values/START"),
        ("wrong_type", "/values/PHOTO"),
        ("wrong_type", "/values/TINT"),
        ("wrong_type", "/values/LAST"),
        ("wrong_type", "/values/FILE"),
    }


def test_a_default_stands_in_for_a_value_unless_one_is_required() -> None:
    made = form(NAME=FormField(type="string", default="you"), START=FormField(type="number", default=0, required=True))
    row = {name: value for name, value in VALUES.items() if name not in {"NAME", "START"}}
    assert refused(lambda: made.filled(row, LIMITS)) == [("missing_value", "/values/START")]
    asset = made.filled({**row, "START": 0}, LIMITS).timeline.tracks[0].clips[0].asset
    assert getattr(asset, "text", "") == "Hello you"


def test_the_documents_own_merge_gives_defaults() -> None:
    made = make_form(document(merge={"START": 4, "NAME": "all"}), None, LIMITS)
    assert (made.fields["START"].type, made.fields["START"].default) == ("number", 4)
    assert made.fields["NAME"].default == "all"
    assert "merge" not in made.document


def test_what_is_wrong_besides_the_placeholders_is_refused() -> None:
    made = document()
    made["timeline"]["tracks"][0]["clips"][0]["fits"] = "cover"
    assert refused(lambda: make_form(made, None, LIMITS)) == [
        ("unknown_field", "/document/timeline/tracks/0/clips/0/fits")
    ]


def test_what_cannot_be_known_before_it_is_filled_in_is_let_through() -> None:
    made = document(output={"format": "{{FORMAT}}"})
    assert make_form(made, None, LIMITS).fields["FORMAT"].type == "string"


def test_a_default_that_makes_the_document_wrong_is_refused() -> None:
    fields = {"START": FormField(type="number", default=-1)}
    assert refused(lambda: make_form(document(), fields, LIMITS)) == [
        ("out_of_range", "/document/timeline/tracks/0/clips/0/start")
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"NAMES": FormField(type="string")}, ("unused_field", "/fields/NAMES")),
        ({"START": FormField(type="number", default="x")}, ("wrong_type", "/fields/START/default")),
        ({"TINT": FormField(type="color", default="red")}, ("wrong_type", "/fields/TINT/default")),
        ({"NAME": FormField(type="string", required=False)}, ("missing_default", "/fields/NAME/default")),
    ],
)
def test_a_wrong_field_is_refused(field: dict[str, FormField], expected: tuple[str, str]) -> None:
    assert refused(lambda: form(**field)) == [expected]


def test_a_number_in_a_text_field_is_written_as_text() -> None:
    asset = form().filled({**VALUES, "NAME": 2024.0}, LIMITS).timeline.tracks[0].clips[0].asset
    assert getattr(asset, "text", "") == "Hello 2024"


def test_a_default_keeps_its_type() -> None:
    assert FormField.model_validate({"type": "boolean", "default": True}).default is True
    assert FormField.model_validate({"type": "number", "default": 5.5}).default == 5.5


@pytest.mark.parametrize("made", [[], "x", None, 5])
def test_a_document_that_is_no_object_is_refused(made: Any) -> None:
    assert refused(lambda: make_form(made, None, LIMITS))[0][1] == "/document"


def test_numbers_that_few_places_take_are_guessed_as_numbers() -> None:
    letters = text(opacity="{{OPACITY}}", length=2)
    letters["asset"] |= {"font": {"size": "{{SIZE}}", "weight": "{{WEIGHT}}"}, "width": "{{WRAP}}"}
    made = make_form(
        {
            "output": {"width": "{{WIDTH}}", "height": "{{HEIGHT}}", "fps": "{{FPS}}"},
            "timeline": {"tracks": [{"clips": [letters]}], "loudness": "{{LOUDNESS}}"},
        },
        {},
        LIMITS,
    )
    values = {
        "SIZE": 40, "WEIGHT": 700, "WRAP": 300, "OPACITY": 0.5, "WIDTH": 320, "HEIGHT": 180, "FPS": 25, "LOUDNESS": -14
    }  # fmt: skip
    assert {name: field.type for name, field in made.fields.items()} == dict.fromkeys(values, "number")
    assert made.filled(values, LIMITS).output.width == 320
    assert made.filled({name: str(value) for name, value in values.items()}, LIMITS, from_text=True).output.width == 320
