"""Idle dispatch latency, from calling submit to the first line of the workflow: `python -m bench.jobs.latency [JOBS]`.

Beside it, in turns on the same server, the bare loop: INSERT and NOTIFY, to the row in the worker's hands. Worker and
submitter are processes of their own; all use the machine's monotonic clock.
"""

import asyncio
import random
import sys

from bench.jobs.stand import program, quantiles, registry, sql, stand, table, until
from cutroom.db import Database
from cutroom.jobs import JobService, Submission


async def ours(database: Database, jobs: JobService) -> tuple[str, float, float]:
    now = asyncio.get_running_loop().time
    began = now()
    async with database.begin() as session:
        job = (await jobs.submit(session, "w", Submission("nothing", {}))).job
    return job.id, began, now()


async def bare(database: Database) -> tuple[int, float, float]:
    now = asyncio.get_running_loop().time
    began = now()
    ((number, _),) = await sql(database, "INSERT INTO bare DEFAULT VALUES RETURNING id, pg_notify('bare', '')")
    return int(str(number)), began, now()


async def main(count: int) -> None:
    ours_at: dict[object, tuple[float, float]] = {}
    bare_at: dict[object, tuple[float, float]] = {}
    async with stand() as (database, folder):
        jobs = JobService(registry())
        async with program("worker", database.url, folder / "scratch", 8), program("bare", database.url):
            await ours(database, jobs)
            await bare(database)
            await until(database, "SELECT NOT EXISTS (SELECT FROM jobs WHERE status <> 'succeeded')")
            await until(database, "SELECT NOT EXISTS (SELECT FROM bare WHERE status <> 'done')")
            for _ in range(count):
                job_id, *times = await ours(database, jobs)
                ours_at[job_id] = (times[0], times[1])
                await asyncio.sleep(random.uniform(0.03, 0.06))
                number, *times = await bare(database)
                bare_at[number] = (times[0], times[1])
                await asyncio.sleep(random.uniform(0.03, 0.06))
        started = {row[0]: row[1] for row in await sql(database, "SELECT id, output::float8 FROM jobs")}
        done = {row[0]: row[1] for row in await sql(database, "SELECT id, result::float8 FROM bare")}
    rows = []
    for name, at, starts in (("cutroom", ours_at, started), ("bare loop", bare_at, done)):
        from_call = [1000 * (float(str(starts[key])) - times[0]) for key, times in at.items()]
        commit = [1000 * (times[1] - times[0]) for times in at.values()]
        rows.append((name, len(at), *(f"{value:.1f}" for value in (*quantiles(from_call), *quantiles(commit)))))
    heads = ["who", "jobs", "p50 ms", "p99 ms", "of that submit p50 ms", "submit p99 ms"]
    table("Idle latency, submit called to step started", heads, rows)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
