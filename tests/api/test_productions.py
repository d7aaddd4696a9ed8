"""What can be done with every kind of production at the door, shown on transcripts, highlights and posts."""

import json
from typing import Any

from tests.api.matrix import produced, unknown
from tests.api.test_uploads import uploaded
from tests.api.world import World, error_of

JSON = {"Content-Type": "application/json"}
URL = "https://media.example/talk.mp4"


async def transcript(world: World, **more: Any) -> Any:
    made = await produced(world, "transcripts", **{"source": URL, **more})
    return (await world.mine.get(f"/api/v1/transcripts/{made}")).json()


async def edit(world: World, transcript_id: str, version: int, text: str = "another beginning") -> Any:
    body = {"version": version, "operations": [{"op": "replaceText", "segment": 0, "text": text}]}
    answer = await world.mine.patch(f"/api/v1/transcripts/{transcript_id}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(world: World, path: str) -> Any:
    answer = await world.mine.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_request_becomes_a_job_and_the_job_a_production(working: World) -> None:
    answer = await working.mine.post("/api/v1/transcripts", json={"source": URL, "language": "en"})
    job = answer.json()
    assert (answer.status_code, job["type"], job["input"]) == (202, "transcribe", {"source": URL, "language": "en"})
    done = await working.ended(job["id"])
    shown = await found(working, f"transcripts/{done['output']['id']}")
    assert (shown["jobId"], shown["version"], shown["latestVersion"], shown["madeFrom"]) == (job["id"], 1, 1, [])
    assert (shown["stale"], shown["staleBecause"], shown["title"]) == (False, [], "Talk")
    assert shown["summary"] == {"source": URL, "sha256": "0" * 64, "language": "en", "duration": 8.0}
    assert shown["document"]["segments"][0]["words"][0] == {
        "text": "welcome",
        "start": 0.5,
        "end": 0.7,
        "confidence": 0.8,
        "speaker": "A",
    }


async def test_what_is_made_of_an_edited_transcript_is_stale_and_made_anew(working: World) -> None:
    source = await transcript(working)
    made = {
        "subtitles": await produced(working, "subtitles", transcript=source["id"]),
        "highlights": await produced(working, "highlights", transcript=source["id"]),
        "content": await produced(working, "content", transcript=source["id"], version=1),
    }
    await edit(working, source["id"], 1)
    for path, made_id in made.items():
        shown = await found(working, f"{path}/{made_id}")
        assert shown["stale"] is True
        because = {"id": source["id"], "kind": "transcript", "title": "Talk", "version": 1, "latestVersion": 2}
        assert shown["staleBecause"] == [because]
        assert [one["stale"] for one in (await found(working, path))["items"]] == [True]
        job = (await working.mine.post(f"/api/v1/{path}/{made_id}/remake?wait=20")).json()
        assert (job["status"], job["output"]["id"], job["output"]["version"]) == ("succeeded", made_id, 2)
        again = await found(working, f"{path}/{made_id}")
        assert (again["version"], again["stale"]) == (2, False)
        assert again["madeFrom"] == [{"id": source["id"], "version": 2}]
        assert "beginning" in json.dumps(again["document"])
        assert "beginning" not in json.dumps((await found(working, f"{path}/{made_id}?version=1"))["document"])


async def test_versions_are_listed_and_read(working: World) -> None:
    source = await transcript(working)
    for version in (1, 2):
        await edit(working, source["id"], version, f"edit {version}")
    page = await working.mine.get(f"/api/v1/transcripts/{source['id']}/versions?limit=2")
    versions = page.json()["items"]
    assert [one["version"] for one in versions] == [3, 2]
    assert all(one["editedBy"].startswith("key_") and "jobId" not in one for one in versions)
    following = (await working.mine.get(page.headers["link"].split(";")[0].strip("<>"))).json()
    assert [(one["version"], one["jobId"]) for one in following["items"]] == [(1, source["jobId"])]
    assert "nextCursor" not in following
    old = await found(working, f"transcripts/{source['id']}?version=1")
    assert (old["version"], old["latestVersion"], old["document"]) == (1, 3, source["document"])
    missing = await working.mine.get(f"/api/v1/transcripts/{source['id']}?version=9")
    error_of(missing, 404, "transcript_not_found")


async def test_lists_show_no_documents_and_can_be_filtered(working: World) -> None:
    first, second = await transcript(working), await transcript(working, source="https://media.example/other.mp4")
    posts = [
        await produced(working, "content", transcript=one["id"], kinds=[kind])
        for one, kind in ((first, "blog"), (first, "twitter"), (second, "twitter"))
    ]

    async def ids(path: str) -> list[str]:
        items = (await found(working, path))["items"]
        assert all("document" not in one and "summary" in one for one in items)
        return [one["id"] for one in items]

    assert await ids("transcripts") == [second["id"], first["id"]]
    assert await ids(f"transcripts?source={URL}") == [first["id"]]
    assert await ids("content") == posts[::-1]
    assert await ids("content?kind=twitter") == [posts[2], posts[1]]
    assert await ids(f"content?transcript={first['id']}") == [posts[1], posts[0]]
    assert await ids(f"content?transcript={first['id']}&kind=blog") == [posts[0]]
    assert await ids(f"content?transcript={unknown('transcript_id')}") == []
    page = await working.mine.get(f"/api/v1/content?transcript={first['id']}&limit=1")
    following = page.headers["link"].split(";")[0].strip("<>")
    assert f"transcript={first['id']}" in following
    assert [one["id"] for one in (await working.mine.get(following)).json()["items"]] == [posts[0]]
    error_of(await working.mine.get("/api/v1/transcripts?kind=blog"), 422, "unknown_parameter")


async def test_what_is_deleted_is_gone_and_what_was_made_of_it_stays(working: World) -> None:
    source = await transcript(working)
    post = await produced(working, "content", transcript=source["id"])
    assert (await working.mine.delete(f"/api/v1/transcripts/{source['id']}")).status_code == 204
    error_of(await working.mine.get(f"/api/v1/transcripts/{source['id']}"), 404, "transcript_not_found")
    error_of(await working.mine.delete(f"/api/v1/transcripts/{source['id']}"), 404, "transcript_not_found")
    shown = await found(working, f"content/{post}")
    assert (shown["stale"], shown["madeFrom"]) == (False, [{"id": source["id"], "version": 1}])
    error = error_of(await working.mine.post(f"/api/v1/content/{post}/remake"), 422, "transcript_not_found")
    assert [detail["pointer"] for detail in error["details"]] == ["/transcript"]


async def test_who_has_it_already_is_told_so(working: World) -> None:
    source = await transcript(working)
    where = f"/api/v1/transcripts/{source['id']}"
    for address in (where, f"{where}.srt", f"{where}?version=1"):
        answer = await working.mine.get(address)
        tag = answer.headers["etag"]
        assert tag.startswith('"1-')
        same = await working.mine.get(address, headers={"If-None-Match": tag})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    post = await produced(working, "content", transcript=source["id"])
    before = (await working.mine.get(f"/api/v1/content/{post}")).headers["etag"]
    await edit(working, source["id"], 1)
    changed = await working.mine.get(f"/api/v1/content/{post}", headers={"If-None-Match": before})
    assert (changed.status_code, changed.json()["stale"]) == (200, True)


async def test_a_remake_can_be_repeated_without_harm(working: World) -> None:
    source = await transcript(working)
    post = await produced(working, "content", transcript=source["id"])
    key = {"Idempotency-Key": "once"}
    first = await working.mine.post(f"/api/v1/content/{post}/remake", headers=key)
    again = await working.mine.post(f"/api/v1/content/{post}/remake", headers=key)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    await working.ended(first.json()["id"])
    assert (await found(working, f"content/{post}"))["version"] == 2


NOBODYS = "trn_01aaaaaaaaaaaaaaaaaaaaaaaa"
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("transcripts", {"source": "asset:ast_01aaaaaaaaaaaaaaaaaaaaaaaa"}, "source_not_found", "/source"),
    ("transcripts", {"source": "http://127.0.0.1/a.mp4"}, "url_not_allowed", "/source"),
    ("transcripts", {"source": "/etc/passwd"}, "url_not_allowed", "/source"),
    ("transcripts", {"source": URL, "into": NOBODYS}, "invalid_input", "/into"),
    ("transcripts", {"source": URL, "speed": 2}, "invalid_input", "/speed"),
    ("transcripts", {}, "invalid_input", "/source"),
    ("transcripts", {"source": URL, "callbackUrl": "http://127.0.0.1/"}, "url_not_allowed", "/callbackUrl"),
    ("highlights", {"transcript": NOBODYS}, "transcript_not_found", "/transcript"),
    ("highlights", {"transcript": "$post"}, "transcript_not_found", "/transcript"),
    ("highlights", {"transcript": "$transcript", "version": 2}, "version_not_found", "/version"),
    ("highlights", {"transcript": "$transcript", "minLength": 9, "maxLength": 8}, "invalid_input", ""),
    ("clips", {"highlights": "$highlights", "highlight": 2}, "highlight_not_found", "/highlight"),
    ("clips", {"highlights": "$highlights", "highlight": "h9"}, "highlight_not_found", "/highlight"),
    ("clips", {"highlights": "$transcript", "highlight": 0}, "highlights_not_found", "/highlights"),
    ("clips", {"highlights": "$highlights", "highlight": 0, "version": 2}, "version_not_found", "/version"),
    ("clips", {"source": URL, "start": 2, "end": 1}, "invalid_input", ""),
    ("content", {"transcript": "$transcript", "kinds": []}, "invalid_input", "/kinds"),
    ("content", {"transcript": "$transcript", "voice": "nobody"}, "voice_not_found", "/voice"),
    ("content", {"transcript": "x", "voice": "nobody"}, "invalid_sources", "/voice"),
]


