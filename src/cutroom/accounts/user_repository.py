"""The queries about people, their sessions and their workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.roles import Role
from cutroom.accounts.rows import MembershipRow, WorkspaceRow
from cutroom.accounts.user import Place, User
from cutroom.accounts.user_rows import OrganisationRow, SessionRow, UserRow

SEEN_EVERY: Final = timedelta(minutes=1)
"""How stale a session's last use may be: a write per minute, not per request."""
_SWEPT_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class KnownSession:
    """What a request needs to know of its session; `workspace_id` None where the user may not act in the one asked for.

    `stale` when its use should be noted.
    """

    id: str
    user_id: str
    created_at: datetime
    disabled: bool
    workspace_id: str | None
    role: str | None
    stale: bool


def user_of(row: UserRow) -> User:
    """The row as a value."""
    return User(row.id, row.email, row.name, row.created_at, row.disabled_at, row.confirmed_at)


async def add_user(session: AsyncSession, **values: str | None) -> UserRow | None:
    """Insert a user; None when the address is taken."""
    statement = insert(UserRow).values(**values).on_conflict_do_nothing(index_elements=["email"]).returning(UserRow)
    return (await session.scalars(statement)).one_or_none()


async def find_user(session: AsyncSession, user_id: str) -> UserRow | None:
    """The user with this id."""
    return (await session.scalars(select(UserRow).where(UserRow.id == user_id))).one_or_none()


async def find_by_email(session: AsyncSession, email: str) -> UserRow | None:
    """The user with this address, as `emails.normalise` spells it."""
    return (await session.scalars(select(UserRow).where(UserRow.email == email))).one_or_none()


async def set_password(session: AsyncSession, user_id: str, password_hash: str) -> None:
    """Store a new hash."""
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))


async def confirm(session: AsyncSession, user_id: str) -> UserRow:
    """Note that an address is its user's own."""
    since = func.coalesce(UserRow.confirmed_at, func.now())
    noted = update(UserRow).where(UserRow.id == user_id).values(confirmed_at=since).returning(UserRow)
    return (await session.scalars(noted.execution_options(populate_existing=True))).one()


async def replace_hash(session: AsyncSession, user_id: str, old: str, new: str) -> None:
    """Store the same password under new costs, unless it was changed meanwhile."""
    same = update(UserRow).where(UserRow.id == user_id, UserRow.password_hash == old)
    await session.execute(same.values(password_hash=new))


async def set_disabled(session: AsyncSession, user_id: str, *, disabled: bool) -> None:
    """Shut somebody out, from the next request on, or let them in again."""
    since = func.coalesce(UserRow.disabled_at, func.now()) if disabled else None
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(disabled_at=since))


async def places_of(session: AsyncSession, user_id: str, *, of_organisations: str | None) -> list[Place]:
    """The workspaces that a user is a member of, their first one at first.

    Args:
        session: the caller's transaction.
        user_id: whose.
        of_organisations: leaves out workspaces that stand for an organisation, except this one; all are listed if None.
    """
    query = (
        select(WorkspaceRow.id, WorkspaceRow.name, MembershipRow.role)
        .join(MembershipRow, MembershipRow.workspace_id == WorkspaceRow.id)
        .where(MembershipRow.user_id == user_id, WorkspaceRow.deleted_at.is_(None))
    )
    if of_organisations is not None:
        elsewhere = exists().where(OrganisationRow.workspace_id == WorkspaceRow.id)
        query = query.where(or_(~elsewhere, WorkspaceRow.id == of_organisations))
    found = await session.execute(query.order_by(MembershipRow.created_at, MembershipRow.workspace_id))
    return [Place(row.id, row.name, Role(row.role)) for row in found]


async def place_of(session: AsyncSession, workspace_id: str) -> Place | None:
    """The workspace of an API key."""
    row = (await session.scalars(select(WorkspaceRow).where(WorkspaceRow.id == workspace_id))).one_or_none()
    return None if row is None else Place(row.id, row.name, None)


