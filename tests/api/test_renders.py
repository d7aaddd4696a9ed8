"""From a timeline to a job. Threats A01 to A06 and A12 at the door, A72."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.api.world import World, document, error_of
from tests.timeline.wrong import WRONG

REQUEST = {"Content-Type": "application/json"}


def with_source(src: str) -> dict[str, Any]:
    made = document("x")
    made["timeline"]["tracks"][0]["clips"][0]["asset"] = {"type": "image", "src": src}
    return made


async def test_a_timeline_becomes_a_job(world: World) -> None:
    answer = await world.mine.post("/api/v1/render", json=document("hello"))
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert int(answer.headers["retry-after"]) >= 1
    assert job["id"].startswith("job_")
    assert (job["type"], job["status"], job["progress"], job["attempt"]) == ("render", "queued", 0, 0)
    assert job["artifacts"] == []
    assert job["input"]["timeline"]["tracks"][0]["clips"][0]["asset"]["text"] == "hello"
    assert {"startedAt", "finishedAt", "error", "runAt", "deadAt"}.isdisjoint(job)
    assert (await world.mine.get(answer.headers["location"])).json() == job


async def test_every_wrong_document_is_refused_with_a_pointer_and_a_sentence(world: World) -> None:
    assert len(WRONG) >= 40
    for wrong in WRONG:
        if wrong.pointer == "/callbackUrl":  # no part of a document, but of a request; see test_webhooks
            continue
        raw = wrong.document if isinstance(wrong.document, bytes) else json.dumps(wrong.document).encode()
        for path in ("/api/v1/render", "/api/v1/render/validate"):
            answer = await world.mine.post(path, content=raw, headers=REQUEST)
            assert 400 <= answer.status_code < 500, (wrong.name, answer.text)
            error = error_of(answer, answer.status_code, answer.json()["error"]["code"])
            found = [(detail["code"], detail["pointer"]) for detail in error.get("details", ())]
            assert (wrong.code, wrong.pointer) in found or (wrong.code, wrong.pointer) == (error["code"], ""), (
                wrong.name
            )
            assert all(detail["message"].strip() for detail in error.get("details", ()))
    assert (await world.mine.get("/api/v1/jobs")).json() == {"items": []}


async def test_sources_that_nobody_may_fetch_are_refused_before_there_is_a_job(world: World) -> None:
    for url in (
        "http://127.0.0.1/a.png",
        "http://127.1/a.png",
        "http://2130706433/a.png",
        "http://[::1]/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/a.png",
        "http://media.example:5432/a.png",
    ):
        error = error_of(await world.mine.post("/api/v1/render", json=with_source(url)), 422, "url_not_allowed")
        assert error["details"][0]["pointer"] == "/timeline/tracks/0/clips/0/asset/src"


@pytest.mark.parametrize(
    "asset",
    [
        {"type": "svg", "svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"/>'},
        {"type": "html", "html": "<p>Hello"},
        {"type": "text", "text": "Hello"},
        {"type": "timeline", "timeline": document("inside")["timeline"]},
    ],
    ids=lambda asset: asset["type"],
)
async def test_what_stands_in_the_document_is_no_file(world: World, asset: dict[str, Any]) -> None:
    body = document("outside")
    body["timeline"]["tracks"] = [{"clips": [{"asset": asset, "start": 0, "length": 1}]}]
    answer = await world.mine.post("/api/v1/render", json=body)
    assert answer.status_code == 202, answer.text


async def test_an_asset_that_is_not_there_is_refused_before_there_is_a_job(world: World) -> None:
    for asset_id in ("ast_1", "ast_01aaaaaaaaaaaaaaaaaaaaaaaa"):
        answer = await world.mine.post("/api/v1/render", json=with_source(f"asset:{asset_id}"))
        error = error_of(answer, 422, "source_not_found")
        assert error["details"][0]["pointer"] == "/timeline/tracks/0/clips/0/asset/src"


async def test_validating_says_what_would_be_rendered_and_makes_no_job(world: World) -> None:
    answer = await world.mine.post("/api/v1/render/validate", json=with_source("https://media.example/a.png"))
    assert answer.status_code == 200
    assert answer.json() == {
        "valid": True,
        "sources": [
            {
                "src": "https://media.example/a.png",
                "kind": "image",
                "pointers": ["/timeline/tracks/0/clips/0/asset/src"],
            }
        ],
    }
    assert (await world.mine.get("/api/v1/jobs")).json() == {"items": []}


async def test_the_same_work_is_done_once_while_it_is_under_way(world: World) -> None:
    first = await world.submit("same")
    answer = await world.mine.post("/api/v1/render", json=document("same"))
    assert answer.status_code == 202
    assert answer.json()["id"] == first["id"]
    assert answer.headers["idempotent-replayed"] == "true"
    assert (await world.submit("other"))["id"] != first["id"]
    assert (await world.submit("same", world.theirs))["id"] != first["id"]


@pytest.mark.threat("A72", "P4")
async def test_a_key_gives_the_same_job_for_the_same_body(world: World) -> None:
    for header in ("my-key", '"my-key"', '"my\\"key"', "my key", "k" * 255):
        first = await world.submit("once", headers={"Idempotency-Key": header})
        again = await world.mine.post("/api/v1/render", json=document("once"), headers={"Idempotency-Key": header})
        assert again.json()["id"] == first["id"]
        assert again.headers["idempotent-replayed"] == "true"


async def test_a_bare_key_a_quoted_one_and_one_in_the_body_are_the_same_key(world: World) -> None:
    bare = await world.submit("once", headers={"Idempotency-Key": "k"})
    quoted = await world.submit("once", headers={"Idempotency-Key": '"k"'})
    inside = await world.mine.post("/api/v1/render", json={**document("once"), "idempotencyKey": "k"})
    both = await world.mine.post(
        "/api/v1/render", json={**document("once"), "idempotencyKey": "k"}, headers={"Idempotency-Key": "k"}
    )
    assert bare["id"] == quoted["id"] == inside.json()["id"] == both.json()["id"]


@pytest.mark.threat("A72", "P4")
async def test_a_key_with_another_body_is_refused(world: World) -> None:
    await world.submit("one", headers={"Idempotency-Key": "k"})
    answer = await world.mine.post("/api/v1/render", json=document("two"), headers={"Idempotency-Key": "k"})
    error_of(answer, 422, "idempotency_key_reused")


@pytest.mark.threat("A72", "P4")
async def test_other_keys_and_other_workspaces_give_other_jobs(world: World) -> None:
    first = await world.submit("x", headers={"Idempotency-Key": "a"})
    assert (await world.submit("x", headers={"Idempotency-Key": "b"}))["id"] != first["id"]
    assert (await world.submit("x", world.theirs, headers={"Idempotency-Key": "a"}))["id"] != first["id"]


async def test_the_order_of_fields_does_not_make_another_body(world: World) -> None:
    first = await world.submit("x", headers={"Idempotency-Key": "a"})
    turned = dict(reversed(document("x").items()))
    answer = await world.mine.post("/api/v1/render", json=turned, headers={"Idempotency-Key": "a"})
    assert answer.json()["id"] == first["id"]


@pytest.mark.threat("A72", "P4")
async def test_many_that_send_the_same_key_at_once_get_one_job(world: World) -> None:
    answers = await asyncio.gather(
        *(
            world.mine.post("/api/v1/render", json=document("race"), headers={"Idempotency-Key": "race"})
            for _ in range(10)
        )
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


async def test_a_key_that_is_none_is_refused(world: World) -> None:
    for header in (b"", b'""', b"k" * 256, b"\xe9", b'"\xe9"'):
        answer = await world.mine.post("/api/v1/render", json=document("x"), headers={b"Idempotency-Key": header})
        error = error_of(answer, 400, "bad_header")
        assert error["details"][0]["pointer"] == "Idempotency-Key:"
    wrong: list[Any] = ["", "k" * 256, "é", 5, ["k"], {}]
    for key in wrong:
        answer = await world.mine.post("/api/v1/render", json={**document("x"), "idempotencyKey": key})
        error = error_of(answer, 422, "bad_idempotency_key")
        assert error["details"][0]["pointer"] == "/idempotencyKey"
    answer = await world.mine.post(
        "/api/v1/render", json={**document("x"), "idempotencyKey": "a"}, headers={"Idempotency-Key": "b"}
    )
    error_of(answer, 422, "bad_idempotency_key")


async def test_waiting_answers_at_once_when_the_job_ends(working: World) -> None:
    started = asyncio.get_running_loop().time()
    answer = await working.mine.post("/api/v1/render?wait=15", json=document("quick"))
    assert asyncio.get_running_loop().time() - started < 10
    assert answer.status_code == 200
    job = answer.json()
    assert (job["status"], job["progress"]) == ("succeeded", 100)
    assert len(job["artifacts"]) == 1
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"


async def test_waiting_ends_with_the_time_given(working: World) -> None:
    answer = await working.mine.post("/api/v1/render?wait=0.3", json=document("hang"))
    assert answer.status_code == 202
    assert answer.json()["status"] in {"queued", "running"}
    assert answer.headers["retry-after"]


async def test_waiting_for_what_has_ended_answers_with_it(working: World) -> None:
    headers = {"Idempotency-Key": "k"}
    first = await working.mine.post("/api/v1/render?wait=15", json=document("x"), headers=headers)
    again = await working.mine.post("/api/v1/render?wait=15", json=document("x"), headers=headers)
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["artifacts"][0]["id"] == first.json()["artifacts"][0]["id"]


async def test_a_wait_that_is_no_time_is_refused(world: World) -> None:
    for wait in ("-1", "91", "nan", "inf", "soon", ""):
        answer = await world.mine.post(f"/api/v1/render?wait={wait}", json=document("x"))
        error = error_of(answer, 422, "invalid_input")
        assert error["details"][0]["pointer"] == "?wait"


async def test_waiting_ends_when_the_client_leaves(working: World) -> None:
    with capture_logs() as logs:
        with suppress(httpx2.ReadTimeout):
            await working.mine.post("/api/v1/render?wait=60", json=document("hang"), timeout=0.5)
        async with asyncio.timeout(60):
            while not any(line["event"] == "http.request" for line in logs):
                await asyncio.sleep(0.02)
    assert [line for line in logs if line["event"] == "http.failed"] == []


async def test_waiting_ends_when_the_server_stops(working: World) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(working.mine.post("/api/v1/render?wait=60", json=document("hang")))
        while not (await working.mine.get("/api/v1/jobs")).json()["items"]:
            await asyncio.sleep(0.02)
        assert not waiting.done()
        working.services.stopping.set()
    assert waiting.result().status_code == 202
