"""Scopes and the roles that stand for sets of them.

A scope is `<area>:read` or `<area>:write`. Members have the scopes of their role, API keys those that they were made
with. What no scope of an area covers, "*" does: closing a workspace, and all that touches its owners.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

AREAS: Final = (
    "jobs",
    "content",
    "templates",
    "assets",
    "tasks",
    "agents",
    "webhooks",
    "keys",
    "members",
    "usage",
    "metrics",
)
"""jobs: renders, batches, jobs, dead letters, artifacts, events. content: transcripts, subtitles, highlights, clips,
posts, voices. tasks: repositories too. agents: their codes and tokens too. templates: patterns, strategies and contexts
too. assets: uploads too. members: invitations and the workspace's name too. usage: the plan too. keys: API keys.
metrics: the numbers of this installation, in its default workspace alone."""
EVERYTHING: Final = "*"
SCOPES: Final = frozenset(f"{area}:{verb}" for area in AREAS for verb in ("read", "write"))
"""What can be asked of whoever asks."""
CLOSE_WORKSPACE: Final = "workspace:delete"
"""It is in no area and in no role but the owner's "*"."""


class Role(StrEnum):
    """What a person is in a workspace, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


_VIEWER: Final = frozenset(
    f"{area}:read" for area in ("jobs", "content", "templates", "assets", "tasks", "usage", "members")
)
SCOPES_OF: Final[Mapping[Role, frozenset[str]]] = {
    Role.OWNER: frozenset({EVERYTHING}),
    Role.ADMIN: SCOPES,
    Role.EDITOR: _VIEWER | {f"{area}:write" for area in ("jobs", "content", "templates", "assets", "tasks")},
    Role.VIEWER: _VIEWER,
}


def is_scope(text: str) -> bool:
    """Whether an API key may be made with this scope: one of `SCOPES`, a whole area (`jobs:*`), or "*"."""
    return text in SCOPES or text == EVERYTHING or (text.endswith(":*") and text.removesuffix(":*") in AREAS)


def covers(held: Collection[str], wanted: str) -> bool:
    """Whether who holds these scopes may do all that `wanted` (a scope, a whole area, or "*") stands for."""
    area, _, verb = wanted.partition(":")
    if EVERYTHING in held or wanted in held or (verb and f"{area}:*" in held):
        return True
    return verb == "*" and {f"{area}:read", f"{area}:write"}.issubset(held)
