"""The `database` fixture hands databases on from test to test: what one leaves, another must not find."""

import pytest
from sqlalchemy import text

from cutroom.db import Database, make_engine
from tests.conftest import Server


async def _use(server: Server, name: str, *statements: str) -> None:
    database = Database(make_engine(server.database_url(name), name="tests"))
    async with database.begin() as session:
        for statement in statements:
            await session.execute(text(statement))
    await database.close()


ROWS = (
    "INSERT INTO workspaces (id, name) VALUES ('ws_1', 'mine')",
    "INSERT INTO api_keys (id, workspace_id, name, hash, last_four) VALUES ('key_1', 'ws_1', 'a', 'x', 'abcd')",
)


async def test_rows_that_refer_to_each_other_are_gone_when_it_is_taken_again(postgres_server: Server) -> None:
    name = await postgres_server.take()
    await _use(postgres_server, name, *ROWS)
    await postgres_server.give_back(name)
    assert await postgres_server.take() == name
    await _use(postgres_server, name, *ROWS)
    await postgres_server.give_back(name)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE left_behind ()",
        "INSERT INTO workspaces (id, name) SELECT n::text, repeat('x', 100) FROM generate_series(1, 20000) n",
    ],
)
async def test_a_changed_or_swollen_database_is_not_handed_on(postgres_server: Server, statement: str) -> None:
    name = await postgres_server.take()
    await _use(postgres_server, name, statement)
    await postgres_server.give_back(name)
    taken = await postgres_server.take()
    assert taken != name
    await postgres_server.give_back(taken)


async def test_a_database_that_someone_still_uses_is_not_handed_on(postgres_server: Server) -> None:
    name = await postgres_server.take()
    straggler = Database(make_engine(postgres_server.database_url(name), name="straggler"))
    async with straggler.begin() as session:
        await session.execute(text("SELECT 1"))
    await postgres_server.give_back(name)
    taken = await postgres_server.take()
    assert taken != name
    await postgres_server.give_back(taken)
    await straggler.close()
