"""A worker with real runs, for tests to kill: `python -m tests.api.run_worker DATABASE_URL FOLDER MODELS_URL`."""

import asyncio
import sys
from pathlib import Path

from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database, Listener, make_engine
from cutroom.jobs import Worker, WorkerSettings
from cutroom.kit.signing import Signer
from cutroom.llm import Models, Price, Provider
from cutroom.media.fetch import Fetcher
from tests.api.world import registry

SECRET = b"a secret of the tests, long enough"


def provider(base_url: str) -> Provider:
    """The model server of the test."""
    return Provider("here", base_url, "small", attempts=1, prices={"*": Price(1_000_000, 1_000_000)})


async def main(url: str, folder: Path, base_url: str) -> None:
    database = Database(make_engine(url, name="test-run-worker"))
    listener = Listener(url)
    store = LocalStore(folder / "store", Signer(SECRET, "files"), "http://127.0.0.1")
    assets = AssetService(database, store)
    worker = Worker(
        database,
        listener,
        registry(Models([provider(base_url)])),
        files_for=assets.files_for(Fetcher()),
        scratch_root=folder / "scratch",
        settings=WorkerSettings(lease_s=4.0, poll_s=0.2),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run())
        await worker.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
