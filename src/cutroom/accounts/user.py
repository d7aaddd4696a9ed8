"""The values that tell of people and of how they came in."""

from dataclasses import dataclass, field
from datetime import datetime

from cutroom.accounts.api_keys import Purpose
from cutroom.accounts.roles import Role

USER_PREFIX = "usr"
SESSION_PREFIX = "ses"


@dataclass(frozen=True, slots=True)
class User:
    """A person.

    Args:
        email: what they log in with; None for people whom an identity provider sends.
        confirmed_at: when somebody first showed that they read what is sent to that address; None when nobody has.
    """

    id: str
    email: str | None
    name: str
    created_at: datetime
    disabled_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody has logged in with.

    Args:
        last_seen_at: at most a minute old.
        expires_at: when it ends whatever happens; it ends earlier when nobody uses it.
        address: where the login came from.
        user_agent: what the browser called itself then.
    """

    id: str
    user_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session at the only moment at which the text of its cookie is known."""

    user: User
    session: Session
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A link for one person alone, at the only moment at which its token is known.

    Args:
        purpose: what it was made for, and so which page it leads to.
    """

    user: User
    purpose: Purpose
    expires_at: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that somebody may act in, and what they are there; an API key is nothing but itself."""

    workspace_id: str
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request that wants to log in comes from, for counting and for the list of sessions."""

    address: str | None = None
    user_agent: str | None = None
