import asyncio

from cutroom.db import Database, lock, try_lock


async def test_a_lock_has_one_holder_and_ends_with_the_transaction(database: Database) -> None:
    async with database.begin() as first, database.begin() as second:
        assert await try_lock(first, "rescuer")
        assert not await try_lock(second, "rescuer")
        assert await try_lock(second, "another")
    async with database.begin() as third:
        assert await try_lock(third, "rescuer")


async def test_one_who_waits_gets_it_when_the_holder_ends(database: Database) -> None:
    order: list[str] = []
    held = asyncio.Event()

    async def hold() -> None:
        async with database.begin() as session:
            await lock(session, "migration")
            held.set()
            await asyncio.sleep(0.1)
            order.append("first")

    async def wait() -> None:
        await held.wait()
        async with database.begin() as session:
            await lock(session, "migration")
            order.append("second")

    async with asyncio.TaskGroup() as group:
        group.create_task(hold())
        group.create_task(wait())
    assert order == ["first", "second"]
