"""`cutroom api-key`, as an operator uses it: in a process of its own."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

from cutroom.accounts import AccountService, Principal
from cutroom.db import Database
from tests.app.starting import afresh, cutroom

accounts = AccountService()


async def api_key(
    database: Database, folder: Path, *arguments: str, columns: int = 200, start: Any = cutroom
) -> tuple[int, str]:
    """The exit status and everything that was printed on a terminal of this width."""
    env = {**os.environ, "DATABASE_URL": database.url, "CUTROOM_DATA": str(folder), "COLUMNS": str(columns)}
    done = await asyncio.to_thread(start, "api-key", *arguments, cwd=folder, env=env)
    return done.returncode, done.stdout + done.stderr


async def principal(database: Database, plaintext: str) -> Principal | None:
    async with database.begin() as session:
        return await accounts.authenticate(session, plaintext)


async def test_a_key_is_made_listed_and_revoked(database: Database, tmp_path: Path) -> None:
    status, said = await api_key(database, tmp_path, "ci", "--scope", "jobs:read", "--scope", "assets:*")
    assert status == 0
    narrow = said.strip()
    found = await principal(database, narrow)
    assert found is not None
    assert found.scopes == {"jobs:read", "assets:*"}
    async with database.begin() as session:
        assert (await accounts.ensure_default(session)).id == found.workspace_id

    status, listed = await api_key(database, tmp_path, "--list")
    assert status == 0
    assert re.search(rf"{found.id} .*ci .*{narrow[-4:]} .*assets:\* jobs:read", listed)
    assert narrow not in listed
    status, listed = await api_key(database, tmp_path, "--list", columns=80)
    assert found.id in listed

    status, _ = await api_key(database, tmp_path, "--revoke", found.id)
    assert status == 0
    assert await principal(database, narrow) is None


async def test_a_key_of_another_workspace_may_do_everything_there(database: Database, tmp_path: Path) -> None:
    async with database.begin() as session:
        workspace = await accounts.create_workspace(session, "films")
    status, said = await api_key(database, tmp_path, "ci", "--workspace", workspace.id, start=afresh)
    found = await principal(database, said.strip())
    assert status == 0
    assert found is not None
    assert (found.workspace_id, "*" in found.scopes) == (workspace.id, True)


async def test_what_cannot_be_is_refused_in_a_sentence(database: Database, tmp_path: Path) -> None:
    status, said = await api_key(database, tmp_path, "ci", "--scope", "cats:read")
    assert (status, "<area>:read" in said) == (1, True)
