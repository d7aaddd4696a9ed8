"""What a job shows of a text while it writes it."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Listener
from cutroom.jobs import Followers, Job, Status, forget_texts, live_texts
from tests.jobs.flows import A, B, Diary
from tests.jobs.rig import Rig, eventually

pytestmark = pytest.mark.both_engines


async def forget(session: AsyncSession, job: Job) -> None:
    """As an `OnEnd`."""
    if job.status is Status.SUCCEEDED:
        await forget_texts(session, job.workspace_id, job.id)


async def shown(rig: Rig, job_id: str, workspace: str = A) -> dict[str, str]:
    async with rig.database.begin() as session:
        return await live_texts(session, workspace, job_id)


async def test_text_is_shown_while_it_is_written_begins_again_and_is_forgotten_when_the_output_stands(
    rig: Rig,
) -> None:
    diary = Diary(path=str(rig.folder / "diary"))
    rig.on_end = forget
    job_id = await rig.submit("writes", diary)

    async def whole() -> bool | None:
        return (await shown(rig, job_id)).get("answer") == "Once upon a time" or None

    followers = Followers(rig.database, Listener(rig.database.url), poll_s=0.05)
    seen: list[str] = []
    async with rig.worker():
        await eventually(whole)
        assert await shown(rig, job_id, B) == {}
        diary.write("go 1")

        async def again() -> bool | None:
            return (await shown(rig, job_id)) == {
                "answer": "Once upon a time",
                "notes": "Note 1. Note 2. ",
            } or None

        await eventually(again)
        async for event in followers.follow(A, job_id):
            if event.kind == "text" and event.data["stream"] == "answer":
                seen = [event.data["text"]] if event.data["begins"] else [*seen, event.data["text"]]
            if "".join(seen) == "Once upon a time" and "Note 2. " in (await shown(rig, job_id)).get("notes", ""):
                diary.write("go 2")
        job = await rig.ended(job_id)
    assert (job.status, job.output, "".join(seen)) == (Status.SUCCEEDED, "Once upon a time", "Once upon a time")
    assert await shown(rig, job_id) == {}
    assert {event.kind for event in await rig.events(job_id)} == {"state"}
