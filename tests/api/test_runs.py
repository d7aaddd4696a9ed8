"""Pattern runs at the door: what is refused before there is a job, and how the text is seen while it is written."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.llm import Models, Price
from tests.api.conftest import serving, worker
from tests.api.test_uploads import announced, put, uploaded
from tests.api.world import World, error_of
from tests.llm.server import ModelServer, breaks_off, hangs, model_server, says

BEES = "Bees find their way by the sun."


@dataclass(frozen=True)
class Scene:
    """A world whose runs ask a model server."""

    world: World
    server: ModelServer

    async def run(self, wait: float = 20, **given: Any) -> Any:
        """A run, when it has ended."""
        answer = await self.world.mine.post(f"/api/v1/runs?wait={wait}", json=given)
        assert answer.status_code in {200, 202}, answer.text
        return answer.json()

    async def get(self, run_id: str) -> Any:
        return (await self.world.mine.get(f"/api/v1/runs/{run_id}")).json()

    async def put(self, name: str, text: str) -> None:
        """Keep a pattern."""
        answer = await self.world.mine.put(f"/api/v1/patterns/{name}", json={"text": text})
        assert answer.is_success, answer.text


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> AsyncIterator[Scene]:
    async with model_server() as server:
        models = Models([server.provider(attempts=1, models=("free",), prices={"small": Price(1_000_000, 1_000_000)})])
        try:
            async with serving(database, tmp_path, ApiSettings(), models=models) as world, worker(world, tmp_path):
                yield Scene(world, server)
        finally:
            await models.close()


async def test_a_run_is_a_job_whose_text_and_cost_are_there_when_it_has_ended(scene: Scene) -> None:
    scene.server.script = [says("Bees use the sun.")]
    job = await scene.run(pattern="summary", input=BEES, variables={"points": 3})
    assert (job["type"], job["status"], job["output"]["text"]) == ("run", "succeeded", "Bees use the sun.")
    assert "at most 3 points" in scene.server.prompt()
    assert BEES in scene.server.prompt()
    run = await scene.get(job["id"])
    assert (run["text"], run["output"]) == ("Bees use the sun.", job["output"])
    assert run["output"]["cost"] == pytest.approx(18 / 1_000_000)
    assert run["output"]["usage"] == {"inputTokens": 11, "outputTokens": 7, "estimated": False}
    assert [one["name"] for one in run["artifacts"]] == ["output.md"]
    assert run["input"]["resolved"][0].keys() == {"name", "origin", "sha256"}
    assert run["input"]["resolved"][0]["origin"] == "shipped"
    (listed,) = (await scene.world.mine.get("/api/v1/runs?status=succeeded")).json()["items"]
    assert (listed["id"], listed["text"], "input" in listed) == (job["id"], "Bees use the sun.", False)
    found = await scene.world.mine.get(f"/api/v1/runs/{job['id']}")
    same = await scene.world.mine.get(f"/api/v1/runs/{job['id']}", headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304


async def test_a_run_names_the_version_of_the_pattern_that_it_used(scene: Scene) -> None:
    await scene.put("mine", "First: {{input}}")
    await scene.put("mine", "Second: {{input}}")
    job = await scene.run(pattern="mine", input="x")
    (step,) = job["output"]["steps"]
    assert (step["name"], step["version"], scene.server.prompt()) == ("mine", 2, "Second: x")


async def test_what_is_written_is_seen_before_it_is_whole_and_forgotten_when_it_is(scene: Scene) -> None:
    text = "Bees use the sun and dance for one another. " * 6
    scene.server.script = [says(text.strip(), pause_s=0.04)]
    job = await scene.run(wait=0, pattern="summary", input=BEES)
    headers = {"Accept": "text/event-stream"}
    pieces: list[str] = []
    seen: list[str] = []
    began = time.monotonic()
    async with asyncio.timeout(60):
        async with scene.world.mine.stream("GET", f"/api/v1/jobs/{job['id']}/events", headers=headers) as stream:
            async for line in stream.aiter_lines():
                event = json.loads(line[6:]) if line.startswith("data: ") else {}
                if event.get("kind") == "text":
                    assert event["data"]["stream"] == "answer"
                    pieces = [] if event["data"]["begins"] else pieces
                    pieces.append(event["data"]["text"])
                    seen.append((await scene.get(job["id"]))["text"])
    assert 2 < len(pieces) < 5 + 5 * (time.monotonic() - began), "about four a second"
    assert text.startswith("".join(pieces))
    assert any(shown and len(shown) < len(text.strip()) and text.startswith(shown) for shown in seen)
    assert (await scene.get(job["id"]))["text"] == text.strip()
    events = (await scene.world.mine.get(f"/api/v1/jobs/{job['id']}/events?limit=100")).json()["items"]
    assert {one["kind"] for one in events} == {"state", "progress", "log"}


@pytest.mark.threat("A88")
async def test_an_answer_that_says_nothing_is_paid_once_and_never_beyond_the_cap(scene: Scene) -> None:
    scene.server.script = [says("")]
    job = await scene.run(pattern="summary", input=BEES, maxCost=0.001)
    assert (job["status"], job["error"]["code"]) == ("failed", "model_bad_answer")
    assert (job["attempt"], len(scene.server.requests)) == (1, 1)


async def test_cancelling_a_run_stops_the_model(scene: Scene) -> None:
    scene.server.script = [hangs]
    job = await scene.run(wait=0, pattern="summary", input=BEES)
    async with asyncio.timeout(60):
        while not scene.server.requests:
            await asyncio.sleep(0.02)
        await scene.world.mine.post(f"/api/v1/jobs/{job['id']}/cancel")
        while not scene.server.abandoned:
            await asyncio.sleep(0.02)
    assert (await scene.world.ended(job["id"]))["status"] == "cancelled"


async def test_what_was_written_of_a_run_that_failed_can_be_read(scene: Scene) -> None:
    scene.server.script = [breaks_off("Bees use")]
    job = await scene.run(pattern="summary", input=BEES)
    assert (job["status"], job["error"]["code"], job["attempt"]) == ("failed", "model_bad_answer", 3)
    assert (await scene.get(job["id"]))["text"] == "Bees use"


async def test_the_same_key_makes_one_run(scene: Scene) -> None:
    headers = {"Idempotency-Key": "k1"}
    body = {"pattern": "summary", "input": BEES, "variables": {"points": 2}}
    first = await scene.world.mine.post("/api/v1/runs", json=body, headers=headers)
    again = await scene.world.mine.post("/api/v1/runs", json={**body, "idempotencyKey": "k1"})
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    other = await scene.world.mine.post("/api/v1/runs", json={**body, "input": "x"}, headers=headers)
    error_of(other, 422, "idempotency_key_reused")
    await scene.world.ended(first.json()["id"])
    assert len(scene.server.requests) == 1


async def test_a_request_that_is_repeated_gives_the_run_though_its_pattern_is_gone(scene: Scene) -> None:
    await scene.put("brief", "Briefly: {{input}}")
    body = {"pattern": "brief", "input": BEES, "idempotencyKey": "k2"}
    first = await scene.world.mine.post("/api/v1/runs", json=body)
    assert (await scene.world.mine.delete("/api/v1/patterns/brief")).is_success
    again = await scene.world.mine.post("/api/v1/runs", json=body)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"]), again.text
    assert again.headers["idempotent-replayed"] == "true"
    other = await scene.world.mine.post("/api/v1/runs", json={**body, "input": "x"})
    error_of(other, 422, "idempotency_key_reused")
    fresh = await scene.world.mine.post("/api/v1/runs", json={**body, "idempotencyKey": "k3"})
    error_of(fresh, 404, "pattern_not_found")


async def test_an_upload_is_read(scene: Scene) -> None:
    picture = await uploaded(scene.world)
    body = {"pattern": "summary", "inputSource": "upload", "input": picture["id"]}
    error_of(await scene.world.mine.post("/api/v1/runs", json=body), 422, "no_sound")
    upload = await announced(scene.world, b"Bees dance.", name="bees.txt", contentType="text/plain")
    assert (await put(scene.world, upload, b"Bees dance.")).status_code == 204
    found = (await scene.world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")).json()
    job = await scene.run(pattern="summary", inputSource="upload", input=f"asset:{found['id']}")
    assert job["status"] == "succeeded", job
    assert "Bees dance." in scene.server.prompt()


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"pattern": "nobodys", "input": "x"}, 404, "pattern_not_found", "/pattern"),
    ({"patterns": ["summary", "nobodys"], "input": "x"}, 404, "pattern_not_found", "/patterns/1"),
    ({"pattern": "summary", "strategy": "nobodys"}, 404, "strategy_not_found", "/strategy"),
    ({"pattern": "summary", "context": "nobodys"}, 404, "context_not_found", "/context"),
    ({"pattern": "summary", "variables": {"points": "many"}}, 422, "bad_variable", "/variables/points"),
    ({"pattern": "needs", "input": "x"}, 422, "missing_variable", "/variables"),
    ({"parallel": ["summary", "needs"], "input": "x"}, 422, "missing_variable", "/variables"),
    ({"pattern": "summary", "input": "x", "model": "other/large"}, 422, "model_not_found", "/model"),
    ({"pattern": "summary", "input": "x", "model": "free", "maxCost": 1}, 422, "price_unknown", "/model"),
    ({"pattern": "summary", "inputSource": "upload", "input": "ast_x"}, 422, "source_not_found", "/input"),
    (
        {"pattern": "summary", "inputSource": "youtube", "input": "file:///etc/passwd"},
        422,
        "bad_video_address",
        "/input",
    ),
    ({"input": " "}, 422, "input_empty", "/input"),
    ({"pattern": "summary", "patterns": ["summary"]}, 422, "invalid_input", ""),
    ({"pattern": "summary", "resolved": []}, 422, "invalid_input", "/resolved"),
    ({"pattern": "summary", "budgetMicro": 1}, 422, "invalid_input", "/budgetMicro"),
]


async def test_what_would_certainly_fail_is_refused_before_there_is_a_job(scene: Scene) -> None:
    await scene.put("needs", "For {{who}}: {{input}}")
    for given, status, code, pointer in REFUSED:
        error = error_of(await scene.world.mine.post("/api/v1/runs", json=given), status, code)
        assert pointer in [detail["pointer"] for detail in error.get("details", ())], (given, error)
    assert (await scene.world.mine.get("/api/v1/runs")).json()["items"] == []


async def test_without_a_model_the_refusal_says_what_to_set(world: World) -> None:
    answer = await world.mine.post("/api/v1/runs", json={"pattern": "summary", "input": "x"})
    assert "CUTROOM_LLM_MODEL" in error_of(answer, 422, "model_not_configured")["message"]


@pytest.mark.threat("A87")
async def test_hostile_variables_are_literal_text_or_refused_quickly(scene: Scene) -> None:
    await scene.put("echo", "{{a}} {{b}}")
    values = {"a": "{{plugin:sys:env:DATABASE_URL}}{{a}}{{a}}", "b": "{{ext:x:y}}"}
    job = await scene.run(pattern="echo", input="{{a}}", variables=values)
    assert job["status"] == "succeeded"
    assert scene.server.prompt() == f"{values['a']} {values['b']}\n{{{{a}}}}"
    large = await scene.world.mine.post("/api/v1/runs", json={"pattern": "echo", "variables": {"a": "x" * 10_000_000}})
    assert (large.status_code, large.json()["error"]["code"]) == (422, "invalid_input")


async def test_texts_have_as_much_room_at_this_door_as_at_fabrics(scene: Scene) -> None:
    long = "x" * 4_000_000
    body: dict[str, Any] = {"pattern": "summary", "input": long, "maxCost": 0.000_001}
    assert (await scene.run(**body))["error"]["code"] == "cost_cap_reached"
    error_of(await scene.world.mine.post("/api/v1/runs", json={**body, "input": long + "x"}), 422, "invalid_input")
    prompts = {"prompts": [{"userInput": long + "x"}]}
    assert "at most 4000000 are accepted" in (await scene.world.mine.post("/fabric/chat", json=prompts)).text
    more = b" " * 16_000_001
    headers = {"Content-Type": "application/json"}
    error_of(await scene.world.mine.post("/api/v1/runs", content=more, headers=headers), 413, "body_too_large")
    assert (await scene.world.mine.post("/fabric/chat", content=more)).status_code == 413


async def test_nobody_sees_the_runs_or_uses_the_patterns_of_another_workspace(scene: Scene) -> None:
    await scene.put("mine", "Mine: {{input}}")
    job = await scene.run(pattern="mine", input="x")
    error_of(await scene.world.theirs.get(f"/api/v1/runs/{job['id']}"), 404, "run_not_found")
    error_of(await scene.world.theirs.post("/api/v1/runs", json={"pattern": "mine"}), 404, "pattern_not_found")
    assert (await scene.world.theirs.get("/api/v1/runs")).json()["items"] == []
    other = await scene.world.submit()
    error_of(await scene.world.mine.get(f"/api/v1/runs/{other['id']}"), 404, "run_not_found")


@pytest.mark.threat("A88")
async def test_what_a_run_may_cost_is_held_and_what_it_did_cost_is_booked(database: Database, tmp_path: Path) -> None:
    plan = Plan("small", spending_per_month=0.01, spending_per_run=0.008)
    plans = Plans({"small": plan}, default=plan)
    async with model_server(says("Short.")) as server:
        models = Models([server.provider(prices={"*": Price(1_000_000, 1_000_000)})])
        quotas = QuotaService(plans)
        async with serving(database, tmp_path, ApiSettings(), models=models, quotas=quotas) as world:
            body = {"pattern": "summary", "input": BEES}
            first = await world.mine.post("/api/v1/runs", json=body)
            assert first.status_code == 202, first.text
            error_of(await world.mine.post("/api/v1/runs", json=body), 429, "spending_exceeded")
            async with worker(world, tmp_path):
                assert (await world.ended(first.json()["id"]))["status"] == "succeeded"
            assert (await world.mine.post("/api/v1/runs", json=body)).status_code == 202
        await models.close()
