"""People with a password: made, let in, given another password, shut out.

A password is never checked within a transaction, for a hash takes longer than one may stay open.

Transactions lock in one order, so that no two wait for each other: the user, their link, sessions, attempts. A user is
locked before what is theirs, and nobody locks two; the others' session that a login replaces is why attempts are last.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import attempts, links, repository, user_repository
from cutroom.accounts.emails import normalise
from cutroom.accounts.invitations import Invitations
from cutroom.accounts.members import Members
from cutroom.accounts.passwords import Passwords, check_new
from cutroom.accounts.refusals import disabled
from cutroom.accounts.roles import Role
from cutroom.accounts.sessions import Sessions
from cutroom.accounts.user import USER_PREFIX, Link, LoggedIn, User, Visitor
from cutroom.accounts.user_rows import UserRow
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
        confirms: whether people must confirm their address before they first log in.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        *,
        registration: Registration,
        confirms: bool,
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._registration, self._confirms = registration, confirms
        self._members, self._invitations = Members(), Invitations()

    async def register(
        self, wanted: NewUser, visitor: Visitor, *, replaces: str | None = None
    ) -> LoggedIn | Link | None:
        """Make a user, their workspace or the membership that they were invited to, and log them in.

        Where addresses must be confirmed, an invitation that was sent to this one does so. Who has none gets a link
        instead of a session, and nothing is made of an address that is taken: None. Only a letter to the address may
        tell which of the two it was. So an invitation is not used up here, which others would see: it can be accepted
        after the first login.

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
        letter = attempts.of_letter(email, visitor.address) if self._confirms else {}
        proven = not self._confirms
        async with self._database.begin() as session:
            await attempts.count(session, attempts.of_registration(visitor.address) | letter)
            if wanted.invitation is not None:
                await self._invitations.look(session, wanted.invitation)
                proven = proven or await self._invitations.proves(session, wanted.invitation, email)
        hashed = await self._passwords.hash(wanted.password)
        async with self._database.begin() as session:
            user = await _add(session, email, name, hashed)
            if user is None and not proven:
                return None
            if user is None:
                raise _taken()
            if wanted.invitation is not None and proven:
                await self._invitations.accept(session, wanted.invitation, user.id)
            else:
                await self._own_workspace(session, user)
            if not proven:
                return await links.make(session, user, "confirm")
            if self._confirms:
                user = user_repository.user_of(await user_repository.confirm(session, user.id))
            return await self._sessions.start(session, user, visitor, replaces=replaces)

    async def create(self, wanted: NewUser, *, workspace_id: str | None = None, role: Role = Role.OWNER) -> User:
        """Make a user, asking nobody: for the operator, who stands for the address.

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
            if user is None:
                raise _taken()
            if workspace_id is None:
                await self._own_workspace(session, user)
            elif await repository.find_workspace(session, workspace_id) is None:
                raise NotFound("workspace_not_found", "There is no workspace with this id.")
            else:
                await self._members.add(session, workspace_id, user.id, role)
            return user_repository.user_of(await user_repository.confirm(session, user.id))

    async def login(
        self,
        email: str,
        password: str,
        visitor: Visitor,
        *,
        confirmation: str | None = None,
        replaces: str | None = None,
    ) -> LoggedIn:
        """Begin a session. An address that nobody has and a wrong password look the same and take the same time.

        Args:
            email: who.
            password: theirs.
            visitor: where they come from.
            confirmation: the token of a link of theirs, which confirms the address. That takes both, the link and the
                password: who opens a letter about an account that somebody else made in their name confirms nothing.
            replaces: the cookie that the browser came with.

        Raises:
            Forbidden: `wrong_login`, for an unconfirmed address as well, since who has just registered it knows the
                password, and would learn that nobody had it; `user_disabled`, but only to who knows the password.
            NotFound: `link_not_found`.
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
            raise self._wrong(came_by_link=confirmation is not None)
        if row.disabled_at is not None:
            raise disabled()
        if row.confirmed_at is not None:
            confirmation = None
        elif self._confirms and confirmation is None:
            raise self._wrong()
        renewed = await self._passwords.hash(password) if verdict.outdated else None
        async with self._database.begin() as session:
            # Who changes the password ends all sessions after it; this one must not begin after that with the old one.
            if not await user_repository.still_has_hash(session, row.id, stored):
                raise self._wrong()
            if renewed is not None:
                await user_repository.replace_hash(session, row.id, stored, renewed)
            user = user_repository.user_of(row)
            if confirmation is not None:
                user = await links.use(session, row.id, confirmation, "confirm")
            begun = await self._sessions.start(session, user, visitor, replaces=replaces)
            await attempts.forgive(session, counted)
            return begun

    def _wrong(self, *, came_by_link: bool = False) -> Forbidden:
        if self._confirms and not came_by_link:
            sentence = (
                "There is no account with this e-mail address and password, or the address is not confirmed yet: open "
                "the link in the letter that was sent to it, or ask for another password."
            )
            return Forbidden("wrong_login", sentence)
        return Forbidden("wrong_login", "There is no account with this e-mail address and password.")

    async def change_password(
        self, user_id: str, current: str, new: str, visitor: Visitor, *, keeps: str | None
    ) -> User:
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
        if row is None or stored is None:
            raise _no_password()
        if not (await self._passwords.verify(current, stored)).right:
            raise _wrong_password()
        hashed = await self._passwords.hash(new)
        async with self._database.begin() as session:
            if not await user_repository.still_has_hash(session, user_id, stored):
                raise _wrong_password()
            await _replace_password(session, user_id, hashed, keeps=keeps)
            await attempts.forgive(session, counted)
        return user_repository.user_of(row)

    async def count_letter(self, email: str, visitor: Visitor) -> None:
        """Count a wish for a letter to an address, whether or not somebody has it here.

        Raises:
            Invalid: `bad_email`.
            QuotaExceeded: `too_many_attempts`.
        """
        async with self._database.begin() as session:
            await attempts.count(session, attempts.of_letter(normalise(email), visitor.address))

    async def reset_link(self, user: str) -> Link:
        """A link with which somebody, by e-mail address or id, may choose a password; for them or the operator alone.

        Raises:
            NotFound: `user_not_found`.
            Forbidden: `user_disabled`.
            Conflict: `no_password`, for people of an identity provider.
        """
        async with self._database.begin() as session:
            row = await _find(session, user)
            if row.disabled_at is not None:
                raise disabled()
            if row.password_hash is None:
                raise _no_password()
            return await links.make(session, user_repository.user_of(row), "reset")

    async def reset_password(self, token: str, new: str, visitor: Visitor) -> User:
        """Choose a password by a link, which confirms the address, and end all sessions.

        Raises:
            Invalid: `bad_password`.
            NotFound: `link_not_found`.
            Unavailable: `too_many_logins`.
        """
        check_new(new, "/newPassword")
        async with self._database.begin() as session:
            user_id = await links.owner(session, token, "reset")
        hashed = await self._passwords.hash(new)
        async with self._database.begin() as session:
            user = await links.use(session, user_id, token, "reset")
            await _replace_password(session, user_id, hashed)
            # Whoever forgot it has tried some that were wrong.
            await attempts.forgive(session, attempts.of_login(user.email or "", visitor.address))
            return user

    async def set_password(self, user: str, password: str) -> User:
        """Give somebody, by e-mail address or id, a password, and end all of their sessions: for the operator.

        The operator stands for the address, too.

        Raises:
            NotFound: `user_not_found`.
            Invalid: `bad_password`.
        """
        check_new(password, "/password")
        hashed = await self._passwords.hash(password)
        async with self._database.begin() as session:
            found = await _find(session, user)
            await _replace_password(session, found.id, hashed)
            return user_repository.user_of(await user_repository.confirm(session, found.id))

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
            return user_repository.user_of(await _find(session, found.id))

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


