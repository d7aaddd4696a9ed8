"""One worker, started by the benchmarks in a process of its own: URL FOLDER SLOTS."""

import asyncio
import signal
import sys
from pathlib import Path

from bench.jobs.stand import registry
from cutroom.db import Database, Listener, make_engine
from cutroom.jobs import AttemptRef, Files, Worker, WorkerSettings
from cutroom.kit import log


def no_files(ref: AttemptRef, scratch: Path) -> Files:
    """Jobs that do nothing have no files."""
    raise NotImplementedError


async def main(url: str, folder: Path, slots: int) -> None:
    log.configure(json=True, level="warning")
    database, listener, stop = Database(make_engine(url, name="bench")), Listener(url), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        await Worker(database, listener, registry(), no_files, folder, WorkerSettings(slots=slots)).run(stop)
        heard.cancel()
    await database.close()


def run() -> None:
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
