"""Adapters of Pydantic that are built at their first use: some take a tenth of a second, and most runs need few."""

from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Adapter(Generic[T]):
    """Reads and writes values of a type, as `pydantic.TypeAdapter` does.

    Args:
        kind: the type.
    """

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    @cached_property
    def _built(self) -> TypeAdapter[T]:
        return TypeAdapter(self._kind)

    def validate_json(self, data: str | bytes | bytearray) -> T:
        """The value of JSON text; raises `ValidationError`."""
        return self._built.validate_json(data)

    def validate_python(self, data: Any) -> T:
        """The value of JSON data, or a value; raises `ValidationError`."""
        return self._built.validate_python(data)

    def dump_json(self, value: T, *, indent: int | None = None, exclude_unset: bool = False) -> bytes:
        """JSON text of a value."""
        return self._built.dump_json(value, indent=indent, exclude_unset=exclude_unset)

    def dump_python(self, value: T, *, mode: Literal["json", "python"] = "python", exclude_none: bool = False) -> Any:
        """JSON data of a value, or plain Python data."""
        return self._built.dump_python(value, mode=mode, exclude_none=exclude_none)
