"""`cutroom user`, as an operator uses it: in a process of its own."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.accounts import AccountService, IdentityService, PasswordSettings, Visitor
from cutroom.accounts.identity import IdentitySettings
from cutroom.db import Database
from cutroom.kit.errors import CutroomError, Forbidden
from tests.app.starting import afresh, cutroom

PASSWORD = "correct horse battery"


async def user(
    database: Database, folder: Path, *arguments: str, typed: str = "", start: Any = cutroom
) -> tuple[int, str]:
    """The exit status and everything that was printed."""
    env = {**os.environ, "DATABASE_URL": database.url, "CUTROOM_DATA": str(folder), "COLUMNS": "200"}
    done = await asyncio.to_thread(start, "user", *arguments, cwd=folder, env=env, typed=typed)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def identity(database: Database) -> Iterator[IdentityService]:
    settings = IdentitySettings(passwords=PasswordSettings(memory_kib=64, passes=1, lanes=1))
    made = IdentityService(database, b"a secret of the tests, long enough", settings)
    yield made
    made.close()


async def can_log_in(identity: IdentityService, password: str) -> str:
    try:
        return (await identity.people.login("ada@example.com", password, Visitor())).user.id
    except Forbidden as refused:
        return refused.code


async def test_an_operator_makes_a_user_who_owns_a_workspace(
    database: Database, tmp_path: Path, identity: IdentityService
) -> None:
    status, said = await user(
        database, tmp_path, "create", "Ada@Example.com", "--password-stdin", typed=f"{PASSWORD}\n", start=afresh
    )
    assert (status, said[:4]) == (0, "usr_")
    assert PASSWORD not in said
    assert await can_log_in(identity, PASSWORD) == said.strip()
    async with database.begin() as session:
        assert (await session.execute(text("SELECT role FROM memberships"))).scalar_one() == "owner"


async def test_an_operator_makes_a_user_in_a_workspace_that_there_is(database: Database, tmp_path: Path) -> None:
    async with database.begin() as session:
        workspace = await AccountService().create_workspace(session, "studio")
    options = ("--password-stdin", "--workspace", workspace.id, "--role", "viewer")
    status, _ = await user(database, tmp_path, "create", "ada@example.com", *options, typed=f"{PASSWORD}\n")
    assert status == 0
    async with database.begin() as session:
        rows = (await session.execute(text("SELECT workspace_id, role FROM memberships"))).all()
    assert [tuple(row) for row in rows] == [(workspace.id, "viewer")]


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        (("create", "ada"), PASSWORD, "not an e-mail address"),
        (("create", "ada@example.com"), "short", "8 to 1024 characters"),
        (("create", "ada@example.com", "--role", "god"), PASSWORD, "no role"),
        (("password", "nobody@example.com"), PASSWORD, "no user"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    database: Database, tmp_path: Path, arguments: tuple[str, ...], typed: str, says: str
) -> None:
    status, said = await user(database, tmp_path, *arguments, "--password-stdin", typed=f"{typed}\n")
    assert status == 1
    assert says in said
    assert "Traceback" not in said
    async with database.begin() as session:
        assert (await session.execute(text("SELECT count(*) FROM users"))).scalar_one() == 0


async def test_an_operator_makes_a_link_with_which_a_user_chooses_a_password(
    database: Database, tmp_path: Path, identity: IdentityService
) -> None:
    await user(database, tmp_path, "create", "ada@example.com", "--password-stdin", typed=f"{PASSWORD}\n")
    status, said = await user(database, tmp_path, "reset-link", "ADA@example.com")
    assert status == 0
    page, _, token = said.rstrip("\n").partition("#")
    assert page == "http://127.0.0.1:8000/reset"
    await identity.people.reset_password(token, "another one now", Visitor())
    assert (await can_log_in(identity, "another one now"))[:4] == "usr_"
    await user(database, tmp_path, "disable", "ada@example.com")
    for email, says in (("ada@example.com", "disabled"), ("nobody@example.com", "no user")):
        status, said = await user(database, tmp_path, "reset-link", email)
        assert (status, "ctl_" in said) == (1, False)
        assert says in said


async def test_an_operator_changes_a_password_and_shuts_out_and_lets_in(
    database: Database, tmp_path: Path, identity: IdentityService
) -> None:
    await user(database, tmp_path, "create", "ada@example.com", "--password-stdin", typed=f"{PASSWORD}\n")
    begun = await identity.people.login("ada@example.com", PASSWORD, Visitor())
    status, said = await user(
        database, tmp_path, "password", "ADA@example.com", "--password-stdin", typed="another one now\n"
    )
    assert (status, said) == (0, "ada@example.com has another password and is logged out everywhere.\n")
    with pytest.raises(CutroomError) as over:
        await identity.by_cookie(begun.cookie, None)
    assert over.value.code == "unauthenticated"
    assert await can_log_in(identity, PASSWORD) == "wrong_login"
    assert await can_log_in(identity, "another one now") == begun.user.id
    assert (await user(database, tmp_path, "disable", begun.user.id)) == (0, "ada@example.com is shut out.\n")
    assert await can_log_in(identity, "another one now") == "user_disabled"
    assert (await user(database, tmp_path, "enable", "ada@example.com")) == (0, "ada@example.com is let in.\n")
    assert await can_log_in(identity, "another one now") == begun.user.id
