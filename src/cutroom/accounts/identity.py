"""Who somebody is: the front of accounts with a password, cookie sessions, and identity providers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import identities, identity_repository, user_repository
from cutroom.accounts.account import Principal
from cutroom.accounts.passwords import Passwords, PasswordSettings
from cutroom.accounts.people import People, Registration
from cutroom.accounts.refusals import not_known
from cutroom.accounts.sessions import Sessions, SessionSettings
from cutroom.accounts.tokens import Claims, Issuer, Verifier, looks_like_a_token
from cutroom.accounts.user import Place, Session, User
from cutroom.db import Database
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Who is let in, and for how long.

    Args:
        registration: who may make an account with a password.
        confirms: whether an address must be confirmed before the first login.
        sessions: how long cookie sessions last.
        passwords: what hashing one costs.
        issuers: identity providers whose tokens are taken.
    """

    registration: Registration = "invited"
    confirms: bool = False
    sessions: SessionSettings = field(default_factory=SessionSettings)
    passwords: PasswordSettings = field(default_factory=PasswordSettings)
    issuers: Sequence[Issuer] = ()


class IdentityService:
    """People and their ways in.

    Args:
        database: for what takes transactions of its own.
        secret: at least 16 bytes; the same in every process.
        settings: who is let in.
        clock: the time that tokens are compared with.

    Raises:
        Internal: `pyjwt_too_old`.
        Invalid: `bad_public_key`.
    """

    def __init__(
        self,
        database: Database,
        secret: bytes,
        settings: IdentitySettings | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        chosen = settings or IdentitySettings()
        self._database = database
        self._passwords = Passwords(chosen.passwords)
        self._verifier = Verifier(chosen.issuers, clock or SystemClock())
        self.sessions = Sessions(secret, chosen.sessions)
        self.people = People(
            database, self._passwords, self.sessions, registration=chosen.registration, confirms=chosen.confirms
        )

    def close(self) -> None:
        """Let go of threads."""
        self._passwords.close()

    async def by_cookie(self, cookie: str, workspace_id: str | None) -> Principal:
        """Who a session's cookie speaks for.

        Raises:
            Forbidden: `unauthenticated`, `user_disabled`.
            NotFound: `workspace_not_found`.
        """
        async with self._database.begin() as session:
            return await self.sessions.authenticate(session, cookie, workspace_id)

    async def by_token(self, token: str, workspace_id: str | None, *, begun: bool = False) -> Principal:
        """Who a token of an identity provider speaks for; a first sight of them makes them known.

        In a request that has `begun` with it, it may have expired since; whom it is of may have been shut out.

        Raises:
            Forbidden: `unauthenticated`, `user_disabled`.
            NotFound: `workspace_not_found`.
            Unavailable: `issuer_unavailable`.
        """
        claims = await self._verified(token, begun=begun)
        async with self._database.begin() as session:
            return await identities.principal_of(session, claims, workspace_id)

    async def revoke_token(self, token: str) -> None:
        """End a token, and the session at its issuer, here.

        Raises:
            Forbidden: `unauthenticated`.
            Conflict: `token_not_revocable`.
        """
        claims = await self._verified(token)
        async with self._database.begin() as session:
            await identities.revoke(session, claims, sessions_for=self.sessions.settings.absolute)

    async def end_sessions(self, session: AsyncSession, user_id: str, *, but: str | None = None) -> int:
        """End all cookie sessions of a user, except perhaps one, and refuse all tokens that they have; how many ended.

        A token in use ends too: its issuer makes another one, or asks who they are.
        """
        await identity_repository.refuse_before_now(session, user_id)
        return await user_repository.end_sessions(session, user_id, but=but)

    async def user(self, session: AsyncSession, user_id: str) -> User | None:
        """The user with this id."""
        row = await user_repository.find_user(session, user_id)
        return None if row is None else user_repository.user_of(row)

    async def places(self, session: AsyncSession, principal: Principal) -> list[Place]:
        """The workspaces that somebody may act in, the one that they came to first at first.

        Of a token, those that stand for organisations are left out, except where it acts: others need other tokens.
        """
        if principal.kind == "api_key":
            found = await user_repository.place_of(session, principal.workspace_id)
            return [] if found is None else [found]
        only = principal.workspace_id if principal.kind == "token" else None
        return await user_repository.places_of(session, principal.user_id or "", of_organisations=only)

    async def list_sessions(self, session: AsyncSession, user_id: str) -> list[Session]:
        """The living cookie sessions of a user, newest first."""
        return await self.sessions.list_sessions(session, user_id)

    async def _verified(self, token: str, *, begun: bool = False) -> Claims:
        if not self._verifier.issuers or not looks_like_a_token(token):
            raise not_known("This token is not known.")
        try:
            return await self._verifier.verify(token, begun=begun)
        except Invalid as refused:
            # What exactly is wrong helps those who make tokens up more than those who lost theirs.
            raise not_known("This token is not valid here, or not any more.") from refused
