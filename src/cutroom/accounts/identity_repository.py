"""The queries about people and organisations of identity providers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cutroom.accounts.roles import Role
from cutroom.accounts.rows import MembershipRow
from cutroom.accounts.user_rows import IdentityRow, OrganisationRow, RevokedTokenRow, UserRow

_SWEPT_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """What a request with a token needs to know.

    Args:
        user_id: who the token's subject is here.
        disabled: whether they are shut out.
        valid_after: tokens issued up to then are refused.
        revoked: whether the token, or its session, was ended early.
        workspace_id: where they act; None when the organisation is new, or they may not act where they ask to.
        role: of their membership there.
    """

    user_id: str
    disabled: bool
    valid_after: datetime | None
    revoked: bool
    workspace_id: str | None
    role: str | None


async def find_identity(
    session: AsyncSession,
    issuer: str,
    subject: str,
    *,
    names: list[tuple[str, str]],
    organisation: str | None,
    workspace_id: str | None,
) -> KnownIdentity | None:
    """The user of a subject and their place in a workspace, in one query.

    Args:
        session: the caller's transaction.
        issuer: who vouches for the subject.
        subject: whom.
        names: (claim, value) pairs by which the token may have been revoked.
        organisation: of the same issuer; its workspace is meant.
        workspace_id: the workspace that is meant, when `organisation` is None. When both are None, it is the first
            that the user came to which stands for no organisation.
    """
    of_organisation: ColumnElement[bool] = false()
    if organisation is not None:
        of_organisation = and_(OrganisationRow.issuer == issuer, OrganisationRow.organisation == organisation)
        there: ColumnElement[bool] = MembershipRow.workspace_id == OrganisationRow.workspace_id
    elif workspace_id is not None:
        there = MembershipRow.workspace_id == workspace_id
    else:
        another = aliased(OrganisationRow)
        there = ~exists().where(another.workspace_id == MembershipRow.workspace_id)
    place = OrganisationRow.workspace_id if organisation is not None else MembershipRow.workspace_id
    found = await session.execute(
        select(
            IdentityRow.user_id,
            UserRow.disabled_at.is_not(None).label("disabled"),
            IdentityRow.valid_after,
            _revoked(issuer, names).label("revoked"),
            place,
            MembershipRow.role,
        )
        .join(UserRow, UserRow.id == IdentityRow.user_id)
        .outerjoin(OrganisationRow, of_organisation)
        .outerjoin(MembershipRow, and_(MembershipRow.user_id == UserRow.id, there))
        .where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
        .order_by(MembershipRow.created_at, MembershipRow.workspace_id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else KnownIdentity(*row)


async def organisation_of(session: AsyncSession, workspace_id: str) -> tuple[str, str] | None:
    """The issuer and organisation that a workspace stands for, if it stands for one."""
    query = select(OrganisationRow.issuer, OrganisationRow.organisation)
    row = (await session.execute(query.where(OrganisationRow.workspace_id == workspace_id))).one_or_none()
    return None if row is None else (row.issuer, row.organisation)


async def workspace_of(session: AsyncSession, issuer: str, organisation: str) -> str | None:
    """The workspace that stands for an organisation."""
    query = select(OrganisationRow.workspace_id)
    return await session.scalar(
        query.where(OrganisationRow.issuer == issuer, OrganisationRow.organisation == organisation)
    )


async def user_of_subject(session: AsyncSession, issuer: str, subject: str) -> str | None:
    """Who a subject is here."""
    query = select(IdentityRow.user_id)
    return await session.scalar(query.where(IdentityRow.issuer == issuer, IdentityRow.subject == subject))


async def add_identity(session: AsyncSession, **values: str) -> None:
    """Remember who a subject is here."""
    await session.execute(insert(IdentityRow).values(**values))


async def add_organisation(session: AsyncSession, **values: str) -> None:
    """Remember which workspace an organisation is here."""
    await session.execute(insert(OrganisationRow).values(**values))


async def put_member(session: AsyncSession, workspace_id: str, user_id: str, role: Role) -> None:
    """Make somebody a member with this role, or give a member this role."""
    wanted = insert(MembershipRow).values(workspace_id=workspace_id, user_id=user_id, role=role)
    await session.execute(
        wanted.on_conflict_do_update(
            index_elements=["workspace_id", "user_id"], set_={"role": role}, where=MembershipRow.role != role
        )
    )


async def revoke(session: AsyncSession, issuer: str, names: dict[str, datetime], values: dict[str, str]) -> None:
    """End tokens early.

    Args:
        session: the caller's transaction.
        issuer: whose tokens.
        names: until when each claim must be remembered.
        values: of the claims.
    """
    rows = [
        {"issuer": issuer, "claim": claim, "value": value, "expires_at": names[claim]}
        for claim, value in sorted(values.items())
    ]
    wanted = insert(RevokedTokenRow).values(rows)
    later = func.greatest(RevokedTokenRow.expires_at, wanted.excluded.expires_at)
    await session.execute(
        wanted.on_conflict_do_update(index_elements=["issuer", "claim", "value"], set_={"expires_at": later})
    )
    key = (RevokedTokenRow.issuer, RevokedTokenRow.claim, RevokedTokenRow.value)
    over = select(*key).where(RevokedTokenRow.expires_at < func.now())
    some = over.limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(RevokedTokenRow).where(tuple_(*key).in_(some)))


async def refuse_before_now(session: AsyncSession, user_id: str) -> None:
    """Refuse all tokens of a user that have been issued so far."""
    await session.execute(update(IdentityRow).where(IdentityRow.user_id == user_id).values(valid_after=func.now()))


def _revoked(issuer: str, names: list[tuple[str, str]]) -> ColumnElement[bool]:
    if not names:
        return false()
    named = [and_(RevokedTokenRow.claim == claim, RevokedTokenRow.value == value) for claim, value in names]
    return exists().where(RevokedTokenRow.issuer == issuer, or_(*named))
