"""What runs spend on models, over HTTP: held before, booked after, kept by what failed, nothing for what was kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.llm import Models, Price
from tests.api.conftest import serving, worker
from tests.api.test_productions import transcript
from tests.api.test_runs import Scene
from tests.api.world import World, error_of
from tests.llm.server import answers, fails, model_server, says

PLAN = Plan("small", spending_per_month=0.01, spending_per_run=0.004)
ONCE = 11 + 7  # micro-dollars: a token costs one
SHAPED = """---
output:
  type: array
  maxItems: 1
---
List: {{input}}
"""


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> AsyncIterator[Scene]:
    """A world in which runs may spend a cent a month, and a worker."""
    async with model_server(says("Short.")) as server:
        price = Price(1_000_000, 1_000_000)
        here = server.provider(attempts=1, models=("large",), prices={"*": price})
        models = Models([here, replace(here, name="other", prices={})])
        quotas = QuotaService(Plans({"small": PLAN}, PLAN))
        made = serving(database, tmp_path, ApiSettings(), models=models, quotas=quotas)
        async with made as world, worker(world, tmp_path):
            yield Scene(world, server)
        await models.close()


async def month(world: World) -> tuple[int, int, int]:
    """Jobs, and what was spent and is held, in micro-dollars."""
    used = (await world.mine.get("/api/v1/usage")).json()["months"][0]
    return used["jobs"], round(used["spending"] * 1_000_000), round(used["spendingHeld"] * 1_000_000)


async def test_the_plan_says_what_may_be_spent(scene: Scene) -> None:
    plan = (await scene.world.mine.get("/api/v1/plan")).json()
    assert (plan["spendingPerMonth"], plan["spendingPerRun"]) == (0.01, 0.004)


async def test_a_chain_is_booked_with_all_that_it_cost(scene: Scene) -> None:
    job = await scene.run(patterns=["summary", "plain_language"], input="Bees.")
    assert (job["status"], job["output"]["cost"]) == ("succeeded", 2 * ONCE / 1_000_000), job
    assert await month(scene.world) == (1, 2 * ONCE, 0)
    assert scene.server.counted == (22, 14)


@pytest.mark.threat("A88")
async def test_a_run_that_fails_is_given_back_but_for_what_it_has_spent(scene: Scene) -> None:
    scene.server.script = [says("Short."), fails(400)]
    job = await scene.run(patterns=["summary", "plain_language"], input="Bees.")
    assert (job["status"], job["error"]["code"]) == ("failed", "model_refused")
    assert await month(scene.world) == (0, ONCE, 0)
    await scene.put("shaped", SHAPED)
    scene.server.script = [answers([1, 2])]
    job = await scene.run(pattern="shaped", input="Bees.")
    assert (job["status"], job["error"]["code"]) == ("failed", "model_bad_answer"), job
    assert scene.server.counted == (11 + 2 * job["attempt"] * 11, 7 + 2 * job["attempt"] * 7)
    assert await month(scene.world) == (0, sum(scene.server.counted), 0)


async def test_a_failed_run_that_is_repeated_pays_what_is_left_of_it(scene: Scene) -> None:
    scene.server.script = [says("Short."), fails(400)]
    job = await scene.run(patterns=["summary", "plain_language"], input="Bees.")
    scene.server.script = [says("Title.")]
    assert (await scene.world.mine.post(f"/api/v1/jobs/{job['id']}/retry")).status_code in {200, 202}
    ended = await scene.world.ended(job["id"])
    assert ended["status"] == "succeeded"
    assert scene.server.counted == (22, 14)
    assert await month(scene.world) == (1, 2 * ONCE, 0)


@pytest.mark.threat("A88")
async def test_a_run_stops_before_it_costs_more_than_it_may(scene: Scene) -> None:
    job = await scene.run(pattern="summary", input="word " * 4_000)
    assert (job["status"], job["error"]["code"]) == ("failed", "cost_cap_reached")
    assert scene.server.requests == []
    small = await scene.run(pattern="summary", input="Bees.", maxCost=0.000_002)
    assert small["error"]["code"] == "cost_cap_reached"
    assert await month(scene.world) == (0, 0, 0)


@pytest.mark.threat("A89")
async def test_of_many_runs_at_the_last_of_the_money_exactly_two_are_accepted(scene: Scene) -> None:
    scene.server.script = [says("slow " * 50, pause_s=0.2)]
    bodies: list[dict[str, Any]] = [{"pattern": "summary", "input": f"Bees {number}."} for number in range(12)]
    found = await asyncio.gather(*(scene.world.mine.post("/api/v1/runs", json=body) for body in bodies))
    assert sorted(one.status_code for one in found) == [202] * 2 + [429] * 10
    assert await month(scene.world) == (0, 0, 8_000)
    error_of(next(one for one in found if one.status_code == 429), 429, "spending_exceeded")
    cheap = await scene.world.mine.post("/api/v1/runs", json={**bodies[0], "maxCost": 0.001})
    assert cheap.status_code == 202, cheap.text
    for one in (*found, cheap):
        if one.status_code == 202:
            await scene.world.mine.post(f"/api/v1/jobs/{one.json()['id']}/cancel")
            await scene.world.ended(one.json()["id"])
    assert (await month(scene.world))[2] == 0


async def test_an_answer_that_is_kept_costs_nothing_and_is_not_another_workspaces(scene: Scene) -> None:
    given: dict[str, Any] = {"pattern": "summary", "input": "Bees.", "cache": True}
    first, second = await scene.run(**given), await scene.run(**given)
    assert [one["output"]["steps"][0]["cached"] for one in (first, second)] == [False, True]
    assert (second["output"]["text"], second["output"]["cost"]) == ("Short.", 0)
    assert await month(scene.world) == (2, ONCE, 0)
    theirs = (await scene.world.theirs.post("/api/v1/runs?wait=20", json=given)).json()
    assert theirs["output"]["steps"][0]["cached"] is False
    assert len(scene.server.requests) == 2


async def test_a_run_that_names_no_model_asks_the_one_of_its_workspace(scene: Scene) -> None:
    where = f"/api/v1/workspaces/{scene.world.workspace_id}"
    assert (await scene.world.mine.patch(where, json={"model": "here/large"})).status_code == 200
    await scene.run(pattern="summary", input="Bees.")
    await scene.run(pattern="summary", input="Bees.", model="small")
    assert [request["model"] for request in scene.server.requests] == ["large", "small"]


@pytest.mark.parametrize("asked", ["content", "highlights", "repurpose"])
async def test_posts_and_highlights_of_models_are_spending_too(scene: Scene, asked: str) -> None:
    world = scene.world
    body: dict[str, Any] = {"transcript": (await transcript(world))["id"]}
    made = await world.ended((await world.mine.post(f"/api/v1/{asked}", json=body)).json()["id"])
    assert made["status"] == "succeeded", made
    assert "budgetMicro" not in made["input"]
    assert (await month(world))[1:] == (1_000, 0), "a quarter of the 4,000 that were held, as the workflow told"
    alone = {"method": "extractive"} if asked == "content" else {"method": "scored"}
    parts = {"posts": {"method": "extractive"}, "highlights": {"method": "scored"}}
    without = {**body, **(parts if asked == "repurpose" else alone)}
    await world.ended((await world.mine.post(f"/api/v1/{asked}", json=without)).json()["id"])
    assert (await month(world))[1:] == (1_000, 0), "no model was asked"
    unknown = {"model": "other/small"}
    answer = await world.mine.post(
        f"/api/v1/{asked}", json={**body, **({"posts": unknown} if asked == "repurpose" else unknown)}
    )
    told = error_of(answer, 422, "price_unknown")
    assert told["details"][0]["pointer"] == ("/posts/model" if asked == "repurpose" else "/model")
    set_ = await world.mine.post(f"/api/v1/{asked}", json={**body, "budgetMicro": 5})
    error_of(set_, 422, "invalid_input")
