from collections.abc import Sequence
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from cutroom.kit.errors import Detail
from cutroom.kit.schema import Schema, invalid, pointer


class Circle(Schema):
    type: Literal["circle"]
    radius_px: int


class Square(Schema):
    type: Literal["square"]
    side_px: int


class Drawing(Schema):
    shapes: list[Annotated[Circle | Square, Field(discriminator="type")]]
    title: str | int
    named: dict[str, Square] | None = None


def told(document: object) -> Sequence[Detail]:
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate(document)
    return invalid(caught.value, document, model=Drawing).details


def complaints(document: object) -> list[tuple[str, str]]:
    return [(detail.pointer, detail.code) for detail in told(document)]


def test_a_pointer_escapes_its_parts() -> None:
    assert pointer(["a/b", 0, "c~d"]) == "/a~1b/0/c~0d"


def test_pointers_lead_into_what_the_caller_sent_not_into_our_union() -> None:
    document = {"title": "x", "shapes": [{"type": "circle", "radiusPx": "wide"}, {"type": "square"}]}
    assert complaints(document) == [("/shapes/0/radiusPx", "wrong_type"), ("/shapes/1/sidePx", "missing_field")]


def test_an_unknown_field_is_named() -> None:
    document = {"title": "x", "shapes": [{"type": "circle", "radiusPx": 1, "colour": "red"}]}
    assert complaints(document) == [("/shapes/0/colour", "unknown_field")]


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            {"shapes": [{"type": "circle", "radiusPx": 1, "radius": 1}]},
            "\"radius\" is not a known field (did you mean 'radiusPx'?); the fields here are type, radiusPx.",
        ),
        (
            {"named": {"type": {"type": "square", "sidePx": 1, "px": 1}}},
            '"px" is not a known field; the fields here are type, sidePx.',
        ),
        (
            {"titel": "x"},
            "\"titel\" is not a known field (did you mean 'title'?); the fields here are shapes, title, named.",
        ),
    ],
)
def test_the_fields_of_the_object_that_is_meant_are_named(part: dict[str, object], sentence: str) -> None:
    assert [detail.message for detail in told({"title": "x", "shapes": [], **part})] == [sentence]


def test_the_forms_of_a_value_are_one_sentence() -> None:
    (detail,) = told({"title": [], "shapes": []})
    assert (detail.code, detail.message) == ("wrong_type", "This is a list; accepted is text or a whole number.")


class Choice(Schema):
    pick: Annotated[int, Field(le=1000)] | Annotated[str, Field(max_length=5)] | None = None
    look: bool | Literal["karaoke", "plain"] = True
    many: str | list[str] = ""


@pytest.mark.parametrize(
    ("document", "sentences"),
    [
        ({"pick": 2000}, ["This is 2000; accepted is at most 1000."]),
        ({"pick": "x" * 6}, ["This text has 6 characters; at most 5 are accepted."]),
        (
            {"look": "karoke"},
            ["This is \"karoke\" (did you mean 'karaoke'?); accepted is karaoke or plain, or true or false."],
        ),
        ({"many": [5]}, ["This is a number; accepted is text."]),
    ],
)
def test_the_form_that_was_meant_is_spoken_of(document: dict[str, object], sentences: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Choice.model_validate(document)
    assert [detail.message for detail in invalid(caught.value, document, model=Choice).details] == sentences


def test_of_very_many_complaints_the_first_hundred_are_told_and_the_rest_counted() -> None:
    document = {f"field{number}": 1 for number in range(5000)}
    with pytest.raises(ValidationError) as caught:
        Choice.model_validate(document)
    error = invalid(caught.value, document, model=Choice)
    assert len(error.details) == 100
    assert error.message.endswith("(and 4999 more)")


def test_an_unknown_branch_points_at_the_object() -> None:
    assert complaints({"title": "x", "shapes": [{"type": "star"}]}) == [("/shapes/0", "unknown_type")]


def test_the_wire_is_camel_case() -> None:
    circle = Circle(type="circle", radius_px=2)
    assert circle.model_dump() == {"type": "circle", "radiusPx": 2}
