"""Repositories and tasks at the door: registering, boards, rework. What agents do with them is tested elsewhere."""

import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from cutroom.jobs import Status
from tests.api.world import World, error_of

_END = text("UPDATE jobs SET status = :status, output = CAST(:output AS jsonb), finished_at = now() WHERE id = :id")
SITE = {"name": "site", "url": "https://Git.Example:443/acme/site/", "branch": "main", "labels": ["gpu", "linux"]}


async def registered(world: World, client: httpx2.AsyncClient | None = None, **more: Any) -> str:
    answer = await (client or world.mine).post("/api/v1/repositories", json={**SITE, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def asked(world: World, repository_id: str, **more: Any) -> Any:
    body = {"repositoryId": repository_id, "prompt": "Mend it.", **more}
    answer = await world.mine.post("/api/v1/tasks", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def ended(world: World, task_id: str, **output: Any) -> None:
    """End a task as an agent would have."""
    made = {"outcome": "done", "exit_code": 0, "signal": None, "seconds": 1.0, "command": "c", "commit": "a" * 40}
    made |= {"summary": "Mended.", "files": 1, "additions": 1, "deletions": 0, "patch": "art_1", "artifacts": []}
    written = json.dumps({**made, "warnings": [], **output})
    async with world.services.database.begin() as session:
        await session.execute(_END, {"id": task_id, "status": str(Status.SUCCEEDED), "output": written})


async def test_a_repository_is_kept_in_one_form_changed_and_forgotten(world: World) -> None:
    where = f"/api/v1/repositories/{await registered(world, secrets=['npm'])}"
    found = await world.mine.get(where)
    assert found.json()["url"] == "https://git.example/acme/site"
    assert (found.json()["labels"], found.json()["secrets"]) == (["gpu", "linux"], ["npm"])
    error_of(await world.mine.post("/api/v1/repositories", json=SITE), 409, "repository_exists")
    changed = await world.mine.put(where, json={"name": "other", "url": "https://git.example/other"})
    assert (changed.json()["version"], changed.json()["labels"]) == (2, [])
    await registered(world)
    error_of(await world.mine.put(where, json=SITE), 409, "repository_exists")
    assert (await world.mine.delete(where)).status_code == 204
    error_of(await world.mine.get(where), 404, "repository_not_found")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"url": "ext::sh -c x"}, "/url"),
        ({"url": "https://user:pw@git.example/x"}, "/url"),
        ({"url": "https://git.example"}, "/url"),
        ({"branch": "--upload-pack=x"}, "/branch"),
        ({"labels": ["has space"]}, "/labels/0"),
        ({"secrets": ["../x"]}, "/secrets/0"),
    ],
)
async def test_a_repository_that_cannot_be_is_refused_at_its_place(
    world: World, more: dict[str, Any], pointer: str
) -> None:
    answer = await world.mine.post("/api/v1/repositories", json={**SITE, **more})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["pointer"] == pointer


async def test_a_task_needs_the_labels_of_its_repository_and_is_shown_on_its_board(world: World) -> None:
    repository_id = await registered(world)
    first = await asked(world, repository_id, idempotencyKey="k")
    assert await asked(world, repository_id, idempotencyKey="k") == first
    second = await asked(world, repository_id, queue="rework", prompt="x" * 900, command="codex")
    job = await world.services.jobs.look(world.services.database, world.workspace_id, first["id"])
    assert job.needs == ("gpu", "linux", "task")
    assert (first["priority"], second["priority"]) == (0, 10)

    async def board(query: str) -> list[str]:
        return [item["id"] for item in (await world.mine.get(f"/api/v1/tasks?{query}")).json()["items"]]

    await world.mine.post(f"/api/v1/jobs/{first['id']}/cancel")
    assert await board("") == [second["id"], first["id"]]
    assert await board("queue=backlog&status=cancelled") == [first["id"]]
    assert await board("queue=rework&status=queued") == [second["id"]]
    assert await board("queue=rework&status=running") == []
    assert await board(f"repositoryId={repository_id}&limit=1") == [second["id"]]
    task = (await world.mine.get(f"/api/v1/tasks/{second['id']}")).json()
    assert (task["queue"], task["round"], len(task["prompt"]), task["input"]["command"]) == ("rework", 1, 900, "codex")
    listed = (await world.mine.get("/api/v1/tasks?queue=rework")).json()["items"][0]
    assert len(listed["prompt"]) == 500
    assert "input" not in listed


async def test_rework_carries_the_history_and_begins_with_the_patch(world: World) -> None:
    repository_id = await registered(world)
    first = await asked(world, repository_id)
    where = f"/api/v1/tasks/{first['id']}/rework"
    error_of(await world.mine.post(where, json={"feedback": "More."}), 409, "task_not_ended")
    await ended(world, first["id"])
    again = (await world.mine.post(where, json={"feedback": "More."}, headers={"Idempotency-Key": "r"})).json()
    same = await world.mine.post(where, json={"feedback": "More."}, headers={"Idempotency-Key": "r"})
    assert same.json()["id"] == again["id"]
    tried = {"task": first["id"], "feedback": "", "summary": "Mended.", "outcome": "done"}
    given = again["input"]
    assert (given["prompt"], given["feedback"], given["rounds"]) == ("Mend it.", "More.", [tried])
    assert (given["patch"], given["commit"]) == ("artifact:art_1", "a" * 40)
    task = (await world.mine.get(f"/api/v1/tasks/{again['id']}")).json()
    assert (task["queue"], task["reworkOf"], task["round"], task["priority"]) == ("rework", first["id"], 2, 10)
    # A round that was cancelled leaves what it began with to the next.
    await world.mine.post(f"/api/v1/jobs/{again['id']}/cancel")
    third = (await world.mine.post(f"/api/v1/tasks/{again['id']}/rework", json={"feedback": "Well?"})).json()
    assert [one["outcome"] for one in third["input"]["rounds"]] == ["done", "cancelled"]
    assert (third["input"]["patch"], third["input"]["commit"]) == ("artifact:art_1", "a" * 40)
    await world.mine.delete(f"/api/v1/repositories/{repository_id}")
    error_of(await world.mine.post(where, json={"feedback": "More."}), 409, "repository_gone")


async def test_a_repository_of_another_workspace_is_as_unknown_as_none(world: World) -> None:
    theirs = await registered(world, world.theirs)
    body = {"repositoryId": theirs, "prompt": "x"}
    error_of(await world.mine.post("/api/v1/tasks", json=body), 404, "repository_not_found")
    job = await world.submit()
    error_of(await world.mine.get(f"/api/v1/tasks/{job['id']}"), 404, "task_not_found")
    for odd in (theirs, "rep_", "%00"):
        assert (await world.mine.get(f"/api/v1/tasks?repositoryId={odd}")).json()["items"] == []