async def still_has_hash(session: AsyncSession, user_id: str, password_hash: str) -> bool:
    """Whether somebody's password is still the one that was checked; it stays so until this transaction ends."""
    same = select(UserRow.id).where(UserRow.id == user_id, UserRow.password_hash == password_hash)
    return await session.scalar(same.with_for_update(key_share=True)) is not None


async def add_session(session: AsyncSession, **values: str | bytes | None) -> SessionRow:
    """Insert a session."""
    return (await session.scalars(insert(SessionRow).values(**values).returning(SessionRow))).one()


async def find_session(
    session: AsyncSession, digest: bytes, *, idle: timedelta, absolute: timedelta, workspace_id: str | None
) -> KnownSession | None:
    """The living session with this hash, its user, and their place in a workspace, all in one query.

    Args:
        session: the caller's transaction.
        digest: of the cookie.
        idle: time without a request after which a session is over.
        absolute: time from the login after which it is.
        workspace_id: where to act; the workspace that the user came to first when None.
    """
    member: ColumnElement[bool] = MembershipRow.user_id == UserRow.id
    if workspace_id is not None:
        member = and_(member, MembershipRow.workspace_id == workspace_id)
    found = await session.execute(
        select(
            SessionRow.id,
            SessionRow.user_id,
            SessionRow.created_at,
            UserRow.disabled_at.is_not(None).label("disabled"),
            MembershipRow.workspace_id,
            MembershipRow.role,
            (SessionRow.last_seen_at < func.now() - SEEN_EVERY).label("stale"),
        )
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .outerjoin(MembershipRow, member)
        .where(
            SessionRow.hash == digest,
            SessionRow.last_seen_at > func.now() - idle,
            SessionRow.created_at > func.now() - absolute,
        )
        .order_by(MembershipRow.created_at, MembershipRow.workspace_id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else KnownSession(*row)


async def note_seen(session: AsyncSession, session_id: str) -> None:
    """Remember that a session was used just now, unless another request has meanwhile."""
    stale = SessionRow.last_seen_at < func.now() - SEEN_EVERY
    await session.execute(update(SessionRow).where(SessionRow.id == session_id, stale).values(last_seen_at=func.now()))


async def living_sessions(
    session: AsyncSession, user_id: str, *, idle: timedelta, absolute: timedelta
) -> Sequence[SessionRow]:
    """The sessions of a user that are not over, newest first."""
    living = and_(SessionRow.last_seen_at > func.now() - idle, SessionRow.created_at > func.now() - absolute)
    mine = select(SessionRow).where(SessionRow.user_id == user_id, living)
    return (await session.scalars(mine.order_by(SessionRow.id.desc()))).all()


async def end_session(session: AsyncSession, user_id: str, session_id: str) -> bool:
    """End one session of this user; False when there is none."""
    mine = delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id == session_id)
    return (await session.scalars(mine.returning(SessionRow.id))).one_or_none() is not None


async def end_session_by_hash(session: AsyncSession, digest: bytes) -> None:
    """End the session with this hash, if there is one."""
    await session.execute(delete(SessionRow).where(SessionRow.hash == digest))


async def end_sessions(session: AsyncSession, user_id: str, *, but: str | None = None) -> int:
    """End all sessions of a user, or all but one; how many that were."""
    mine = select(SessionRow.id).where(SessionRow.user_id == user_id)
    if but is not None:
        mine = mine.where(SessionRow.id != but)
    # In one order for all: two who end the same ones would else wait for each other.
    locked = mine.order_by(SessionRow.id).with_for_update()
    ended = delete(SessionRow).where(SessionRow.id.in_(locked)).returning(SessionRow.id)
    return len((await session.scalars(ended)).all())


async def sweep_sessions(session: AsyncSession, *, idle: timedelta, absolute: timedelta) -> None:
    """Remove some sessions that are over."""
    over = or_(SessionRow.last_seen_at < func.now() - idle, SessionRow.created_at < func.now() - absolute)
    some = select(SessionRow.id).where(over).limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(SessionRow).where(SessionRow.id.in_(some)))
