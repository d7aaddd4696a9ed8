from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

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


def complaints(document: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate(document)
    return [(detail.pointer, detail.code) for detail in invalid(caught.value, document).details]


def test_a_pointer_escapes_its_parts() -> None:
    assert pointer(["a/b", 0, "c~d"]) == "/a~1b/0/c~0d"


def test_pointers_lead_into_what_the_caller_sent_not_into_our_union() -> None:
    document = {"title": "x", "shapes": [{"type": "circle", "radiusPx": "wide"}, {"type": "square"}]}
    assert complaints(document) == [("/shapes/0/radiusPx", "int_parsing"), ("/shapes/1/sidePx", "missing_field")]


def test_an_unknown_field_is_named() -> None:
    document = {"title": "x", "shapes": [{"type": "circle", "radiusPx": 1, "colour": "red"}]}
    assert complaints(document) == [("/shapes/0/colour", "unknown_field")]


def test_an_unknown_branch_points_at_the_object() -> None:
    assert complaints({"title": "x", "shapes": [{"type": "star"}]}) == [("/shapes/0", "unknown_type")]


def test_the_wire_is_camel_case() -> None:
    circle = Circle(type="circle", radius_px=2)
    assert circle.model_dump() == {"type": "circle", "radiusPx": 2}
