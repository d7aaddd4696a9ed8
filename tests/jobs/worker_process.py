"""A worker in a process of its own, for tests to kill: `python -m tests.jobs.worker_process URL FOLDER SETTINGS`.

With the address of Temporal and a task queue behind these it is a worker under Temporal."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from cutroom.db import Database, Listener, make_engine
from cutroom.jobs import JobService, Worker, WorkerSettings
from cutroom.temporal import TemporalEngine, TemporalSettings, connect
from tests.jobs.flows import registry
from tests.jobs.rig import no_files


async def main(url: str, folder: Path, settings: WorkerSettings, temporal: TemporalSettings | None) -> None:
    database = Database(make_engine(url, name="test-worker"))
    listener = Listener(url)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    flows = registry()
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        if temporal is None:
            await Worker(database, listener, flows, no_files, folder, settings).run(stop)
        else:
            client, jobs = await connect(temporal), JobService(flows)
            engine = TemporalEngine(client, database, listener, flows, jobs, None, temporal, settings)
            worker = Worker(
                database, listener, flows, no_files, folder, engine.worker_settings, carried_by=engine.carry
            )
            async with engine.running():
                await worker.run(stop)
        heard.cancel()
    await database.close()


if __name__ == "__main__":
    url, folder, settings, *place = sys.argv[1:]
    temporal = TemporalSettings(address=place[0], task_queue=place[1]) if place else None
    asyncio.run(main(url, Path(folder), WorkerSettings(**json.loads(settings)), temporal))
