"""The rows of a batch at the door, while others are still at work."""

import json
from typing import Any

from sqlalchemy import text

from cutroom.workflows.rows import WINDOW
from tests.api.world import World, document, error_of

COUNT = 2 * WINDOW + 20
FAILED = {7, 60, COUNT}
_WINDOW = text("""
INSERT INTO jobs (id, workspace_id, type, status, root_id, parent_id, parent_step, parent_index, depth, internal, input,
                  output, max_attempts)
SELECT id || CAST(:step AS text) || :index, workspace_id, 'render.window', :status, id, id, :step,
       CAST(CAST(:index AS text) AS int), 1, true, '{}',
       CAST(:output AS jsonb), 3
FROM jobs WHERE id = :id
""")


def line(row: int) -> str:
    """As `windows` writes it; U+0085 is a new line for some."""
    error = {"code": "wrong_type", "message": "a\x85b", "retryable": False, "details": []}
    artifacts = [{"id": f"art_{row}", "url": f"/api/v1/artifacts/art_{row}/download"}]
    told: dict[str, Any] = {"row": row, "status": "failed", "error": error}
    if row not in FAILED:
        told = {"row": row, "status": "succeeded", "artifacts": artifacts, "duration": 0.3, "sizeBytes": 9}
    return json.dumps(told, ensure_ascii=False) + "\n"


async def under_way(world: World) -> str:
    """A batch of three windows, of which the second is still at work."""
    wanted = {"name": "x", "document": document("{{NAME}}")}
    kept = (await world.mine.post("/api/v1/templates", json=wanted)).json()
    where = f"/api/v1/templates/{kept['id']}/render"
    job = (await world.mine.post(where, json={"rows": [{"NAME": str(n)} for n in range(COUNT)]})).json()
    assert job["priority"] == -4
    for number, status in enumerate(("succeeded", "running", "succeeded")):
        rows = range(1 + number * WINDOW, 1 + min((number + 1) * WINDOW, COUNT))
        failed = len(FAILED & set(rows))
        output = {"results": "".join(map(line, rows)), "failed": failed, "succeeded": len(rows) - failed}
        place = {"step": "others" if number else "first", "index": str(max(number - 1, 0))}
        values = {"id": job["id"], **place, "status": status, "output": json.dumps(output)}
        async with world.services.database.begin() as session:
            await session.execute(_WINDOW, values)
    return f"/api/v1/jobs/{job['id']}/rows"


async def pages(world: World, where: str) -> list[Any]:
    found = []
    while where:
        answer = await world.mine.get(where)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        where = answer.headers.get("link", "").split(";")[0].strip("<>")
    return found


async def test_rows_that_have_ended_come_in_pages_while_others_are_at_work(world: World) -> None:
    where = await under_way(world)
    ended = [*range(1, 1 + WINDOW), *range(1 + 2 * WINDOW, 1 + COUNT)]
    found = await pages(world, f"{where}?limit=30")
    assert [len(page) for page in found] == [30, 30, 10]
    assert [row["row"] for page in found for row in page] == ended
    assert found[0][0] == json.loads(line(1))
    assert found[0][6]["error"]["message"] == "a\x85b"
    async with world.services.database.begin() as session:
        await session.execute(text("UPDATE jobs SET status = 'succeeded' WHERE type = 'render.window'"))
    assert [[row["row"] for row in page] for page in await pages(world, f"{where}?status=failed&limit=2")] == [
        [7, 60],
        [COUNT],
    ]
    assert sum(map(len, await pages(world, f"{where}?status=succeeded&limit=100"))) == COUNT - len(FAILED)


async def test_only_batches_have_rows(world: World) -> None:
    job = await world.submit()
    error_of(await world.mine.get(f"/api/v1/jobs/{job['id']}/rows"), 409, "no_batch")
    error_of(await world.theirs.get(f"/api/v1/jobs/{job['id']}/rows"), 404, "job_not_found")
