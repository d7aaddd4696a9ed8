"""A deliverer in a process of its own, for tests to kill: run with a URL, ports and settings."""

import asyncio
import json
import signal
import sys

from cutroom.db import Database, Listener, make_engine
from cutroom.kit.vault import Vault
from cutroom.webhooks import Deliverer, DelivererSettings, WebhookService
from tests.webhooks.standing import SECRET, describe_plainly, sender_to


async def main(url: str, ports: list[int], settings: DelivererSettings) -> None:
    database, listener, stop = Database(make_engine(url, name="test-deliverer")), Listener(url), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    service = WebhookService(Vault(SECRET, "webhooks"), sender_to(*ports), describe_plainly)
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        await Deliverer(database, listener, service, settings).run(stop)
        heard.cancel()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), DelivererSettings(**json.loads(sys.argv[3]))))
