"""Merge fields: what a placeholder becomes, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.timeline import Edit, json_schema, parse
from cutroom.timeline.merge import MAX_NAMES, fill, merged, placeholders
from tests.timeline.documents import color, text


def document(*clips: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"timeline": {"tracks": [{"clips": list(clips)}]}, **more}


def only_text(edit: Edit) -> str:
    return str(getattr(edit.timeline.tracks[0].clips[0].asset, "text", ""))


def refused(made: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse(made)
    return [(detail.code, detail.pointer) for detail in caught.value.details]


def test_a_placeholder_inside_a_string_becomes_text() -> None:
    edit = parse(document(text("Only {{ PRICE }} left, {{NAME}}!"), merge={"PRICE": 5.0, "NAME": "Ann"}))
    assert only_text(edit) == "Only 5 left, Ann!"


def test_a_string_that_is_one_placeholder_takes_the_value_with_its_type() -> None:
    made = document(text(start="{{START}}", parentDurationDecider="{{ON}}"), merge={"START": 5.2, "ON": True})
    clip = parse(made).timeline.tracks[0].clips[0]
    assert (clip.start, clip.parent_duration_decider) == (5.2, True)


def test_a_string_where_a_number_belongs_is_still_refused() -> None:
    assert refused(document(text(start="{{START}}"), merge={"START": "5.2"})) == [
        ("unknown_value", "/timeline/tracks/0/clips/0/start")
    ]


def test_the_list_form_of_other_tools_means_the_same() -> None:
    made = document(text("{{A}} and {{B}}"), merge=[{"find": "A", "replace": "x"}, {"find": "B", "replace": 2}])
    assert only_text(parse(made)) == "x and 2"


def test_names_are_case_sensitive() -> None:
    assert refused(document(text("{{name}}"), merge={"NAME": "x"})) == [
        ("unresolved_placeholder", "/timeline/tracks/0/clips/0/asset/text")
    ]


def test_every_unresolved_placeholder_is_named_with_its_place() -> None:
    with pytest.raises(Invalid) as caught:
        parse(document(text("{{A}}"), text("{{ B }}"), text("{{C}}"), merge={"C": "filled"}))
    assert [(d.code, d.pointer[-23:]) for d in caught.value.details] == [
        ("unresolved_placeholder", "racks/0/clips/0/asset/text"[-23:]),
        ("unresolved_placeholder", "racks/0/clips/1/asset/text"[-23:]),
    ]
    assert ["{{A}}" in caught.value.details[0].message, "{{ B }}" in caught.value.details[1].message] == [True, True]


def test_a_value_is_not_merged_again() -> None:
    assert refused(document(text("{{A}}"), merge={"A": "{{B}}", "B": "x"})) == [
        ("bad_merge_value", "/merge/A"),
        ("unresolved_placeholder", "/timeline/tracks/0/clips/0/asset/text"),
    ]
    assert refused(document(text("{{{A}}}"), merge={"A": "{B}"})) == [
        ("unresolved_placeholder", "/timeline/tracks/0/clips/0/asset/text")
    ]


def test_names_that_nothing_uses_are_ignored() -> None:
    assert only_text(parse(document(text("x"), merge={"UNUSED": 1}))) == "x"


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ({"A": None}, ("wrong_type", "/merge/A")),
        ({"A": ["x"]}, ("wrong_type", "/merge/A")),
        ({"A": {"x": 1}}, ("wrong_type", "/merge/A")),
        ({"A": float("nan")}, ("bad_number", "/merge/A")),
        ({"A": "x" * 20_001}, ("text_too_long", "/merge/A")),
        ({"1A": "x"}, ("bad_merge_name", "/merge/1A")),
        ({"{{A}}": "x"}, ("bad_merge_name", "/merge/{{A}}")),
        ({"a/b": "x"}, ("bad_merge_name", "/merge/a~1b")),
        ([{"find": "A"}], ("wrong_type", "/merge/0")),
        ([{"find": 5, "replace": 5}], ("bad_merge_name", "/merge/0/find")),
        ([{"find": "A", "replace": []}], ("wrong_type", "/merge/0/replace")),
        ([{"find": "A", "replace": 1}, {"find": "A", "replace": 2}], ("duplicate_name", "/merge/1/find")),
        ("A=1", ("wrong_type", "/merge")),
        ({f"N{number}": 1 for number in range(MAX_NAMES + 1)}, ("too_many_names", "/merge")),
    ],
)
def test_a_wrong_merge_is_refused_at_its_place(merge: Any, expected: tuple[str, str]) -> None:
    assert refused(document(text("x"), merge=merge)) == [expected]


def test_a_value_cannot_blow_the_document_up() -> None:
    clips = [text("{{A}}" * 200) for _ in range(100)]
    assert refused(document(*clips, merge={"A": "x" * 20_000})) == [("too_large", "/merge")]


def test_what_nests_too_deep_is_refused_as_ever() -> None:
    deep: Any = "{{A}}"
    for _ in range(5_000):
        deep = [deep]
    assert refused(document(text("x"), extra=deep, merge={"A": 1}))[0][0] == "too_deep"


def test_a_document_without_merge_is_not_copied() -> None:
    made = document(color())
    assert merged(made)[0] is made


def test_placeholders_are_found_with_their_places() -> None:
    found = list(placeholders({"a": ["{{X}}", "b{{Y}}{{ X }}"], "c": 5}))
    assert found == [("X", ("a", 0), True), ("Y", ("a", 1), False), ("X", ("a", 1), False)]


NAMES = st.from_regex(r"[A-Z]{1,2}", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=6)


@given(st.dictionaries(NAMES, PLAIN), st.lists(st.one_of(PLAIN, st.tuples(NAMES, st.sampled_from(["", " ", "\t"])))))
def test_filling_replaces_each_known_placeholder_and_nothing_else(
    values: dict[str, str], parts: list[str | tuple[str, str]]
) -> None:
    before = [part if isinstance(part, str) else f"{{{{{part[1]}{part[0]}{part[1]}}}}}" for part in parts]
    after = [
        values.get(part[0], before[index]) if isinstance(part, tuple) else part for index, part in enumerate(parts)
    ]
    assert fill({"a": ["".join(before)]}, values) == {"a": ["".join(after)]}


def test_the_published_schema_knows_the_field() -> None:
    for kind in ("Edit", "LongformEdit"):
        schema = json_schema()["$defs"][kind]
        assert "merge" in schema["properties"]
        assert "merge" not in schema["required"]
    json.dumps(json_schema())
