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


def doubling(levels: int, **last: object) -> dict[str, object]:
    """A schema of a few lines in which every level is looked at twice by the one above."""
    parts = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/a0", "$defs": {**parts, f"a{levels}": last}}


NESTED: dict[str, object] = {"type": "object"}
for _ in range(30):
    NESTED = {"allOf": [NESTED], "unevaluatedProperties": False}


@pytest.mark.threat("A86", "A96")
@pytest.mark.parametrize(
    "schema",
    [
        doubling(40, type="string"),
        {"$ref": "#"},
        {"anyOf": [{"items": {"$ref": "#"}, "minItems": 2}, {"items": {"$ref": "#"}, "minItems": 3}]},
        {"$defs": {"a": {"$anchor": "a", "items": {"$ref": "#a"}}}, "$ref": "#a"},
        {"$dynamicAnchor": "a", "items": {"$dynamicRef": "#a"}},
        {"$defs": {"a": {"$id": "b", "items": {"$ref": "#"}}}, "$ref": "#/$defs/a"},
        {"items": {"$ref": "#/%24defs/a"}, "$defs": {"a": {"items": {"$ref": "#"}}}},
        {"$ref": "#/$defs/none"},
        {"anyOf": [{"type": "string"}] * 3_000},
        NESTED,
    ],
)
def test_a_schema_that_would_take_for_ever_is_refused_at_once(schema: dict[str, object]) -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match=r"refers|part of it|'\$id'"):
        Shape(schema)
    assert time.process_time() - started < 1


def test_parts_of_a_schema_may_be_named_and_used_again() -> None:
    shape = Shape(doubling(3, type="string"))
    assert shape.complaint("x") is None
    assert shape.complaint(1) is not None
    named = Shape({"properties": {"$ref": {"$ref": "#/$defs/a~1b"}}, "$defs": {"a/b": {"type": "integer"}}, "$id": "x"})
    assert named.complaint({"$ref": 1}) is None
    assert str(named.complaint({"$ref": "x"})).startswith("/$ref: ")
