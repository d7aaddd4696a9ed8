"""Posts at the door: edited by people, written in a workspace's voice."""

from typing import Any

from tests.api.matrix import produced
from tests.api.test_productions import transcript
from tests.api.world import World, error_of

VOICE: dict[str, Any] = {
    "name": "Acme",
    "description": "Plain and warm.",
    "dos": ["use short sentences"],
    "donts": ["shout", "use slang"],
    "examples": ["Start here."],
}


async def post(world: World, **more: Any) -> Any:
    source = await transcript(world)
    made = await produced(world, "content", **{"transcript": source["id"], "kinds": ["linkedin"], **more})
    return (await world.mine.get(f"/api/v1/content/{made}")).json()


async def test_a_post_is_edited_as_its_next_version(working: World) -> None:
    before = await post(working)
    paragraphs = [{"text": "Hello, everybody."}, {"text": before["document"]["paragraphs"][1]["text"]}]
    where = f"/api/v1/content/{before['id']}"
    answer = await working.mine.patch(where, json={"version": 1, "paragraphs": paragraphs})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (after["version"], after["latestVersion"]) == (2, 2)
    assert [one["cites"] for one in after["document"]["paragraphs"]] == [
        [],
        before["document"]["paragraphs"][1]["cites"],
    ]
    assert after["madeFrom"] == before["madeFrom"]
    assert after["document"]["parts"] == ["Hello, everybody.\n\nhere is how we cut"]
    assert (await working.mine.get(f"{where}?version=1")).json()["document"] == before["document"]
    same = await working.mine.patch(where, json={"version": 2, "paragraphs": paragraphs})
    assert same.json()["version"] == 2
    error_of(await working.mine.patch(where, json={"version": 1, "hashtags": ["late"]}), 409, "version_changed")
    long = await working.mine.patch(where, json={"version": 2, "paragraphs": [{"text": "x" * 4000}]})
    assert error_of(long, 422, "post_too_long")["details"][0]["pointer"] == "/paragraphs"
    assert error_of(await working.mine.patch(where, json={"version": 2, "platform": "x"}), 422, "invalid_input")


async def test_what_is_null_of_a_post_stays_as_it_was(working: World) -> None:
    before = await post(working)
    changes = {"version": 1, "hashtags": None, "paragraphs": None}
    answer = await working.mine.patch(f"/api/v1/content/{before['id']}", json=changes)
    assert answer.status_code == 200, answer.text
    after = answer.json()["document"]
    assert [after[name] for name in ("hashtags", "paragraphs")] == [
        before["document"][name] for name in ("hashtags", "paragraphs")
    ]


async def test_a_post_is_called_by_its_title(working: World) -> None:
    before = await post(working, kinds=["blog"])
    answer = await working.mine.patch(f"/api/v1/content/{before['id']}", json={"version": 1, "title": "Cut"})
    assert (answer.json()["title"], answer.json()["document"]["title"]) == ("Cut", "Cut")


async def test_a_voice_is_kept_changed_and_deleted(world: World) -> None:
    answer = await world.mine.post("/api/v1/voices", json=VOICE)
    kept, where = answer.json(), answer.headers["location"]
    assert (answer.status_code, where) == (201, f"/api/v1/voices/{kept['id']}")
    assert {name: kept[name] for name in VOICE} == VOICE
    found = await world.mine.get(where)
    assert found.json() == kept
    same = await world.mine.get(where, headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304
    error_of(await world.mine.post("/api/v1/voices", json={**VOICE, "name": "ACME"}), 409, "voice_exists")
    assert (await world.theirs.post("/api/v1/voices", json=VOICE)).status_code == 201
    other = (await world.mine.post("/api/v1/voices", json={"name": "Other", "description": "Dry."})).json()
    taken = await world.mine.put(f"/api/v1/voices/{other['id']}", json=VOICE)
    assert error_of(taken, 409, "voice_exists")["details"][0]["pointer"] == "/name"
    changed = await world.mine.put(where, json={**VOICE, "description": "Cold."})
    assert (changed.json()["version"], changed.json()["description"]) == (2, "Cold.")
    assert [one["id"] for one in (await world.mine.get("/api/v1/voices")).json()["items"]] == [other["id"], kept["id"]]
    assert (await world.mine.delete(where)).status_code == 204
    error_of(await world.mine.get(where), 404, "voice_not_found")
    for wrong in ({"name": "a\nb"}, {"description": ""}, {"dos": ["x"] * 11}, {"tone": "dry"}):
        error_of(await world.mine.post("/api/v1/voices", json={**VOICE, **wrong}), 422, "invalid_input")


async def test_posts_are_written_in_a_voice_by_its_id_or_its_name(working: World) -> None:
    voice = (await working.mine.post("/api/v1/voices", json=VOICE)).json()
    source = await transcript(working)
    heard = "Plain and warm.\nDo: use short sentences.\nDo not: shout; use slang.\nIt sounds like this: Start here."
    for name in (voice["id"], "acme"):
        asked = {"transcript": source["id"], "voice": name}
        job = (await working.mine.post("/api/v1/content?wait=20", json=asked)).json()
        assert job["output"]["heard"] == {"voice": heard}
    again = await working.mine.post(f"/api/v1/content/{job['output']['id']}/remake?wait=20")
    assert again.json()["output"]["heard"] == {"voice": heard}
    foreign = await working.theirs.get(f"/api/v1/voices/{voice['id']}")
    error_of(foreign, 404, "voice_not_found")


async def test_a_language_model_that_is_not_there_is_told_at_once(working: World) -> None:
    made = await transcript(working)
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("content", {"transcript": made["id"], "kinds": ["linkedin"], "method": "model"}, "/method"),
        ("highlights", {"transcript": made["id"], "method": "model", "model": "gpt-5-mini"}, "/method"),
        ("repurpose", {"transcript": made["id"], "posts": {"method": "model"}}, "/posts/method"),
        ("repurpose", {"transcript": made["id"], "highlights": {"method": "model"}}, "/highlights/method"),
    ]
    for route, body, pointer in asked:
        error = error_of(await working.mine.post(f"/api/v1/{route}", json=body), 422, "model_not_configured")
        assert [one["pointer"] for one in error["details"]] == [pointer]
    # Where a model is only preferred, our own ways take its place, and the job says so.
    plain = {"transcript": made["id"], "kinds": ["linkedin"], "model": "gpt-5-mini"}
    assert (await working.mine.post("/api/v1/content", json=plain)).status_code == 202