async def test_what_would_certainly_fail_is_refused_at_its_place(working: World) -> None:
    made = {"$transcript": (await transcript(working))["id"]}
    made["$highlights"] = await produced(working, "highlights", transcript=made["$transcript"])
    made["$post"] = await produced(working, "content", transcript=made["$transcript"])
    for path, asked, code, pointer in REFUSED:
        body = {name: made.get(value, value) if isinstance(value, str) else value for name, value in asked.items()}
        error = error_of(await working.mine.post(f"/api/v1/{path}", json=body), 422, code)
        assert pointer in [detail["pointer"] for detail in error["details"]], asked


async def test_a_picture_cannot_be_transcribed(working: World) -> None:
    asset = await uploaded(working)
    answer = await working.mine.post("/api/v1/transcripts", json={"source": f"asset:{asset['id']}"})
    assert error_of(answer, 422, "no_sound")["details"][0]["pointer"] == "/source"


async def test_a_transcript_is_named_by_nobody_but_its_workspace(working: World) -> None:
    source = await transcript(working)
    for path in ("subtitles", "highlights", "content"):
        for named in (source["id"], unknown("transcript_id")):
            answer = await working.theirs.post(f"/api/v1/{path}", json={"transcript": named})
            error_of(answer, 422, "transcript_not_found")
    assert (await working.theirs.get(f"/api/v1/content?transcript={source['id']}")).json() == {"items": []}


