"""Plans over HTTP: what is refused, what is counted, what is given back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.conftest import serving, worker
from tests.api.world import World, document, error_of

TWO: Mapping[str, Plan] = MappingProxyType(
    {"two": Plan("two", jobs_per_month=2, minutes_per_month=0.1, storage_bytes=1_000, max_upload_bytes=500)}
)


@pytest.fixture
async def small(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which everybody has two jobs a month, and a worker."""
    quotas = QuotaService(Plans(TWO, TWO["two"]))
    async with serving(database, tmp_path, ApiSettings(), quotas=quotas) as world, worker(world, tmp_path):
        yield world


async def month(world: World) -> tuple[int, int, float, float]:
    used = (await world.mine.get("/api/v1/usage")).json()["months"][0]
    return used["jobs"], used["jobsHeld"], round(used["minutes"] * 60, 1), round(used["minutesHeld"] * 60, 1)


async def test_a_plan_is_shown(small: World) -> None:
    assert (await small.mine.get("/api/v1/plan")).json() == {
        "name": "two",
        "jobsPerMonth": 2,
        "minutesPerMonth": 0.1,
        "spendingPerMonth": None,
        "spendingPerRun": None,
        "storageBytes": 1000,
        "concurrentJobs": None,
        "queuedJobs": None,
        "logDays": None,
        "maxUploadBytes": 500,
        "maxSourceSeconds": None,
    }


async def test_jobs_are_held_then_counted_and_refused_when_the_month_is_used_up(small: World) -> None:
    first = await small.submit("wait 0.5")
    assert await month(small) == (0, 1, 0.0, 1.0)
    await small.ended(first["id"])
    assert await month(small) == (1, 0, 1.0, 0.0)
    await small.ended((await small.submit("second"))["id"])
    refused = await small.mine.post("/api/v1/render", json=document("third"))
    error = error_of(refused, 429, "jobs_exceeded")
    assert "2 jobs a month" in error["message"]
    assert int(refused.headers["retry-after"]) > 0
    assert (await small.submit("theirs", small.theirs))["status"] == "queued"


async def test_what_was_refused_leaves_no_job_and_keeps_no_idempotency_key(small: World) -> None:
    long = document("long")
    long["timeline"]["tracks"][0]["clips"][0]["length"] = 7
    key = {"Idempotency-Key": "one"}
    error_of(await small.mine.post("/api/v1/render", json=long, headers=key), 429, "minutes_exceeded")
    assert (await small.mine.get("/api/v1/jobs")).json()["items"] == []
    long["timeline"]["tracks"][0]["clips"][0]["length"] = 6
    assert (await small.mine.post("/api/v1/render", json=long, headers=key)).status_code == 202


async def test_content_is_charged_by_the_seconds_of_what_it_is_about(small: World) -> None:
    clip = {"source": "https://media.example/a.mp4", "start": 10, "end": 17}
    error_of(await small.mine.post("/api/v1/clips", json=clip), 429, "minutes_exceeded")
    assert (await small.mine.post("/api/v1/clips?wait=20", json={**clip, "end": 12.5})).status_code == 200
    assert await month(small) == (1, 0, 2.5, 0.0)
    # Nobody knows how long a recording on the internet is before it is fetched: it is counted when it was heard.
    heard = await small.mine.post("/api/v1/transcripts?wait=20", json={"source": clip["source"]})
    assert await month(small) == (2, 0, 2.5 + heard.json()["output"]["duration"], 0.0)


async def test_a_failed_job_costs_nothing_and_its_repetition_is_charged_again(small: World) -> None:
    job = await small.ended((await small.submit("wrong"))["id"])
    assert job["status"] == "failed"
    assert await month(small) == (0, 0, 0.0, 0.0)
    assert (await small.mine.post(f"/api/v1/jobs/{job['id']}/retry")).status_code == 202
    await small.ended(job["id"])
    await small.submit("hang one")
    await small.submit("hang two")
    error_of(await small.mine.post(f"/api/v1/jobs/{job['id']}/retry"), 429, "jobs_exceeded")


async def test_a_cancelled_job_is_given_back(small: World) -> None:
    job = await small.submit("hang")
    assert (await month(small))[1] == 1
    await small.mine.post(f"/api/v1/jobs/{job['id']}/cancel")
    await small.ended(job["id"])
    assert await month(small) == (0, 0, 0.0, 0.0)


async def test_the_same_work_is_charged_once(small: World) -> None:
    first, second = await small.submit("hang"), await small.submit("hang")
    assert first["id"] == second["id"]
    assert (await month(small))[1] == 1


@pytest.mark.threat("A89")
async def test_of_fifty_requests_at_the_last_job_exactly_one_is_accepted(small: World) -> None:
    await small.submit("hang")
    answers = await asyncio.gather(
        *(small.mine.post("/api/v1/render", json=document(f"hang {number}")) for number in range(50))
    )
    assert sorted({answer.status_code for answer in answers}) == [202, 429]
    assert [answer.status_code for answer in answers].count(202) == 1
    assert len((await small.mine.get("/api/v1/jobs")).json()["items"]) == 2


async def test_looking_before_rendering_costs_nothing(small: World) -> None:
    for path in ("render/explain", "render/storyboard", "render/validate"):
        answer = await small.mine.post(f"/api/v1/{path}", json=document("look"))
        assert answer.status_code < 300, answer.text
    assert await month(small) == (0, 0, 0.0, 0.0)


@pytest.mark.parametrize(("size_bytes", "status", "code"), [(501, 422, "upload_too_large"), (400, 201, None)])
async def test_uploads_keep_to_the_plan(small: World, size_bytes: int, status: int, code: str | None) -> None:
    body: dict[str, Any] = {"name": "a.png", "contentType": "image/png", "sizeBytes": size_bytes}
    answer = await small.mine.post("/api/v1/uploads", json=body)
    if code is None:
        assert answer.status_code == status, answer.text
    else:
        assert answer.json()["error"]["code"] == code


async def test_there_is_no_room_beyond_the_plan(small: World) -> None:
    body = {"name": "a.png", "contentType": "image/png", "sizeBytes": 400}
    assert [(await small.mine.post("/api/v1/uploads", json=body)).status_code for _ in range(3)] == [201, 201, 429]
