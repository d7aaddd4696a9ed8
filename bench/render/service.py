"""A running service that benchmarks render with, as users do: API, worker and Postgres, as `cutroom up` starts them.

A render takes from its POST to the event that ends its job. Files are uploaded before, when they are also examined;
what that takes is told apart. CPU seconds are those of all processes of the service.
"""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.render.stand import Taken, Watch, install
from cutroom.app.client import Client
from cutroom.app.settings import load
from cutroom.app.stack import free_port, running


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs.

    Args:
        client: speaks to it.
    """

    client: Client

    async def upload(self, paths: Sequence[Path]) -> tuple[dict[Path, str], Taken]:
        """Upload files; what documents call them, and what all of it took."""
        began = time.perf_counter()
        with Watch(os.getpid()) as watch:
            found = {path: await self.client.upload(path) for path in dict.fromkeys(paths)}
        return found, Taken(time.perf_counter() - began, watch.peak_bytes, watch.children_s)

    async def render(self, document: dict[str, Any], out: Path | None = None) -> Taken:
        """Render a document, from its POST to the end of its job; then fetch the result if it has a place."""
        began = time.perf_counter()
        with Watch(os.getpid()) as watch:
            job = await self.client.render(document)
            async for _ in self.client.events(job["id"]):
                pass
            seconds = time.perf_counter() - began
        job = await self.client.job(job["id"])
        if job["status"] != "succeeded":
            raise SystemExit(f"the job ended as {job['status']}: {job.get('error')}")
        if out is not None:
            film = next(artifact for artifact in job["artifacts"] if artifact["kind"] == "render")
            await self.client.download(film["url"], out)
        return Taken(seconds, watch.peak_bytes, watch.children_s)


@asynccontextmanager
async def service(data: Path) -> AsyncIterator[Service]:
    """A service with one worker that keeps its state in a folder, until the block ends."""
    install()
    settings = load(data=data, log_level="error")
    settings = settings.model_copy(update={"port": free_port(settings.host)})
    async with running(settings) as connection, Client(connection) as client:
        await _worker_is_ready(client)
        yield Service(client)


async def _worker_is_ready(client: Client) -> None:
    """Render a second of nothing: whoever has answered that has loaded what renders need."""
    output = {"format": "mp4", "width": 64, "height": 36, "fps": 30}
    clip = {"asset": {"type": "color", "color": "#336699"}, "start": 0, "length": 1}
    await Service(client).render({"output": output, "timeline": {"tracks": [{"clips": [clip]}]}})
    await asyncio.sleep(0.5)


def middle(runs: Sequence[Taken]) -> Taken:
    """The run in the middle, by the clock; of an even number the faster one."""
    found = statistics.median_low([run.seconds for run in runs])
    return next(run for run in runs if run.seconds == found)
