import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from cutroom.db import Database, Quick, make_engine, unavailable
from cutroom.kit.errors import CutroomError, Invalid, Unavailable


async def _terminate_others(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


@pytest.fixture
async def table(database: Database) -> Database:
    async with database.begin() as session:
        await session.execute(text("CREATE TABLE things (n int PRIMARY KEY)"))
    return database


async def _count(database: Database) -> int:
    async with database.begin() as session:
        return int(await session.scalar(text("SELECT count(*) FROM things")) or 0)


async def _shown(database: Database, number: int) -> int | None:
    row = await database.one(Quick(text("SELECT CAST(:number AS int) AS number")), number=number)
    return None if row is None else row.number


async def test_a_block_that_ends_is_committed(table: Database) -> None:
    async with table.begin() as session:
        await session.execute(text("INSERT INTO things VALUES (1)"))
    assert await _count(table) == 1


async def test_a_block_that_raises_leaves_nothing(table: Database) -> None:
    async def fail() -> None:
        async with table.begin() as session:
            await session.execute(text("INSERT INTO things VALUES (1)"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    assert await _count(table) == 0


async def test_an_error_of_the_files_is_not_an_error_of_the_database(table: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with table.begin():
            raise FileNotFoundError("a picture")


async def test_a_wrong_statement_is_not_called_an_outage(table: Database) -> None:
    with pytest.raises(Exception, match="duplicate key") as raised:
        async with table.begin() as session:
            await session.execute(text("INSERT INTO things VALUES (1), (1)"))
    assert not isinstance(raised.value, CutroomError)
    assert unavailable(raised.value) is None


async def test_a_connection_that_breaks_while_a_statement_begins_is_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **_named: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    quick = Quick(text("SELECT CAST(:number AS int) AS number"))
    await database.one(quick, number=1)
    for name in ("fetchrow", "fetch", "prepare"):
        monkeypatch.setattr(asyncpg.Connection, name, broken)
    with pytest.raises(Unavailable):
        await database.one(quick, number=1)
    with pytest.raises(Unavailable):
        await database.one_of_many(quick, "number", number=1)
    with pytest.raises(Unavailable):
        async with database.begin() as session:
            await session.execute(text("SELECT 1"))


async def test_a_lost_connection_is_unavailable_and_the_next_transaction_works(
    table: Database, database: Database
) -> None:
    other = Database(make_engine(database.url, name="other"))

    async def be_cut_off() -> None:
        async with table.begin() as session:
            await session.execute(text("SELECT 1"))
            await _terminate_others(other)
            await session.execute(text("INSERT INTO things VALUES (1)"))

    with pytest.raises(Unavailable) as raised:
        await be_cut_off()
    assert raised.value.code == "database_unavailable"
    assert raised.value.retry_after_s == 2.0
    assert await _count(table) == 0
    await other.close()


async def test_connections_that_died_in_the_pool_are_replaced_unseen(table: Database) -> None:
    async def hold() -> None:
        async with table.begin() as session:
            await session.execute(text("SELECT pg_sleep(0.05)"))

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(hold())
    other = Database(make_engine(table.url, name="other"))
    await _terminate_others(other)
    await other.close()
    await asyncio.sleep(0.1)  # the news arrives
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(hold())


async def test_nobody_at_the_address_is_unavailable() -> None:
    nowhere = Database(make_engine("postgresql://someone@/none?host=/nonexistent/folder", name="tests"))
    with pytest.raises(Unavailable, match="try again"):
        async with nowhere.begin() as session:
            await session.execute(text("SELECT 1"))
    await nowhere.close()


async def test_an_unknown_database_is_not_called_an_outage(database: Database) -> None:
    url = database.url.replace("/test_", "/no_such_")
    wrong = Database(make_engine(url, name="tests"))
    with pytest.raises(Exception, match="does not exist") as raised:
        async with wrong.begin() as session:
            await session.execute(text("SELECT 1"))
    assert not isinstance(raised.value, CutroomError)
    await wrong.close()


async def test_a_cancelled_transaction_frees_its_connection_and_stops_its_query(database: Database) -> None:
    single = Database(make_engine(database.url, name="single", pool_size=1))

    async def sleep() -> None:
        async with single.begin() as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await sleep()
    async with single.begin() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    async with asyncio.timeout(60), database.begin() as session:
        running = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'single' AND state = 'active'")
        while await session.scalar(running):
            await asyncio.sleep(0.05)
    await single.close()


async def test_a_statement_that_stands_alone_is_kept_and_needs_no_session(table: Database) -> None:
    added = await table.one(Quick(text("INSERT INTO things VALUES (:n) RETURNING n AS number")), n=7)
    assert added is not None
    assert added.number == 7
    assert await table.one(Quick(text("SELECT 1 AS one WHERE false"))) is None
    assert await _count(table) == 1


async def test_statements_that_go_together_each_get_their_own_row(table: Database) -> None:
    add = Quick(text("INSERT INTO things VALUES (:n) ON CONFLICT DO NOTHING RETURNING n"))
    await table.one_of_many(add, "n", n=3)
    rows = await asyncio.gather(*(table.one_of_many(add, "n", n=number) for number in range(20)))
    assert [row and row.n for row in rows] == [None if number == 3 else number for number in range(20)]
    assert await _count(table) == 20


async def test_a_statement_that_fails_spoils_none_that_it_went_with(table: Database) -> None:
    add = Quick(text("INSERT INTO things SELECT CAST(:n AS int) / CAST(:one AS int) RETURNING n"))
    adding = (table.one_of_many(add, "n", n=number, one=int(number != 7)) for number in range(20))
    rows: list[Any] = await asyncio.gather(*adding, return_exceptions=True)
    assert isinstance(rows.pop(7), asyncpg.DivisionByZeroError)
    assert [row.n for row in rows] == [number for number in range(20) if number != 7]
    assert await _count(table) == 19


async def test_a_connection_for_single_statements_that_died_is_replaced(database: Database) -> None:
    lone = Database(make_engine(database.url, name="lone"))
    assert await _shown(lone, 1) == 1
    with pytest.raises(Unavailable):
        await lone.one(Quick(text("SELECT pg_terminate_backend(pg_backend_pid())")))
    assert await _shown(lone, 2) == 2
    await lone.close()


async def test_a_cancelled_statement_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await database.one(Quick(text("SELECT 1 AS slow FROM pg_sleep(5)")))
    assert await _shown(database, 3) == 3


async def test_waiting_too_long_for_a_lock_is_unavailable(table: Database) -> None:
    async def wait() -> None:
        async with table.begin() as session:
            await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            await session.execute(text("INSERT INTO things VALUES (1)"))

    async with table.begin() as holder:
        await holder.execute(text("LOCK TABLE things"))
        with pytest.raises(Unavailable):
            await wait()


async def test_connections_say_who_they_are_and_do_not_wait_for_ever(database: Database) -> None:
    async with database.begin() as session:
        row = (
            await session.execute(
                text(
                    "SELECT current_setting('application_name'), current_setting('lock_timeout'), "
                    "current_setting('idle_in_transaction_session_timeout'), current_setting('timezone')"
                )
            )
        ).one()
    assert tuple(row) == ("tests", "10s", "1min", "UTC")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_every_spelling_of_the_scheme_works(database: Database, scheme: str) -> None:
    opened = Database(make_engine(database.url.replace("postgresql", scheme, 1), name="tests"))
    async with opened.begin() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await opened.close()


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "secret", "", "postgresql://h:secretport/d"])
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        make_engine(url, name="tests")
    assert raised.value.code == "bad_database_url"
    assert "secret" not in raised.value.message
