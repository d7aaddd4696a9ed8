"""`POST /render` with a longform."""

import json

from cutroom.timeline import Edit
from cutroom.timeline.longform import LongformEdit
from cutroom.workflows import registry
from tests.api.world import World, document, error_of
from tests.timeline.test_longform import GOOD, changed

LONGFORM = changed("/longform/backgrounds/1", {"src": "https://media.example/b.mp4"})


async def test_a_longform_becomes_a_job(world: World) -> None:
    answer = await world.mine.post("/api/v1/render", json=LONGFORM)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["type"], job["status"]) == ("render", "queued")
    assert [track["src"] for track in job["input"]["longform"]["audio"]] == [
        track["src"] for track in LONGFORM["longform"]["audio"]
    ]


async def test_a_longform_is_validated_with_its_sources(world: World) -> None:
    answer = await world.mine.post("/api/v1/render/validate", json=LONGFORM)
    assert answer.status_code == 200, answer.text
    assert [source["kind"] for source in answer.json()["sources"]] == ["image", "image", "audio", "audio"]


async def test_a_wrong_longform_is_refused_with_a_pointer(world: World) -> None:
    answer = await world.mine.post("/api/v1/render", json=changed("/longform/crossfade", 30))
    error = error_of(answer, 422, "conflicting_fields")
    assert [detail["pointer"] for detail in error["details"]] == ["/longform/crossfade"]


async def test_an_asset_that_is_not_there_is_refused(world: World) -> None:
    answer = await world.mine.post("/api/v1/render", json=GOOD)
    error = error_of(answer, answer.status_code, "source_not_found")
    assert [detail["pointer"] for detail in error["details"]] == ["/longform/backgrounds/1/src"]


def test_a_worker_reads_back_what_was_submitted() -> None:
    reader = registry().get("render").input
    stored = json.dumps(LongformEdit.model_validate(LONGFORM).model_dump(mode="json", by_alias=True))
    assert reader.validate_json(stored) == LongformEdit.model_validate(LONGFORM)
    plain = Edit.model_validate(document("x"))
    assert reader.validate_json(plain.model_dump_json(by_alias=True)) == plain
