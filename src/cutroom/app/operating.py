"""The services for a command of the operator, over the database that serves at the moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cutroom.app.container import Container, container
from cutroom.app.settings import Settings, load
from cutroom.db.embedded import running_url
from cutroom.kit.errors import Conflict


@asynccontextmanager
async def operated(name: str, settings: Settings | None = None) -> AsyncIterator[Container]:
    """The services over `DATABASE_URL`, else over the Postgres that `cutroom up` runs from the data folder.

    Args:
        name: what the database sees.
        settings: those of the environment when None.

    Raises:
        Conflict: `nothing_runs`.
    """
    settings = settings or load()
    url = settings.database_url or running_url(settings.data / "postgres")
    if url is None:
        message = f"No Postgres runs for {settings.data}; start one with 'cutroom up', or set DATABASE_URL."
        raise Conflict("nothing_runs", message)
    async with container(settings.model_copy(update={"database_url": url}), name=name) as parts:
        yield parts
