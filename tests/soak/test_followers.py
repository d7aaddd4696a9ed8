"""1,000 WebSockets on one job, 50 of which never read: the others get every event, and memory stays bounded."""

import resource
import sys
from pathlib import Path

import pytest

from bench.api.followers import follow
from bench.api.overhead import serving
from cutroom.accounts import AccountService
from cutroom.app.migrate import upgrade
from cutroom.db import Database, EmbeddedPostgres, make_engine

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
FOLLOWERS, SILENT, EVENTS = 1_000, 50, 40


@pytest.mark.threat("F18", "A80")
async def test_a_thousand_followers_of_which_some_never_read(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 65_536), limit))
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    try:
        url = await postgres.start()
        await upgrade(url)
        database, accounts = Database(make_engine(url, name="soak")), AccountService()
        async with database.begin() as session:
            workspace = await accounts.create_workspace(session, "soak")
            key = (await accounts.create_api_key(session, workspace.id, "soak")).plaintext
        async with serving("ours", url, workspace.id) as server:
            _, open_s, read, late, late_99, memory, _, codes = await follow(
                database, server, key, FOLLOWERS, SILENT, EVENTS
            )
        await database.close()
    finally:
        await postgres.stop()
    before, _, highest = (float(part) for part in memory.split(", "))
    sys.stdout.write(
        f"\nF18: {FOLLOWERS:,} WebSockets in {open_s} s, {SILENT} never read: {read} events read by the others, late "
        f"by {late} ms (p99 {late_99} ms); memory {before:.0f} to {highest:.0f} MB; silent ones closed {codes}\n"
    )
    expected = (FOLLOWERS - SILENT) * EVENTS
    assert read == f"{expected:,} of {expected:,}"
    assert codes == f"1013: {SILENT}"
    assert highest - before < 300
