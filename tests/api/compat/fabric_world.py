"""A server and a worker that run patterns, and a model server for them, all real."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.llm import Models
from cutroom.patterns import Library
from cutroom.workflows import registry
from tests.api.conftest import serving, worker
from tests.api.world import World
from tests.llm.server import Handler, ModelServer, model_server


@asynccontextmanager
async def running(
    database: Database,
    folder: Path,
    *script: Handler,
    settings: ApiSettings | None = None,
    library: Library | None = None,
    **provider: Any,
) -> AsyncIterator[tuple[World, ModelServer]]:
    """A world with a worker, whose models answer as the script says."""
    async with model_server(*script) as server:
        models = Models([server.provider(**{"attempts": 1, **provider})])
        workflows = registry(models=models)
        try:
            async with (
                serving(
                    database, folder, settings or ApiSettings(), models=models, workflows=workflows, library=library
                ) as world,
                worker(world, folder, workflows=workflows),
            ):
                yield world, server
        finally:
            await models.close()


def events_in(text: str) -> list[dict[str, Any]]:
    """The events of a stream, comments left out."""
    found: list[dict[str, Any]] = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        if not block.startswith(":"):
            assert block.startswith("data: "), block
            found.append(json.loads(block.removeprefix("data: ")))
    return found


def text_of(events: list[dict[str, Any]]) -> str:
    """What a client takes for the answer."""
    return "".join(event["content"] for event in events if event["type"] == "content")
