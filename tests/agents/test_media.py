"""A render on an agent in another process, which has neither the database nor the store: files go by signed links."""

from pathlib import Path

import pytest

from cutroom.api import ApiSettings
from cutroom.app.container import in_turn, keep_results
from cutroom.db import Database
from cutroom.jobs import JobService, Status, Submission
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from tests.agents.agency import Agency
from tests.api.conftest import serving
from tests.api.world import DOCUMENT
from tests.jobs.rig import Rig


@pytest.mark.threat("A82")
async def test_an_agent_renders_with_signed_links_alone(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings()) as world:
        known = registry()
        rig = Rig(database, known, JobService(known), tmp_path)
        files = world.services.assets.sent_files_for(Fetcher())
        agency = Agency(rig, tmp_path, registry=known, on_end=in_turn(keep_results(world.services.assets)))
        agency.sent_files_for = lambda job: files(job.ref)
        async with (
            agency.door() as door,
            agency.process(door.port, await agency.token(world.workspace_id), media=True),
        ):
            async with database.begin() as session:
                made = await rig.jobs.submit(session, world.workspace_id, Submission("render", DOCUMENT))
            job = await rig.ended(made.job.id, workspace=world.workspace_id)
        assert (job.status, job.error) == (Status.SUCCEEDED, None)
        async with database.begin() as session:
            artifacts = await world.services.assets.artifacts(session, world.workspace_id, [job.id])
        film = next(one for one in artifacts[job.id] if one.name.endswith(".mp4"))
        answer = await world.nobody.get(film.url)
        assert (answer.status_code, len(answer.content)) == (200, film.size_bytes)
        assert not list((tmp_path / "store").rglob("sent/*")), "nothing is left of what was sent"
