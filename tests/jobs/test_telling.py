"""What a waiting job's owner is told while its items are at work."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import Job, Status, tell_parent
from tests.jobs.flows import Diary, Fan
from tests.jobs.rig import Rig

pytestmark = pytest.mark.both_engines

LOG = """
SELECT e.seq, e.kind, e.data FROM job_events AS e JOIN jobs AS j ON j.id = e.job_id WHERE NOT j.internal ORDER BY e.seq
"""


async def tell(session: AsyncSession, job: Job) -> None:
    """As an `OnEnd`: tell the parent of every item what it gave."""
    if job.parent_id is not None and job.status is Status.SUCCEEDED:
        await tell_parent(session, job.parent_id, "One is done.", gave=job.output)


async def test_what_items_gave_is_told_before_all_have_ended(rig: Rig) -> None:
    diary = Diary(path=str(rig.folder / "diary"))
    rig.on_end = tell
    job_id = await rig.submit("fan", Fan.model_validate({"items": [0, 1, 2, 3], "path": diary.path, "pauseMs": 50}))
    async with rig.worker(slots=1):
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED
    events = await rig.sql(LOG)
    told = [data for _, kind, data in events if kind == "log"]
    assert [data["gave"] for data in told][:3] == [0, 2, 4]
    assert {(data["message"], data["level"]) for data in told} == {("One is done.", "info")}
    assert events[-1][2]["status"] == "succeeded"
    assert [seq for seq, _, _ in events] == list(range(1, len(events) + 1))
