"""Agents of the workspace: enrolled, seen, drained, shut out. What they do goes over gRPC, through `cutroom.agents`."""

from datetime import datetime
from typing import Annotated, Any, Final

import structlog
from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import (
    DEFAULT,
    ETAG,
    NEXT_LINK,
    Cursor,
    Limit,
    ListOut,
    Paging,
    answer,
    resource,
)
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.names import Name
from cutroom.api.routes import keyed
from cutroom.fleet import OVERLAP_S, Agent, Code, Token
from cutroom.kit.schema import Schema, is_absent

log = structlog.get_logger()
router: Final = keyed("agents", area="agents")
LIST: Final = "agents"
CODES: Final = "agent-enrolments"
TOKENS: Final = "agent-tokens"


class AgentRequest(Schema):
    """An agent to be enrolled, or made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "studio-mac"}]})

    name: Name


class AgentRotation(Schema):
    """How long the tokens before it work on beside a new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlapS": 600}]})

    overlap_s: Annotated[int, Field(ge=0, le=86_400, description="Seconds; ten minutes when not said.")] = int(
        OVERLAP_S
    )


class AgentOffer(Schema):
    """What an agent said when it last came."""

    types: Annotated[list[str], Field(description="Job types that it runs.")]
    labels: list[str]
    slots: Annotated[int, Field(description="Jobs at the same time.")]
    cores: int
    memory_bytes: int
    gpus: list[str]
    versions: dict[str, str]
    host: str


class AgentOut(Schema):
    """A machine that runs jobs of the workspace without seeing the database."""

    id: str
    name: str
    connected: Annotated[bool, Field(description="Whether it showed life within the last minute.")]
    draining: Annotated[bool, Field(description="It is given no more jobs.")]
    created_at: datetime
    seen_at: Annotated[datetime | None, Field(description="Up to half a minute old; null: never.")]
    revoked_at: datetime | None
    offer: AgentOffer | None


class AgentList(ListOut[AgentOut]):
    """One page of agents."""


class EnrolmentOut(Schema):
    """A code with which one agent may enrol, once."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    agent_id: str | None
    code: Annotated[
        str | None, Field(exclude_if=is_absent, description="Its text, `cte_…`; only in the answer that made it.")
    ] = None


class EnrolmentList(ListOut[EnrolmentOut]):
    """One page of enrolment codes."""


class AgentTokenOut(Schema):
    """What is known of an agent's token once it was handed out."""

    id: str
    agent_id: str
    last_four: Annotated[str, Field(description="The end of its text.")]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: Annotated[datetime | None, Field(description="When an agent last came with it; null: never.")]
    token: Annotated[
        str | None, Field(exclude_if=is_absent, description="Its text, `cta_…`; only in the answer that made it.")
    ] = None


class AgentTokenList(ListOut[AgentTokenOut]):
    """One page of agents' tokens."""


