"""What a claim costs when the queue is long: `python -m bench.jobs.backlog [SIZE …]`.

Each claim takes one job and is rolled back, so that every claim meets the same queue. The bare loop's claim on as long
a queue stands beside it.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

from bench.jobs.bare import CLAIM
from bench.jobs.stand import fill, sql, stand, table
from cutroom.db import Database
from cutroom.jobs.claiming import claim
from cutroom.jobs.lifeline import lifeline

CLAIMS = 200


async def timed(what: Callable[[], Awaitable[None]]) -> float:
    """Median milliseconds of a call, the first ones left out."""
    times = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        await what()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[20:])


async def main(sizes: list[int]) -> None:
    rows: list[tuple[object, ...]] = []
    first: tuple[float, float] | None = None
    async with stand() as (database, _):
        own: Database = lifeline(database)

        async def ours() -> None:
            async with own.begin() as session:
                found = await claim(session, worker="w", count=1, lease_s=30)
                assert len(found.jobs) == 1
                await session.rollback()

        async def bare() -> None:
            async with database.begin() as session:
                await (await session.connection()).exec_driver_sql(CLAIM)
                await session.rollback()

        for size in sizes:
            await sql(database, "TRUNCATE jobs, job_steps, job_attempts, job_events, lanes, bare")
            # No ANALYZE: the statistics are as stale as they are when a queue fills up within seconds.
            await fill(database, "a", size - 1)
            await fill(database, "b", 1)
            await sql(database, "INSERT INTO bare (payload) SELECT '{}' FROM generate_series(1, :size)", size=size)
            found = (await timed(ours), await timed(bare))
            first = first or found
            rows.append(
                (
                    f"{size:,}",
                    f"{found[0]:.2f}",
                    f"{found[0] / first[0]:.2f}",
                    f"{found[1]:.2f}",
                    f"{found[1] / first[1]:.2f}",
                )
            )
        await own.close()
    heads = ["queued", "claim ms", "to the first", "bare claim ms", "to the first (bare)"]
    table("Cost of a claim", heads, rows)


if __name__ == "__main__":
    asyncio.run(main([int(size) for size in sys.argv[1:]] or [10, 10_000, 1_000_000]))
