"""Typed values to JSON text and back, in a form that Postgres can keep."""

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, get_type_hints

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Internal, Invalid
from cutroom.kit.schema import invalid
from cutroom.kit.strict_json import UNSTORABLE

# JSON text with an escaped NUL in it: a backslash that is not itself escaped, then u0000.
_ESCAPED_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
MAX_BYTES: Final = 16 * 1024**2 - 64 * 1024
"""A result, an output or an input, whoever makes it: what an agent sends and is sent in one message."""
_PLAIN: Final = (dict, list, str, int, float, bool, type(None))


def dump(adapter: Adapter[Any], value: Any, what: str, *, given_only: bool = False) -> str:
    """The JSON text of a value.

    Args:
        adapter: the value's type.
        value: what to write.
        what: names the value in the error.
        given_only: leave out what models filled in by default, so that an input reads as its author wrote it.

    Raises:
        Internal: `unstorable_result`, when it is not JSON or holds a NUL or a lone surrogate, which Postgres refuses.
        Invalid: `json_too_large`.
    """
    try:
        data = adapter.dump_json(value, exclude_unset=given_only)
        text = data.decode()
    except (PydanticSerializationError, ValueError) as error:
        raise Internal("unstorable_result", f"{what} cannot be written as JSON.") from error
    check_size(len(data), what)
    if "\\u0000" in text and _ESCAPED_NUL.search(text):
        raise Internal("unstorable_result", f"{what} holds a NUL character, which the database cannot keep.")
    return text


def check_size(size_bytes: int, what: str) -> None:
    """Refuse JSON that could not be had back everywhere. Raises `Invalid` (`json_too_large`)."""
    if size_bytes > MAX_BYTES:
        message = f"{what} has {size_bytes} bytes as JSON, and {MAX_BYTES} is the most; it belongs in a file."
        raise Invalid("json_too_large", message)


def load(adapter: Adapter[Any], text: str | bytes) -> Any:
    """Read back what `dump` wrote.

    Raises:
        Invalid: `invalid_input`, when another version of the program wrote it and the types no longer fit.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise invalid(error, json.loads(text)) from error


def accept(adapter: Adapter[Any], value: Any) -> str:
    """The JSON text of an input that a caller gave as an instance of its type or as JSON data.

    Raises:
        Invalid: `invalid_input`, with a pointer to every wrong place.
    """
    try:
        if isinstance(value, _PLAIN):
            return dump(adapter, adapter.validate_json(json.dumps(value)), "The input", given_only=True)
        return dump(adapter, adapter.validate_python(value), "The input", given_only=True)
    except ValidationError as error:
        raise invalid(error, value) from error


def digest(workflow: str, text: str) -> str:
    """A hash of a workflow's name and its input, as `accept` writes it.

    Models are written in the order of their fields, so that equal ones have one hash; two objects of free names have
    one when their names come in the same order.
    """
    return hashlib.sha256(f"{workflow} {text}".encode()).hexdigest()


def clean(text: str, limit: int) -> str:
    """Text for people, cut to `limit` characters, with what Postgres refuses replaced by U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text[:limit])


def clean_json(value: Any) -> Any:
    """JSON data for people (facts of a log line, error details): odd text cleaned, odd values written as text."""
    if isinstance(value, str):
        return clean(value, 8_000)
    if isinstance(value, dict):
        return {clean(str(key), 200): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_json(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    return clean(str(value), 8_000)


@lru_cache(maxsize=1_024)
def adapter_of(kind: Any) -> Adapter[Any]:
    """The (costly to make) adapter of a type."""
    return Adapter(kind)


def result_type(function: Callable[..., Any]) -> Adapter[Any]:
    """The adapter of what a function returns, by its annotation; of anything at all when it has none."""
    return _result_type(_plain(function))


@lru_cache(maxsize=1_024)
def _result_type(function: Callable[..., Any]) -> Adapter[Any]:
    hints = get_type_hints(function, include_extras=True)
    return adapter_of(hints.get("return", Any))


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function inside a partial or a bound method, or the `__call__` of an object."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = type(function).__call__
    return function
