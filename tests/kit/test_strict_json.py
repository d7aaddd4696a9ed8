import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid


@pytest.mark.threat("A71", "A73")
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "malformed_json"),
        (b"", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"a": 1} x', "malformed_json"),
        (b'{"a": NaN}', "bad_number"),
        (b'{"a": -Infinity}', "bad_number"),
        (b'{"a": 1e999}', "bad_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "bad_number"),
        (b'{"a": 0.' + b"3" * 5000 + b"}", "bad_number"),
        (b"[" * 100_000, "json_too_deep"),
        (b'{"a":' * 41 + b"1" + b"}" * 41, "json_too_deep"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": "x\\u0000y"}', "bad_text"),
        (b'{"a": "\\ud800"}', "bad_text"),
        (b'{"\\udfff": 1}', "bad_text"),
    ],
)
def test_what_would_break_later_is_refused_with_its_code(raw: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        strict_json.parse(raw)
    assert caught.value.code == code


def test_bad_text_is_pointed_at() -> None:
    with pytest.raises(Invalid) as caught:
        strict_json.parse(b'{"a": [0, {"b/c": "\\u0000"}]}')
    assert caught.value.details[0].pointer == "/a/1/b~1c"


def test_brackets_inside_text_do_not_count_as_depth() -> None:
    assert strict_json.parse(b'{"a": "' + b"[" * 1000 + b'\\"]"}') == {"a": "[" * 1000 + '"]'}


def test_a_byte_order_mark_may_stand_at_the_beginning() -> None:
    assert strict_json.parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_a_surrogate_pair_is_one_character() -> None:
    assert strict_json.parse(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.threat("A71")
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_invalid(raw: bytes) -> None:
    try:
        strict_json.parse(raw)
    except Invalid as error:
        assert error.message
