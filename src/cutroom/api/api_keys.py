"""API keys of the workspace: made (and shown once), seen, rotated, revoked."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import structlog
from fastapi import Request, Response
from pydantic import AwareDatetime, ConfigDict, Field

from cutroom.accounts import MAX_OVERLAP, OVERLAP, ApiKey
from cutroom.api.answers import (
    DEFAULT,
    ETAG,
    LOCATION,
    NEXT_LINK,
    Cursor,
    Limit,
    ListOut,
    Paging,
    answer,
    resource,
)
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.names import Name
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema, is_absent

log = structlog.get_logger()
router: Final = keyed("API keys", area="keys")
LIST: Final = "api-keys"

ScopeName = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^(\*|[a-z]+:(read|write|\*))$")]


class ApiKeyRequest(Schema):
    """A key to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "n8n", "scopes": ["jobs:*", "assets:write"]}]})

    name: Name
    scopes: Annotated[
        list[ScopeName],
        Field(
            min_length=1,
            max_length=32,
            description="`<area>:read`, `<area>:write`, `<area>:*` or `*`, of the areas jobs, content, templates, "
            "assets, tasks, agents, webhooks, keys, members, usage, metrics; none that you do not have yourself.",
        ),
    ]
    expires_at: Annotated[AwareDatetime | None, Field(description="When it ends by itself; never when absent.")] = None


class RotationRequest(Schema):
    """How long the old text works on beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlapS": 3600}]})

    overlap_s: Annotated[
        int, Field(ge=0, le=int(MAX_OVERLAP.total_seconds()), description="Seconds; a day when not said.")
    ] = int(OVERLAP.total_seconds())


class ApiKeyOut(Schema):
    """What is known of a key once it was handed out."""

    id: str
    name: str
    last_four: Annotated[str, Field(description="The end of its text.")]
    scopes: list[str]
    created_by: Annotated[str | None, Field(description="Id of the person or key that made it; null: command line.")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="Up to a minute old; null: never.")]
    expires_at: datetime | None
    rotated_at: datetime | None
    previous_until: Annotated[datetime | None, Field(description="Until when the text before works too.")]
    key: Annotated[
        str | None, Field(exclude_if=is_absent, description="Its text, `ctr_…`; only in the answer that made it.")
    ] = None


class ApiKeyList(ListOut[ApiKeyOut]):
    """One page of keys."""


def api_key_view(key: ApiKey, plaintext: str | None = None) -> ApiKeyOut:
    """A key on the wire."""
    return ApiKeyOut(
        id=key.id,
        name=key.name,
        last_four=key.last_four,
        scopes=sorted(key.scopes),
        created_by=key.created_by,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        rotated_at=key.rotated_at,
        previous_until=key.previous_until,
        key=plaintext,
    )


@router.post(
    "/api-keys",
    operation_id="createApiKey",
    status_code=201,
    responses={201: {"model": ApiKeyOut, "headers": LOCATION}, **errors(408, 413, 415, 429)},
)
async def create_api_key(services: Services, caller: Caller, wanted: ApiKeyRequest) -> Response:
    """Make a key. Its text is in this answer and nowhere else; it may do no more than you may."""
    async with services.database.begin() as session:
        made = await services.accounts.keys.create(
            session,
            caller.workspace_id,
            wanted.name,
            scopes=wanted.scopes,
            expires_at=wanted.expires_at,
            by=caller,
        )
    log.info("api_key.created", workspace_id=caller.workspace_id, api_key_id=made.key.id, by=caller.who)
    location = f"{PREFIX}/api-keys/{made.key.id}"
    return answer(api_key_view(made.key, made.plaintext), status=201, headers={"Location": location})


@router.get("/api-keys", operation_id="listApiKeys", responses={200: {"model": ApiKeyList, "headers": NEXT_LINK}})
async def list_api_keys(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Keys of the workspace, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.accounts.keys.page(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(ApiKeyList, [api_key_view(key) for key in page.items], page.next_cursor)


@router.get(
    "/api-keys/{api_key_id}",
    operation_id="getApiKey",
    responses={200: {"model": ApiKeyOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_api_key(request: Request, services: Services, caller: Caller, api_key_id: str) -> Response:
    """One key."""
    async with services.database.begin() as session:
        key = await services.accounts.keys.get(session, caller.workspace_id, api_key_id)
    view = api_key_view(key)
    return resource(request, view)


@router.post(
    "/api-keys/{api_key_id}/rotate",
    operation_id="rotateApiKey",
    responses={200: {"model": ApiKeyOut}, **errors(404, 408, 413, 415)},
)
async def rotate_api_key(services: Services, caller: Caller, api_key_id: str, wanted: RotationRequest) -> Response:
    """Give a key a new text, shown once here. The old one works on for a while; one from before that does not."""
    overlap = timedelta(seconds=wanted.overlap_s)
    async with services.database.begin() as session:
        made = await services.accounts.keys.rotate(session, caller.workspace_id, api_key_id, overlap=overlap, by=caller)
    log.info("api_key.rotated", workspace_id=caller.workspace_id, api_key_id=made.key.id, by=caller.who)
    return answer(api_key_view(made.key, made.plaintext))


@router.delete(
    "/api-keys/{api_key_id}",
    operation_id="revokeApiKey",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "None of its texts works any more."}, **errors(404)},
)
async def revoke_api_key(services: Services, caller: Caller, api_key_id: str) -> Response:
    """End a key at once."""
    async with services.database.begin() as session:
        await services.accounts.keys.revoke(session, caller.workspace_id, api_key_id)
    log.info("api_key.revoked", workspace_id=caller.workspace_id, api_key_id=api_key_id, by=caller.who)
    return Response(status_code=204)
