"""Events of `/fabric/chat`, in Fabric's form."""

import json
from collections.abc import Mapping
from typing import Any, Final

SIGN_OF_LIFE: Final = b": keep-alive\n\n"
_MERMAID: Final = ("graph TD", "gantt", "flowchart", "sequenceDiagram", "classDiagram", "stateDiagram")
ANEW: Final = "\n\n---\n\n"
"""What stands between the beginning of an answer that broke off and the whole answer that came instead."""


class Shown:
    """An answer as a client has seen it so far: what is sent cannot be taken back."""

    def __init__(self) -> None:
        self._sent = ""
        self._whole = ""

    def piece(self, text: str, *, begins: bool) -> str:
        """What to send when the next piece of an answer comes; nothing while an answer that began anew is behind."""
        self._whole = text if begins else self._whole + text
        return self._extension(self._whole) or ""

    def end(self, text: str) -> str:
        """What to send when the answer stands: the rest of it, or all of it where it is another than was sent."""
        rest = self._extension(text)
        if rest is None and self._sent.strip() == text.strip():
            return ""
        if rest is None:
            rest = f"{ANEW}{text}"
            self._sent += rest
        return rest

    @property
    def form(self) -> str:
        """What Fabric calls the format of the text."""
        return "mermaid" if self._sent.startswith(_MERMAID) else "markdown"

    def _extension(self, text: str) -> str | None:
        """What the text has more than was sent; None where that is not its beginning."""
        if not text.startswith(self._sent):
            return None
        rest = text[len(self._sent) :]
        self._sent = text
        return rest


def content_event(text: str, form: str) -> bytes:
    """A piece of an answer."""
    return _event({"type": "content", "format": form, "content": text})


def error_event(message: str, code: str) -> bytes:
    """What a run failed with."""
    return _event({"type": "error", "format": "plain", "content": message, "code": code})


def complete_event() -> bytes:
    """The end of a run, however it ended."""
    return _event({"type": "complete", "format": "plain", "content": ""})


def usage_event(usage: Mapping[str, Any]) -> bytes:
    """What a run took. It follows the end: clients of older servers take nothing they do not know before it."""
    read, written = int(usage.get("inputTokens", 0)), int(usage.get("outputTokens", 0))
    counts = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return _event({"type": "usage", "usage": counts})


def remark(text: str) -> bytes:
    """A line that clients pass over."""
    return f": {text}\n\n".encode()


def _event(data: dict[str, Any]) -> bytes:
    # In ASCII: clients take U+2028 in a string for the end of a line.
    return f"data: {json.dumps(data)}\n\n".encode()
