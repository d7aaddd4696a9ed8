"""What the floors above may do with agents. Every call works in the caller's transaction."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock, notify
from cutroom.fleet import repository, secrets
from cutroom.fleet.agent import (
    AGENT_PREFIX,
    CODE_PREFIX,
    SESSION_PREFIX,
    TOKEN_PREFIX,
    Agent,
    Code,
    Known,
    Lease,
    MadeCode,
    MadeToken,
    Token,
)
from cutroom.kit.errors import Conflict, Forbidden, NotFound
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of

CHANNEL: Final = "cutroom_agents"
"""Notified with an agent's id when something about it changed."""
CODE_VALID_S: Final = 3_600.0
MAX_AGENTS: Final = 100
OVERLAP_S: Final = 600.0


class FleetService:
    """Enrols agents, shows them and shuts them out. `workspace_id` None means the operator's own.

    Args:
        max_agents: of one workspace.
    """

    def __init__(self, *, max_agents: int = MAX_AGENTS) -> None:
        self._max_agents = max_agents

    async def create_code(
        self, session: AsyncSession, workspace_id: str | None, name: str, *, valid_s: float = CODE_VALID_S
    ) -> MadeCode:
        """Make a code with which one agent may enrol, once."""
        plaintext = secrets.new_code()
        values = {
            "id": new_id(CODE_PREFIX),
            "workspace": workspace_id,
            "name": name,
            "hash": secrets.digest(plaintext),
            "valid_s": valid_s,
        }
        row = (await session.execute(repository.ADD_CODE, values)).one()
        return MadeCode(repository.code_of(row), plaintext)

    async def codes(
        self, session: AsyncSession, workspace_id: str | None, *, limit: int, before: str | None = None
    ) -> Page[Code]:
        """Codes, newest first."""
        values = {"workspace": workspace_id, "before": before, "limit": limit + 1}
        found = [repository.code_of(row) for row in await session.execute(repository.CODES, values)]
        return page_of(found, limit)

    async def remove_code(self, session: AsyncSession, workspace_id: str | None, code_id: str) -> None:
        """Take a code back.

        Raises:
            NotFound: `enrolment_code_not_found`.
        """
        found = is_id(code_id, CODE_PREFIX) and await repository.first(
            session, repository.REMOVE_CODE, id=code_id, workspace=workspace_id
        )
        if not found:
            raise NotFound("enrolment_code_not_found", "There is no enrolment code with this id.")

    async def enrol(self, session: AsyncSession, plaintext: str) -> MadeToken:
        """Make the agent that a code is for.

        Raises:
            Forbidden: `bad_enrolment_code`, when there is none like it, it was used, or it is too old.
            Conflict: `too_many_agents`.
        """
        refused = Forbidden(
            "bad_enrolment_code", "This enrolment code is unknown, used up or too old; ask for another."
        )
        if not secrets.is_code(plaintext):
            raise refused
        agent_id = new_id(AGENT_PREFIX)
        used = await repository.first(session, repository.USE_CODE, hash=secrets.digest(plaintext), agent=agent_id)
        if used is None:
            raise refused
        return await self._create(session, used.workspace_id, used.name, agent_id)

    async def create(self, session: AsyncSession, workspace_id: str | None, name: str) -> MadeToken:
        """Make an agent with a token, without a code.

        Raises:
            Conflict: `too_many_agents`.
        """
        return await self._create(session, workspace_id, name, new_id(AGENT_PREFIX))

    async def get(self, session: AsyncSession, workspace_id: str | None, agent_id: str) -> Agent:
        """One agent.

        Raises:
            NotFound: `agent_not_found`, also when it is another workspace's.
        """
        return await self._one(session, repository.GET, workspace_id, agent_id)

    async def page(
        self, session: AsyncSession, workspace_id: str | None, *, limit: int, before: str | None = None
    ) -> Page[Agent]:
        """Agents that are not revoked, newest first."""
        values = {"workspace": workspace_id, "before": before, "limit": limit + 1}
        found = [repository.agent_of(row) for row in await session.execute(repository.PAGE, values)]
        return page_of(found, limit)

    async def set_draining(
        self, session: AsyncSession, workspace_id: str | None, agent_id: str, *, draining: bool
    ) -> Agent:
        """Give it no more jobs, or give it jobs again; what it runs comes to its end either way.

        Raises:
            NotFound: `agent_not_found`.
        """
        agent = await self._one(session, repository.SET_DRAINING, workspace_id, agent_id, draining=draining)
        await notify(session, CHANNEL, agent_id)
        return agent

    async def revoke(self, session: AsyncSession, workspace_id: str | None, agent_id: str) -> None:
        """Shut an agent out at once, with all its tokens; what it runs goes to others.

        Raises:
            NotFound: `agent_not_found`.
        """
        await self._one(session, repository.REVOKE, workspace_id, agent_id)
        await session.execute(repository.REVOKE_TOKENS, {"agent": agent_id})
        await notify(session, CHANNEL, agent_id)

    async def rotate(
        self, session: AsyncSession, workspace_id: str | None, agent_id: str, *, overlap_s: float = OVERLAP_S
    ) -> MadeToken:
        """Give an agent another token; those it has work on for `overlap_s` seconds.

        Raises:
            NotFound: `agent_not_found`.
        """
        agent = await self.get(session, workspace_id, agent_id)
        if agent.revoked_at is not None:
            raise _no_agent()
        await session.execute(repository.EXPIRE_TOKENS, {"agent": agent_id, "overlap_s": overlap_s})
        return await self._with_token(session, agent)

    async def tokens(
        self, session: AsyncSession, workspace_id: str | None, *, limit: int, before: str | None = None
    ) -> Page[Token]:
        """Tokens of all agents, newest first."""
        values = {"workspace": workspace_id, "before": before, "limit": limit + 1}
        found = [repository.token_of(row) for row in await session.execute(repository.TOKENS, values)]
        return page_of(found, limit)

    async def revoke_token(self, session: AsyncSession, workspace_id: str | None, token_id: str) -> None:
        """End a token at once.

        Raises:
            NotFound: `agent_token_not_found`.
        """
        row = None
        if is_id(token_id, TOKEN_PREFIX):
            row = await repository.first(session, repository.REVOKE_TOKEN, id=token_id, workspace=workspace_id)
        if row is None:
            raise NotFound("agent_token_not_found", "There is no token with this id.")
        await notify(session, CHANNEL, row.agent_id)

    async def recognise(self, session: AsyncSession, plaintext: str) -> Known:
        """Whose token this is.

        Raises:
            Forbidden: `bad_agent_token`, when it is nobody's, revoked or too old.
        """
        row = None
        if secrets.is_token(plaintext):
            row = await repository.first(session, repository.BY_TOKEN, hash=secrets.digest(plaintext))
        if row is None:
            raise Forbidden("bad_agent_token", "This agent token is unknown, revoked or too old; enrol again.")
        await session.execute(repository.USED, {"id": row.token_id})
        return repository.known_of(row)

    async def still(self, session: AsyncSession, known: Known) -> Agent | None:
        """The agent as it is now; None when it, or the token that it came with, works no more."""
        row = await repository.first(session, repository.BY_ID, id=known.agent.id, token=known.token_id)
        return repository.agent_of(row) if row is not None and row.proved else None

    async def proof_left_s(self, session: AsyncSession, known: Known) -> float | None:
        """Seconds until the token that an agent came with works no more; None when no end is set."""
        left_s: float | None = await session.scalar(repository.TOKEN_LEFT, {"id": known.token_id})
        return left_s

    async def open_session(
        self, session: AsyncSession, known: Known, node: str, offer: Mapping[str, Any]
    ) -> tuple[Lease, list[str]]:
        """Begin a session; older ones of the same agent end, and are named."""
        ended = list(await session.scalars(repository.END_SESSIONS, {"agent": known.agent.id}))
        values = {"id": new_id(SESSION_PREFIX), "agent": known.agent.id, "token": known.token_id, "node": node}
        row = (await session.execute(repository.OPEN_SESSION, values)).one()
        await self._seen(session, known.agent.id, offer)
        return repository.lease_of(row), ended

    async def take_session(
        self, session: AsyncSession, known: Known, session_id: str, node: str, offer: Mapping[str, Any]
    ) -> Lease | None:
        """Go on with a session, here, whoever had it before; None when it is over or another agent's."""
        if not is_id(session_id, SESSION_PREFIX):
            return None
        values = {"id": session_id, "agent": known.agent.id, "token": known.token_id, "node": node}
        row = (await session.execute(repository.TAKE_SESSION, values)).one_or_none()
        if row is None:
            return None
        await self._seen(session, known.agent.id, offer)
        return repository.lease_of(row)

    async def touch_session(self, session: AsyncSession, lease: Lease, agent_id: str, applied: int) -> bool:
        """Note that a session lives; False when it is over, or in other hands."""
        values = {"id": lease.session_id, "epoch": lease.epoch, "applied": applied}
        if (await session.execute(repository.TOUCH_SESSION, values)).one_or_none() is None:
            return False
        await session.execute(repository.SEEN, {"id": agent_id, "offer": None})
        return True

    async def end_session(self, session: AsyncSession, lease: Lease) -> None:
        """End a session, unless it is in other hands."""
        await session.execute(repository.END_SESSION, {"id": lease.session_id, "epoch": lease.epoch})

    async def sweep(self, session: AsyncSession) -> int:
        """Forget codes and sessions that are long over; how many."""
        gone = list(await session.scalars(repository.SWEEP_CODES))
        return len(gone) + len(list(await session.scalars(repository.SWEEP_SESSIONS)))

    async def _seen(self, session: AsyncSession, agent_id: str, offer: Mapping[str, Any]) -> None:
        await session.execute(repository.SEEN, {"id": agent_id, "offer": json.dumps(offer)})
        await notify(session, CHANNEL, agent_id)

    async def _create(self, session: AsyncSession, workspace_id: str | None, name: str, agent_id: str) -> MadeToken:
        await lock(session, f"cutroom.agents {workspace_id}")
        if (await session.scalar(repository.COUNT, {"workspace": workspace_id}) or 0) >= self._max_agents:
            raise Conflict("too_many_agents", f"There are {self._max_agents} agents already; revoke one first.")
        values = {"id": agent_id, "workspace": workspace_id, "name": name}
        row = (await session.execute(repository.ADD_AGENT, values)).one()
        return await self._with_token(session, repository.agent_of(row))

    async def _with_token(self, session: AsyncSession, agent: Agent) -> MadeToken:
        plaintext = secrets.new_token()
        values = {
            "id": new_id(TOKEN_PREFIX),
            "agent": agent.id,
            "hash": secrets.digest(plaintext),
            "last_four": plaintext[-4:],
        }
        row = (await session.execute(repository.ADD_TOKEN, values)).one()
        return MadeToken(agent, repository.token_of(row), plaintext)

    async def _one(
        self, session: AsyncSession, statement: Any, workspace_id: str | None, agent_id: str, **values: object
    ) -> Agent:
        row = None
        if is_id(agent_id, AGENT_PREFIX):
            row = await repository.first(session, statement, id=agent_id, workspace=workspace_id, **values)
        if row is None:
            raise _no_agent()
        return repository.agent_of(row)


def _no_agent() -> NotFound:
    return NotFound("agent_not_found", "There is no agent with this id.")
