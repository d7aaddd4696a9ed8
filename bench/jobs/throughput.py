"""How many no-op jobs one worker drains in a second, beside the bare loop: `python -m bench.jobs.throughput [JOBS]`.

The engine writes more per job than the bare loop (attempts, events, fences, fairness); it may because writes of jobs
that end at the same time share a transaction.
"""

import asyncio
import statistics
import sys

from bench.jobs.stand import fill, program, sql, stand, table, until
from cutroom.db import Database

ROUNDS = 3
SLOTS = (1, 8, 32)


async def bare(database: Database, jobs: int) -> float:
    await sql(database, "TRUNCATE bare")
    await sql(database, "INSERT INTO bare (payload) SELECT '{}' FROM generate_series(1, :jobs)", jobs=jobs)
    async with program("bare", database.url):
        await until(database, "SELECT NOT EXISTS (SELECT FROM bare WHERE status <> 'done')")
    ((seconds,),) = await sql(database, "SELECT max(result::float8) - min(result::float8) FROM bare")
    return jobs / float(str(seconds))


async def ours(database: Database, folder: object, jobs: int, slots: int) -> float:
    await sql(database, "TRUNCATE jobs, job_steps, job_attempts, job_events, lanes")
    await fill(database, "w", jobs)
    async with program("worker", database.url, folder, slots):
        await until(database, "SELECT NOT EXISTS (SELECT FROM jobs WHERE status <> 'succeeded')")
    ((seconds,),) = await sql(database, "SELECT EXTRACT(EPOCH FROM max(finished_at) - min(started_at)) FROM jobs")
    return jobs / float(str(seconds))


async def main(jobs: int) -> None:
    async with stand() as (database, folder):
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            found.setdefault("bare loop, one by one", []).append(await bare(database, jobs))
            for slots in SLOTS:
                rate = await ours(database, folder / "scratch", jobs, slots)
                found.setdefault(f"one worker, {slots} slots", []).append(rate)
    reference = statistics.median(found["bare loop, one by one"])
    rows = [
        (
            name,
            f"{statistics.median(rates):,.0f}",
            " ".join(f"{rate:,.0f}" for rate in rates),
            f"{statistics.median(rates) / reference:.2f}",
        )
        for name, rates in found.items()
    ]
    table(f"Throughput, {jobs:,} no-op jobs", ["who", "jobs/s, median", "rounds", "ratio to bare"], rows)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000))
