"""Tasks from the door of the API to an agent and back: a real server, a real stream, a real command in its box."""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api import ApiSettings
from cutroom.app.container import keep_results
from cutroom.db import Database
from cutroom.jobs import Job
from cutroom.media.fetch import Fetcher
from cutroom.repos import TaskRunner
from cutroom.workflows import registry
from tests.agents.agency import Agency
from tests.api.conftest import serving
from tests.api.world import World
from tests.api.world import registry as known
from tests.jobs.rig import Rig, eventually
from tests.repos.ground import Ground, applied, git

LINES = 40
BAR_MS = 200
TRIES = 4
"""On a machine that does other things too, one of them is undisturbed."""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / "repositories").mkdir()
    return Ground(tmp_path)


@asynccontextmanager
async def office(
    database: Database, folder: Path, runner: TaskRunner, *labels: str
) -> AsyncIterator[tuple[World, Agency]]:
    """An API, its door for agents, and one agent that carries tasks out."""
    async with serving(database, folder, ApiSettings()) as world:
        make_files = world.services.assets.sent_files_for(Fetcher())

        async def on_end(session: AsyncSession, job: Job) -> None:
            await keep_results(world.services.assets)(session, job)

        rig = Rig(database, known(), world.services.jobs, folder)
        agency = Agency(rig, folder, sent_files_for=lambda job: make_files(job.ref), on_end=on_end)
        token = await agency.token(world.workspace_id)
        more: dict[str, Any] = {"labels": ("task", *labels), "types": ("task",), "registry": registry(tasks=runner)}
        async with agency.door() as door, agency.agent(door.port, token, **more):
            yield world, agency


async def carried_out(world: World, path: str, body: dict[str, Any]) -> Any:
    """A task that was asked for, once it has ended."""
    answer = await world.mine.post(path, json=body)
    assert answer.status_code == 202, answer.text
    await world.ended(answer.json()["id"])
    return (await world.mine.get(f"/api/v1/tasks/{answer.json()['id']}")).json()


async def fetched(world: World, task: Any, kind: str, folder: Path) -> Path:
    """An artifact of a task, as a file."""
    url = next(artifact["url"] for artifact in task["artifacts"] if artifact["kind"] == kind)
    place = folder / f"{task['id']}.{kind}"
    place.write_bytes((await world.nobody.get(url)).content)
    return place


async def test_a_task_comes_back_as_a_patch_that_applies_and_its_rework_goes_on_from_there(
    database: Database, ground: Ground, tmp_path: Path
) -> None:
    origin = ground.repository("site", {"a.txt": "one\n"})
    script = 'cat "$CUTROOM_PROMPT_FILE"; echo "$(wc -l < a.txt) more" >> a.txt; echo "Counted to $(wc -l < a.txt)."'
    runner = await ground.runner(script)
    async with office(database, tmp_path, runner, "quick") as (world, _):
        site = {"name": "site", "url": ground.url("site"), "branch": "main", "labels": ["quick"]}
        repository_id = (await world.mine.post("/api/v1/repositories", json=site)).json()["id"]
        first = await carried_out(world, "/api/v1/tasks", {"repositoryId": repository_id, "prompt": "Count on."})
        assert (first["status"], first["output"]["outcome"], first["output"]["files"]) == ("succeeded", "done", 1), (
            first
        )
        assert [made["kind"] for made in first["artifacts"]] == ["patch", "summary", "changes", "exit"]
        patch = await fetched(world, first, "patch", tmp_path)
        clone = applied(origin, tmp_path / "clone", patch, first["output"]["commit"])
        assert (clone / "a.txt").read_text() == "one\n1 more\n"
        git(origin, "commit", "--allow-empty", "-q", "-m", "meanwhile")
        where = f"/api/v1/tasks/{first['id']}/rework"
        second = await carried_out(world, where, {"feedback": "Further!"})
        assert (second["status"], second["queue"], second["round"]) == ("succeeded", "rework", 2), second
        assert second["output"]["commit"] == first["output"]["commit"]
        clone = applied(
            origin, tmp_path / "clone", await fetched(world, second, "patch", tmp_path), first["output"]["commit"]
        )
        assert (clone / "a.txt").read_text() == "one\n1 more\n2 more\n"
        events = (await world.mine.get(f"/api/v1/jobs/{second['id']}/events?limit=100")).json()["items"]
        told = "\n".join(event["data"]["message"] for event in events if event["data"].get("stream") == "stdout")
        assert told.index("Count on.") < told.index("Counted to 2.") < told.index("Further!")
        board = (await world.mine.get("/api/v1/tasks?queue=rework&status=succeeded")).json()["items"]
        assert [task["id"] for task in board] == [second["id"]]


