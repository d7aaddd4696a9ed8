"""Corrections of transcripts at the door, and transcripts as files."""

import asyncio
import json
from typing import Any

from cutroom.timeline.cues import parse_cues
from tests.api.matrix import produced
from tests.api.test_productions import transcript
from tests.api.world import World, error_of


def words(shown: Any) -> list[tuple[str, float, float]]:
    return [
        (word["text"], word["start"], word["end"])
        for segment in shown["document"]["segments"]
        for word in segment["words"]
    ]


async def patch(world: World, source: Any, *operations: Any, **more: Any) -> Any:
    body = {"version": source["version"], "operations": list(operations), **more}
    return await world.mine.patch(f"/api/v1/transcripts/{source['id']}", json=body)


async def test_corrections_are_done_one_after_another_as_one_new_version(working: World) -> None:
    source = await transcript(working)
    before = words(source)
    answer = await patch(
        working,
        source,
        {"op": "replaceAll", "find": "cut room", "replace": "Cutroom"},
        {"op": "replaceText", "segment": 1, "text": "Here is how we cut."},
        {"op": "replaceWords", "first": 0, "count": 1, "text": "Welcome"},
        {"op": "renameSpeaker", "speaker": "B", "name": "Anna"},
        {"op": "splitSegment", "segment": 1, "word": 2},
        title="How we cut",
    )
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert [one["text"] for one in after["document"]["segments"]] == [
        "Welcome to the Cutroom",
        "Here is",
        "how we cut.",
    ]
    assert (after["version"], after["title"], after["stale"]) == (2, "How we cut", False)
    assert "jobId" not in after
    found = words(after)
    assert [span[1:] for span in found[:3]] == [span[1:] for span in before[:3]]
    assert found[3] == ("Cutroom", before[3][1], before[4][2])
    assert [span[1:] for span in found[4:]] == [span[1:] for span in before[5:]]
    assert after["document"]["segments"][2]["words"][0]["speaker"] == "Anna"
    assert (await working.mine.get(f"/api/v1/transcripts/{source['id']}")).json() == after


async def test_what_changes_nothing_makes_no_version(working: World) -> None:
    source = await transcript(working)
    answer = await patch(working, source, {"op": "replaceAll", "find": "nothing", "replace": "x"})
    assert (answer.status_code, answer.json()) == (200, source)
    answer = await patch(working, source, title="Talk")
    assert answer.json()["version"] == 1
    assert (await patch(working, source, title="Other")).json()["version"] == 2


async def test_one_wrong_correction_refuses_them_all_at_its_place(working: World) -> None:
    source = await transcript(working)
    for operation, code in (
        ({"op": "replaceText", "segment": 9, "text": "x"}, "no_such_segment"),
        ({"op": "replaceWords", "first": 99, "count": 1}, "no_such_word"),
        ({"op": "setTimes", "word": 0, "start": 3, "end": 4}, "times_overlap"),
        ({"op": "renameSpeaker", "speaker": "C", "name": "x"}, "no_such_speaker"),
        ({"op": "mergeSegments", "first": 1}, "no_such_segment"),
    ):
        answer = await patch(working, source, {"op": "replaceText", "segment": 0, "text": "x"}, operation)
        assert error_of(answer, 422, code)["details"][0]["pointer"] == "/operations/1"
    for wrong in ({"op": "sing"}, {"op": "replaceText", "segment": 0, "text": "\u0007"}, {"op": "mergeSegments"}):
        error = error_of(await patch(working, source, wrong), 422, "invalid_input")
        assert error["details"][0]["pointer"].startswith("/operations/0")
    assert (await working.mine.get(f"/api/v1/transcripts/{source['id']}")).json() == source


async def test_two_editors_do_not_overwrite_each_other(working: World) -> None:
    source = await transcript(working)
    where = f"/api/v1/transcripts/{source['id']}"
    tag = (await working.mine.get(where)).headers["etag"]

    async def edit(text: str, **more: Any) -> Any:
        body = {"operations": [{"op": "replaceText", "segment": 0, "text": text}], **more.pop("body", {})}
        return await working.mine.patch(where, json=body, **more)

    answers = await asyncio.gather(*(edit(f"by {name}", headers={"If-Match": tag}) for name in "abcd"))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    for answer in answers:
        if answer.status_code == 412:
            error_of(answer, 412, "precondition_failed")
    error_of(await edit("late", body={"version": 1}), 409, "version_changed")
    error_of(await edit("blind"), 422, "version_needed")
    error_of(await edit("odd", headers={"If-Match": "*"}), 400, "bad_header")
    error_of(await edit("both", headers={"If-Match": tag}, body={"version": 2}), 400, "bad_header")
    good = next(answer for answer in answers if answer.status_code == 200)
    assert (await edit("next", headers={"If-Match": good.headers["etag"]})).json()["version"] == 3


async def test_transcripts_and_subtitles_are_read_as_caption_files(working: World) -> None:
    source = await transcript(working)
    subtitles = await produced(working, "subtitles", transcript=source["id"])
    for path in (f"transcripts/{source['id']}", f"subtitles/{subtitles}"):
        for extension in ("srt", "vtt", "ass"):
            answer = await working.mine.get(f"/api/v1/{path}.{extension}")
            assert answer.status_code == 200
            name = f"{path.split('/')[1]}.{extension}"
            assert answer.headers["content-disposition"] == f'inline; filename="{name}"'
            cues = parse_cues(answer.text).cues
            words = [word.text for cue in cues for word in cue.words]
            assert " ".join(words) == "welcome to the cut room here is how we cut"
            assert float(cues[0].start) == 0.5
    plain = (await working.mine.get(f"/api/v1/subtitles/{subtitles}.txt")).text
    assert plain == "welcome to the cut room\nhere is how we cut\n"


async def test_a_transcript_is_read_as_text_and_as_it_was(working: World) -> None:
    source = await transcript(working)
    where = f"/api/v1/transcripts/{source['id']}"
    text = await working.mine.get(f"{where}.txt")
    assert text.text == "A: welcome to the cut room\n\nB: here is how we cut\n"
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert (await working.mine.get(f"{where}.json")).json() == source["document"]
    await patch(working, source, {"op": "replaceText", "segment": 0, "text": "good day"})
    assert "good day" in (await working.mine.get(f"{where}.srt")).text
    assert "good day" not in (await working.mine.get(f"{where}.srt?version=1")).text
    error_of(await working.mine.get(f"{where}.exe"), 404, "transcript_not_found")


async def test_long_speech_is_answered_and_corrected_in_seconds(working: World) -> None:
    lines = "\n".join("we talk and talk " * 5 for _ in range(20))
    source = await transcript(working, prompt=lines)
    everything = [{"op": "replaceWords", "first": number, "count": 1, "text": "walk"} for number in range(0, 100, 1)]
    answer = await patch(working, source, *everything)
    assert json.dumps(answer.json()["document"]).count('"walk"') == 100
    too_many = await patch(working, source, *everything, {"op": "replaceAll", "find": "a", "replace": "b"})
    assert error_of(too_many, 422, "invalid_input")["details"][0]["pointer"] == "/operations"
