"""Repurposing at the door: what is asked for, what is refused, and how one part is made again."""

from typing import Any

from tests.api.matrix import unknown
from tests.api.test_productions import URL, transcript
from tests.api.world import World, error_of

WHERE = "/api/v1/repurpose"


async def asked(world: World, **body: Any) -> Any:
    answer = await world.mine.post(WHERE, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_a_recording_becomes_a_job_with_its_wishes(world: World) -> None:
    wishes = {
        "clips": {"count": 2, "platform": "tiktok"},
        "posts": {"kinds": ["blog"], "tone": "dry"},
        "subtitles": None,
    }
    job = await asked(world, source=URL, **wishes)
    assert (job["type"], job["status"]) == ("repurpose", "queued")
    assert job["input"] == {"source": URL, **wishes}


async def test_one_part_is_made_of_a_transcript_that_there_is(working: World) -> None:
    source = await transcript(working)
    job = await asked(
        working,
        transcript=source["id"],
        version=1,
        subtitles=None,
        highlights=None,
        clips=None,
        posts={"kinds": ["blog"]},
    )
    assert job["input"]["transcript"] == source["id"]


async def test_a_voice_is_named_and_its_words_are_told(working: World) -> None:
    await working.mine.post("/api/v1/voices", json={"name": "Acme", "description": "Plain and warm."})
    job = await asked(working, source=URL, voice="Acme")
    assert "Plain and warm." in job["input"]["voice"]
    wrong = await working.mine.post(WHERE, json={"source": URL, "voice": "Nobody"})
    error_of(wrong, 422, "voice_not_found")


async def test_what_makes_no_sense_is_refused_with_a_pointer(working: World) -> None:
    source = await transcript(working)
    for body in (
        {},
        {"source": URL, "transcript": source["id"]},
        {"source": URL, "version": 1},
        {"source": URL, "highlights": None},
        {"source": URL, "clips": {"count": 21}},
        {"source": URL, "posts": {"kinds": ["myspace"]}},
        {"source": URL, "into": "clp_x"},
        {"source": URL, "subtitles": {"transcript": source["id"]}},
        {"source": URL, "more": 1},
    ):
        answer = await working.mine.post(WHERE, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input"), body
    missing = await working.mine.post(WHERE, json={"transcript": unknown("transcript_id")})
    assert error_of(missing, 422, "transcript_not_found")["details"][0]["pointer"] == "/transcript"
    foreign = await working.mine.post(WHERE, json={"source": "http://169.254.169.254/x.mp4"})
    assert error_of(foreign, 422, "url_not_allowed")["details"][0]["pointer"] == "/source"


async def test_another_workspaces_transcript_is_none(working: World) -> None:
    source = await transcript(working)
    answer = await working.theirs.post(WHERE, json={"transcript": source["id"]})
    error_of(answer, 422, "transcript_not_found")


async def test_the_same_key_gives_the_same_job(world: World) -> None:
    body = {"source": URL, "idempotencyKey": "once"}
    first, second = await asked(world, **body), await asked(world, **body)
    assert first["id"] == second["id"]
    error_of(await world.mine.post(WHERE, json={**body, "clips": None}), 422, "idempotency_key_reused")
