"""Documents that no JSON text can hold; they come from Python callers and must not crash either."""

import copy
import math
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.timeline import parse
from cutroom.timeline.limits import Limits
from cutroom.timeline.scan import scan
from tests.timeline.full import FULL
from tests.timeline.wrong import TEXT, VIDEO, changed


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"timeline": value}
    return value


def circle() -> Any:
    value: dict[str, Any] = {}
    value["timeline"] = value
    return value


def bush() -> Any:
    value: list[Any] = []
    value.extend([value] * 3)
    return {"timeline": value}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed(f"{VIDEO}/start", math.nan), "bad_number"),
        (changed(f"{VIDEO}/trim", math.inf), "bad_number"),
        (changed("/output/fps", math.nan), "unknown_value"),
        (changed("/output/fps", -math.inf), "unknown_value"),
        (changed(f"{VIDEO}/start", 10**400), "out_of_range"),
        (changed("/output/width", 10**400), "out_of_range"),
        (changed("/output/fps", 10**400), "out_of_range"),
        (changed("/output/fps", 10**5000), "unknown_value"),
        (changed(f"{TEXT}/asset/text", "a\x00"), "bad_text"),
        (changed(f"{TEXT}/asset/text", "\ud800"), "bad_text"),
        (changed(f"{TEXT}/asset/\ud800", 1), "bad_text"),
        (changed(f"{TEXT}/asset/text", b"bytes"), "wrong_type"),
        (changed(f"{TEXT}/asset/text", {1, 2}), "wrong_type"),
        (changed(f"{VIDEO}/start", object()), "wrong_type"),
        ({5: 1, "timeline": {"duration": 1}}, "wrong_type"),
        (nested(100_000), "too_deep"),
        (circle(), "too_deep"),
        (bush(), "too_deep"),
    ],
    ids=range(18),
)
def test_a_strange_value_is_refused(document: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(document)
    assert caught.value.code == code
    for detail in caught.value.details:
        detail.message.encode()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["auto", "end", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "timeline",
                    "output",
                    "tracks",
                    "clips",
                    "asset",
                    "type",
                    "text",
                    "src",
                    "start",
                    "length",
                    "fps",
                    "font",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_value_is_accepted_or_refused_in_order(document: Any) -> None:
    try:
        parse(document)
    except Invalid as error:
        assert error.details


@given(
    st.sampled_from(
        ["", "/output", "/timeline", "/timeline/tracks", "/timeline/tracks/0/clips", TEXT, VIDEO, f"{TEXT}/asset"]
    ),
    JSON,
)
@settings(max_examples=200, deadline=None)
def test_any_value_anywhere_is_accepted_or_refused_in_order(pointer: str, value: Any) -> None:
    try:
        parse(changed(pointer, value) if pointer else value)
    except Invalid as error:
        assert error.details


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


@given(st.sampled_from([place for place in places(FULL) if place]), JSON)
@settings(max_examples=400, deadline=None)
def test_any_value_in_a_full_document_is_refused_at_a_place_of_the_document(place: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(FULL)
    here = document
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    try:
        parse(document)
    except Invalid as error:
        for detail in error.details:
            assert detail.message.endswith(".")
            here = document
            for part in detail.pointer.split("/")[1:-1]:
                key = part.replace("~1", "/").replace("~0", "~")
                here = here[int(key)] if isinstance(here, list) else here[key]
            assert isinstance(here, dict | list)


def test_a_few_lists_that_make_millions_are_refused_without_making_them() -> None:
    wide: Any = [1] * 10
    for _ in range(6):
        wide = [wide] * 10
    before = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(Invalid) as raised:
            scan(wide, Limits())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert raised.value.code == "too_large"
    assert peak < 40 << 20
    assert time.process_time() - before < 30
