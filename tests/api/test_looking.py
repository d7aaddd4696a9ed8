"""A look at a timeline before it is rendered, at the door."""

from typing import Any

from tests.api.world import World, document, error_of

LONGFORM = {
    "output": {"format": "mp4"},
    "longform": {
        "backgrounds": [{"src": "https://media.example/a.png"}],
        "audio": [{"src": "https://media.example/a.mp3"}],
    },
}


async def test_an_explanation_comes_with_the_answer(working: World) -> None:
    answer = await working.mine.post("/api/v1/render/explain", json=document("x"))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["type"], answer.json()["output"]["said"]) == ("render.explain", "explained with None")
    answer = await working.mine.post("/api/v1/render/explain?storyboard=6", json=document("x"))
    assert answer.json()["output"]["said"] == "explained with 6"


async def test_a_storyboard_has_nine_frames_unless_told_otherwise(working: World) -> None:
    answer = await working.mine.post("/api/v1/render/storyboard", json=document("x"))
    assert answer.json()["output"]["said"] == "drew 9"
    answer = await working.mine.post("/api/v1/render/storyboard?frames=4", json=document("x"))
    assert answer.json()["output"]["said"] == "drew 4"


async def test_nobody_waits_who_does_not_want_to(world: World) -> None:
    answer = await world.mine.post("/api/v1/render/explain?wait=0", json=document("x"))
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"


async def test_what_cannot_be_looked_at_is_refused(world: World) -> None:
    for path in ("/api/v1/render/explain", "/api/v1/render/storyboard"):
        error_of(await world.mine.post(path, json=LONGFORM), 422, "not_for_longform")
        wrong = document("x")
        wrong["output"]["fps"] = 0
        assert (await world.mine.post(path, json=wrong)).status_code == 422
    for query in ("explain?storyboard=0", "explain?storyboard=65", "storyboard?frames=0", "storyboard?frames=x"):
        error_of(await world.mine.post(f"/api/v1/render/{query}", json=document("x")), 422, "invalid_input")


async def test_a_key_tells_looks_of_different_kinds_apart(world: World) -> None:
    ids = set()
    for path in ("explain", "explain", "storyboard", "storyboard"):
        headers = {"Idempotency-Key": "k"}
        answer = await world.mine.post(f"/api/v1/render/{path}?wait=0", json=document("x"), headers=headers)
        ids.add(answer.json()["id"])
    assert len(ids) == 2
    answer = await world.mine.post(
        "/api/v1/render/storyboard?wait=0&frames=3", json=document("x"), headers={"Idempotency-Key": "k"}
    )
    error_of(answer, 422, "idempotency_key_reused")


async def test_files_deep_inside_a_timeline_are_checked_too(world: World) -> None:
    def inside(src: str) -> dict[str, Any]:
        image = {"asset": {"type": "image", "src": src}, "length": 1}
        nested = {"type": "timeline", "timeline": {"tracks": [{"clips": [image]}]}}
        return {"timeline": {"tracks": [{"clips": [{"asset": nested, "length": 1}]}]}}

    answer = await world.mine.post("/api/v1/render/validate", json=inside("https://media.example/a.png"))
    assert answer.status_code == 200, answer.text
    (source,) = answer.json()["sources"]
    assert source["pointers"] == [
        "/timeline/tracks/0/clips/0/asset/timeline/tracks/0/clips/0/asset/src",
    ]
    answer = await world.mine.post("/api/v1/render", json=inside("http://127.0.0.1/a.png"))
    error_of(answer, 422, "url_not_allowed")
