"""Cookie sessions: a browser holds 256 random bits, the database their hash."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import user_repository
from cutroom.accounts.account import Principal
from cutroom.accounts.refusals import disabled, no_such_workspace, not_known
from cutroom.accounts.roles import SCOPES_OF, Role
from cutroom.accounts.user import SESSION_PREFIX, LoggedIn, Session, User, Visitor
from cutroom.accounts.user_rows import SessionRow
from cutroom.kit.errors import NotFound
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.signing import Signer

NOWHERE: Final = ""
"""The workspace of somebody who is a member of none: they may see to their own account, and nothing else."""
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_AGENT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long sessions last.

    Args:
        idle: without a request.
        absolute: from the login.
    """

    idle: timedelta = timedelta(days=7)
    absolute: timedelta = timedelta(days=30)


class Sessions:
    """Sessions of people who logged in here.

    Args:
        secret: signs what a page must send along with its cookie; the same in every process.
        settings: how long they last.
    """

    def __init__(self, secret: bytes, settings: SessionSettings) -> None:
        self._signer = Signer(secret, "csrf")
        self._settings = settings

    @property
    def settings(self) -> SessionSettings:
        """How long they last."""
        return self._settings

    async def start(self, session: AsyncSession, user: User, visitor: Visitor, *, replaces: str | None) -> LoggedIn:
        """Begin a session, always under a new id; `replaces` is the cookie that the browser came with."""
        if replaces is not None:
            await self.end_by_cookie(session, replaces)
        await user_repository.sweep_sessions(session, idle=self._settings.idle, absolute=self._settings.absolute)
        cookie = secrets.token_urlsafe(32)
        row = await user_repository.add_session(
            session,
            id=new_id(SESSION_PREFIX),
            user_id=user.id,
            hash=_digest(cookie),
            address=visitor.address,
            user_agent=None if visitor.user_agent is None else visitor.user_agent[:_MAX_AGENT_CHARS],
        )
        return LoggedIn(user, self._session_of(row), cookie)

    async def authenticate(self, session: AsyncSession, cookie: str, workspace_id: str | None) -> Principal:
        """Who this cookie speaks for, in one query; notes the use, at most once a minute.

        Args:
            session: the caller's transaction.
            cookie: its text.
            workspace_id: where they want to act; in the workspace they came to first when None.

        Raises:
            Forbidden: `unauthenticated`, `user_disabled`.
            NotFound: `workspace_not_found`.
        """
        found = None
        if _COOKIE.fullmatch(cookie):
            found = await user_repository.find_session(
                session,
                _digest(cookie),
                idle=self._settings.idle,
                absolute=self._settings.absolute,
                workspace_id=workspace_id,
            )
        if found is None:
            raise not_known("This session is over; log in again.")
        if found.disabled:
            raise disabled()
        if workspace_id is not None and found.workspace_id is None:
            raise no_such_workspace()
        if found.stale:
            await user_repository.note_seen(session, found.id)
        return Principal(
            found.workspace_id or NOWHERE,
            found.user_id,
            "session",
            frozenset() if found.role is None else SCOPES_OF[Role(found.role)],
            user_id=found.user_id,
            session_id=found.id,
            expires_at=found.created_at + self._settings.absolute,
        )

    def csrf_token(self, session_id: str) -> str:
        """What pages of ours send along with the cookie of this session, and pages of others cannot know."""
        return self._signer.sign(session_id)

    def is_csrf_token(self, text: str, session_id: str) -> bool:
        """Whether `text` is the `csrf_token` of this session."""
        return self._signer.verify(text, session_id)

    async def list_sessions(self, session: AsyncSession, user_id: str) -> list[Session]:
        """The living sessions of a user, newest first."""
        rows = await user_repository.living_sessions(
            session, user_id, idle=self._settings.idle, absolute=self._settings.absolute
        )
        return [self._session_of(row) for row in rows]

    async def end(self, session: AsyncSession, user_id: str, session_id: str) -> None:
        """End one session of a user. Raises `NotFound` (`session_not_found`)."""
        if not is_id(session_id, SESSION_PREFIX) or not await user_repository.end_session(session, user_id, session_id):
            raise NotFound("session_not_found", "You have no such session.")

    async def end_by_cookie(self, session: AsyncSession, cookie: str) -> None:
        """End the session of a cookie, if there is one."""
        if _COOKIE.fullmatch(cookie):
            await user_repository.end_session_by_hash(session, _digest(cookie))

    def _session_of(self, row: SessionRow) -> Session:
        return Session(
            id=row.id,
            user_id=row.user_id,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.created_at + self._settings.absolute,
            address=row.address,
            user_agent=row.user_agent,
        )


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
