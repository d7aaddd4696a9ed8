"""The values that leave this package."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant.

    Args:
        model: the language model that is asked where neither a request nor a pattern names one; None is the server's.
    """

    id: str
    name: str
    created_at: datetime
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of an API key once it was handed out.

    Args:
        scopes: what it may do.
        created_by: the person (`usr_…`) or key (`key_…`) that made it; None for the command line.
        last_used_at: at most a minute old.
        expires_at: when it ends by itself.
        rotated_at: when it last got a new text.
        previous_until: until when the text before that works too.
    """

    id: str
    workspace_id: str
    name: str
    last_four: str
    scopes: frozenset[str]
    created_by: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    rotated_at: datetime | None
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key at the only moment at which its text is known."""

    key: ApiKey
    plaintext: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, in which workspace, and what they may do there.

    Args:
        workspace_id: where they act.
        id: of the API key (`key_…`) or user (`usr_…`).
        kind: how they have shown who they are: an API key, a cookie session, or a token of an identity provider.
        scopes: what they may do; "*" is everything in the workspace, "jobs:*" everything with jobs.
        user_id: the person, where there is one.
        session_id: of a cookie session (`ses_…`) or a token's own session, so that it can be revoked.
        expires_at: when this proof ends; streams that are open then are closed.
    """

    workspace_id: str
    id: str
    kind: Literal["api_key", "session", "token"]
    scopes: frozenset[str]
    user_id: str | None = None
    session_id: str | None = None
    expires_at: datetime | None = None

    @property
    def who(self) -> str:
        """The person, or the key where there is none: what is written down as the maker of things."""
        return self.user_id or self.id

    def may(self, scope: str) -> bool:
        """Whether this scope, `area:read` or `area:write`, is among theirs."""
        area, _, _ = scope.partition(":")
        return not self.scopes.isdisjoint({"*", f"{area}:*", scope})
