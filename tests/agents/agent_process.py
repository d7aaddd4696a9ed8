"""An agent in a process of its own, for tests to kill: PORT TOKEN FOLDER SETTINGS."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from cutroom.agents.client import Agent, AgentSettings
from cutroom.agents.link import ServerAddress
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry as everything
from tests.agents import works


async def main(port: int, token: str, folder: Path, more: dict[str, Any]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    known = everything() if more.pop("media", False) else works.registry()
    address = ServerAddress(f"127.0.0.1:{port}", plain=True)
    settings = AgentSettings(address=address, token=token, folder=folder / "agent-process", **more)
    await Agent(settings, known, Fetcher()).run(stop)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])))
