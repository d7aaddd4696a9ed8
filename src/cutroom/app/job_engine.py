"""The worker of one process, under the engine that is set."""

import contextlib
import importlib.util
import platform
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from cutroom.app.container import Container
from cutroom.app.settings import Settings
from cutroom.jobs import Worker, WorkerSettings
from cutroom.kit.errors import Invalid
from cutroom.media import sandbox

if TYPE_CHECKING:
    from cutroom.temporal import Connection, TemporalEngine


@contextlib.asynccontextmanager
async def working(parts: Container) -> AsyncIterator[Worker]:
    """A worker over the container's services, ready to run; what the engine needs beside it runs with the block.

    Raises:
        Invalid: `temporal_not_installed`.
        Unavailable: `temporal_unavailable`, `temporal_namespace_missing`.
    """
    settings = parts.settings
    chosen = WorkerSettings(
        name=f"{platform.node()}",
        slots=settings.worker_slots,
        lease_s=settings.worker_lease_s,
        poll_s=settings.worker_poll_s,
        drain_s=settings.worker_drain_s,
        sandbox_level=sandbox.current().level,
        free_bytes=settings.worker_free_bytes,
    )
    if settings.engine == "postgres":
        yield _worker(parts, chosen)
        return
    client = await temporal(settings)
    from cutroom.temporal import TemporalEngine  # noqa: PLC0415 — is an extra

    engine = TemporalEngine(
        client,
        parts.database,
        parts.listener,
        parts.registry,
        parts.jobs,
        parts.on_end,
        settings.temporal(),
        chosen,
    )
    async with engine.running():
        yield _worker(parts, engine.worker_settings, engine)


async def temporal(settings: Settings) -> "Connection":
    """A client of Temporal that was answered.

    Raises:
        Invalid: `temporal_not_installed`.
        Unavailable: `temporal_unavailable`, `temporal_namespace_missing`.
    """
    if importlib.util.find_spec("temporalio") is None:
        message = (
            "CUTROOM_ENGINE=temporal needs Temporal's SDK: install `cutroom[temporal]` (`uv sync --extra temporal`)."
        )
        raise Invalid("temporal_not_installed", message)
    from cutroom.temporal import connect  # noqa: PLC0415 — is an extra

    return await connect(settings.temporal())


def _worker(parts: Container, settings: WorkerSettings, engine: "TemporalEngine | None" = None) -> Worker:
    return Worker(
        parts.database,
        parts.listener,
        parts.registry,
        files_for=parts.assets.files_for(parts.fetcher),
        scratch_root=parts.settings.data / "scratch",
        settings=settings,
        on_end=parts.on_end,
        productions_for=parts.productions.for_jobs(parts.database),
        broadcast=parts.broadcast,
        carried_by=None if engine is None else engine.carry,
        meter=parts.quotas,
    )
