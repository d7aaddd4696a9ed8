"""A database that an earlier version has filled goes on working after an upgrade."""

import json
from pathlib import Path

import pytest

from cutroom.accounts import AccountService
from cutroom.accounts.api_keys import digest, new_api_key
from cutroom.app import migrate
from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database, make_engine
from cutroom.db.engine import connect
from cutroom.jobs import JobService
from cutroom.kit.ids import new_id
from cutroom.kit.signing import Signer
from cutroom.templates import TemplateService
from tests.api.world import registry

BEFORE = "0002"
KEY = new_api_key()
WORKSPACE, KEY_ID, JOB = new_id("ws"), new_id("key"), new_id("job")
ASSET, TEMPLATE, ARTIFACT, UPLOAD = new_id("ast"), new_id("tpl"), new_id("art"), new_id("upl")
_MEDIA = json.dumps(
    {"kind": "image", "format": "png_pipe", "size_bytes": 3, "duration": None, "video": None, "audio": None}
)
OLD = (
    ("INSERT INTO workspaces (id, name, is_default) VALUES ($1, 'default', true)", WORKSPACE),
    (
        "INSERT INTO api_keys (id, workspace_id, name, hash, last_four) VALUES ($1, $2, 'old', $3, $4)",
        KEY_ID,
        WORKSPACE,
        digest(KEY),
        KEY[-4:],
    ),
    (
        """
        INSERT INTO jobs
          (id, workspace_id, type, status, input, max_attempts, root_id, created_at, queued_at, event_seq)
        VALUES ($1, $2, 'render', 'queued', '{}', 3, $1, clock_timestamp(), clock_timestamp(), 1)
        """,
        JOB,
        WORKSPACE,
    ),
    ("INSERT INTO job_events (job_id, seq, at, kind, data) VALUES ($1, 1, clock_timestamp(), 'state', '{}')", JOB),
    (
        """
        INSERT INTO assets (id, workspace_id, name, content_type, size_bytes, sha256, info)
        VALUES ($1, $2, 'a.png', 'image/png', 3, $3, $4)
        """,
        ASSET,
        WORKSPACE,
        "0" * 64,
        _MEDIA,
    ),
    (
        """
        INSERT INTO artifacts (id, workspace_id, job_id, kind, name, content_type, size_bytes, sha256, status)
        VALUES ($1, $2, $3, 'render', 'film.mp4', 'video/mp4', 3, $4, 'kept')
        """,
        ARTIFACT,
        WORKSPACE,
        JOB,
        "0" * 64,
    ),
    (
        """
        INSERT INTO uploads (id, workspace_id, asset_id, name, content_type, size_bytes, expires_at)
        VALUES ($1, $2, $3, 'b.png', 'image/png', 3, now() + interval '1 day')
        """,
        UPLOAD,
        WORKSPACE,
        new_id("ast"),
    ),
    (
        "INSERT INTO templates (id, workspace_id, name, document, fields) VALUES ($1, $2, 'card', '{}', '{}')",
        TEMPLATE,
        WORKSPACE,
    ),
)


async def fill(url: str) -> None:
    """What the version of migration 0002 would have written."""
    connection = await connect(url, name="tests")
    try:
        for statement, *values in OLD:
            await connection.execute(statement, *values)
    finally:
        await connection.close()


async def check(url: str, folder: Path) -> None:
    """Everything that was written is there and can be used, by the same key, which may do everything."""
    accounts, database = AccountService(), Database(make_engine(url, name="tests"))
    assets = AssetService(database, LocalStore(folder, Signer(b"a secret of the tests", "files"), "http://localhost"))
    try:
        async with database.begin() as session:
            principal = await accounts.authenticate(session, KEY)
            assert principal is not None
            assert (principal.workspace_id, principal.id) == (WORKSPACE, KEY_ID)
            assert principal.scopes == {"*"}
            assert principal.expires_at is None
            assert (await accounts.ensure_default(session)).id == WORKSPACE
            seat = await accounts.workspaces.seat(session, principal)
            assert (seat.workspace.name, seat.role) == ("default", None)
            (key,) = (await accounts.keys.page(session, WORKSPACE)).items
            assert (key.name, key.created_by, key.rotated_at, key.previous_until) == ("old", None, None, None)
            jobs = JobService(registry())
            assert (await jobs.get(session, WORKSPACE, JOB)).status == "queued"
            assert (await jobs.events(session, WORKSPACE, JOB, after=0, limit=1))[0].seq == 1
            assert (await assets.get(session, WORKSPACE, ASSET)).name == "a.png"
            assert (await assets.get_upload(session, WORKSPACE, UPLOAD)).name == "b.png"
            assert "film.mp4" in await assets.artifact_url(session, WORKSPACE, ARTIFACT)
            assert (await TemplateService().get(session, WORKSPACE, TEMPLATE)).name == "card"
            cancelled = await jobs.cancel(session, WORKSPACE, JOB)
            assert cancelled.status == "cancelled"
        async with database.begin() as session:
            await JobService(registry()).retry(session, WORKSPACE, JOB)
    finally:
        await database.close()


@pytest.mark.threat("F15", "F25")
async def test_what_the_version_before_accounts_wrote_goes_on_working(empty_database_url: str, tmp_path: Path) -> None:
    await migrate.upgrade(empty_database_url, BEFORE)
    assert await migrate.current(empty_database_url) == BEFORE
    await fill(empty_database_url)
    await migrate.upgrade(empty_database_url)
    assert await migrate.differences(empty_database_url) == []
    await check(empty_database_url, tmp_path)
    await migrate.downgrade(empty_database_url, BEFORE)
    await migrate.upgrade(empty_database_url)
    assert await migrate.differences(empty_database_url) == []
    await check(empty_database_url, tmp_path)


async def test_keys_that_the_older_version_would_take_for_whole_do_not_come_back(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url)
    accounts, database = AccountService(), Database(make_engine(empty_database_url, name="tests"))
    async with database.begin() as session:
        workspace = await accounts.create_workspace(session, "a")
        whole = await accounts.create_api_key(session, workspace.id, "whole")
        narrow = await accounts.create_api_key(session, workspace.id, "narrow", scopes=["jobs:read"])
    await database.close()
    await migrate.downgrade(empty_database_url, BEFORE)
    connection = await connect(empty_database_url, name="tests")
    left = await connection.fetch("SELECT id FROM api_keys")
    await connection.close()
    assert [row["id"] for row in left] == [whole.key.id]
    assert narrow.key.id != whole.key.id
