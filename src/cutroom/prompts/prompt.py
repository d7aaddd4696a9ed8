"""What the package hands out: frozen values, never rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

Kind = Literal["pattern", "strategy", "context", "session"]
PATTERN: Final = "pattern"
STRATEGY: Final = "strategy"
CONTEXT: Final = "context"
SESSION: Final = "session"
KINDS: Final[tuple[Kind, ...]] = (PATTERN, STRATEGY, CONTEXT, SESSION)
PROMPT_PREFIX: Final = "prm"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Nothing of it can be a path."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of a prompt where texts are not shown.

    Args:
        version: the latest; of a session, how many turns it has had.
        facts: what lists show of the text, as whoever stored it found it there: JSON data.
        sha256: hash of the text, in hexadecimal; nothing for a session.
        size_bytes: of the text, or of all turns.
        editor: who wrote this version: the id of a person or an API key.
    """

    id: str
    kind: Kind
    name: str
    version: int
    facts: Mapping[str, Any]
    sha256: str
    size_bytes: int
    editor: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Prompt(Entry):
    """One version of a prompt. A session has no text of its own, but turns.

    Args:
        text: as its author wrote it.
    """

    text: str


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """What is told of one version where texts are not shown."""

    version: int
    facts: Mapping[str, Any]
    sha256: str
    size_bytes: int
    editor: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said in a session, by whom: `user`, `assistant`, `system`, or `meta`, which no model is told."""

    role: str
    text: str
