"""The reference: a bare SKIP LOCKED loop, one job at a time, one commit to claim and one to finish it.

Started by the benchmarks in a process of its own, with the URL; drains the table, then waits for notifications, until
SIGTERM.
"""

import asyncio
import signal
import sys

from cutroom.db.engine import connect

CLAIM = """
UPDATE bare SET status = 'running', fence = fence + 1, lease_until = clock_timestamp() + interval '30 s'
WHERE id = (SELECT id FROM bare WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, payload
"""
FINISH = "UPDATE bare SET status = 'done', result = to_jsonb($2::float8) WHERE id = $1 AND status = 'running'"


async def main(url: str) -> None:
    loop, stop, wake = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def leave() -> None:
        stop.set()
        wake.set()

    loop.add_signal_handler(signal.SIGTERM, leave)
    connection, listening = await connect(url, name="bare"), await connect(url, name="bare-listener")
    await listening.add_listener("bare", lambda *_: wake.set())
    claim, finish = await connection.prepare(CLAIM), await connection.prepare(FINISH)
    while not stop.is_set():
        wake.clear()
        while (row := await claim.fetchrow()) is not None:
            await finish.fetch(row["id"], loop.time())
        await wake.wait()
    await connection.close()
    await listening.close()


def run() -> None:
    asyncio.run(main(sys.argv[1]))
