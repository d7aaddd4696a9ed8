"""Digests of plain data: the same content has the same name."""

import hashlib
import json
from typing import Any, Final

_IRRELEVANT: Final = frozenset({"key", "index", "start", "pointer"})
"""Where a piece lies in the edit and in the document changes nothing in it."""


def digest(data: Any, engine: str) -> str:
    """SHA-256 (hex) of everything in JSON data that determines bytes; `engine` names the code that makes them."""
    text = json.dumps([engine, _relevant(data)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _relevant(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _relevant(value) for name, value in data.items() if name not in _IRRELEVANT}
    if isinstance(data, list):
        return [_relevant(value) for value in data]
    return data
