"""The values that leave this package."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of an API key once it was handed out."""

    id: str
    workspace_id: str
    name: str
    last_four: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key at the only moment at which its text is known."""

    key: ApiKey
    plaintext: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and what they may do; `scopes` holds "*" for everything in the workspace."""

    workspace_id: str
    api_key_id: str
    scopes: frozenset[str]
