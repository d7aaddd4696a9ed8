"""The API as a process of its own, to be killed: `python -m tests.api.tus_server DATABASE_URL FOLDER PORT`."""

import asyncio
import sys
from pathlib import Path

from cutroom.api import ApiSettings
from cutroom.db import Database, make_engine
from tests.api.conftest import serving


async def main(database_url: str, folder: Path) -> None:
    """Serve until killed; the first line of the output is the address and a key."""
    database = Database(make_engine(database_url, name="tus-server"))
    async with serving(database, folder, ApiSettings()) as world:
        sys.stdout.write(f"{world.url} {world.api_key}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
