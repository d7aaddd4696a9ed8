"""What the package hands out: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

AGENT_PREFIX: Final = "agt"
CODE_PREFIX: Final = "agc"
TOKEN_PREFIX: Final = "agk"  # noqa: S105 — of its id
SESSION_PREFIX: Final = "ags"


@dataclass(frozen=True, slots=True)
class Agent:
    """A machine that runs jobs without seeing the database.

    Args:
        workspace_id: whose; None is the operator's, which serves all workspaces.
        draining: it is given no more jobs.
        revoked_at: when it was shut out.
        seen_at: when it last showed life, up to half a minute old.
        offer: what it last said it can do.
        connected: whether a session of it is open.
    """

    id: str
    workspace_id: str | None
    name: str
    created_at: datetime
    draining: bool
    revoked_at: datetime | None
    seen_at: datetime | None
    offer: Mapping[str, Any] | None
    connected: bool


@dataclass(frozen=True, slots=True)
class Code:
    """A permission to enrol one agent, once."""

    id: str
    workspace_id: str | None
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token once it was handed out."""

    id: str
    agent_id: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A new code, with its text, which is kept nowhere."""

    code: Code
    plaintext: str


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token, with its text, which is kept nowhere."""

    agent: Agent
    token: Token
    plaintext: str


@dataclass(frozen=True, slots=True)
class Known:
    """An agent that has proved who it is, and with which token."""

    agent: Agent
    token_id: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A session in the hands of one node.

    Args:
        epoch: raised by whoever takes it over; what is said with an older one is refused.
        applied: the agent's last question that is known to be carried out.
    """

    session_id: str
    epoch: int
    applied: int
