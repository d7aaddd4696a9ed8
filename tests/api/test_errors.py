"""Every error in one envelope. Threats A48, A49, A61, A74, A95."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from cutroom.api import make_app
from cutroom.db import Database, make_engine
from tests.api.world import World, document, error_of

UNKNOWN_JOB = "job_01aaaaaaaaaaaaaaaaaaaaaaaa"


def over(world: World, **changes: Any) -> httpx2.AsyncClient:
    """A client of the same application with other services behind it."""
    app = make_app(replace(world.services, **changes))
    headers = {"Authorization": f"Bearer {world.api_key}"}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test", headers=headers)


async def test_an_unknown_address_is_answered_in_the_envelope(world: World) -> None:
    for path in ("/", "/api/v1", "/api/v1/nothing", "/api/v1/jobs/", "/api/v2/jobs", "/%00", "/é", "//api/v1/jobs"):
        error_of(await world.mine.get(path), 404, "not_found")


@pytest.mark.threat("A95")
async def test_a_running_server_shows_no_map_of_itself(world: World) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/api/v1/openapi.json", "/docs/oauth2-redirect"):
        error_of(await world.mine.get(path), 404, "not_found")


async def test_an_address_that_could_be_an_id_too_takes_what_it_says_itself(world: World) -> None:
    for path, methods in (("/api/v1/assets/import", "POST"), ("/api/v1/transcripts/trn_1.srt", "GET")):
        answer = await world.mine.request("OPTIONS", path)
        error_of(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == methods


async def test_a_wrong_method_is_told_which_are_right(world: World) -> None:
    for method, path in (("GET", "/api/v1/render"), ("PATCH", "/api/v1/jobs"), ("POST", "/livez"), ("TRACE", "/livez")):
        answer = await world.mine.request(method, path)
        error_of(answer, 405, "method_not_allowed")
        assert method not in answer.headers["allow"].split(", ")
        assert answer.headers["allow"]


@pytest.mark.threat("A95")
async def test_without_a_key_nothing_is_said_about_what_exists(world: World) -> None:
    job = await world.submit()
    for path in (f"/api/v1/jobs/{job['id']}", f"/api/v1/jobs/{UNKNOWN_JOB}", "/api/v1/jobs", "/metrics"):
        answer = await world.nobody.get(path)
        error_of(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_wrong_key_is_refused(world: World) -> None:
    for name, value in (
        (b"Authorization", b"Bearer ctr_wrong"),
        (b"Authorization", b"Bearer ctr_" + b"a" * 43),
        (b"Authorization", b"Bearer"),
        (b"Authorization", b"Basic Y3RyXzp4"),
        (b"X-API-Key", b"ctr_" + b"a" * 43),
        (b"X-API-Key", b"x" * 10_000),
        (b"X-API-Key", b"\xe9"),
    ):
        error_of(await world.nobody.get("/api/v1/jobs", headers={name: value}), 401, "unauthenticated")


async def test_a_key_may_come_in_either_header(world: World) -> None:
    for headers in ({"Authorization": f"bearer {world.api_key}"}, {"X-API-Key": world.api_key}):
        assert (await world.nobody.get("/api/v1/jobs", headers=headers)).status_code == 200


@pytest.mark.threat("A61")
async def test_a_key_in_the_url_is_refused_even_beside_a_good_one(world: World) -> None:
    for name in ("api_key", "apiKey", "token", "access_token", "X-API-Key", "limit", "anything"):
        answer = await world.mine.get("/api/v1/jobs", params={name: world.api_key})
        error = error_of(answer, 400, "key_in_url")
        assert world.api_key not in str(error)


async def test_a_body_is_not_read_for_somebody_unknown(world: World) -> None:
    answer = await world.nobody.post("/api/v1/render", content=b"{", headers={"Content-Type": "application/json"})
    error_of(answer, 401, "unauthenticated")


@pytest.mark.threat("A48", "A74")
async def test_a_wrong_parameter_is_named(world: World) -> None:
    for query, pointer in (
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("limit=ten", "?limit"),
        ("limit=" + "9" * 5_000, "?limit"),
        ("status=waiting", "?status"),
        ("status='; drop table jobs; --", "?status"),
        ("type=%00", "?type"),
        ("type=a' or 1=1", "?type"),
        ("cursor=x", "?cursor"),
        ("cursor=" + "x" * 600, "?cursor"),
        ("workspace_id=ws_1", "?workspace_id"),
        ("workspaceId=ws_1", "?workspaceId"),
        ("sort=id", "?sort"),
    ):
        answer = await world.mine.get(f"/api/v1/jobs?{query}")
        assert answer.status_code == 422
        assert answer.json()["error"]["details"][0]["pointer"] == pointer


@pytest.mark.threat("A49")
async def test_a_field_that_is_not_for_callers_to_set_is_refused(world: World) -> None:
    for name, value in {"workspaceId": "ws_1", "workspace_id": "ws_1", "status": "succeeded", "attempt": 9}.items():
        answer = await world.mine.post("/api/v1/render", json={**document("x"), name: value})
        error = error_of(answer, 422, "unknown_field")
        assert error["details"][0]["pointer"] == f"/{name}"
        answer = await world.mine.post("/api/v1/dead-letters/redrive", json={"all": True, name: value})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"][0]["pointer"] == f"/{name}"


async def test_a_bug_of_ours_says_nothing_but_its_id(world: World) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("the canary in the traceback")

    source = document("x")
    source["timeline"]["tracks"][0]["clips"][0]["asset"] = {"type": "image", "src": "https://media.example/a.png"}
    with capture_logs() as logs:
        async with over(world, check_url=broken) as client:
            answer = await client.post("/api/v1/render", json=source)
    error_of(answer, 500, "internal_error")
    assert "canary" not in answer.text
    failed = next(line for line in logs if line["event"] == "http.failed")
    assert "canary" in str(failed["exc_info"])


@pytest.mark.threat("P10")
async def test_without_a_database_the_answer_is_to_come_back_later(world: World) -> None:
    nowhere = Database(make_engine("postgresql://nobody@127.0.0.1:1/none", name="tests"))
    async with over(world, database=nowhere) as client:
        for answer in (
            await client.get("/api/v1/jobs"),
            await client.post("/api/v1/render", json=document("x")),
            await client.get("/readyz"),
        ):
            error_of(answer, 503, "database_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        assert (await client.get("/livez")).status_code == 200
        health = (await client.get("/health")).json()
        assert health["status"] == "degraded"
    await nowhere.close()
