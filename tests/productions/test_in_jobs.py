"""Productions as workflows read and write them, in workers."""

from pathlib import Path
from typing import Any

import pytest

from cutroom.db import Database
from cutroom.jobs import JobService, Status
from cutroom.productions import Origin, ProductionLimits, ProductionService, Recipe
from tests.jobs.flows import A, B, registry
from tests.jobs.rig import Rig


@pytest.fixture
def service() -> ProductionService:
    return ProductionService(ProductionLimits(productions=3, versions=3))


@pytest.fixture
def rig(database: Database, service: ProductionService, tmp_path: Path) -> Rig:
    known = registry()
    return Rig(database, known, JobService(known), tmp_path, productions_for=service.for_jobs(database))


async def made(rig: Rig, workspace: str = A, **given: Any) -> dict[str, Any]:
    job = await rig.ended(await rig.submit("makes", given, workspace), workspace=workspace)
    assert job.status is Status.SUCCEEDED, job.error
    return dict(job.output)


async def test_a_job_writes_what_another_reads(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        first = await made(rig, body='{"language": "en", "segments": [1]}')
        post = await made(rig, body='{"kind": "blog"}', madeFrom=first["id"])
    async with rig.database.begin() as session:
        found = await service.get(session, A, "post", post["id"])
        written = await service.read(session, A, "transcript", first["id"])
    assert found.origins == (Origin(first["id"], 1),)
    assert found.facts == {"kind": "blog"}
    assert found.recipe == Recipe("makes", {"body": '{"kind": "blog"}', "madeFrom": first["id"]})
    assert (written.body, written.version) == ('{"language": "en", "segments": [1]}', 1)


async def test_an_attempt_that_is_repeated_writes_no_second_version(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        output = await made(rig, fails=True)
    assert output["version"] == 1
    async with rig.database.begin() as session:
        assert (await service.get(session, A, "transcript", output["id"])).version == 1


async def test_a_job_that_makes_something_anew_writes_its_next_version(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        first = await made(rig, body='{"a": 1}')
        second = await made(rig, body='{"a": 2}', into=first["id"])
    assert second == {"id": first["id"], "version": 2}
    async with rig.database.begin() as session:
        old = await service.read(session, A, "transcript", first["id"], 1)
        new = await service.get(session, A, "transcript", first["id"])
    assert (old.body, new.facts) == ('{"a": 1}', {"a": 2})
    assert new.recipe == Recipe("makes", {"body": '{"a": 2}', "into": first["id"]})


async def test_only_the_newest_versions_are_kept(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        first = await made(rig)
        for _ in range(3):
            await made(rig, into=first["id"])
    async with rig.database.begin() as session:
        page = await service.versions(session, A, "transcript", first["id"])
    assert [version.version for version in page.items] == [4, 3, 2]


async def test_what_was_deleted_meanwhile_does_not_come_back(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        first = await made(rig)
        async with rig.database.begin() as session:
            await service.delete(session, A, "transcript", first["id"])
        job = await rig.ended(await rig.submit("makes", {"into": first["id"]}))
    assert (job.error or {})["code"] == "transcript_not_found"


async def test_anothers_production_can_neither_be_read_nor_written(rig: Rig, service: ProductionService) -> None:
    async with rig.worker():
        first = await made(rig, body='{"a": 1}')
        read = await rig.ended(await rig.submit("makes", {"madeFrom": first["id"]}, B), workspace=B)
        wrote = await rig.ended(await rig.submit("makes", {"into": first["id"]}, B), workspace=B)
    assert (read.error or {})["code"] == "production_not_found"
    assert (wrote.error or {})["code"] == "transcript_not_found"
    async with rig.database.begin() as session:
        assert (await service.get(session, A, "transcript", first["id"])).version == 1


async def test_a_workspace_keeps_so_many_and_no_more(rig: Rig) -> None:
    async with rig.worker():
        for _ in range(3):
            await made(rig)
        job = await rig.ended(await rig.submit("makes", {}))
        await made(rig, B)
    assert (job.error or {})["code"] == "too_many_productions"


@pytest.mark.parametrize("body", ["[]", "{", '"text"'])
async def test_a_body_is_a_json_object(rig: Rig, body: str) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("makes", {"body": body}))
    assert (job.error or {})["code"] == "bad_production"


async def test_a_worker_without_a_place_for_productions_says_so(database: Database, tmp_path: Path) -> None:
    known = registry()
    rig = Rig(database, known, JobService(known), tmp_path)
    async with rig.worker():
        job = await rig.ended(await rig.submit("makes", {}))
    assert (job.error or {})["code"] == "no_productions"
