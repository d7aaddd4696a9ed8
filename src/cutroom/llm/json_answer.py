"""JSON in what a model says: asked for in words, and found among other words."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid

_THINK: Final = ("<think>", "</think>")
_FENCE: Final = "```"
_OPENED: Final = re.compile(r"```(?:json)?[^\S\n]*\n")


def described(schema: Mapping[str, Any]) -> str:
    """What a model is told of the shape of its answer, for servers that do not make it so."""
    return (
        "Answer with one JSON value that follows this JSON schema, and nothing else: no explanation, no Markdown.\n"
        + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    )


def read_json(text: str) -> Any:
    """The JSON value in an answer: all of it, in a fence, or from the first bracket to the last.

    Raises:
        ValueError: when there is none; the message says so in words.
    """
    text = _without_thoughts(text).strip()
    candidates = [text, *_fenced(text)]
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    end = max(text.rfind("}"), text.rfind("]"))
    if 0 <= start < end:
        candidates.append(text[start : end + 1])
    for candidate in candidates:
        try:
            return strict_json.parse(candidate.encode())
        except (Invalid, UnicodeEncodeError):
            continue
    raise ValueError("there is no JSON in it")


def _without_thoughts(text: str) -> str:
    """The text without what a model thinks aloud. Takes linear time: whoever wrote the input may have written this."""
    begin, end = _THINK
    kept: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0 and (stop := text.find(end, start)) >= 0:
        kept.append(text[at:start])
        at = stop + len(end)
    return "".join([*kept, text[at:]])


def _fenced(text: str) -> list[str]:
    """What stands in the first fence; nothing where none is opened and closed."""
    opened = _OPENED.search(text)
    closed = -1 if opened is None else text.find(_FENCE, opened.end())
    return [] if opened is None or closed < 0 else [text[opened.end() : closed]]