async def test_what_a_command_says_is_seen_within_a_fifth_of_a_second(
    database: Database, ground: Ground, tmp_path: Path
) -> None:
    """From the moment a line is printed in the box on the agent to the moment a follower of the API has it."""
    ground.repository("site", {"a.txt": "one\n"})
    script = f"for i in $(seq {LINES}); do date +%s%N; sleep 0.07; done"
    async with office(database, tmp_path, await ground.runner(script)) as (world, _):
        site = {"name": "site", "url": ground.url("site")}
        repository_id = (await world.mine.post("/api/v1/repositories", json=site)).json()["id"]
        for left in reversed(range(TRIES)):
            late_ms = await _late(world, repository_id)
            assert len(late_ms) == LINES
            median_ms, most_ms = statistics.median(late_ms), sorted(late_ms)[int(0.9 * LINES)]
            print(f"median {median_ms:.0f} ms, worst {max(late_ms):.0f} ms")  # noqa: T201 — the figure
            if median_ms < BAR_MS and most_ms < 5 * BAR_MS:
                return
            assert left, (median_ms, most_ms)


async def _late(world: World, repository_id: str) -> list[float]:
    """Milliseconds from each line of a new task to the moment at which a follower has it."""
    body = {"repositoryId": repository_id, "prompt": "Tell the time."}
    task_id = (await world.mine.post("/api/v1/tasks", json=body)).json()["id"]
    late_ms: list[float] = []
    headers = {"Accept": "text/event-stream"}
    async with (
        asyncio.timeout(60),
        world.mine.stream("GET", f"/api/v1/jobs/{task_id}/events", headers=headers) as seen,
    ):
        async for line in seen.aiter_lines():
            data = json.loads(line.removeprefix("data:")).get("data", {}) if line.startswith("data:") else {}
            if data.get("stream") == "stdout":
                late_ms.append((time.time_ns() - int(data["message"])) / 1e6)
    return late_ms


async def test_a_task_that_is_cancelled_ends_its_command(database: Database, ground: Ground, tmp_path: Path) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    nap = f"61.{secrets.randbelow(10**9)}"
    async with office(database, tmp_path, await ground.runner(f"echo begun; sleep {nap}")) as (world, _):
        site = {"name": "site", "url": ground.url("site")}
        repository_id = (await world.mine.post("/api/v1/repositories", json=site)).json()["id"]
        body = {"repositoryId": repository_id, "prompt": "Sleep."}
        task_id = (await world.mine.post("/api/v1/tasks", json=body)).json()["id"]
        async with asyncio.timeout(60):
            while True:
                events = (await world.mine.get(f"/api/v1/jobs/{task_id}/events")).json()["items"]
                if any(event["data"].get("message") == "begun" for event in events):
                    break
                await asyncio.sleep(0.05)
        assert _runs(nap)
        await world.mine.post(f"/api/v1/jobs/{task_id}/cancel")
        assert (await world.ended(task_id))["status"] == "cancelled"

        async def gone() -> bool | None:
            return True if not _runs(nap) else None

        await eventually(gone)


def _runs(mark: str) -> bool:
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in place.read_text():
                return True
        except OSError:
            continue
    return False
