"""A recording at the door becomes a transcript: real workers, real engine, chunks as jobs of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jiwer
import pytest

from cutroom.jobs import Worker, WorkerSettings
from cutroom.media.fetch import Fetcher
from cutroom.productions import ProductionService
from cutroom.speech.sphinx import Sphinx
from cutroom.speech.transcriber import Pace
from cutroom.workflows import registry
from tests.api.test_uploads import uploaded
from tests.api.world import World
from tests.speech.talk import bare, talk
from tests.speech.test_sphinx import children


@asynccontextmanager
async def workers(world: World, folder: Path, count: int) -> AsyncIterator[None]:
    """Workers of one slot each, with the workflows that people get."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            made = Worker(
                world.services.database,
                world.listener,
                registry(),
                files_for=world.services.assets.files_for(Fetcher()),
                scratch_root=folder / f"scratch-{number}",
                settings=WorkerSettings(slots=1, lease_s=10, poll_s=0.2, drain_s=0.1),
                productions_for=ProductionService().for_jobs(world.services.database),
            )
            group.create_task(made.run(stop))
        try:
            yield
        finally:
            stop.set()


async def until_ended(world: World, job_id: str) -> Any:
    async with asyncio.timeout(100):
        while True:
            job = (await world.mine.get(f"/api/v1/jobs/{job_id}")).json()
            if job["status"] in {"succeeded", "failed", "cancelled"}:
                return job
            await asyncio.sleep(0.1)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sphinx, "pace", Pace(span_ms=4_000, longest_ms=40_000, chunk_ms=5_000))


async def test_a_recording_is_heard_by_two_workers_and_never_again(world: World, tmp_path: Path) -> None:
    recording = talk(14.0, seed=4)
    asset = await uploaded(world, recording.wav.read_bytes())
    asked = {"source": f"asset:{asset['id']}", "language": "en"}
    async with workers(world, tmp_path, 2):
        submitted = (await world.mine.post("/api/v1/transcripts", json=asked)).json()
        job = await until_ended(world, submitted["id"])
        assert job["status"] == "succeeded", job
        shown = (await world.mine.get(f"/api/v1/transcripts/{job['output']['transcript']}")).json()
        words = [word["text"] for segment in shown["document"]["segments"] for word in segment["words"]]
        said = " ".join(bare([word.text for word in recording.words]))
        assert jiwer.wer(said, " ".join(words)) < 0.25
        assert len(job["output"]["artifacts"]) == 4
        assert job["output"]["engine"] == "pocketsphinx"
        again = (await world.mine.post("/api/v1/transcripts", json=asked)).json()
        second = await until_ended(world, again["id"])
        assert second["output"]["transcript"] != job["output"]["transcript"]
        assert second["output"]["words"] == job["output"]["words"]
        events = (await world.mine.get(f"/api/v1/jobs/{again['id']}/events")).json()
        assert not children()
        assert events


async def test_a_cancelled_transcription_leaves_no_child_behind(world: World, tmp_path: Path) -> None:
    asset = await uploaded(world, talk(14.0, seed=4).wav.read_bytes())
    async with workers(world, tmp_path, 1):
        asked = {"source": f"asset:{asset['id']}", "language": "en"}
        submitted = (await world.mine.post("/api/v1/transcripts", json=asked)).json()
        async with asyncio.timeout(60):
            while not children():
                await asyncio.sleep(0.02)
        answer = await world.mine.post(f"/api/v1/jobs/{submitted['id']}/cancel")
        assert answer.status_code in {200, 202}, answer.text
        assert (await until_ended(world, submitted["id"]))["status"] == "cancelled"
        async with asyncio.timeout(60):
            while children():
                await asyncio.sleep(0.05)
