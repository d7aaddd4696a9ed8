"""`/auth/password`: people change theirs, or choose another one when they have forgotten it."""

from typing import Annotated, Final

import structlog
from fastapi import Request, Response
from pydantic import ConfigDict, Field
from starlette.background import BackgroundTask

from cutroom.api.accounts import TAG, Email, known_person, refuse_strangers_page, visitor_of
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.posting import post_changed, post_reset
from cutroom.api.routes import keyed, open_to_all
from cutroom.kit.errors import Conflict
from cutroom.kit.schema import Schema

log = structlog.get_logger()
router: Final = keyed(TAG, area=None)
doors: Final = open_to_all(TAG)
_ERRORS: Final = errors(400, 403, 408, 413, 415, 422, 429, 500, 503)
NewPassword = Annotated[str, Field(description="8 to 1,024 characters.")]


class PasswordRequest(Schema):
    """Another password."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"currentPassword": "a long sentence is best", "newPassword": "another long sentence"}]
        }
    )

    current_password: str
    new_password: NewPassword


class ForgottenRequest(Schema):
    """Whose password is forgotten."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "you@example.com"}]})

    email: Email


class ResetRequest(Schema):
    """Another password, by a link."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "k3Jv9wQ2", "newPassword": "another long sentence"}]}
    )

    token: Annotated[str, Field(min_length=1, max_length=100, description="What follows `#` in the link.")]
    new_password: NewPassword


@router.post(
    "/auth/password", operation_id="changePassword", status_code=204, responses=errors(408, 409, 413, 415, 429)
)
async def change_password(request: Request, services: Services, caller: Caller, wanted: PasswordRequest) -> Response:
    """Take another password; all other sessions end, and a letter tells of it where letters are sent."""
    user = await services.identity.people.change_password(
        known_person(caller), wanted.current_password, wanted.new_password, visitor_of(request), keeps=caller.session_id
    )
    log.info("password.changed", user_id=user.id)
    return Response(status_code=204, background=BackgroundTask(post_changed, services, user))


@doors.post(
    f"{PREFIX}/auth/password/forgot",
    operation_id="forgotPassword",
    status_code=202,
    response_class=Response,
    responses={202: {"description": "A letter is on its way, if there is such an account."}, **errors(409), **_ERRORS},
)
async def forgot_password(request: Request, services: Services, wanted: ForgottenRequest) -> Response:
    """Have a link to another password sent to an address. It works once, for an hour; another one voids it.

    The answer is the same, and takes as long, whether or not there is an account with this address.
    """
    refuse_strangers_page(request)
    if services.mailer is None:
        message = "No letters are sent from here; whoever runs this installation can make a link for you."
        raise Conflict("no_mail", message)
    await services.identity.people.count_letter(wanted.email, visitor_of(request))
    return Response(status_code=202, background=BackgroundTask(post_reset, services, wanted.email))


@doors.post(
    f"{PREFIX}/auth/password/reset",
    operation_id="resetPassword",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "The password is set, and all sessions have ended."}, **errors(404), **_ERRORS},
)
async def reset_password(request: Request, services: Services, wanted: ResetRequest) -> Response:
    """Choose a password by a link. All sessions end, and nobody is logged in by it."""
    refuse_strangers_page(request)
    people = services.identity.people
    user = await people.reset_password(wanted.token, wanted.new_password, visitor_of(request))
    log.info("password.reset", user_id=user.id)
    return Response(status_code=204, background=BackgroundTask(post_changed, services, user))
