"""What a caller reads when a field is wrong: one sentence for each of Pydantic's ways to say no."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, HttpUrl, StrictBool, StrictInt, TypeAdapter, ValidationError

from cutroom.kit.complaints import complaint

TIME = "a time with its zone, such as 2026-11-21T09:30:00Z"
ADDRESS = "an address that begins with https:// or http://"


class Paper(Enum):
    MATT = "matt"
    GLOSS = "gloss"


def said(kind: Any, value: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (item,) = caught.value.errors(include_url=False)
    wrong = complaint(item)
    return wrong.code, wrong.sentence


@pytest.mark.parametrize(
    ("kind", "value", "code", "sentence"),
    [
        (str, 31415926, "wrong_type", "This is a number; accepted is text."),
        (str, True, "wrong_type", "This is true; accepted is text."),
        (int, "wide", "wrong_type", 'This is "wide"; accepted is a whole number.'),
        (int, 5.5, "wrong_type", "This is 5.5; accepted is a whole number."),
        (StrictInt, "5", "wrong_type", 'This is "5" (write 5, without quotes); accepted is a whole number.'),
        (float, None, "wrong_type", "This is null; accepted is a number."),
        (StrictInt, "true", "wrong_type", 'This is "true"; accepted is a whole number.'),
        (StrictBool, "true", "wrong_type", 'This is "true" (write true, without quotes); accepted is true or false.'),
        (date, "soon", "wrong_type", 'This is "soon"; accepted is a date, such as 2026-11-21.'),
        (None, 5, "wrong_type", "This is 5; accepted is null."),
        (bool, "perhaps", "wrong_type", 'This is "perhaps"; accepted is true or false.'),
        (list[str], {}, "wrong_type", "This is an object; accepted is a list."),
        (dict[str, str], [], "wrong_type", "This is a list; accepted is an object."),
        (datetime, "soon", "wrong_type", f'This is "soon"; accepted is {TIME}.'),
        (AwareDatetime, "2026-11-21T09:30", "wrong_type", f'This is "2026-11-21T09:30"; accepted is {TIME}.'),
        (HttpUrl, "here", "wrong_type", f"This is another text; accepted is {ADDRESS}."),
        (HttpUrl, "ftp://a/b", "wrong_type", f"This is another text; accepted is {ADDRESS}."),
        (Annotated[int, Field(ge=1)], 0, "out_of_range", "This is 0; accepted is 1 or more."),
        (Annotated[float, Field(gt=0)], 0, "out_of_range", "This is 0; accepted is more than 0."),
        (Annotated[int, Field(le=9)], 10, "out_of_range", "This is 10; accepted is at most 9."),
        (Annotated[int, Field(lt=9)], 9, "out_of_range", "This is 9; accepted is less than 9."),
        (Annotated[int, Field(multiple_of=2)], 9, "out_of_range", "This is 9; accepted is a multiple of 2."),
        (Annotated[str, Field(min_length=1)], "", "empty", "This text is empty; write something."),
        (
            Annotated[str, Field(min_length=8)],
            "hunter2",
            "text_too_short",
            "This text has 7 characters; at least 8 are needed.",
        ),
        (
            Annotated[str, Field(max_length=3)],
            "hunter2",
            "text_too_long",
            "This text has 7 characters; at most 3 are accepted.",
        ),
        (
            Annotated[str, Field(pattern="^[a-z]+$")],
            "hunter2",
            "bad_form",
            "This text has another form than is accepted: the regular expression ^[a-z]+$.",
        ),
        (Annotated[list[int], Field(min_length=1)], [], "too_few", "This list has no entries; at least 1 are needed."),
        (
            Annotated[list[int], Field(max_length=1)],
            [1, 2],
            "too_many",
            "This list has 2 entries; at most 1 are accepted.",
        ),
        (
            Annotated[dict[str, int], Field(max_length=1)],
            {"a": 1, "b": 2},
            "too_many",
            "This object has 2 entries; at most 1 are accepted.",
        ),
        (
            Annotated[float, Field(allow_inf_nan=False)],
            float("inf"),
            "bad_number",
            "This is a very large number; accepted is a number that is not infinite.",
        ),
        (
            Literal["left", "right"],
            "letf",
            "unknown_value",
            "This is \"letf\" (did you mean 'left'?); accepted is left or right.",
        ),
        (Literal["auto", 1, 2], "x", "unknown_value", "This is \"x\"; accepted is 'auto', 1 or 2."),
        (Literal[1, 2], 3, "unknown_value", "This is 3; accepted is 1 or 2."),
        (Annotated[int, Field(ge=10**16)], 1, "out_of_range", "This is 1; accepted is 10000000000000000 or more."),
        (
            Annotated[dict[str, int], Field(min_length=1)],
            {},
            "too_few",
            "This object has no entries; at least 1 are needed.",
        ),
        (Paper, "mat", "unknown_value", "This is \"mat\" (did you mean 'matt'?); accepted is matt or gloss."),
    ],
)
def test_each_says_what_is_accepted(kind: Any, value: Any, code: str, sentence: str) -> None:
    assert said(kind, value) == (code, sentence)
