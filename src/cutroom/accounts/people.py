"""People with a password: made, let in, given another password, shut out.

A password is never checked within a transaction, for a hash takes longer than one may stay open.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import attempts, repository, user_repository
from cutroom.accounts.emails import normalise
from cutroom.accounts.invitations import Invitations
from cutroom.accounts.members import Members
from cutroom.accounts.passwords import Passwords, check_new
from cutroom.accounts.refusals import disabled
from cutroom.accounts.roles import Role
from cutroom.accounts.sessions import Sessions
from cutroom.accounts.user import USER_PREFIX, LoggedIn, User, Visitor
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Detail, Forbidden, Invalid, NotFound
from cutroom.kit.ids import is_id, new_id

Registration = Literal["open", "invited", "closed"]
MAX_NAME_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody who wants an account; `invitation` is the token of a link that they were sent."""

    email: str
    password: str
    name: str | None = None
    invitation: str | None = None


class People:
    """The built-in accounts. Opens transactions of its own: not to be called within one.

    Args:
        database: where they are kept.
        passwords: hashes them.
        sessions: begins and ends sessions.
        registration: who may make an account.
    """

    def __init__(
        self, database: Database, passwords: Passwords, sessions: Sessions, *, registration: Registration
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._registration = registration
        self._members, self._invitations = Members(), Invitations()

    async def register(self, wanted: NewUser, visitor: Visitor, *, replaces: str | None = None) -> LoggedIn:
        """Make a user, their workspace or the membership that they were invited to, and log them in.

        Raises:
            Forbidden: `registration_closed`, `invitation_required`.
            Invalid: `bad_email`, `bad_password`, `bad_name`.
            NotFound: `invitation_not_found`.
            Conflict: `email_taken`.
            QuotaExceeded: `too_many_attempts`.
            Unavailable: `too_many_logins`.
        """
        self._check_open(wanted)
        email, name = _checked(wanted)
        async with self._database.begin() as session:
            await attempts.count(session, attempts.of_registration(visitor.address))
            if wanted.invitation is not None:
                await self._invitations.look(session, wanted.invitation)
        hashed = await self._passwords.hash(wanted.password)
        async with self._database.begin() as session:
            user = await _add(session, email, name, hashed)
            if wanted.invitation is not None:
                await self._invitations.accept(session, wanted.invitation, user.id)
            else:
                await self._own_workspace(session, user)
            return await self._sessions.start(session, user, visitor, replaces=replaces)

    async def create(self, wanted: NewUser, *, workspace_id: str | None = None, role: Role = Role.OWNER) -> User:
        """Make a user, asking nobody: for the operator.

        Args:
            wanted: who; an `invitation` is of no account.
            workspace_id: makes them a member there; they get a workspace of their own when None.
            role: what they are there.

        Raises:
            Invalid: `bad_email`, `bad_password`, `bad_name`.
            NotFound: `workspace_not_found`.
            Conflict: `email_taken`.
        """
        email, name = _checked(wanted)
        hashed = await self._passwords.hash(wanted.password)
        async with self._database.begin() as session:
            user = await _add(session, email, name, hashed)
            if workspace_id is None:
                await self._own_workspace(session, user)
            elif await repository.find_workspace(session, workspace_id) is None:
                raise NotFound("workspace_not_found", "There is no workspace with this id.")
            else:
                await self._members.add(session, workspace_id, user.id, role)
            return user

    async def login(self, email: str, password: str, visitor: Visitor, *, replaces: str | None = None) -> LoggedIn:
        """Begin a session. An address that nobody has and a wrong password look the same and take the same time.

        Raises:
            Forbidden: `wrong_login`; `user_disabled`, but only to who knows the password.
            QuotaExceeded: `too_many_attempts`.
            Unavailable: `too_many_logins`.
        """
        account = _spelled(email)
        counted = attempts.of_login(account, visitor.address)
        async with self._database.begin() as session:
            await attempts.count(session, counted)
            row = await user_repository.find_by_email(session, account)
        stored = None if row is None else row.password_hash
        verdict = await self._passwords.verify(password, stored)
        if row is None or stored is None or not verdict.right:
            raise _wrong()
        if row.disabled_at is not None:
            raise disabled()
        renewed = await self._passwords.hash(password) if verdict.outdated else None
        async with self._database.begin() as session:
            # Who changes the password ends all sessions after it; this one must not begin after that with the old one.
            if not await user_repository.still_has_hash(session, row.id, stored):
                raise _wrong()
            await attempts.forgive(session, counted)
            if renewed is not None:
                await user_repository.replace_hash(session, row.id, stored, renewed)
            return await self._sessions.start(session, user_repository.user_of(row), visitor, replaces=replaces)

    async def change_password(
        self, user_id: str, current: str, new: str, visitor: Visitor, *, keeps: str | None
    ) -> None:
        """Give oneself another password, and end all sessions but the one with the id `keeps`.

        Raises:
            Invalid: `bad_password`.
            Forbidden: `wrong_password`.
            Conflict: `no_password`, for people of an identity provider.
            QuotaExceeded: `too_many_attempts`.
            Unavailable: `too_many_logins`.
        """
        check_new(new, "/newPassword")
        counted = attempts.of_login(user_id, visitor.address)
        async with self._database.begin() as session:
            await attempts.count(session, counted)
            row = await user_repository.find_user(session, user_id)
        stored = None if row is None else row.password_hash
        if stored is None:
            raise Conflict("no_password", "You have no password here; change it at your identity provider.")
        if not (await self._passwords.verify(current, stored)).right:
            message = "This is not your current password."
            raise Forbidden("wrong_password", message, details=[Detail("/currentPassword", "wrong_password", message)])
        hashed = await self._passwords.hash(new)
        async with self._database.begin() as session:
            await attempts.forgive(session, counted)
            await user_repository.set_password(session, user_id, hashed)
            await user_repository.end_sessions(session, user_id, but=keeps)

    async def set_password(self, user: str, password: str) -> User:
        """Give somebody, by e-mail address or id, a password, and end all of their sessions: for the operator.

        Raises:
            NotFound: `user_not_found`.
            Invalid: `bad_password`.
        """
        check_new(password, "/password")
        hashed = await self._passwords.hash(password)
        async with self._database.begin() as session:
            found = await _find(session, user)
            await user_repository.set_password(session, found.id, hashed)
            await user_repository.end_sessions(session, found.id)
            return found

    async def set_disabled(self, user: str, *, disabled: bool) -> User:
        """Shut somebody, by e-mail address or id, out from the next request on, or let them in: for the operator.

        Their sessions are refused while they are shut out, and over when they are let in again.

        Raises:
            NotFound: `user_not_found`.
        """
        async with self._database.begin() as session:
            found = await _find(session, user)
            await user_repository.set_disabled(session, found.id, disabled=disabled)
            if not disabled:
                await user_repository.end_sessions(session, found.id)
            return await _find(session, found.id)

    async def _own_workspace(self, session: AsyncSession, user: User) -> None:
        workspace = await repository.add_workspace(session, id=new_id("ws"), name=user.name)
        await self._members.add(session, workspace.id, user.id, Role.OWNER)

    def _check_open(self, wanted: NewUser) -> None:
        if self._registration == "closed":
            raise Forbidden("registration_closed", "Nobody can register here; ask whoever runs this installation.")
        if self._registration == "invited" and wanted.invitation is None:
            message = "Registering here takes an invitation; ask a member of the workspace that you want to join."
            raise Forbidden("invitation_required", message)


def _checked(wanted: NewUser) -> tuple[str, str]:
    email = normalise(wanted.email)
    check_new(wanted.password, "/password")
    name = (wanted.name or "").strip() or email.partition("@")[0]
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        message = f"A name has at most {MAX_NAME_CHARS} characters, all of them visible."
        raise Invalid("bad_name", message, details=[Detail("/name", "bad_name", message)])
    return email, name


async def _add(session: AsyncSession, email: str, name: str, hashed: str) -> User:
    row = await user_repository.add_user(session, id=new_id(USER_PREFIX), email=email, name=name, password_hash=hashed)
    if row is None:
        message = "There is an account with this address already; log in instead."
        raise Conflict("email_taken", message, details=[Detail("/email", "email_taken", message)])
    return user_repository.user_of(row)


async def _find(session: AsyncSession, user: str) -> User:
    row = None
    if is_id(user, USER_PREFIX):
        row = await user_repository.find_user(session, user)
    elif "@" in user:
        row = await user_repository.find_by_email(session, normalise(user))
    if row is None:
        raise NotFound("user_not_found", "There is no user with this e-mail address or id.")
    return user_repository.user_of(row)


def _spelled(email: str) -> str:
    """The address as it is stored; what is none at all is looked up as it is, and found nowhere."""
    try:
        return normalise(email)
    except Invalid:
        return email


def _wrong() -> Forbidden:
    return Forbidden("wrong_login", "There is no account with this e-mail address and password.")
