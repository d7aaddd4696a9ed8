"""Links that lead one person back to their own account: with one they confirm their address, or choose a password.

A link goes to the address of its user, or is handed to them by the operator: so whoever uses it has shown that the
address is theirs. There is one for each person. Another one voids it, and so do its use and another password.
"""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import user_repository
from cutroom.accounts.api_keys import digest, is_link_token, new_link_token
from cutroom.accounts.user import Link, User
from cutroom.accounts.user_rows import LinkRow, UserRow
from cutroom.kit.errors import NotFound

LIFETIMES: Final = {"reset": timedelta(hours=1), "confirm": timedelta(days=1)}


async def make(session: AsyncSession, user: User, purpose: Literal["confirm", "reset"]) -> Link:
    """Make a link, in the place of the one before it; its token is in the answer and nowhere else."""
    token = new_link_token()
    values = {"hash": digest(token), "expires_at": func.now() + LIFETIMES[purpose]}
    added = insert(LinkRow).values(user_id=user.id, **values)
    made = added.on_conflict_do_update(index_elements=["user_id"], set_=values).returning(LinkRow.expires_at)
    return Link(user, purpose, (await session.scalars(made)).one(), token)


async def check(session: AsyncSession, token: str) -> None:
    """Refuse a link that does not work.

    Raises:
        NotFound: `link_not_found`, whatever the reason.
    """
    if not is_link_token(token) or await session.scalar(select(LinkRow.user_id).where(*_living(token))) is None:
        raise dead()


async def use(session: AsyncSession, token: str) -> User:
    """Whose link this is, whose address is confirmed by it; no second one can use it.

    Raises:
        NotFound: `link_not_found`, for every token that does not work, whatever the reason.
    """
    user_id = None
    if is_link_token(token):
        user_id = await session.scalar(delete(LinkRow).where(*_living(token)).returning(LinkRow.user_id))
    if user_id is None:
        raise dead()
    return user_repository.user_of(await user_repository.confirm(session, user_id))


async def void(session: AsyncSession, user_id: str) -> None:
    """End the link that there may be for somebody."""
    await session.execute(delete(LinkRow).where(LinkRow.user_id == user_id))


def _living(token: str) -> tuple[ColumnElement[bool], ...]:
    let_in = select(UserRow.id).where(UserRow.disabled_at.is_(None))
    return LinkRow.hash == digest(token), LinkRow.expires_at > func.now(), LinkRow.user_id.in_(let_in)


def dead() -> NotFound:
    """A link does not work."""
    message = "This link does not work: it was used, a newer one was sent, or it has expired. Ask for another one."
    return NotFound("link_not_found", message)
