import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from cutroom.accounts import AccountService, NewApiKey
from cutroom.accounts.rows import ApiKeyRow, WorkspaceRow
from cutroom.db import Database
from cutroom.kit.errors import NotFound

accounts = AccountService()


async def a_key(database: Database) -> NewApiKey:
    async with database.begin() as session:
        workspace = await accounts.create_workspace(session, "studio")
        return await accounts.create_api_key(session, workspace.id, "laptop")


async def test_a_key_speaks_for_its_workspace(database: Database) -> None:
    made = await a_key(database)
    async with database.begin() as session:
        principal = await accounts.authenticate(session, made.plaintext)
    assert principal is not None
    assert principal.workspace_id == made.key.workspace_id
    assert principal.id == made.key.id
    assert principal.scopes == {"*"}


@pytest.mark.threat("A60")
@pytest.mark.parametrize("place", [4, 20, -1])
async def test_a_key_with_one_wrong_character_speaks_for_nobody(database: Database, place: int) -> None:
    made = await a_key(database)
    letters = list(made.plaintext)
    letters[place] = "A" if letters[place] != "A" else "B"
    async with database.begin() as session:
        assert await accounts.authenticate(session, "".join(letters)) is None


@pytest.mark.threat("A73", "A74")
@pytest.mark.parametrize("text", ["", "ctr_", "x" * 100_000, "ctr_\x00", "' or 1=1 --"])
async def test_what_is_no_key_speaks_for_nobody(database: Database, text: str) -> None:
    async with database.begin() as session:
        assert await accounts.authenticate(session, text) is None


@pytest.mark.threat("A50", "A60")
async def test_the_text_of_a_key_is_stored_nowhere(database: Database) -> None:
    made = await a_key(database)
    async with database.begin() as session:
        row = (await session.scalars(select(ApiKeyRow))).one()
        stored = " ".join(repr(getattr(row, column.key)) for column in ApiKeyRow.__table__.columns)
    assert made.plaintext not in stored
    assert made.plaintext not in repr(made)
    assert row.last_four == made.plaintext[-4:]


async def test_the_last_use_is_noted_once_a_minute_at_most(database: Database) -> None:
    made = await a_key(database)

    async def use() -> None:
        async with database.begin() as session:
            assert await accounts.authenticate(session, made.plaintext) is not None

    async def last_used() -> object:
        async with database.begin() as session:
            return (await accounts.keys.get(session, made.key.workspace_id, made.key.id)).last_used_at

    assert await last_used() is None
    await use()
    first = await last_used()
    assert first is not None
    await use()
    assert await last_used() == first
    async with database.begin() as session:
        await session.execute(update(ApiKeyRow).values(last_used_at=func.now() - timedelta(seconds=61)))
    await use()
    assert await last_used() != first


@pytest.mark.threat("A47")
async def test_a_key_is_shown_to_its_own_workspace_only(database: Database) -> None:
    mine, theirs = await a_key(database), await a_key(database)
    async with database.begin() as session:
        assert (await accounts.keys.get(session, mine.key.workspace_id, mine.key.id)).id == mine.key.id
        with pytest.raises(NotFound):
            await accounts.keys.get(session, mine.key.workspace_id, theirs.key.id)


async def test_many_that_start_at_once_agree_on_one_default_workspace(database: Database) -> None:
    async def ensure() -> str:
        async with database.begin() as session:
            return (await accounts.ensure_default(session)).id

    ids = await asyncio.gather(*(ensure() for _ in range(5)))
    assert len(set(ids)) == 1
    async with database.begin() as session:
        assert await session.scalar(select(func.count()).select_from(WorkspaceRow)) == 1
