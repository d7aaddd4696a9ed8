"""The people of a workspace."""

from datetime import datetime
from typing import Annotated, Final

import structlog
from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field

from cutroom.accounts import Member, Principal, Removed, Role
from cutroom.api.answers import DEFAULT, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer
from cutroom.api.auth import Caller
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.names import person
from cutroom.api.routes import keyed, needs
from cutroom.kit.schema import Schema

log = structlog.get_logger()
router: Final = keyed("members", area="members")
LIST: Final = "members"

RevokeKeys = Annotated[
    bool,
    Query(
        alias="revokeKeys",
        description="End the API keys that they made, too, and keys made with those; else all go on working.",
    ),
]


class RoleRequest(Schema):
    """What a member is to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "editor"}]})

    role: Role


class MemberOut(Schema):
    """A person in the workspace."""

    user_id: str
    name: str
    email: str | None
    role: Role
    joined_at: datetime


class MemberList(ListOut[MemberOut]):
    """One page of members."""


class RemovedOut(Schema):
    """What became of the things of somebody who is no member any more."""

    user_id: str
    invitations_revoked: Annotated[int, Field(description="Open invitations that they had made.")]
    keys_revoked: Annotated[int, Field(description="API keys that they had made and that were ended with them.")]
    keys_left: Annotated[int, Field(description="API keys that they had made and that go on working.")]


def member_view(member: Member) -> MemberOut:
    """A member on the wire."""
    return MemberOut(
        user_id=member.user_id, name=member.name, email=member.email, role=member.role, joined_at=member.joined_at
    )


@router.get(
    "/workspaces/{workspace_id}/members",
    operation_id="listMembers",
    responses={200: {"model": MemberList, "headers": NEXT_LINK}, **errors(404)},
)
async def list_members(
    request: Request,
    services: Services,
    caller: Caller,
    workspace_id: str,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Members of the workspace."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.accounts.members.page(session, caller.workspace_id, limit=limit, after=paging.start)
    return paging.answer(MemberList, [member_view(member) for member in page.items], page.next_cursor)


@router.patch(
    "/workspaces/{workspace_id}/members/{user_id}",
    operation_id="changeMember",
    responses={200: {"model": MemberOut}, **errors(404, 408, 409, 413, 415)},
)
async def change_member(
    services: Services, caller: Caller, workspace_id: str, user_id: str, wanted: RoleRequest
) -> Response:
    """Change a member's role, from their next request on. Nobody gives or takes a role that may do more than they."""
    async with services.database.begin() as session:
        member = await services.accounts.members.change(session, caller, user_id, wanted.role)
    log.info("member.changed", workspace_id=caller.workspace_id, user_id=user_id, role=member.role, by=caller.who)
    return answer(member_view(member))


@router.delete(
    "/workspaces/{workspace_id}/members/{user_id}",
    operation_id="removeMember",
    responses={200: {"model": RemovedOut}, **errors(404, 409)},
)
async def remove_member(
    services: Services, caller: Caller, workspace_id: str, user_id: str, *, revoke_keys: RevokeKeys = False
) -> Response:
    """Take somebody out of the workspace, from their next request on. Invitations that they made end."""
    return await _remove(services, caller, user_id, revoke_keys=revoke_keys)


@router.post(
    "/workspaces/{workspace_id}/leave",
    operation_id="leaveWorkspace",
    responses={200: {"model": RemovedOut}, **errors(404, 409)},
    openapi_extra=needs(None),
)
async def leave_workspace(services: Services, caller: Caller, workspace_id: str) -> Response:
    """Leave the workspace yourself. The last owner cannot."""
    return await _remove(services, caller, person(caller), revoke_keys=False)


async def _remove(services: ApiServices, caller: Principal, user_id: str, *, revoke_keys: bool) -> Response:
    async with services.database.begin() as session:
        removed = await services.accounts.members.remove(session, caller, user_id, revoke_keys=revoke_keys)
    log.info("member.removed", workspace_id=caller.workspace_id, user_id=user_id, by=caller.who)
    return answer(_removed(removed))


def _removed(removed: Removed) -> RemovedOut:
    return RemovedOut(
        user_id=removed.user_id,
        invitations_revoked=removed.invitations_revoked,
        keys_revoked=removed.keys_revoked,
        keys_left=removed.keys_left,
    )
