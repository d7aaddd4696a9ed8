"""A worker in a process of its own, for tests to kill: `python -m tests.jobs.worker_process URL FOLDER SETTINGS`."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from cutroom.db import Database, Listener, make_engine
from cutroom.jobs import Worker, WorkerSettings
from tests.jobs.flows import registry
from tests.jobs.rig import no_files


async def main(url: str, folder: Path, settings: WorkerSettings) -> None:
    database = Database(make_engine(url, name="test-worker"))
    listener = Listener(url)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    worker = Worker(database, listener, registry(), no_files, folder, settings)
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        await worker.run(stop)
        heard.cancel()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), WorkerSettings(**json.loads(sys.argv[3]))))
