"""`/fabric/youtube/transcript` over a real server and worker, the real extractor, and a YouTube on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.jobs import Registry
from cutroom.media.youtube import YouTube
from cutroom.speech.engines import Engines
from cutroom.workflows.read_video import VideoReading
from cutroom.workflows.transcribe import Transcribing
from tests.api.conftest import serving, worker
from tests.api.world import World, error_of
from tests.media.youtube.fake import VIDEO, Fake, json3, reachable

PATH = "/fabric/youtube/transcript"
SAID = json3((0, 2000, "Birds are everywhere."), (3_661_000, 900, "Look up."))


@asynccontextmanager
async def watching(database: Database, folder: Path, fake: Fake) -> AsyncIterator[World]:
    """A world whose worker reads videos of this YouTube."""
    async with reachable(fake) as reached:
        known = Registry()
        reading = VideoReading(Transcribing(Engines(())), YouTube(reached.web))
        known.add("read_video", reading.read, max_attempts=3)  # a busy machine may lose a lease
        async with (
            serving(database, folder, ApiSettings(), workflows=known) as world,
            worker(world, folder, workflows=known),
        ):
            yield world


async def test_captions_are_read_with_and_without_their_times(database: Database, tmp_path: Path) -> None:
    fake = Fake(tracks={("en", "asr"): SAID}, details={"title": "A talk about birds"})
    async with watching(database, tmp_path, fake) as world:
        plain = await world.mine.post(PATH, json={"url": f"https://youtu.be/{VIDEO}", "Language": "en"})
        timed = await world.mine.post(PATH, json={"URL": VIDEO, "timestamps": True})
        jobs: list[dict[str, Any]] = (await world.mine.get("/api/v1/jobs")).json()["items"]
    assert plain.json().keys() == {"transcript", "videoId", "title", "description"}
    assert plain.json()["transcript"] == "Birds are everywhere.\n\nLook up."
    assert (plain.json()["videoId"], plain.json()["title"]) == (VIDEO, "A talk about birds")
    assert timed.json()["transcript"] == "[00:00:00] Birds are everywhere.\n[01:01:01] Look up."
    assert [(job["type"], job["status"]) for job in jobs] == [("read_video", "succeeded")] * 2


async def test_a_video_that_cannot_be_read_says_why(database: Database, tmp_path: Path) -> None:
    fake = Fake(playability={"status": "LOGIN_REQUIRED", "reason": "This video is private", "messages": ["Private"]})
    async with watching(database, tmp_path, fake) as world:
        answer = await world.mine.post(PATH, json={"url": VIDEO})
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("video_")


async def test_times_of_a_video_without_captions_are_not_to_be_had(database: Database, tmp_path: Path) -> None:
    async with watching(database, tmp_path, Fake(sound=b"sound")) as world:
        answer = await world.mine.post(PATH, json={"url": VIDEO, "timestamps": True})
    error_of(answer, 400, "captions_missing")


NO_VIDEO: list[tuple[dict[str, Any], str]] = [
    ({}, "missing_field"),
    ({"url": "https://www.youtube.com/playlist?list=PL123"}, "video_is_playlist"),
    ({"url": "http://169.254.169.254/"}, "bad_video_address"),
    ({"url": "--exec=touch"}, "bad_video_address"),
    ({"url": 7}, "bad_request_format"),
]


async def test_what_is_no_video_is_refused_at_once(world: World) -> None:
    for body, code in NO_VIDEO:
        error_of(await world.mine.post(PATH, json=body), 400, code)
    assert (await world.mine.get("/api/v1/jobs")).json()["items"] == []