@router.get("/agents", operation_id="listAgents", responses={200: {"model": AgentList, "headers": NEXT_LINK}})
async def list_agents(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Agents of the workspace that are not shut out, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.fleet.page(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(AgentList, [agent_view(one) for one in page.items], page.next_cursor)


@router.post(
    "/agents/enrolments",
    operation_id="createAgentEnrolment",
    status_code=201,
    responses={201: {"model": EnrolmentOut}, **errors(408, 413, 415, 429)},
)
async def create_enrolment(services: Services, caller: Caller, wanted: AgentRequest) -> Response:
    """Make a code with which one agent may enrol within the hour: `cutroom agent --enrol CODE`. It is shown once."""
    async with services.database.begin() as session:
        made = await services.fleet.create_code(session, caller.workspace_id, wanted.name)
    log.info("agent.code_created", workspace_id=caller.workspace_id, code_id=made.code.id, by=caller.who)
    return answer(_code_view(made.code, made.plaintext), status=201)


@router.get(
    "/agents/enrolments",
    operation_id="listAgentEnrolments",
    responses={200: {"model": EnrolmentList, "headers": NEXT_LINK}},
)
async def list_enrolments(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Enrolment codes of the workspace, newest first; those that are long over are forgotten."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, CODES)
    async with services.database.begin() as session:
        page = await services.fleet.codes(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(EnrolmentList, [_code_view(one) for one in page.items], page.next_cursor)


@router.delete(
    "/agents/enrolments/{enrolment_id}",
    operation_id="deleteAgentEnrolment",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "Nobody enrols with it any more."}, **errors(404)},
)
async def delete_enrolment(services: Services, caller: Caller, enrolment_id: str) -> Response:
    """Take an enrolment code back. An agent that has enrolled with it stays."""
    async with services.database.begin() as session:
        await services.fleet.remove_code(session, caller.workspace_id, enrolment_id)
    return Response(status_code=204)


@router.post(
    "/agents/tokens",
    operation_id="createAgentToken",
    status_code=201,
    responses={201: {"model": AgentTokenOut}, **errors(408, 409, 413, 415, 429)},
)
async def create_token(services: Services, caller: Caller, wanted: AgentRequest) -> Response:
    """Make an agent with a token, without enrolment: for machines that are set up by programs. It is shown once."""
    async with services.database.begin() as session:
        made = await services.fleet.create(session, caller.workspace_id, wanted.name)
    log.info("agent.created", workspace_id=caller.workspace_id, agent_id=made.agent.id, by=caller.who)
    return answer(_token_view(made.token, made.plaintext), status=201)


@router.get(
    "/agents/tokens", operation_id="listAgentTokens", responses={200: {"model": AgentTokenList, "headers": NEXT_LINK}}
)
async def list_tokens(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Tokens of the workspace's agents, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, TOKENS)
    async with services.database.begin() as session:
        page = await services.fleet.tokens(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(AgentTokenList, [_token_view(one) for one in page.items], page.next_cursor)


@router.delete(
    "/agents/tokens/{agent_token_id}",
    operation_id="revokeAgentToken",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It does not work any more."}, **errors(404)},
)
async def revoke_token(services: Services, caller: Caller, agent_token_id: str) -> Response:
    """End a token at once. Who is connected with it is cut off."""
    async with services.database.begin() as session:
        await services.fleet.revoke_token(session, caller.workspace_id, agent_token_id)
    log.info("agent.token_revoked", workspace_id=caller.workspace_id, token_id=agent_token_id, by=caller.who)
    return Response(status_code=204)


@router.get(
    "/agents/{agent_id}",
    operation_id="getAgent",
    responses={200: {"model": AgentOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_agent(request: Request, services: Services, caller: Caller, agent_id: str) -> Response:
    """One agent."""
    async with services.database.begin() as session:
        found = await services.fleet.get(session, caller.workspace_id, agent_id)
    return resource(request, agent_view(found))


@router.post("/agents/{agent_id}/drain", operation_id="drainAgent", responses={200: {"model": AgentOut}, **errors(404)})
async def drain_agent(services: Services, caller: Caller, agent_id: str) -> Response:
    """Give an agent no more jobs; what it runs comes to its end."""
    async with services.database.begin() as session:
        found = await services.fleet.set_draining(session, caller.workspace_id, agent_id, draining=True)
    return answer(agent_view(found))


@router.post(
    "/agents/{agent_id}/resume", operation_id="resumeAgent", responses={200: {"model": AgentOut}, **errors(404)}
)
async def resume_agent(services: Services, caller: Caller, agent_id: str) -> Response:
    """Give an agent jobs again."""
    async with services.database.begin() as session:
        found = await services.fleet.set_draining(session, caller.workspace_id, agent_id, draining=False)
    return answer(agent_view(found))


@router.post(
    "/agents/{agent_id}/rotate",
    operation_id="rotateAgentToken",
    responses={200: {"model": AgentTokenOut}, **errors(404, 408, 413, 415)},
)
async def rotate_token(services: Services, caller: Caller, agent_id: str, wanted: AgentRotation) -> Response:
    """Give an agent another token, shown once here. Those it has work on for a while."""
    async with services.database.begin() as session:
        made = await services.fleet.rotate(session, caller.workspace_id, agent_id, overlap_s=float(wanted.overlap_s))
    log.info("agent.token_rotated", workspace_id=caller.workspace_id, agent_id=agent_id, by=caller.who)
    return answer(_token_view(made.token, made.plaintext))


@router.delete(
    "/agents/{agent_id}",
    operation_id="revokeAgent",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is shut out, and what it ran goes to others."}, **errors(404)},
)
async def revoke_agent(services: Services, caller: Caller, agent_id: str) -> Response:
    """Shut an agent out at once, with all of its tokens."""
    async with services.database.begin() as session:
        await services.fleet.revoke(session, caller.workspace_id, agent_id)
    log.info("agent.revoked", workspace_id=caller.workspace_id, agent_id=agent_id, by=caller.who)
    return Response(status_code=204)


def agent_view(agent: Agent) -> AgentOut:
    """An agent on the wire."""
    offer: Any = agent.offer
    return AgentOut(
        id=agent.id,
        name=agent.name,
        connected=agent.connected,
        draining=agent.draining,
        created_at=agent.created_at,
        seen_at=agent.seen_at,
        revoked_at=agent.revoked_at,
        offer=None if offer is None else AgentOffer.model_validate(offer),
    )


def _code_view(code: Code, plaintext: str | None = None) -> EnrolmentOut:
    return EnrolmentOut(
        id=code.id,
        name=code.name,
        created_at=code.created_at,
        expires_at=code.expires_at,
        used_at=code.used_at,
        agent_id=code.agent_id,
        code=plaintext,
    )


def _token_view(token: Token, plaintext: str | None = None) -> AgentTokenOut:
    return AgentTokenOut(
        id=token.id,
        agent_id=token.agent_id,
        last_four=token.last_four,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        used_at=token.used_at,
        token=plaintext,
    )
