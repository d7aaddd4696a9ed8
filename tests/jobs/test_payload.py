import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cutroom.jobs import payload
from cutroom.kit.errors import Internal, Invalid
from tests.jobs.flows import Number

ANY: TypeAdapter[Any] = TypeAdapter(Any)
texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


@given(values)
def test_json_data_comes_back_as_it_was(value: Any) -> None:
    assert payload.load(ANY, payload.dump(ANY, value, "It")) == value


@pytest.mark.parametrize("value", ["a\0b", {"a\0": 1}, ["\\\0"], "\ud800", object()])
def test_what_postgres_cannot_keep_is_refused(value: Any) -> None:
    with pytest.raises(Internal) as caught:
        payload.dump(ANY, value, "It")
    assert caught.value.code == "unstorable_result"


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert payload.load(ANY, payload.dump(ANY, r"C:\u0000", "It")) == r"C:\u0000"


def test_a_wrong_input_is_named_by_pointer() -> None:
    with pytest.raises(Invalid) as caught:
        payload.accept(TypeAdapter(Number), {"value": "x"})
    assert caught.value.details[0].pointer == "/value"


def test_the_hash_of_an_input_does_not_depend_on_how_it_was_written() -> None:
    assert payload.digest("a", '{"x": 1, "y": 2}') == payload.digest("a", '{"y":2,"x":1}')
    assert payload.digest("a", "1") != payload.digest("b", "1")
    assert payload.digest("a", "1") != payload.digest("a", "2")


@dataclass(frozen=True, slots=True)
class Exact:
    """A result that is no plain JSON."""

    size: int
    path: Path


class Callme:
    def method(self) -> Exact:
        return Exact(1, Path("a"))

    async def slow(self) -> Exact:
        return Exact(1, Path("a"))

    def __call__(self) -> Exact:
        return Exact(1, Path("a"))


def plain(size: int) -> Exact:
    return Exact(size, Path("a"))


@pytest.mark.parametrize("function", [plain, functools.partial(plain, 1), Callme().method, Callme().slow, Callme()])
def test_the_type_of_a_result_is_found_for_every_kind_of_callable(function: Any) -> None:
    adapter = payload.result_type(function)
    assert payload.load(adapter, '{"size": 2, "path": "b"}') == Exact(2, Path("b"))


def test_a_function_without_annotation_gives_plain_json() -> None:
    assert payload.load(payload.result_type(lambda: 1), "[1]") == [1]


def test_clean_json_keeps_what_is_plain() -> None:
    assert payload.clean_json({"a": [1, 2.5, None, True, "x"]}) == {"a": [1, 2.5, None, True, "x"]}
    assert payload.clean_json(Fraction(1, 3)) == "1/3"
