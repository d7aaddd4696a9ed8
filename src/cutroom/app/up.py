"""`cutroom up`: the whole stack in the foreground."""

import asyncio
import time
from pathlib import Path

from cutroom.app.console import err, out
from cutroom.app.settings import load
from cutroom.app.stack import Connection, free_port, is_free, running


async def up(*, data: Path | None, host: str | None, port: int | None, workers: int) -> None:
    """Start everything, say how to use it, and stay until a signal comes."""
    started = time.monotonic()
    settings = load(data=data, host=host, port=port)
    if settings.port == 0:
        settings = settings.model_copy(update={"port": free_port(settings.host)})
    if (
        settings.grpc_address is None
        and (port_of_agents := settings.port + 1) < 65_536
        and is_free("127.0.0.1", port_of_agents)
    ):
        settings = settings.model_copy(update={"grpc_address": f"127.0.0.1:{port_of_agents}"})
    try:
        async with running(settings, workers=workers) as connection:
            _welcome(connection, settings.data, time.monotonic() - started)
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        err.print("Stopped.")


def _welcome(connection: Connection, data: Path, seconds: float) -> None:
    document = (
        '{"output": {"format": "mp4", "width": 1280, "height": 720}, "timeline": {"tracks": [{"clips": '
        '[{"asset": {"type": "text", "text": "Hello"}, "start": 0, "length": 3}]}]}}'
    )
    out.print(f"[bold green]Cutroom is up[/] at {connection.url} (in {seconds:.1f} s)")
    out.print(f"API key   {connection.api_key}", markup=False)
    out.print(f"State in  {data.resolve()} (connection.json has the address and the key)", markup=False)
    out.print("\nRender something:\n")
    command = (
        f"curl -s '{connection.url}/api/v1/render?wait=60' -H 'Authorization: Bearer {connection.api_key}' "
        f"-H 'Content-Type: application/json' -d '{document}'"
    )
    out.print(command, markup=False)
    out.print("\nCtrl-C stops everything.")
