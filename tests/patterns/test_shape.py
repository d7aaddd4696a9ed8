"""The shape of an answer, by a JSON schema that anybody may have written."""

import time

import pytest

from cutroom.patterns import Shape

SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}


def test_what_fits_is_not_complained_of() -> None:
    assert Shape(SCHEMA).complaint({"a": [1, 2]}) is None


def test_a_complaint_says_where_and_what() -> None:
    assert str(Shape(SCHEMA).complaint({"a": [1, "x"]})).startswith("/a/1: ")
    assert "required" in str(Shape(SCHEMA).complaint({}))


def test_complaints_are_short_and_few() -> None:
    assert len(str(Shape(SCHEMA).complaint({"a": ["x" * 5_000] * 50}))) < 3_000


def test_no_regular_expression_takes_for_ever() -> None:
    started = time.process_time()
    assert Shape({"pattern": "^(a+)+$"}).complaint("a" * 50_000 + "b") is not None
    assert time.process_time() - started < 1


@pytest.mark.parametrize("schema", [{"$ref": "http://127.0.0.1:9/x"}, {"$ref": "file:///etc/passwd"}, {"type": "x"}])
def test_what_is_no_schema_of_its_own_is_refused(schema: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Shape(schema)
