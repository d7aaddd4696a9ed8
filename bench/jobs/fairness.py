"""Whose job starts next when one workspace has filled the queue: `python -m bench.jobs.fairness [QUEUED]`.

Workspace A has its jobs queued and a worker with one slot drains them; B submits single jobs meanwhile. Counted is how
many of A's jobs started between B's submit and B's start.
"""

import asyncio
import sys
from collections import Counter

from bench.jobs.stand import fill, program, registry, sql, stand, table, until
from cutroom.jobs import JobService, Submission

SUBMITS = 20


async def main(queued: int) -> None:
    async with stand() as (database, folder):
        jobs = JobService(registry())
        committed: dict[str, object] = {}
        await fill(database, "a", queued)
        async with program("worker", database.url, folder / "scratch", 1):
            await asyncio.sleep(1.0)
            for _ in range(SUBMITS):
                async with database.begin() as session:
                    job = (await jobs.submit(session, "b", Submission("nothing", {}))).job
                # Committed: from here on a claim can see it.
                ((committed[job.id],),) = await sql(database, "SELECT clock_timestamp()")
                await asyncio.sleep(0.05)
        await until(database, "SELECT NOT EXISTS (SELECT FROM jobs WHERE workspace_id = 'b' AND started_at IS NULL)")
        counting = """
            SELECT count(*) FROM jobs AS a JOIN jobs AS b ON b.id = :id
            WHERE a.workspace_id = 'a' AND a.started_at > :at AND a.started_at < b.started_at
        """
        between: Counter[int] = Counter()
        for job_id, at in committed.items():
            ((count,),) = await sql(database, counting, id=job_id, at=at)
            between[int(str(count))] += 1
        ((left,),) = await sql(database, "SELECT count(*) FROM jobs WHERE status = 'queued'")
    assert int(str(left)) > 0, "the queue ran empty: give more jobs"
    rows = [(f"{count} of A's jobs", number) for count, number in sorted(between.items())]
    table(f"Started before B's job, with {queued:,} of A queued", ["before it", "times"], rows)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000))
