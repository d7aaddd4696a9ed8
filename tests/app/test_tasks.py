"""`cutroom tasks` at a running server; how a task is carried out is tested with the agents."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cutroom.api import ApiSettings
from cutroom.app import tasks as program
from cutroom.db import Database
from cutroom.kit.errors import Conflict, CutroomError, Invalid, NotFound
from tests.api.conftest import serving
from tests.api.test_tasks import ended
from tests.api.world import World
from tests.repos.ground import Ground, runner_of

SITE = {"name": "site", "url": "https://git.example/site", "branch": None, "labels": ["gpu"], "secrets": None}


@pytest.fixture
async def at(database: Database, tmp_path: Path) -> AsyncIterator[tuple[World, tuple[str, Path]]]:
    """A server, and what names it on the command line."""
    async with serving(database, tmp_path, ApiSettings()) as world:
        key = tmp_path / "key"
        key.write_text(world.api_key + "\n")
        yield world, (world.url, key)


async def test_repositories_and_tasks_are_made_listed_and_shown(
    at: tuple[World, tuple[str, Path]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, where = at

    def said() -> str:
        return capsys.readouterr().out

    await program.register(*where, SITE)
    repository_id = said().strip()
    await program.show_repositories(*where)
    assert repository_id in said()
    monkeypatch.setattr("sys.stdin", io.StringIO("Mend it.\n"))
    await program.add(*where, "site", "-", command=None, follow=False)
    task_id = said().strip()
    with pytest.raises(NotFound, match="no repository named"):
        await program.add(*where, "other", "x", command=None, follow=False)
    with pytest.raises(NotFound, match="changed nothing"):
        await program.patch(*where, task_id, None)
    with pytest.raises(CutroomError) as early:
        await program.rework(*where, task_id, "More.", follow=False)
    assert early.value.code == "task_not_ended"
    await ended(world, task_id, warnings=[{"code": "task_warning", "pointer": "", "message": "A link leads out."}])
    await program.show(*where, task_id, as_json=False)
    assert "Mended." in (shown := capsys.readouterr()).out
    assert "A link leads out." in shown.err
    await program.rework(*where, task_id, "More.", follow=False)
    again = said().strip()
    await program.show(*where, again, as_json=True)
    task: dict[str, Any] = json.loads(said())
    assert (task["queue"], task["reworkOf"], task["feedback"]) == ("rework", task_id, "More.")
    await program.show_board(*where, queue="rework", status="queued")
    board = said()
    assert again in board
    assert task_id not in board


async def test_a_server_is_named_with_its_key_or_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_DATA", str(tmp_path / "nothing"))
    with pytest.raises(Conflict, match="cutroom up"):
        await program.show_repositories(None, None)
    with pytest.raises(Invalid, match="--key-file"):
        await program.show_repositories("http://127.0.0.1:1", None)


async def test_a_configuration_is_checked_on_the_machine_that_will_have_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repositories").mkdir()
    ground = Ground(tmp_path)
    ground.secret("token", "a-token-of-the-agent")
    top = f'[secrets.git]\nfile = "token"\nrepositories = ["{ground.url("site")}"]\nworkspaces = ["*"]'
    place = ground.configuration("true", more=top)
    await runner_of(place)  # leaves the test out where no sandbox holds
    await program.check(place)
    said = capsys.readouterr().out
    assert "command  test:" in said
    assert "secret   git, shown to its server" in said
    assert "a-token-of-the-agent" not in said
