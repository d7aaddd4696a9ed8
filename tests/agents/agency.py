"""A server for agents and agents of it, inside the test process and outside."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutroom.agents.auth import Tls
from cutroom.agents.client import Agent, AgentSettings
from cutroom.agents.link import ServerAddress
from cutroom.agents.pieces import Room
from cutroom.agents.server import AgentServer, DoorSettings
from cutroom.agents.session import Ground
from cutroom.assets import SentFiles
from cutroom.db import Listener
from cutroom.fleet import FleetService
from cutroom.jobs import OnEnd, Productions, Registry
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ledger import Ledger
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.parents import Parents
from cutroom.jobs.rescuer import Rescuer
from cutroom.kit import process
from cutroom.media.fetch import Fetcher
from tests.agents.works import registry as flows
from tests.jobs.rig import ROOT, Rig

LEASE_S = 30.0
"""So long that no pause of a busy machine costs a job its attempt."""


def no_files(job: Claimed) -> SentFiles:
    """Of jobs that have none; asked for when a job begins, used by nobody."""
    return None  # type: ignore[return-value]


def no_productions(job: Claimed) -> Productions:
    return None  # type: ignore[return-value]


@dataclass
class Agency:
    """A door for agents over a rig's database."""

    rig: Rig
    folder: Path
    fleet: FleetService = field(default_factory=FleetService)
    sent_files_for: Callable[[Claimed], SentFiles] = no_files
    productions_for: Callable[[Claimed], Productions] = no_productions
    registry: Registry | None = None
    on_end: OnEnd | None = None

    @contextlib.asynccontextmanager
    async def door(
        self, *, lease_s: float = LEASE_S, tls: Tls | None = None, **more: Any
    ) -> AsyncIterator[AgentServer]:
        """A running server; one of several nodes if there are several."""
        database, listener = lifeline(self.rig.database), Listener(self.rig.database.url)
        registry = self.registry or self.rig.registry
        ground = Ground(
            node="node",
            database=database,
            listener=listener,
            fleet=self.fleet,
            registry=registry,
            ledger=Ledger(database, registry, self.on_end),
            parents=Parents(database),
            rescuer=Rescuer(database, self.on_end, poll_s=0.2),
            sent_files_for=self.sent_files_for,
            productions_for=self.productions_for,
            lease_s=lease_s,
            poll_s=0.2,
            room=Room(),
        )
        server = AgentServer(ground, DoorSettings("127.0.0.1:0", tls, **more))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            heard = group.create_task(listener.run())
            ran = group.create_task(server.run(stop))
            await server.started.wait()
            await listener.connected.wait()
            try:
                yield server
            finally:
                stop.set()
                await asyncio.wait({ran})
                heard.cancel()

    async def token(self, workspace: str | None = None, name: str = "one") -> str:
        if workspace is not None:
            made = "INSERT INTO workspaces (id, name) VALUES (:id, 'tests') ON CONFLICT DO NOTHING"
            await self.rig.sql(made, id=workspace)
        async with self.rig.database.begin() as session:
            return (await self.fleet.create(session, workspace, name)).plaintext

    @contextlib.asynccontextmanager
    async def agent(
        self,
        port: int,
        token: str,
        *,
        registry: Registry | None = None,
        address: ServerAddress | None = None,
        **more: Any,
    ) -> AsyncIterator[Agent]:
        """A running agent in this process, which has nothing but its link; drained at the end of the block."""
        settings = AgentSettings(
            **{
                "address": address or ServerAddress(f"127.0.0.1:{port}", plain=True),
                "token": token,
                "folder": self.folder / "agent",
                "drain_s": 5.0,
                **more,
            }
        )
        agent = Agent(settings, registry or flows(), Fetcher())
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            ran = group.create_task(agent.run(stop))
            try:
                yield agent
            finally:
                stop.set()
                await asyncio.wait({ran})

    @contextlib.asynccontextmanager
    async def process(self, port: int, token: str, **more: Any) -> AsyncIterator[process.Child]:
        """An agent in a process of its own, which a test may kill; killed at the end of the block."""
        argv = [
            sys.executable,
            "-m",
            "tests.agents.agent_process",
            str(port),
            token,
            str(self.folder),
            json.dumps(more),
        ]
        child = await process.start(argv, cwd=ROOT)
        try:
            yield child
        finally:
            await child.terminate(grace_s=0, first=signal.SIGKILL)
