"""JSON as RFC 8259 has it, with limits, for text that strangers send.

`json.loads` accepts NaN, lone surrogates, NUL, duplicate keys, integers of any length and nesting up to the recursion
limit. Each of those breaks something later: Postgres refuses NUL and surrogates, a duplicate key hides a field from a
reviewer, deep nesting ends in a RecursionError.
"""

import json
import math
import re
from typing import Any, Final, NoReturn

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import pointer

MAX_DEPTH: Final = 40
MAX_DIGITS: Final = 40
MAX_FLOAT_CHARS: Final = 100
"""Characters of a number with a fraction; a double never needs more than 24 to be written exactly as it is read."""
UNSTORABLE: Final = re.compile("[\\x00\\ud800-\\udfff]")
"""What Postgres refuses in a text: NUL, and halves of characters."""
_OPEN_OR_CLOSE: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def parse(raw: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse a JSON document, which may begin with a byte order mark, as editors of Windows write it.

    Raises:
        Invalid: `malformed_json` when it is no JSON; `json_too_deep`, `bad_number`, `bad_text` or `duplicate_key`
            when it is, but cannot be taken. Details point at the place where that is known.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("malformed_json", f"The body is not UTF-8: byte {error.start} is wrong.") from error
    _check_depth(raw, max_depth)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise Invalid("malformed_json", message) from error
    if "\\u" in text:  # in UTF-8 that JSON allows, only an escape can stand for what cannot be stored
        _check_text(value, [])
    return value


def _check_depth(raw: bytes, limit: int) -> None:
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return
    depth = 0
    for match in _OPEN_OR_CLOSE.finditer(raw):
        token = match.group()
        if token in b"[{":
            depth += 1
            if depth > limit:
                raise Invalid("json_too_deep", f"The body nests deeper than {limit} levels.")
        elif token in b"]}":
            depth -= 1


def _constant(name: str) -> NoReturn:
    raise Invalid("bad_number", f"{name} is not a JSON number; use a finite number.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Invalid("bad_number", f"A number has {len(text)} digits; at most {MAX_DIGITS} are accepted.")
    return int(text)


def _float(text: str) -> float:
    if len(text) > MAX_FLOAT_CHARS:
        raise Invalid("bad_number", f"A number has {len(text)} characters; at most {MAX_FLOAT_CHARS} are accepted.")
    value = float(text)
    if not math.isfinite(value):
        raise Invalid("bad_number", f"The number {text[:40]} is too large.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Invalid("duplicate_key", f"The key {key[:80]!r} appears twice in one object.")
            seen.add(key)
    return value


def _check_text(value: Any, path: list[str | int]) -> None:
    if isinstance(value, str):
        _check_string(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_string(key, path)
            _check_text(item, [*path, key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, [*path, index])


def _check_string(text: str, path: list[str | int]) -> None:
    if (found := UNSTORABLE.search(text)) is not None:
        wrong = "NUL" if found.group() == "\x00" else "a lone surrogate"
        message = f"Text with {wrong} in it cannot be stored; remove that character."
        raise Invalid("bad_text", message, details=[Detail(pointer(path), "bad_text", message)])


_DECODER: Final = json.JSONDecoder(
    parse_constant=_constant, parse_int=_integer, parse_float=_float, object_pairs_hook=_object
)
