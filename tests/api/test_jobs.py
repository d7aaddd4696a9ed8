"""Jobs: shown, listed, cancelled, run again. Threat A48."""

from typing import Any

import pytest

from tests.api.world import World, error_of


async def test_a_finished_job_shows_what_it_made(working: World) -> None:
    job = await working.ended((await working.submit("hello"))["id"])
    assert job["status"] == "succeeded"
    assert job["output"] == {"said": "hello", "artifacts": [job["artifacts"][0]["id"]], "duration": 1.0}
    assert job["startedAt"] <= job["finishedAt"]
    artifact = job["artifacts"][0]
    assert artifact.keys() == {"id", "kind", "name", "url", "contentType", "sizeBytes", "sha256", "expiresAt"}
    film = await working.nobody.get(artifact["url"])
    assert film.content == b"film of hello"
    assert film.headers["content-type"] == "video/mp4"
    assert len(film.content) == artifact["sizeBytes"]


async def test_a_failed_job_says_why_and_where(working: World) -> None:
    job = await working.ended((await working.submit("wrong"))["id"])
    assert job["status"] == "failed"
    assert job["error"]["code"] == "not_media"
    assert job["error"]["retryable"] is False
    assert job["error"]["details"][0]["pointer"] == "/timeline/tracks/0/clips/0"
    assert "deadAt" not in job


async def test_jobs_are_listed_newest_first_in_pages(world: World) -> None:
    made = [(await world.submit(f"job {number}"))["id"] for number in range(7)]
    await world.submit("not mine", world.theirs)
    seen: list[str] = []
    path = "/api/v1/jobs?limit=3&type=render"
    pages = 0
    while path:
        answer = await world.mine.get(path)
        body = answer.json()
        assert all("input" not in job for job in body["items"])
        seen += [job["id"] for job in body["items"]]
        pages += 1
        link = answer.headers.get("link")
        assert (link is None) == ("nextCursor" not in body)
        if link is not None:
            assert link.endswith('; rel="next"')
            assert body["nextCursor"] in link
        path = link.split(">")[0].removeprefix("<") if link else ""
    assert seen == list(reversed(made))
    assert pages == 3


async def test_jobs_are_listed_by_state_and_type(world: World) -> None:
    queued = await world.submit("a")
    cancelled = await world.submit("b")
    await world.mine.post(f"/api/v1/jobs/{cancelled['id']}/cancel")

    async def ids(query: str) -> list[str]:
        return [job["id"] for job in (await world.mine.get(f"/api/v1/jobs?{query}")).json()["items"]]

    assert await ids("status=queued") == [queued["id"]]
    assert await ids("status=cancelled") == [cancelled["id"]]
    assert await ids("status=running") == []
    assert await ids("type=render&status=queued") == [queued["id"]]
    assert await ids("type=transcribe") == []


@pytest.mark.threat("A48")
async def test_a_cursor_of_another_workspace_is_refused(world: World) -> None:
    for number in range(2):
        await world.submit(f"job {number}")
    cursor = (await world.mine.get("/api/v1/jobs?limit=1")).json()["nextCursor"]
    error_of(await world.theirs.get("/api/v1/jobs", params={"cursor": cursor}), 422, "bad_cursor")
    error_of(await world.mine.get("/api/v1/assets", params={"cursor": cursor}), 422, "bad_cursor")
    error_of(await world.mine.get("/api/v1/dead-letters", params={"cursor": cursor}), 422, "bad_cursor")


async def test_a_job_that_did_not_change_is_not_sent_again(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    path = f"/api/v1/jobs/{job['id']}"
    etag = (await working.mine.get(path)).headers["etag"]
    for header in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        again = await working.mine.get(path, headers={"If-None-Match": header})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "private, no-cache"
    assert (await working.mine.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_job_that_changed_is_sent_again(world: World) -> None:
    job = await world.submit()
    path = f"/api/v1/jobs/{job['id']}"
    etag = (await world.mine.get(path)).headers["etag"]
    await world.mine.post(f"{path}/cancel")
    again = await world.mine.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert again.headers["etag"] != etag


async def test_a_queued_job_is_cancelled_at_once_and_may_run_again(world: World) -> None:
    job = await world.submit()
    path = f"/api/v1/jobs/{job['id']}"
    for _ in range(2):
        answer = await world.mine.post(f"{path}/cancel")
        assert answer.status_code == 200
        assert answer.json()["status"] == "cancelled"
    answer = await world.mine.post(f"{path}/retry")
    assert answer.status_code == 202
    assert answer.headers["location"] == path
    assert answer.json()["status"] == "queued"
    error_of(await world.mine.post(f"{path}/retry"), 409, "job_not_retryable")


async def test_a_running_job_is_cancelled_within_seconds(working: World) -> None:
    job = await working.submit("hang")
    while (await working.mine.get(f"/api/v1/jobs/{job['id']}")).json()["status"] != "running":
        pass
    await working.mine.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert (await working.ended(job["id"]))["status"] == "cancelled"


async def test_what_succeeded_is_neither_cancelled_nor_run_again(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    error_of(await working.mine.post(f"/api/v1/jobs/{job['id']}/cancel"), 409, "job_ended")
    error_of(await working.mine.post(f"/api/v1/jobs/{job['id']}/retry"), 409, "job_not_retryable")


async def test_a_job_without_attempts_left_becomes_a_dead_letter_that_can_be_driven_again(working: World) -> None:
    job = await working.ended((await working.submit("die"))["id"])
    assert job["status"] == "failed"
    assert job["deadAt"]
    assert [attempt["attempt"] for attempt in job["error"]["attempts"]] == [1, 2]
    assert {attempt["code"] for attempt in job["error"]["attempts"]} == {"source_timeout"}
    listed = (await working.mine.get("/api/v1/dead-letters")).json()["items"]
    assert [dead["id"] for dead in listed] == [job["id"]]
    assert (await working.theirs.get("/api/v1/dead-letters")).json() == {"items": []}

    answer = await working.theirs.post("/api/v1/dead-letters/redrive", json={"ids": [job["id"]]})
    assert answer.json() == {"redriven": []}
    answer = await working.mine.post("/api/v1/dead-letters/redrive", json={"ids": [job["id"], "job_none"]})
    assert answer.json() == {"redriven": [job["id"]]}
    assert (await working.ended(job["id"]))["status"] == "failed"
    answer = await working.mine.post("/api/v1/dead-letters/redrive", json={"all": True})
    assert answer.json() == {"redriven": [job["id"]]}


async def test_dead_letters_come_in_pages(working: World) -> None:
    made = [(await working.submit(f"die {number}"))["id"] for number in range(3)]
    for job_id in made:
        await working.ended(job_id)
    first = await working.mine.get("/api/v1/dead-letters?limit=2")
    second = await working.mine.get("/api/v1/dead-letters", params={"cursor": first.json()["nextCursor"], "limit": 2})
    assert [job["id"] for page in (first, second) for job in page.json()["items"]] == list(reversed(made))
    assert "nextCursor" not in second.json()


async def test_driving_again_needs_to_know_what(world: World) -> None:
    both = {"ids": ["job_1"], "all": True}
    bodies: list[Any] = [{}, {"ids": []}, both, {"all": False}, {"ids": "job_1"}, {"ids": [1]}]
    for body in bodies:
        answer = await world.mine.post("/api/v1/dead-letters/redrive", json=body)
        assert answer.status_code == 422, body
        assert answer.json()["error"]["details"]
