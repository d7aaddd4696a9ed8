"""People who do many things to one account at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.accounts import IdentityService, NewUser
from cutroom.accounts.passwords import Passwords
from cutroom.accounts.people import People
from cutroom.accounts.user import User, Visitor
from cutroom.db import Database
from cutroom.kit.errors import CutroomError, Forbidden
from tests.api.conftest import QUICK, SECRET

PASSWORD = "correct horse battery"


@pytest.fixture
async def identity(database: Database) -> AsyncIterator[IdentityService]:
    made = IdentityService(database, SECRET, QUICK)
    yield made
    made.close()


async def user_of(identity: IdentityService, email: str) -> User:
    return await identity.people.create(NewUser(email, PASSWORD))


async def all_told(doing: list[Awaitable[Any]]) -> list[str]:
    """What each came to; whatever the database refused by itself is raised."""
    ends = await asyncio.gather(*doing, return_exceptions=True)
    others = [end for end in ends if isinstance(end, BaseException) and not isinstance(end, CutroomError)]
    if others:
        raise others[0]
    return [end.code if isinstance(end, CutroomError) else "done" for end in ends]


async def test_whatever_happens_to_one_account_at_once_nobody_waits_in_a_circle(
    database: Database, identity: IdentityService
) -> None:
    people, here = identity.people, Visitor("192.0.2.1")
    ada, bob = [await user_of(identity, email) for email in ("ada@example.com", "bob@example.com")]

    async def log_in(email: str, replaces: str | None = None) -> None:
        await people.login(email, PASSWORD, here, replaces=replaces)

    async def log_out_everywhere(user: User) -> None:
        async with database.begin() as session:
            await identity.end_sessions(session, user.id)

    async def reset(user: User) -> None:
        link = await people.reset_link(user.id)
        await people.reset_password(link.token, PASSWORD, here)

    async def age() -> None:
        async with database.begin() as session:
            await session.execute(text("UPDATE login_attempts SET since = now() - interval '16 minutes', attempts = 0"))

    for _ in range(3):
        cookies = [(await people.login(user.email or "", PASSWORD, here)).cookie for user in (ada, bob) * 3]
        await age()
        doing: list[Awaitable[Any]] = []
        for cookie, (one, other) in zip(cookies, ((ada, bob), (bob, ada)) * 3, strict=True):
            doing += [
                people.change_password(one.id, PASSWORD, PASSWORD, here, keeps=None),
                log_in(other.email or "", cookie),
                reset(one),
                log_in(one.email or ""),
                log_out_everywhere(one),
                people.set_password(one.id, PASSWORD),
            ]
        await all_told(doing)
        await age()


class Slow(Passwords):
    """Hashes one password late."""

    def __init__(self, late: str) -> None:
        super().__init__(QUICK.passwords)
        self._late, self.began, self.may_end = late, asyncio.Event(), asyncio.Event()

    async def hash(self, password: str) -> str:
        if password == self._late:
            self.began.set()
            await self.may_end.wait()
        return await super().hash(password)


async def test_a_password_that_was_replaced_meanwhile_changes_nothing(
    database: Database, identity: IdentityService
) -> None:
    ada, here = await user_of(identity, "ada@example.com"), Visitor("192.0.2.1")
    slow = Slow("of the thief")
    people = People(database, slow, identity.sessions, registration="open", confirms=False)
    stealing = asyncio.create_task(people.change_password(ada.id, PASSWORD, "of the thief", here, keeps=None))
    await slow.began.wait()
    await people.reset_password((await people.reset_link(ada.id)).token, "of the owner", here)
    slow.may_end.set()
    with pytest.raises(Forbidden, match="not your current password"):
        await stealing
    await people.login("ada@example.com", "of the owner", here)
    slow.close()
