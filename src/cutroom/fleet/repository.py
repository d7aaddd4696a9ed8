"""The queries on agents. Those of the operator have no workspace: `IS NOT DISTINCT FROM` tells whose they are."""

from collections.abc import Mapping
from string import Template
from typing import Any, Final

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.fleet.agent import Agent, Code, Known, Lease, Token

_AGENT: Final = (
    "a.id, a.workspace_id, a.name, a.created_at, a.draining, a.revoked_at, a.seen_at, a.offer, EXISTS ("
    "SELECT FROM agent_sessions AS s WHERE s.agent_id = a.id AND s.ended_at IS NULL "
    "AND s.seen_at > clock_timestamp() - interval '60 s') AS connected"
)
_CODE: Final = "id, workspace_id, name, created_at, expires_at, used_at, agent_id"
_TOKEN: Final = "t.id, t.agent_id, t.last_four, t.created_at, t.expires_at, t.revoked_at, t.used_at"  # noqa: S105


def _statement(template: str) -> TextClause:
    """A statement in which `$agent`, `$code` and `$token` stand for columns."""
    return text(Template(template).substitute(agent=_AGENT, code=_CODE, token=_TOKEN))


ADD_AGENT: Final = _statement(
    "INSERT INTO agents AS a (id, workspace_id, name) VALUES (:id, :workspace, :name) RETURNING $agent"
)
GET: Final = _statement(
    "SELECT $agent FROM agents AS a WHERE a.id = :id AND a.workspace_id IS NOT DISTINCT FROM :workspace"
)
PAGE: Final = _statement(
    "SELECT $agent FROM agents AS a WHERE a.workspace_id IS NOT DISTINCT FROM :workspace AND a.revoked_at IS NULL"
    ' AND (CAST(:before AS text) IS NULL OR a.id < CAST(:before AS text) COLLATE "C") ORDER BY a.id DESC LIMIT :limit'
)
COUNT: Final = _statement(
    "SELECT count(*) FROM agents WHERE workspace_id IS NOT DISTINCT FROM :workspace AND revoked_at IS NULL"
)
SET_DRAINING: Final = _statement(
    "UPDATE agents AS a SET draining = :draining WHERE a.id = :id AND a.workspace_id IS NOT DISTINCT FROM :workspace"
    " AND a.revoked_at IS NULL RETURNING $agent"
)
REVOKE: Final = _statement(
    "UPDATE agents AS a SET revoked_at = COALESCE(a.revoked_at, now()) WHERE a.id = :id"
    " AND a.workspace_id IS NOT DISTINCT FROM :workspace RETURNING $agent"
)
REVOKE_TOKENS: Final = _statement(
    "UPDATE agent_tokens SET revoked_at = now() WHERE agent_id = :agent AND revoked_at IS NULL"
)
# Those that work on for a while beside a new one, and no others: what was to end sooner still does.
EXPIRE_TOKENS: Final = _statement(
    "UPDATE agent_tokens SET expires_at = LEAST(expires_at, now() + make_interval(secs => :overlap_s))"
    " WHERE agent_id = :agent AND revoked_at IS NULL"
)
ADD_TOKEN: Final = _statement(
    "INSERT INTO agent_tokens AS t (id, agent_id, hash, last_four) VALUES (:id, :agent, :hash, :last_four)"
    " RETURNING $token"
)
TOKENS: Final = _statement(
    "SELECT $token FROM agent_tokens AS t JOIN agents AS a ON a.id = t.agent_id"
    " WHERE a.workspace_id IS NOT DISTINCT FROM :workspace"
    ' AND (CAST(:before AS text) IS NULL OR t.id < CAST(:before AS text) COLLATE "C") ORDER BY t.id DESC LIMIT :limit'
)
REVOKE_TOKEN: Final = _statement(
    "UPDATE agent_tokens AS t SET revoked_at = COALESCE(t.revoked_at, now()) FROM agents AS a WHERE t.id = :id"
    " AND a.id = t.agent_id AND a.workspace_id IS NOT DISTINCT FROM :workspace RETURNING $token"
)
# An agent of a workspace that was closed is as good as revoked.
BY_TOKEN: Final = _statement(
    "SELECT t.id AS token_id, $agent FROM agent_tokens AS t JOIN agents AS a ON a.id = t.agent_id"
    " LEFT JOIN workspaces AS w ON w.id = a.workspace_id"
    " WHERE t.hash = :hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())"
    " AND a.revoked_at IS NULL AND w.deleted_at IS NULL"
)
BY_ID: Final = _statement(
    "SELECT $agent, EXISTS (SELECT FROM agent_tokens AS t WHERE t.id = :token AND t.agent_id = a.id"
    " AND t.revoked_at IS NULL"
    " AND (t.expires_at IS NULL OR t.expires_at > now())) AS proved"
    " FROM agents AS a LEFT JOIN workspaces AS w ON w.id = a.workspace_id"
    " WHERE a.id = :id AND a.revoked_at IS NULL AND w.deleted_at IS NULL"
)
ADD_CODE: Final = _statement(
    "INSERT INTO agent_codes (id, workspace_id, name, hash, expires_at)"
    " VALUES (:id, :workspace, :name, :hash, now() + make_interval(secs => :valid_s)) RETURNING $code"
)
USE_CODE: Final = _statement(
    "UPDATE agent_codes SET used_at = now(), agent_id = :agent"
    " WHERE hash = :hash AND used_at IS NULL AND expires_at > now() RETURNING $code"
)
CODES: Final = _statement(
    "SELECT $code FROM agent_codes WHERE workspace_id IS NOT DISTINCT FROM :workspace"
    ' AND (CAST(:before AS text) IS NULL OR id < CAST(:before AS text) COLLATE "C") ORDER BY id DESC LIMIT :limit'
)
REMOVE_CODE: Final = _statement(
    "DELETE FROM agent_codes WHERE id = :id AND workspace_id IS NOT DISTINCT FROM :workspace RETURNING id"
)
SWEEP_CODES: Final = _statement("DELETE FROM agent_codes WHERE expires_at < now() - interval '30 days' RETURNING id")
SWEEP_SESSIONS: Final = _statement(
    "DELETE FROM agent_sessions WHERE seen_at < now() - interval '7 days' AND COALESCE(ended_at, seen_at) < now()"
    " RETURNING id"
)
END_SESSIONS: Final = _statement(
    "UPDATE agent_sessions SET ended_at = now() WHERE agent_id = :agent AND ended_at IS NULL RETURNING id"
)
OPEN_SESSION: Final = _statement(
    "INSERT INTO agent_sessions (id, agent_id, token_id, node) VALUES (:id, :agent, :token, :node)"
    " RETURNING id, epoch, applied"
)
TAKE_SESSION: Final = _statement(
    "UPDATE agent_sessions SET node = :node, token_id = :token, epoch = epoch + 1, seen_at = clock_timestamp()"
    " WHERE id = :id AND agent_id = :agent AND ended_at IS NULL RETURNING id, epoch, applied"
)
TOUCH_SESSION: Final = _statement(
    "UPDATE agent_sessions SET seen_at = clock_timestamp(), applied = GREATEST(applied, :applied)"
    " WHERE id = :id AND epoch = :epoch AND ended_at IS NULL RETURNING id"
)
END_SESSION: Final = _statement(
    "UPDATE agent_sessions SET ended_at = now() WHERE id = :id AND epoch = :epoch AND ended_at IS NULL RETURNING id"
)
SEEN: Final = _statement(
    "UPDATE agents SET seen_at = clock_timestamp(), offer = COALESCE(CAST(:offer AS jsonb), offer) WHERE id = :id"
)
TOKEN_LEFT: Final = _statement(
    "SELECT CAST(EXTRACT(EPOCH FROM expires_at - clock_timestamp()) AS double precision) FROM agent_tokens"
    " WHERE id = :id"
)
USED: Final = _statement("UPDATE agent_tokens SET used_at = now() WHERE id = :id")


async def first(session: AsyncSession, statement: Any, **values: object) -> Row[Any] | None:
    """The first row that a statement gives."""
    row: Row[Any] | None = (await session.execute(statement, values)).one_or_none()
    return row


def agent_of(row: Row[Any]) -> Agent:
    """An agent from its columns."""
    offer: Mapping[str, Any] | None = row.offer
    return Agent(
        row.id,
        row.workspace_id,
        row.name,
        row.created_at,
        row.draining,
        row.revoked_at,
        row.seen_at,
        offer,
        row.connected,
    )


def code_of(row: Row[Any]) -> Code:
    """A code from its columns."""
    return Code(row.id, row.workspace_id, row.name, row.created_at, row.expires_at, row.used_at, row.agent_id)


def token_of(row: Row[Any]) -> Token:
    """A token from its columns."""
    return Token(row.id, row.agent_id, row.last_four, row.created_at, row.expires_at, row.revoked_at, row.used_at)


def lease_of(row: Row[Any]) -> Lease:
    """A session from its columns."""
    return Lease(row.id, row.epoch, row.applied)


def known_of(row: Row[Any]) -> Known:
    """An agent and its token."""
    return Known(agent_of(row), row.token_id)
