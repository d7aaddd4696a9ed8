"""JSON in what a model says: asked for in words, and found among other words."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid

_THOUGHT: Final = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


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
    text = _THOUGHT.sub("", text).strip()
    fenced = _FENCED.search(text)
    candidates = [text, *([fenced.group(1)] if fenced else [])]
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
