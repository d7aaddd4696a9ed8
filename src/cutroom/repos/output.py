"""What a command says, line by line, fit to be shown: no terminal codes, no secrets, no flood."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

MAX_LINES: Final = 9_000
"""A job keeps 10,000 events; some are left for the rest of it."""
MAX_CHARS: Final = 4_000
_CODES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")  # ECMA-48
_ODD: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MASK: Final = "***"
_LAST_CHARS: Final = 4_000
_KEPT_CHARS: Final = 4 * MAX_CHARS
"""Of a line, before codes are taken out of it."""
Say = Callable[[str, str], None]
"""Told a stream, `stdout` or `stderr`, and a line."""


class Output:
    """Takes the lines of a command.

    Args:
        say: told each line.
        secrets: values that are masked.
    """

    def __init__(self, say: Say, secrets: Iterable[str]) -> None:
        self._say = say
        known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None
        self._said = 0
        self._last: deque[str] = deque(maxlen=200)

    def line(self, stream: str, text: str) -> None:
        """Take one line. What is beyond those that are shown costs next to nothing: a flood must not stop the agent."""
        self._said += 1
        if stream == "stdout":
            self._last.append(text[:_KEPT_CHARS])
        if self._said < MAX_LINES:
            shown = self.clean(text[:_KEPT_CHARS])
            self._say(stream, shown if len(shown) <= MAX_CHARS else f"{shown[:MAX_CHARS]}…")
        elif self._said == MAX_LINES:
            self._say("stderr", f"The output is cut here: {MAX_LINES:,} lines are shown.")

    def clean(self, text: str) -> str:
        """A text as it may be shown."""
        # What a carriage return has overwritten was not meant to be read.
        lines = (line.rpartition("\r")[2] for line in text.split("\n"))
        plain = _ODD.sub("", _CODES.sub("", "\n".join(lines)))
        return plain if self._secrets is None else self._secrets.sub(_MASK, plain)

    @property
    def last(self) -> str:
        """The end of its standard output."""
        lines = (self.clean(line) for line in self._last)
        return "\n".join(line for line in lines if line.strip())[-_LAST_CHARS:].strip()
