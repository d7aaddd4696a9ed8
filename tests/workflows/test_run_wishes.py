"""What a run may be asked for, and what it becomes in a job."""

from typing import Any

import pytest
from pydantic import ValidationError

from cutroom.workflows.run_wishes import RunPattern, RunWishes


def test_values_of_variables_keep_their_types_through_a_job() -> None:
    given = {"pattern": "a", "variables": {"text": "1", "count": 1, "share": 0.5, "short": True}}
    read = RunPattern.model_validate_json(RunPattern.model_validate(given).model_dump_json())
    assert {name: type(value) for name, value in read.variables.items()} == {
        "text": str,
        "count": int,
        "share": float,
        "short": bool,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"pattern": "a", "patterns": ["b"]},
        {"parallel": ["a", "a"]},
        {"patterns": []},
        {"pattern": "../a"},
        {"pattern": "a", "inputSource": "youtube"},
        {"pattern": "a", "temperature": 3},
        {"pattern": "a", "maxCost": 0},
        {"pattern": "a", "variables": {"x": ["y"]}},
        {"pattern": "a", "language": "English, please"},
    ],
)
def test_wishes_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunWishes.model_validate(wrong)


def test_a_run_names_the_patterns_of_whichever_field_has_them() -> None:
    assert RunWishes(pattern="a").names == ("a",)
    assert RunWishes(patterns=("a", "b", "a")).names == ("a", "b", "a")
    assert RunWishes(parallel=("a", "b")).names == ("a", "b")
    assert RunWishes(input="Hello").names == ()
