"""Workers that are killed in the middle of runs: what was answered is not asked, and not paid, again."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.jobs import told_sum
from cutroom.kit import process
from cutroom.llm import Models
from cutroom.workflows.answers import SPENT
from tests.api.conftest import serving, worker
from tests.api.run_worker import provider
from tests.llm.server import hangs, model_server, says

ROOT = Path(__file__).parents[2]
PATTERNS = ("one", "two", "three")


@pytest.mark.parametrize(
    ("several", "finished"), [("patterns", ["one", "two"]), ("parallel", ["one", "three"])], ids=["chain", "parallel"]
)
async def test_a_run_goes_on_with_the_pattern_that_was_being_answered(
    database: Database, tmp_path: Path, several: str, finished: list[str]
) -> None:
    (unfinished,) = set(PATTERNS) - set(finished)
    hanging = True
    asked: list[str] = []

    async def answer(writer: Any, request: dict[str, Any]) -> None:
        name = request["messages"][0]["content"].split()[1].rstrip(":")
        asked.append(name)
        if name == unfinished and hanging:
            await hangs(writer, request)
        await says(f"Answer {name}.", usage=(100, 10))(writer, request)

    async with model_server(answer) as server:
        models = Models([provider(server.base_url)])
        async with serving(database, tmp_path, ApiSettings(), models=models) as world:
            for name in PATTERNS:
                await world.mine.put(f"/api/v1/patterns/{name}", json={"text": f"Do {name}: {{{{input}}}}"})
            argv = [sys.executable, "-m", "tests.api.run_worker", database.url, str(tmp_path), server.base_url]
            child = await process.start(argv, cwd=ROOT)
            try:
                body = {several: PATTERNS, "input": "Bees.", "temperature": 0.5}
                job = (await world.mine.post("/api/v1/runs", json=body)).json()
                async with asyncio.timeout(60):
                    while await _answered(world, job["id"]) < len(finished) or unfinished not in asked:
                        await asyncio.sleep(0.05)
            finally:
                await child.terminate(grace_s=0, first=signal.SIGKILL)
            hanging = False
            async with worker(world, tmp_path):
                job = await world.ended(job["id"])
        await models.close()
    assert job["status"] == "succeeded", job
    assert job["attempt"] >= 2
    assert [asked.count(name) for name in finished] == [1, 1], "finished steps are not asked again"
    assert asked.count(unfinished) >= 2
    assert [step["text"] for step in job["output"]["steps"]] == [f"Answer {name}." for name in PATTERNS]
    assert job["output"]["usage"]["inputTokens"] == 300
    assert job["output"]["cost"] == pytest.approx(330 / 1_000_000)


@pytest.mark.threat("A88")
async def test_an_answer_that_was_paid_and_lost_with_its_worker_counts_against_the_cap(
    database: Database, tmp_path: Path
) -> None:
    """The first answer does not follow the schema, so no step has a result when the worker dies over the second."""
    cap = 320  # micro-dollars: two answers of 110, and no third
    dies = asyncio.Event()

    async def answer(writer: Any, request: dict[str, Any]) -> None:
        if len(request["messages"]) > 1 and not dies.is_set():
            dies.set()
            await hangs(writer, request)
        await says("No data.", usage=(100, 10))(writer, request)

    async with model_server(answer) as server:
        models = Models([provider(server.base_url)])
        async with serving(database, tmp_path, ApiSettings(), models=models) as world:
            shaped = "---\noutput: {type: array}\n---\nList: {{input}}"
            await world.mine.put("/api/v1/patterns/shaped", json={"text": shaped})
            argv = [sys.executable, "-m", "tests.api.run_worker", database.url, str(tmp_path), server.base_url]
            child = await process.start(argv, cwd=ROOT)
            try:
                body = {"pattern": "shaped", "input": "Bees. " * 30, "maxCost": cap / 1_000_000}
                job = (await world.mine.post("/api/v1/runs", json=body)).json()
                async with asyncio.timeout(60):
                    await dies.wait()
                    while not await _spent(world, job["id"]):
                        await asyncio.sleep(0.05)
            finally:
                await child.terminate(grace_s=0, first=signal.SIGKILL)
            async with worker(world, tmp_path):
                job = await world.ended(job["id"])
            spent = await _spent(world, job["id"])
        await models.close()
    assert (job["error"]["code"], job["attempt"] >= 2) == ("cost_cap_reached", True), job
    assert spent == sum(server.counted) == 220 <= cap


async def _spent(world: Any, job_id: str) -> int:
    """What the job has told of its answers, in micro-dollars."""
    async with world.services.database.begin() as session:
        return await told_sum(session, world.workspace_id, job_id, SPENT)


async def _answered(world: Any, job_id: str) -> int:
    """How many answers the job has in its journal."""
    async with world.services.database.begin() as session:
        found = await session.execute(
            text("SELECT count(*) FROM job_steps WHERE job_id = :id AND name LIKE 'answer:%'"), {"id": job_id}
        )
        return int(found.scalar_one())
