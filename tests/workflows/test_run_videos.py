"""Runs that read a video: the real extractor and engine, against a YouTube on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.quality.corpus.speech import Recording
from cutroom.kit.errors import CutroomError
from cutroom.media.youtube import YouTube, watching
from cutroom.speech import sphinx
from cutroom.workflows.run_inputs import InputText
from tests.media.sources import ffmpeg
from tests.media.youtube.fake import VIDEO, Fake, failing, json3, reachable
from tests.speech.talk import talk
from tests.workflows.test_run_inputs import read

PAGE = f"https://www.youtube.com/watch?v={VIDEO}"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Recording]:
    """A talk as YouTube gives it: AAC in MP4."""
    recording = talk(6.0, seed=4)
    path = tmp_path_factory.mktemp("sound") / "talk.m4a"
    ffmpeg("-i", recording.wav, "-c:a", "aac", path)
    return path.read_bytes(), recording


@asynccontextmanager
async def youtube(fake: Fake) -> AsyncIterator[YouTube]:
    async with reachable(fake) as reached:
        yield YouTube(reached.web)


async def seen(folder: Path, fake: Fake, address: str = PAGE, **wishes: Any) -> InputText:
    async with youtube(fake) as videos:
        return await read(folder, youtube=videos, input=address, inputSource="youtube", **wishes)


async def test_a_video_is_read_by_its_captions(tmp_path: Path) -> None:
    captions = json3((0, 2000, "Vögel sind"), (2000, 900, "überall."), (9000, 900, "Schau auf."))
    fake = Fake(tracks={("de", ""): captions}, sound=b"never fetched")
    found = await seen(tmp_path, fake, f"youtu.be/{VIDEO}?t=5", language="en")
    assert found.text == "Vögel sind überall.\n\nSchau auf."
    assert (found.title, found.source, found.language) == ("A talk <b>about</b> birds", PAGE, "de")
    assert found.seconds == 0
    assert [warning.code for warning in found.warnings] == ["captions_in_other_language"]
    assert "/videoplayback" not in fake.paths


async def test_a_video_whose_captions_are_withheld_is_heard_once(
    tmp_path: Path, sound: tuple[bytes, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, recording = sound
    # Empty captions are how YouTube refuses them to whom it does not know.
    fake = Fake(tracks={("en", "asr"): b""}, sound=data, overrides={"/api/timedtext": failing(200, b"")})
    found = await seen(tmp_path, fake)
    assert len(found.text.split()) > 5
    assert found.seconds == pytest.approx(recording.duration_ms / 1000, abs=0.1)
    assert found.title == "A talk <b>about</b> birds"
    assert {"captions_missing", "basic_engine"} <= {warning.code for warning in found.warnings}
    monkeypatch.setattr(sphinx, "CHILD", Path("/nowhere.py"))
    fake.asked.clear()
    assert await seen(tmp_path, fake) == found
    assert "/videoplayback" not in fake.paths


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://www.youtube.com/playlist?list=PL1", "video_is_playlist"),
        ("https://example.com/watch?v=aB3_dEf-h1J", "bad_video_address"),
    ],
)
async def test_what_is_no_video_is_refused_without_asking_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, code: str
) -> None:
    monkeypatch.setattr(watching, "_CHILD", Path("/nowhere.py"))
    fake = Fake()
    with pytest.raises(CutroomError) as caught:
        await seen(tmp_path, fake, address)
    assert (caught.value.code, caught.value.details[0].pointer) == (code, "/input")
    assert fake.asked == []


async def test_a_run_that_is_cancelled_leaves_no_request(tmp_path: Path) -> None:
    fake = Fake(overrides={"/": failing(0)})
    async with youtube(fake) as videos:
        job = asyncio.create_task(read(tmp_path, youtube=videos, input=PAGE, inputSource="youtube"))
        async with asyncio.timeout(60):
            while not fake.open:
                await asyncio.sleep(0.02)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        async with asyncio.timeout(60):
            while fake.open:
                await asyncio.sleep(0.01)


async def test_where_nothing_is_taken_by_url_no_video_is(tmp_path: Path) -> None:
    with pytest.raises(CutroomError) as caught:
        await read(tmp_path, youtube=YouTube(on=False), input=PAGE, inputSource="youtube")
    assert (caught.value.code, caught.value.retryable) == ("youtube_switched_off", False)
