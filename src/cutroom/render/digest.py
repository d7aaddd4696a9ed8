"""Digests of plain data: the same content has the same name."""

import hashlib
import json
from typing import Any, Final

_PLACE: Final = frozenset({"key", "index", "start"})
"""Where a piece lies in the edit, and how it is named, changes nothing in it; deeper down these words say when."""
_POINTER: Final = "pointer"
"""Where something stands in the document changes nothing at any depth."""


def digest(piece: dict[str, Any], engine: str) -> str:
    """SHA-256 (hex) of everything in a piece's JSON data that determines bytes; `engine` names what makes them."""
    told = {name: value for name, value in piece.items() if name not in _PLACE}
    text = json.dumps([engine, _unplaced(told)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _unplaced(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _unplaced(value) for name, value in data.items() if name != _POINTER}
    if isinstance(data, list):
        return [_unplaced(value) for value in data]
    return data
