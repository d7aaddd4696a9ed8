"""The door of agents in the API's process."""

import asyncio
import platform
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from cutroom.agents.auth import Tls
from cutroom.agents.pieces import Room
from cutroom.agents.server import AgentServer, DoorSettings
from cutroom.agents.session import Ground
from cutroom.app.container import Container
from cutroom.assets import SentFiles
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ledger import Ledger
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.parents import Parents
from cutroom.jobs.rescuer import Rescuer
from cutroom.kit.errors import Unavailable

log = structlog.get_logger()


def make_agent_server(parts: Container) -> AgentServer | None:
    """The door, where one is wanted."""
    settings = parts.settings
    if settings.grpc_address is None:
        return None
    tls = None
    if settings.grpc_cert is not None and settings.grpc_key is not None:
        tls = Tls(settings.grpc_cert, settings.grpc_key, settings.grpc_client_ca)
    database = lifeline(parts.database)
    make_files = parts.assets.sent_files_for(parts.fetcher)

    def sent_files_for(job: Claimed) -> SentFiles:
        return make_files(job.ref)

    ground = Ground(
        node=f"{platform.node()}:{secrets.token_hex(4)}",
        database=database,
        listener=parts.listener,
        fleet=parts.fleet,
        registry=parts.registry,
        ledger=Ledger(database, parts.registry, parts.on_end, meter=parts.quotas),
        parents=Parents(database),
        rescuer=Rescuer(database, parts.on_end),
        sent_files_for=sent_files_for,
        productions_for=parts.productions.for_jobs(parts.database),
        lease_s=settings.worker_lease_s,
        poll_s=max(settings.worker_poll_s, 1.0),
        room=Room(),
    )
    return AgentServer(ground, DoorSettings(settings.grpc_address, tls, tuple(settings.blocked_networks)))


@asynccontextmanager
async def agents_served(parts: Container, stop: asyncio.Event) -> AsyncIterator[None]:
    """Serve agents beside the API, until `stop` is set; the block is left when they have been told.

    Raises:
        Unavailable: `agents_address_taken`.
    """
    server = make_agent_server(parts)
    if server is None:
        yield
        return

    async def serve() -> None:
        try:
            await server.run(stop)
        except Unavailable as error:
            if parts.settings.exposed:
                raise
            # In development the port is one that `cutroom up` found free a moment ago; the API goes without.
            log.warning("agents.not_served", error=error.message)

    async with asyncio.TaskGroup() as group:
        group.create_task(serve())
        yield
        stop.set()
