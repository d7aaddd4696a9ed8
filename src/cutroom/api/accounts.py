"""`/auth/*` and `/me`: people register, log in and out, and see where they are logged in."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field
from starlette.background import BackgroundTask

from cutroom.accounts import LoggedIn, NewUser, Place, Principal, Role, Session, User, Visitor
from cutroom.api.answers import ListOut, answer
from cutroom.api.auth import Caller, key_in_headers, refuse_blocked
from cutroom.api.cookies import cookie_of, forget_cookie, refuse_foreign_page, set_cookie
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.gate import client_of
from cutroom.api.posting import post_link, post_reset
from cutroom.api.routes import keyed, open_to_all
from cutroom.kit.errors import Forbidden, NotFound
from cutroom.kit.schema import Schema, is_absent

TAG: Final = "auth"
router: Final = keyed(TAG, area=None)
doors: Final = open_to_all(TAG)
_COOKIE: Final = {"Set-Cookie": {"description": "The session's cookie.", "schema": {"type": "string"}}}
_LOGIN_ERRORS: Final = errors(400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
Email = Annotated[str, Field(max_length=320, description="What one logs in with; letters may be of any case.")]


class RegisterRequest(Schema):
    """A new account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "you@example.com", "password": "a long sentence is best", "name": "You"}]
        }
    )

    email: Email
    password: Annotated[str, Field(description="8 to 1,024 characters.")]
    name: Annotated[str | None, Field(description="For people; the part before the @ when absent.")] = None
    invitation: Annotated[str | None, Field(max_length=200, description="The token of an invitation's link.")] = None


