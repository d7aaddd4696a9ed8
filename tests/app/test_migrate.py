import asyncio
import signal
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from cutroom.app import migrate, serve
from cutroom.db.engine import connect
from cutroom.kit import process
from cutroom.kit.errors import Conflict, Unavailable


async def _ask(url: str, question: str) -> object:
    connection = await connect(url, name="tests")
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_an_empty_database_gets_every_table(empty_database_url: str) -> None:
    assert await migrate.current(empty_database_url) is None
    await migrate.upgrade(empty_database_url)
    assert await migrate.current(empty_database_url) == migrate.head()
    for table in (
        "workspaces",
        "api_keys",
        "jobs",
        "job_steps",
        "job_events",
        "assets",
        "artifacts",
        "uploads",
        "templates",
    ):
        assert await _ask(empty_database_url, f"SELECT to_regclass('{table}') IS NOT NULL")


async def test_migrations_and_rows_say_the_same(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    assert await migrate.differences(empty_database_url) == []


async def test_a_difference_is_seen(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    await _ask(empty_database_url, "ALTER TABLE jobs DROP COLUMN priority")
    assert "priority" in str(await migrate.differences(empty_database_url))


async def test_every_migration_can_be_undone(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    await migrate.downgrade(empty_database_url, "base")
    left = "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"
    assert await _ask(empty_database_url, left) == "alembic_version"
    await migrate.upgrade(empty_database_url)
    assert await migrate.differences(empty_database_url) == []


@pytest.mark.threat("F25")
async def test_programs_that_start_together_migrate_once(empty_database_url: str) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(migrate.upgrade(empty_database_url))
    assert await _ask(empty_database_url, "SELECT count(*) FROM alembic_version") == 1


async def test_at_the_newest_nothing_is_loaded_to_migrate_with(empty_database_url: str, tmp_path: Path) -> None:
    await migrate.upgrade(empty_database_url)
    program = (
        "import asyncio, sys; from cutroom.app.migrate import upgrade; "
        "asyncio.run(upgrade(sys.argv[1])); print('alembic' in sys.modules)"
    )
    done = await process.run([sys.executable, "-c", program, empty_database_url], cwd=tmp_path, timeout_s=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"False\n", b"")


async def test_a_database_of_a_later_version_is_left_alone(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    await _ask(empty_database_url, "UPDATE alembic_version SET version_num = '9000'")
    with pytest.raises(Conflict, match="newer") as raised:
        await migrate.upgrade(empty_database_url)
    assert raised.value.code == "database_newer"


@pytest.mark.threat("F25")
async def test_a_version_goes_back_to_the_database_of_the_next_when_told_to(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    await serve.migrate(or_newer=True)
    await _ask(empty_database_url, "UPDATE alembic_version SET version_num = '9000'")
    await serve.migrate(or_newer=True)
    assert "this one runs on it" in capsys.readouterr().out
    with pytest.raises(Conflict, match="newer"):
        await serve.migrate()


async def test_a_migration_gives_up_when_someone_holds_its_table(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    holder = await connect(empty_database_url, name="holder")
    await holder.execute("BEGIN; LOCK TABLE api_keys IN ACCESS SHARE MODE")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(migrate.downgrade(empty_database_url, "base"), 30)
    await holder.execute("ROLLBACK")
    await holder.close()
    # Each migration is a transaction of its own: all are undone down to the last that needs this table.
    assert await migrate.current(empty_database_url) == "0004"
    await migrate.upgrade(empty_database_url)
    assert await migrate.differences(empty_database_url) == []


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await migrate.upgrade("postgresql://someone@/none?host=/nonexistent")


@pytest.mark.threat("F25")
async def test_a_failed_migration_leaves_nothing_half_done(empty_database_url: str) -> None:
    await _ask(empty_database_url, "CREATE TABLE workspaces (mine int)")
    with pytest.raises(Exception, match="workspaces") as raised:
        await migrate.upgrade(empty_database_url)
    assert not isinstance(raised.value, asyncpg.InterfaceError)
    assert await migrate.current(empty_database_url) is None
    assert await _ask(empty_database_url, "SELECT to_regclass('artifacts')") is None


@pytest.mark.threat("F25")
async def test_a_migration_whose_program_is_killed_is_undone_and_made_by_the_next(
    empty_database_url: str, tmp_path: Path
) -> None:
    await migrate.upgrade(empty_database_url, "0003")
    holder = await connect(empty_database_url, name="holder")
    await holder.execute("BEGIN; LOCK TABLE jobs IN ACCESS SHARE MODE")  # it comes half way, and waits here
    program = "import asyncio, sys; from cutroom.app.migrate import upgrade; asyncio.run(upgrade(sys.argv[1]))"
    child = await process.start([sys.executable, "-c", program, empty_database_url], cwd=tmp_path)
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cutroom-migrate' AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(60):
        while await _ask(empty_database_url, waits) != 1:
            await asyncio.sleep(0.02)
    await child.terminate(grace_s=0, first=signal.SIGKILL)
    stopped_at = await migrate.current(empty_database_url)
    assert stopped_at is not None
    assert "0003" <= stopped_at < str(migrate.head())
    await holder.execute("ROLLBACK")
    await holder.close()
    await asyncio.wait_for(migrate.upgrade(empty_database_url), 60)
    assert await migrate.differences(empty_database_url) == []


def test_the_numbers_of_the_files_are_alembics() -> None:
    scripts = ScriptDirectory.from_config(_config())
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions[0] == migrate.head()
    assert revisions == sorted(revisions, reverse=True)
    files = sorted((migrate.FOLDER / "versions").glob("*.py"))
    assert [path.name[:4] for path in files] == sorted(revisions)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    return config
