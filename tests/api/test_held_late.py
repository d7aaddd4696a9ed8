"""Recordings whose length nobody knows when they are asked for: their minutes are held before they are heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.api import ApiSettings
from cutroom.app.container import settle_usage
from cutroom.db import Database
from cutroom.jobs import Registry, Worker, WorkerSettings
from cutroom.llm import Models
from cutroom.media.fetch import Fetcher
from cutroom.media.guard import GuardedNetwork
from cutroom.media.youtube import YouTube
from cutroom.productions import ProductionService
from cutroom.speech.engines import Engines
from cutroom.speech.sphinx import Sphinx, SphinxMaker
from cutroom.speech.transcriber import Pace
from cutroom.workflows.run_pattern import PatternRuns
from cutroom.workflows.transcribe import Transcribing
from tests.api.conftest import serving
from tests.api.test_imports import pictures
from tests.api.world import World
from tests.llm.server import hangs, model_server, says
from tests.media.internet import PUBLIC, Internet, Names
from tests.media.sources import ffmpeg
from tests.media.youtube.fake import VIDEO, Fake, reachable
from tests.speech.talk import talk

pytestmark = pytest.mark.timeout(600)  # recordings are heard; on a machine that may be busy
RUN: Mapping[str, Any] = MappingProxyType({"pattern": "summary", "inputSource": "youtube", "input": VIDEO})


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    usual = Sphinx.pace
    Sphinx.pace = Pace(span_ms=4_000, longest_ms=40_000, chunk_ms=8_000)
    yield
    Sphinx.pace = usual


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "talk.m4a"
    ffmpeg("-i", talk(6.0, seed=4).wav, "-t", "9", "-c:a", "aac", path)
    return path.read_bytes()


@asynccontextmanager
async def listening(
    database: Database, folder: Path, minutes: float, *, fake: Fake, content: bytes = b"", handler: Any = None
) -> AsyncIterator[World]:
    """A world of so many minutes a month, with a worker that hears: videos of a YouTube, and `http://public.test`."""
    plan = Plan("metered", minutes_per_month=minutes)
    quotas = QuotaService(Plans(MappingProxyType({plan.name: plan}), plan))
    async with AsyncExitStack() as stack:
        reached = await stack.enter_async_context(reachable(fake))
        models = Models([(await stack.enter_async_context(model_server(handler or says("Birds.")))).provider()])
        stack.push_async_callback(models.close)
        port, _ = await stack.enter_async_context(pictures(content))
        network = GuardedNetwork(resolver=Names({"public.test": [[PUBLIC]]}), network=Internet(port))
        transcribing = Transcribing(Engines((SphinxMaker(),)))
        known = Registry()
        known.add("run", PatternRuns(models, transcribing, 1, YouTube(reached.web)).run, max_attempts=9)
        known.add("transcribe", transcribing.transcribe, max_attempts=9)
        known.add("transcribe.chunk", transcribing.chunk, internal=True, max_attempts=9)
        world = await stack.enter_async_context(
            serving(database, folder, ApiSettings(), quotas=quotas, models=models, workflows=known)
        )
        worker = Worker(
            database,
            world.listener,
            known,
            files_for=world.services.assets.files_for(Fetcher(network=network)),
            scratch_root=folder / "scratch",
            settings=WorkerSettings(slots=2, lease_s=60, poll_s=0.2, drain_s=0.1),
            on_end=settle_usage(quotas),
            productions_for=ProductionService().for_jobs(database),
            meter=quotas,
        )
        stop = asyncio.Event()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(worker.run(stop))
        stack.callback(stop.set)
        yield world


async def seconds(world: World) -> tuple[float, float]:
    """Used, and held, this month."""
    used = (await world.mine.get("/api/v1/usage")).json()["months"][0]
    return round(used["minutes"] * 60, 1), round(used["minutesHeld"] * 60, 1)


async def asked(world: World, path: str, body: Mapping[str, Any]) -> Any:
    answer = await world.mine.post(f"/api/v1/{path}", json=dict(body))
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def until(world: World, job_id: str, there: Callable[[Any], bool]) -> Any:
    """The job, once it is as wanted; hearing takes its time."""
    while not there(job := (await world.mine.get(f"/api/v1/jobs/{job_id}")).json()):
        await asyncio.sleep(0.1)
    return job


async def ended(world: World, job_id: str) -> Any:
    return await until(world, job_id, lambda job: job["status"] in {"succeeded", "failed", "cancelled"})


async def test_a_video_is_held_while_it_is_at_work_and_given_back_when_it_is_cancelled(
    database: Database, tmp_path: Path, sound: bytes
) -> None:
    fake = Fake(sound=sound)  # it says that it has 61 seconds
    async with listening(database, tmp_path, 1.1, fake=fake, handler=hangs) as world:
        first = await asked(world, "runs", RUN)
        assert await seconds(world) == (0, 0)
        await until(world, first, lambda job: job["stage"] == "asking summary" or job["status"] == "failed")
        assert await seconds(world) == (0, 61.0)
        second = await ended(world, await asked(world, "runs", RUN))  # it knows of the nine seconds that were fetched
        assert second["error"]["code"] == "minutes_exceeded"
        await world.mine.post(f"/api/v1/jobs/{first}/cancel")
        await ended(world, first)
        assert await seconds(world) == (0, 0)


async def test_a_video_beyond_the_month_is_refused_before_its_sound_is_fetched(
    database: Database, tmp_path: Path, sound: bytes
) -> None:
    fake = Fake(sound=sound)
    async with listening(database, tmp_path, 1.0, fake=fake) as world:
        job = await ended(world, await asked(world, "runs", RUN))
        assert (job["status"], job["error"]["code"], job["attempt"]) == ("failed", "minutes_exceeded", 1)
        assert "of the 1 minutes a month of the plan 'metered', 1.00 are left" in job["error"]["message"]
        assert "/videoplayback" not in fake.paths
        assert await seconds(world) == (0, 0)


async def test_a_recording_behind_a_url_is_held_when_its_length_is_known(
    database: Database, tmp_path: Path, sound: bytes
) -> None:
    async with listening(database, tmp_path, 0.25, fake=Fake(), content=sound) as world:
        wanted = {"source": "http://public.test/talk.m4a"}
        first = await ended(world, await asked(world, "transcripts", wanted))
        assert first["status"] == "succeeded", first["error"]
        used, held = await seconds(world)
        assert used == pytest.approx(9.0, abs=0.5)
        assert held == 0
        second = await ended(world, await asked(world, "transcripts", wanted))
        assert (second["status"], second["error"]["code"]) == ("failed", "minutes_exceeded")
        assert await seconds(world) == (used, 0)
