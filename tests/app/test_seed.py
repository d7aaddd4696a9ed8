"""A development database that somebody can look around in."""

from pathlib import Path

import pytest
from sqlalchemy import text

from cutroom.accounts import IdentityService, Visitor
from cutroom.app.seed import PASSWORD, seed
from cutroom.app.settings import Settings
from cutroom.db import Database, EmbeddedPostgres, running_url
from cutroom.kit.errors import Conflict, Forbidden


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(field.alias or f"CUTROOM_{name.upper()}", raising=False)


async def test_two_workspaces_that_people_can_log_into(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    await seed(data=tmp_path)
    said = capsys.readouterr().out
    identity = IdentityService(database, b"a secret of the tests, long enough")
    for email in ("owner@studio.example", "editor@studio.example", "viewer@studio.example", "owner@agency.example"):
        assert email in said
        found = await identity.people.login(email, PASSWORD, Visitor("127.0.0.1", "tests"))
        assert found.user.email == email
    identity.close()
    async with database.begin() as session:
        counts = [
            await session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 — names of ours
            for table in ("workspaces", "api_keys", "templates", "jobs")
        ]
    assert counts == [2, 2, 2, 6]
    with pytest.raises(Conflict, match="is there already"):
        await seed(data=tmp_path)


async def test_nothing_is_seeded_where_strangers_come(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATABASE_URL": database.url,
        "CUTROOM_ENVIRONMENT": "staging",
        "CUTROOM_PUBLIC_URL": "https://api.example.org",
        "CUTROOM_SECRET": "s" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Forbidden, match="staging"):
        await seed(data=tmp_path)


async def test_without_a_database_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="cutroom up"):
        await seed(data=tmp_path)


async def test_the_database_of_a_running_stack_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    assert running_url(folder) is None
    postgres = EmbeddedPostgres(folder, settings={"fsync": "off"})
    try:
        url = await postgres.start()
        assert running_url(folder) == url
    finally:
        await postgres.stop()
    assert running_url(folder) is None
