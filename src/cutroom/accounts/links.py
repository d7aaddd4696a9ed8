"""Links that lead one person back to their own account: with one they confirm their address, or choose a password.

A link goes to the address of its user, or is handed to them by the operator: so whoever uses it has shown that the
address is theirs. It does what it was made for and nothing else, as its token says. There is one for each person.
Another one voids it, and so do its use and another password.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import user_repository
from cutroom.accounts.api_keys import Purpose, digest, is_link_token, new_link_token
from cutroom.accounts.user import Link, User
from cutroom.accounts.user_rows import LinkRow, UserRow
from cutroom.kit.errors import NotFound

LIFETIMES: Final = {"reset": timedelta(hours=1), "confirm": timedelta(days=1)}


async def make(session: AsyncSession, user: User, purpose: Purpose) -> Link:
    """Make a link, in the place of the one before it; its token is in the answer and nowhere else."""
    token = new_link_token(purpose)
    values = {"hash": digest(token), "expires_at": func.now() + LIFETIMES[purpose]}
    added = insert(LinkRow).values(user_id=user.id, **values)
    made = added.on_conflict_do_update(index_elements=["user_id"], set_=values).returning(LinkRow.expires_at)
    return Link(user, purpose, (await session.scalars(made)).one(), token)


async def owner(session: AsyncSession, token: str, purpose: Purpose) -> str:
    """Whose link this is.

    Raises:
        NotFound: `link_not_found`, for every token that does not work, or not for this, whatever the reason.
    """
    user_id = None
    if is_link_token(token, purpose):
        user_id = await session.scalar(select(LinkRow.user_id).where(*_living(token)))
    if user_id is None:
        raise _dead()
    return user_id


async def use(session: AsyncSession, user_id: str, token: str, purpose: Purpose) -> User:
    """Use up a link of this user, whose address is confirmed by it; no second one can.

    Raises:
        NotFound: `link_not_found`, as `owner`, and for a link of somebody else; the transaction must not be committed.
    """
    user = user_repository.user_of(await user_repository.confirm(session, user_id))
    used = delete(LinkRow).where(LinkRow.user_id == user_id, *_living(token)).returning(LinkRow.user_id)
    if not is_link_token(token, purpose) or await session.scalar(used) is None:
        raise _dead()
    return user


async def void(session: AsyncSession, user_id: str) -> None:
    """End the link that there may be for somebody."""
    await session.execute(delete(LinkRow).where(LinkRow.user_id == user_id))


def _living(token: str) -> tuple[ColumnElement[bool], ...]:
    let_in = select(UserRow.id).where(UserRow.disabled_at.is_(None))
    return LinkRow.hash == digest(token), LinkRow.expires_at > func.now(), LinkRow.user_id.in_(let_in)


def _dead() -> NotFound:
    """A link does not work."""
    message = "This link does not work: it was used, a newer one was sent, or it has expired. Ask for another one."
    return NotFound("link_not_found", message)
