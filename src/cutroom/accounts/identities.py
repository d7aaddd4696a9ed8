"""Who a verified token speaks for here. What is seen for the first time is made: user, workspace, membership.

Such a workspace belongs to the organisation: who may act in it, and as what, is said by each token and by nothing
else. The membership row follows the token, for lists; a token that does not name the organisation opens nothing in it.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import identity_repository, repository, user_repository
from cutroom.accounts.account import Principal
from cutroom.accounts.identity_repository import KnownIdentity
from cutroom.accounts.refusals import disabled, no_such_workspace, not_known
from cutroom.accounts.roles import SCOPES_OF, Role
from cutroom.accounts.tokens import Claims
from cutroom.accounts.tokens.claims import Organisation
from cutroom.accounts.user import USER_PREFIX
from cutroom.db import lock
from cutroom.kit.errors import Conflict
from cutroom.kit.ids import new_id


async def principal_of(session: AsyncSession, claims: Claims, workspace_id: str | None) -> Principal:
    """Who speaks, and where: in the workspace asked for, else in the token's organisation, else in their own.

    One query, once everything that the token names is known here.

    Raises:
        Forbidden: `unauthenticated` when the token was ended early, `user_disabled`.
        NotFound: `workspace_not_found`.
    """
    organisation = next(iter(claims.organisations.values()), None)
    if workspace_id is not None:
        organisation = await _asked_for(session, claims, workspace_id)
    known = await _find(session, claims, organisation, workspace_id)
    if known is None or (known.workspace_id is None and (organisation is not None or workspace_id is None)):
        if workspace_id is not None and organisation is None:
            raise no_such_workspace()
        _check(known, claims)
        await _make(session, claims, organisation)
        known = await _find(session, claims, organisation, workspace_id)
    if known is None or known.workspace_id is None:
        raise no_such_workspace()
    _check(known, claims)
    if organisation is not None and known.role != organisation.role:
        await identity_repository.put_member(session, known.workspace_id, known.user_id, organisation.role)
    role = organisation.role if organisation is not None else Role(known.role or "")
    return Principal(
        known.workspace_id,
        known.user_id,
        "token",
        SCOPES_OF[role],
        user_id=known.user_id,
        session_id=claims.sid,
        expires_at=claims.ends_at,
    )


async def revoke(session: AsyncSession, claims: Claims, *, sessions_for: timedelta) -> None:
    """End this token, and the session at its issuer as far as we are asked; `sessions_for` says how long that holds.

    Raises:
        Conflict: `token_not_revocable`, when the token has no name to remember it by.
    """
    names = _names(claims)
    if not names:
        message = (
            "This token has neither 'jti' nor 'sid', so that it cannot be ended by itself; log out at its issuer, or "
            "end all of your sessions here with DELETE /api/v1/auth/sessions."
        )
        raise Conflict("token_not_revocable", message)
    until = {"jti": claims.ends_at, "sid": claims.ends_at + sessions_for}
    await identity_repository.revoke(session, claims.issuer, until, dict(names))


async def _asked_for(session: AsyncSession, claims: Claims, workspace_id: str) -> Organisation | None:
    """The token's organisation that a workspace stands for; None when the workspace stands for none.

    Raises:
        NotFound: `workspace_not_found`, when it stands for one of which the token says nothing.
    """
    stands_for = await identity_repository.organisation_of(session, workspace_id)
    if stands_for is None:
        return None
    issuer, name = stands_for
    if issuer != claims.issuer or name not in claims.organisations:
        raise no_such_workspace()
    return claims.organisations[name]


async def _find(
    session: AsyncSession, claims: Claims, organisation: Organisation | None, workspace_id: str | None
) -> KnownIdentity | None:
    return await identity_repository.find_identity(
        session,
        claims.issuer,
        claims.subject,
        names=_names(claims),
        organisation=None if organisation is None else organisation.id,
        workspace_id=workspace_id,
    )


async def _make(session: AsyncSession, claims: Claims, organisation: Organisation | None) -> None:
    """Make what is missing. Many requests may see a subject or an organisation first: one makes it, the others wait.

    Locks are taken in one order, subject before organisation, so that no two wait for each other.
    """
    await lock(session, f"identity {claims.issuer} {claims.subject}")
    user_id = await identity_repository.user_of_subject(session, claims.issuer, claims.subject)
    if user_id is None:
        user_id = new_id(USER_PREFIX)
        await user_repository.add_user(session, id=user_id, name=claims.name)
        await identity_repository.add_identity(session, issuer=claims.issuer, subject=claims.subject, user_id=user_id)
    if organisation is None:
        known = await _find(session, claims, None, None)
        if known is None or known.workspace_id is None:
            workspace = await repository.add_workspace(session, id=new_id("ws"), name=claims.name)
            await identity_repository.put_member(session, workspace.id, user_id, Role.OWNER)
        return
    await lock(session, f"organisation {claims.issuer} {organisation.id}")
    workspace_id = await identity_repository.workspace_of(session, claims.issuer, organisation.id)
    if workspace_id is None:
        workspace_id = (await repository.add_workspace(session, id=new_id("ws"), name=organisation.name)).id
        await identity_repository.add_organisation(
            session, issuer=claims.issuer, organisation=organisation.id, workspace_id=workspace_id
        )
    await identity_repository.put_member(session, workspace_id, user_id, organisation.role)


def _check(known: KnownIdentity | None, claims: Claims) -> None:
    if known is None:
        return
    if known.disabled:
        raise disabled()
    # `iat` is in whole seconds: a token of the second in which all were ended is refused too.
    if known.revoked or (known.valid_after is not None and claims.issued_at <= known.valid_after):
        raise not_known("This token was ended early; log in again.")


def _names(claims: Claims) -> list[tuple[str, str]]:
    pairs = (("jti", claims.jti), ("sid", claims.sid))
    return [(claim, value) for claim, value in pairs if value is not None]