async def _add(session: AsyncSession, email: str, name: str, hashed: str) -> User | None:
    row = await user_repository.add_user(session, id=new_id(USER_PREFIX), email=email, name=name, password_hash=hashed)
    return None if row is None else user_repository.user_of(row)


async def _replace_password(session: AsyncSession, user_id: str, hashed: str, *, keeps: str | None = None) -> None:
    """Store another password, and end what the one before it had let in."""
    await user_repository.set_password(session, user_id, hashed)
    await links.void(session, user_id)
    await user_repository.end_sessions(session, user_id, but=keeps)


async def _find(session: AsyncSession, user: str) -> UserRow:
    row = None
    if is_id(user, USER_PREFIX):
        row = await user_repository.find_user(session, user)
    elif "@" in user:
        row = await user_repository.find_by_email(session, normalise(user))
    if row is None:
        raise NotFound("user_not_found", "There is no user with this e-mail address or id.")
    return row


def _spelled(email: str) -> str:
    """The address as it is stored; what is none at all is looked up as it is, and found nowhere."""
    try:
        return normalise(email)
    except Invalid:
        return email


def _taken() -> Conflict:
    message = "There is an account with this address already; log in instead."
    return Conflict("email_taken", message, details=[Detail("/email", "email_taken", message)])


def _wrong_password() -> Forbidden:
    message = "This is not your current password."
    return Forbidden("wrong_password", message, details=[Detail("/currentPassword", "wrong_password", message)])


def _no_password() -> Conflict:
    return Conflict("no_password", "You have no password here; change it at your identity provider.")