async def test_the_timeline_of_a_clip_is_rendered_as_it_stands(working: World) -> None:
    source = await transcript(working)
    highlights = await produced(working, "highlights", transcript=source["id"])
    clip = await produced(working, "clips", highlights=highlights, highlight="h1")
    shown = await found(working, f"clips/{clip}")
    assert shown["madeFrom"] == [{"id": highlights, "version": 1}, {"id": source["id"], "version": 1}]
    answer = await working.mine.get(f"/api/v1/clips/{clip}/timeline")
    assert answer.json() == shown["document"]["document"]
    tag = {"If-None-Match": answer.headers["etag"]}
    assert (await working.mine.get(f"/api/v1/clips/{clip}/timeline", headers=tag)).status_code == 304
    rendered = await working.mine.post("/api/v1/render?wait=20", content=answer.content, headers=JSON)
    assert rendered.json()["output"]["said"] == "3 to 4.4"
    await edit(working, source["id"], 1)
    assert [one["id"] for one in (await found(working, f"clips/{clip}"))["staleBecause"]] == [source["id"]]


async def test_an_idempotency_key_makes_one_job_of_one_request(working: World) -> None:
    first = await working.mine.post("/api/v1/transcripts", json={"source": URL, "idempotencyKey": "a"})
    again = await working.mine.post("/api/v1/transcripts", json={"source": URL}, headers={"Idempotency-Key": "a"})
    assert first.json()["id"] == again.json()["id"]
    other = await working.mine.post(
        "/api/v1/transcripts", json={"source": URL, "language": "de", "idempotencyKey": "a"}
    )
    error_of(other, 422, "idempotency_key_reused")