class LoginRequest(Schema):
    """Somebody who has an account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "you@example.com", "password": "a long sentence is best"}]}
    )

    email: Email
    password: str
    confirmation: Annotated[
        str | None, Field(max_length=100, description="The token of a link that confirms the address.")
    ] = None


class UserOut(Schema):
    """A person."""

    id: str
    email: Annotated[str | None, Field(description="Null for people whom an identity provider sends.")]
    email_confirmed: Annotated[bool, Field(description="Whether they have shown that they read what is sent there.")]
    name: str
    created_at: datetime


class PlaceOut(Schema):
    """A workspace that one may act in."""

    id: str
    name: str
    role: Annotated[Role | None, Field(description="What one is there; null for an API key.")]


class MeOut(Schema):
    """Who is asking."""

    kind: Annotated[str, Field(description="How that was shown: `api_key`, `session` or `token`.")]
    id: Annotated[str, Field(description="Of the user or API key.")]
    user: UserOut | None
    workspaces: Annotated[list[PlaceOut], Field(description="Where one may act, with `X-Workspace-Id`.")]
    workspace_id: Annotated[str | None, Field(description="Where this request acts; null for a member of none.")]
    scopes: Annotated[list[str], Field(description="What one may do there; `*` is everything.")]
    expires_at: Annotated[datetime | None, Field(description="When what was shown ends by itself.")]
    csrf_token: Annotated[
        str | None,
        Field(exclude_if=is_absent, description="Of a session: goes with what changes something, as `X-CSRF-Token`."),
    ] = None


class SessionOut(Schema):
    """A browser that one is logged in with."""

    id: str
    created_at: datetime
    last_seen_at: Annotated[datetime, Field(description="Within a minute.")]
    expires_at: Annotated[datetime, Field(description="When it ends, however much it is used.")]
    address: Annotated[str | None, Field(description="Where the login came from.")]
    user_agent: str | None
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


class SessionList(ListOut[SessionOut]):
    """All living sessions."""


class LoggedInOut(Schema):
    """A session that has begun."""

    user: UserOut
    session: SessionOut
    csrf_token: Annotated[str, Field(description="Goes with what changes something, as `X-CSRF-Token`.")]


@doors.post(
    f"{PREFIX}/auth/register",
    operation_id="register",
    status_code=201,
    responses={
        201: {"model": LoggedInOut, "headers": _COOKIE},
        202: {"description": "A letter is on its way to the address: to confirm it, or to who has an account already."},
        **errors(404, 409),
        **_LOGIN_ERRORS,
    },
)
async def register(request: Request, services: Services, wanted: RegisterRequest) -> Response:
    """Make an account with a workspace of its own, or, with an invitation, one in that workspace; and log in.

    Where addresses must be confirmed, the answer is 202 without a session, whether or not there is such an account.
    """
    refuse_strangers_page(request)
    new = NewUser(wanted.email, wanted.password, wanted.name, wanted.invitation)
    begun = await services.identity.people.register(new, visitor_of(request), replaces=cookie_of(request))
    if isinstance(begun, LoggedIn):
        return _logged_in(request, services, begun, 201)
    if begun is None:
        return Response(status_code=202, background=BackgroundTask(post_reset, services, wanted.email))
    return Response(status_code=202, background=BackgroundTask(post_link, services, begun))


@doors.post(
    f"{PREFIX}/auth/login",
    operation_id="login",
    responses={200: {"model": LoggedInOut, "headers": _COOKIE}, **errors(404), **_LOGIN_ERRORS},
)
async def login(request: Request, services: Services, wanted: LoginRequest) -> Response:
    """Begin a session: under a new id, in place of the one that the browser came with."""
    refuse_strangers_page(request)
    begun = await services.identity.people.login(
        wanted.email,
        wanted.password,
        visitor_of(request),
        confirmation=wanted.confirmation,
        replaces=cookie_of(request),
    )
    return _logged_in(request, services, begun, 200)


@router.post("/auth/logout", operation_id="logout", status_code=204, responses=errors(409))
async def logout(request: Request, services: Services, caller: Caller) -> Response:
    """End this session, or this token together with its session at the identity provider, as far as we are asked."""
    user_id = known_person(caller)
    if caller.kind == "token":
        await services.identity.revoke_token(key_in_headers(request.headers) or "")
        return Response(status_code=204)
    async with services.database.begin() as session:
        await services.identity.sessions.end(session, user_id, caller.session_id or "")
    done = Response(status_code=204)
    forget_cookie(request, done)
    return done


@router.get("/me", operation_id="getMe", responses={200: {"model": MeOut}})
async def get_me(services: Services, caller: Caller) -> Response:
    """Who is asking, where they act and what they may do there, and where else they could."""
    async with services.database.begin() as session:
        user = None if caller.user_id is None else await services.identity.user(session, caller.user_id)
        places = await services.identity.places(session, caller)
    of_session = caller.kind == "session" and caller.session_id is not None
    return answer(
        MeOut(
            kind=caller.kind,
            id=caller.id,
            user=None if user is None else _user(user),
            workspaces=[_place(place) for place in places],
            workspace_id=caller.workspace_id or None,
            scopes=sorted(caller.scopes),
            expires_at=caller.expires_at,
            csrf_token=services.identity.sessions.csrf_token(caller.session_id or "") if of_session else None,
        )
    )


@router.get("/auth/sessions", operation_id="listSessions", responses={200: {"model": SessionList}})
async def list_sessions(services: Services, caller: Caller) -> Response:
    """The browsers that one is logged in with, newest first."""
    user_id = known_person(caller)
    async with services.database.begin() as session:
        found = await services.identity.list_sessions(session, user_id)
    return answer(SessionList(items=[_session(one, caller.session_id) for one in found]))


@router.delete("/auth/sessions", operation_id="endSessions", status_code=204)
async def end_sessions(request: Request, services: Services, caller: Caller) -> Response:
    """Log out everywhere: all sessions end, this one too, and all tokens that were made for this person so far."""
    user_id = known_person(caller)
    async with services.database.begin() as session:
        await services.identity.end_sessions(session, user_id)
    done = Response(status_code=204)
    if caller.kind == "session":
        forget_cookie(request, done)
    return done


@router.delete("/auth/sessions/{session_id}", operation_id="endSession", status_code=204, responses=errors(404))
async def end_session(services: Services, caller: Caller, session_id: str) -> Response:
    """Log out one browser."""
    if caller.user_id is None:
        raise NotFound("session_not_found", "You have no such session.")
    async with services.database.begin() as session:
        await services.identity.sessions.end(session, caller.user_id, session_id)
    return Response(status_code=204)


def refuse_strangers_page(request: Request) -> None:
    """Refuse what comes from a network or a page that may not ask here; for who need not be known yet."""
    refuse_blocked(request)
    refuse_foreign_page(request)


def known_person(caller: Principal) -> str:
    """The user who asks.

    Raises:
        Forbidden: `people_only`.
    """
    if caller.user_id is None:
        raise Forbidden("people_only", "This is for people; an API key neither logs in nor out. Revoke it instead.")
    return caller.user_id


def visitor_of(request: Request) -> Visitor:
    """Where a request comes from."""
    address = client_of(request.scope)
    return Visitor(None if address == "unknown" else address, request.headers.get("user-agent"))


def _logged_in(request: Request, services: ApiServices, begun: LoggedIn, status: int) -> Response:
    token = services.identity.sessions.csrf_token(begun.session.id)
    view = LoggedInOut(user=_user(begun.user), session=_session(begun.session, begun.session.id), csrf_token=token)
    made = answer(view, status=status)
    lasts = begun.session.expires_at - begun.session.created_at
    set_cookie(request, made, begun.cookie, round(lasts.total_seconds()))
    return made


def _user(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        email=user.email,
        email_confirmed=user.confirmed_at is not None,
        name=user.name,
        created_at=user.created_at,
    )


def _place(place: Place) -> PlaceOut:
    return PlaceOut(id=place.workspace_id, name=place.name, role=place.role)


def _session(session: Session, current: str | None) -> SessionOut:
    return SessionOut(
        id=session.id,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        address=session.address,
        user_agent=session.user_agent,
        current=session.id == current,
    )
