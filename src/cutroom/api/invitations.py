"""Invitations: made and ended by those who manage members, accepted by people who are logged in."""

from datetime import datetime
from typing import Annotated, Final, Literal

import structlog
from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.accounts import Invitation, NewInvitation, Role
from cutroom.accounts.letters import invitation_letter
from cutroom.api.answers import DEFAULT, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.names import person
from cutroom.api.routes import keyed, needs, open_to_all
from cutroom.api.workspaces import WorkspaceOut, workspace_view
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.schema import Schema, is_absent

log = structlog.get_logger()
router: Final = keyed("invitations", area="members")
door: Final = open_to_all("invitations")
LIST: Final = "invitations"


class InvitationRequest(Schema):
    """Whom to invite, as what."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "viewer", "email": "somebody@example.com"}]})

    role: Role
    email: Annotated[
        str | None,
        Field(max_length=254, description="Where the link is sent, if this installation can send mail."),
    ] = None


class TokenRequest(Schema):
    """The token of an invitation: what follows `#` in its link."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "k3Jv9wQ2"}]})

    token: Annotated[str, Field(min_length=1, max_length=100)]


class InvitationOut(Schema):
    """A link that makes one person a member, once."""

    id: str
    role: Role
    email: str | None
    status: Literal["pending", "accepted", "revoked", "expired"]
    mail: Annotated[
        Literal["off", "pending", "sent", "failed"],
        Field(description="What became of the letter; `off`: none was to be sent. After `failed`, hand on the link."),
    ]
    created_by: Annotated[str, Field(description="Id of the person or API key that made it.")]
    created_at: datetime
    expires_at: datetime
    accepted_by: Annotated[str | None, Field(exclude_if=is_absent, description="Id of the person who used it.")] = None
    token: Annotated[
        str | None,
        Field(exclude_if=is_absent, description="Only in the first answer, and only when no letter has carried it."),
    ] = None
    link: Annotated[str | None, Field(exclude_if=is_absent, description="The page that takes the token.")] = None


class InvitationList(ListOut[InvitationOut]):
    """One page of invitations."""


class InvitedOut(Schema):
    """Where an invitation leads."""

    workspace_name: str
    role: Role


def invitation_view(invitation: Invitation, *, token: str | None = None, link: str | None = None) -> InvitationOut:
    """An invitation on the wire."""
    return InvitationOut(
        id=invitation.id,
        role=invitation.role,
        email=invitation.email,
        status=invitation.status.value,
        mail=invitation.mail,
        created_by=invitation.created_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        accepted_by=invitation.accepted_by,
        token=token,
        link=link,
    )


@router.post(
    "/workspaces/{workspace_id}/invitations",
    operation_id="createInvitation",
    status_code=201,
    responses={201: {"model": InvitationOut}, **errors(404, 408, 413, 415, 429)},
)
async def create_invitation(
    services: Services, caller: Caller, workspace_id: str, wanted: InvitationRequest
) -> Response:
    """Invite somebody for seven days. The link goes by mail where that can be sent, and else comes in this answer."""
    async with services.database.begin() as session:
        workspace = await services.accounts.workspaces.get(session, caller.workspace_id)
        made = await services.accounts.invitations.create(
            session,
            caller,
            workspace,
            role=wanted.role,
            email=wanted.email,
            mails=services.mailer is not None,
        )
    invitation, link = made.invitation, f"{services.settings.pages.join}#{made.token}"
    log.info("invitation.created", workspace_id=workspace.id, invitation_id=invitation.id, by=caller.who)
    if invitation.mail == "pending":
        invitation = await _send(services, made, link)
    if invitation.mail == "sent":
        return answer(invitation_view(invitation), status=201)
    return answer(invitation_view(invitation, token=made.token, link=link), status=201)


@router.get(
    "/workspaces/{workspace_id}/invitations",
    operation_id="listInvitations",
    responses={200: {"model": InvitationList, "headers": NEXT_LINK}, **errors(404)},
)
async def list_invitations(
    request: Request,
    services: Services,
    caller: Caller,
    workspace_id: str,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Invitations of the workspace, newest first, those that are over included."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.accounts.invitations.page(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(InvitationList, [invitation_view(one) for one in page.items], page.next_cursor)


@router.delete(
    "/workspaces/{workspace_id}/invitations/{invitation_id}",
    operation_id="revokeInvitation",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "Its link does not work any more."}, **errors(404)},
)
async def revoke_invitation(services: Services, caller: Caller, workspace_id: str, invitation_id: str) -> Response:
    """End an invitation that nobody has accepted yet."""
    async with services.database.begin() as session:
        await services.accounts.invitations.revoke(session, caller.workspace_id, invitation_id)
    return Response(status_code=204)


@router.post(
    "/invitations/accept",
    operation_id="acceptInvitation",
    responses={200: {"model": WorkspaceOut}, **errors(404, 408, 409, 413, 415)},
    openapi_extra=needs(None),
)
async def accept_invitation(services: Services, caller: Caller, wanted: TokenRequest) -> Response:
    """Become a member of the workspace that an invitation leads to. For people who are logged in."""
    user_id = person(caller)
    async with services.database.begin() as session:
        seat = await services.accounts.invitations.accept(session, wanted.token, user_id)
    log.info("invitation.accepted", workspace_id=seat.workspace.id, user_id=user_id, role=seat.role)
    return answer(workspace_view(seat))


@door.post(
    f"{PREFIX}/invitations/look",
    operation_id="lookAtInvitation",
    responses={200: {"model": InvitedOut}, **errors(400, 404, 408, 413, 415, 422, 500, 503)},
)
async def look_at_invitation(services: Services, wanted: TokenRequest) -> Response:
    """Where an invitation leads, before one registers or accepts. The token itself is the permission to ask."""
    async with services.database.begin() as session:
        seat = await services.accounts.invitations.look(session, wanted.token)
    return answer(InvitedOut(workspace_name=seat.workspace.name, role=seat.role or Role.VIEWER))


async def _send(services: ApiServices, made: NewInvitation, link: str) -> Invitation:
    """Send the letter, outside of any transaction, and note what became of it."""
    invitation = made.invitation
    became: Literal["sent", "failed"] = "failed"
    try:
        if services.mailer is not None and invitation.email is not None:
            await services.mailer.send(invitation_letter(made, invitation.email, link))
            became = "sent"
    except (Invalid, Unavailable):
        log.warning("invitation.mail_failed", workspace_id=invitation.workspace_id, invitation_id=invitation.id)
    async with services.database.begin() as session:
        noted = services.accounts.invitations.note_mail
        return await noted(session, invitation.workspace_id, invitation.id, became)
