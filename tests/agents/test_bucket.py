"""An agent whose server keeps its files in a bucket: bytes go between the two alone, by links that the server signs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cutroom.app.container import in_turn, keep_results
from cutroom.assets import AssetService, LocalCache, S3Settings, Store, open_bucket
from cutroom.db import Database
from cutroom.jobs import Job, JobService, Registry
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from tests.agents.agency import Agency
from tests.assets.visiting import visit
from tests.jobs.flows import A
from tests.jobs.rig import Rig
from tests.media.sources import make_video
from tests.repos.ground import Ground, applied
from tests.wire import Wire, wire


@asynccontextmanager
async def outside(settings: S3Settings) -> AsyncIterator[tuple[Wire, Store]]:
    """The bucket by the address that those get who are sent links, and its store."""
    at = urlsplit(settings.endpoint or "")
    async with wire((str(at.hostname), int(at.port or 0))) as line:
        store = open_bucket(replace(settings, public_endpoint=f"http://127.0.0.1:{line.port}"))
        yield line, store
        await store.close()


@asynccontextmanager
async def studio(
    database: Database, folder: Path, store: Store, known: Registry, **offered: Any
) -> AsyncIterator[tuple[Rig, AssetService]]:
    """A door for agents over a bucket, and an agent that reaches it."""
    cache = LocalCache(folder / "cache", budget_bytes=1 << 30)
    assets = AssetService(database, store, cache=cache)
    make_files = assets.sent_files_for(Fetcher())
    rig = Rig(database, known, JobService(known), folder)
    agency = Agency(
        rig,
        folder,
        registry=known,
        sent_files_for=lambda job: make_files(job.ref),
        on_end=in_turn(keep_results(assets)),
    )
    async with (
        agency.door() as door,
        agency.agent(door.port, await agency.token(A), registry=known, **offered),
    ):
        yield rig, assets
    await cache.close()


async def uploaded(database: Database, assets: AssetService, store: Store, film: Path) -> str:
    """A film as an asset, sent as anybody would."""
    data = film.read_bytes()
    async with database.begin() as session:
        made = await assets.create_upload(session, A, name="film.mp4", content_type="video/mp4", size_bytes=len(data))
    assert made.put is not None
    assert (await visit(store, made.put.method, made.put.url, data))[0] == 200
    return f"asset:{(await assets.complete_upload(A, made.upload.id)).id}"


async def result(database: Database, assets: AssetService, store: Store, job: Job, kind: str) -> bytes:
    """The bytes of an artifact, by its link."""
    async with database.begin() as session:
        artifacts = (await assets.artifacts(session, A, [job.id]))[job.id]
    (found,) = [one for one in artifacts if one.kind == kind]
    status, data = await visit(store, "GET", found.url)
    assert (status, len(data)) == (200, found.size_bytes)
    return data


@pytest.mark.threat("A82")
async def test_an_agent_renders_from_a_bucket_and_into_it(
    database: Database, tmp_path: Path, s3_settings: S3Settings
) -> None:
    async with outside(s3_settings) as (line, store), studio(database, tmp_path, store, registry()) as (rig, assets):
        source = await uploaded(database, assets, store, make_video(tmp_path / "film.mp4"))
        before = line.made
        clip = {"asset": {"type": "video", "src": source}, "start": 0, "length": 1}
        document = {
            "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
            "timeline": {"tracks": [{"clips": [clip]}]},
        }
        job = await rig.ended(await rig.submit("render", document), within_s=1000)
        assert (job.status, job.error) == ("succeeded", None)
        assert line.made > before, "the agent reached the bucket itself"
        assert (await result(database, assets, store, job, "render"))[4:8] == b"ftyp"
        assert [one.key async for one in store.list(f"{A}/sent")] == []


@pytest.mark.threat("A82")
async def test_the_patch_of_a_task_goes_into_the_bucket_and_the_rework_reads_it_from_there(
    database: Database, tmp_path: Path, s3_settings: S3Settings
) -> None:
    ground = Ground(tmp_path)
    origin = ground.repository("site", {"a.txt": "one\n"})
    runner = await ground.runner("echo more >> a.txt")
    offered = {"labels": ("task",), "types": ("task",)}
    async with (
        outside(s3_settings) as (line, store),
        studio(database, tmp_path, store, registry(tasks=runner), **offered) as (rig, assets),
    ):
        task: dict[str, Any] = {"repository": {"id": "rep_x", "url": ground.url("site")}, "prompt": "More."}
        job = await rig.ended(await rig.submit("task", task, needs=["task"]), within_s=100)
        assert (job.status, job.error) == ("succeeded", None)
        assert line.made > 0
        again = {**task, "commit": job.output["commit"], "patch": f"artifact:{job.output['patch']}"}
        second = await rig.ended(await rig.submit("task", again, needs=["task"]), within_s=100)
        assert (second.status, second.error) == ("succeeded", None)
        patch = tmp_path / "changes.patch"
        patch.write_bytes(await result(database, assets, store, second, "patch"))
        clone = applied(origin, tmp_path / "clone", patch, job.output["commit"])
        assert (clone / "a.txt").read_text() == "one\nmore\nmore\n"
