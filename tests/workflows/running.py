"""Running patterns as the command line does: a real client, a real model server on this machine, no database."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.kit.ids import new_id
from cutroom.llm import Models
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from cutroom.workflows.run_wishes import RunOutput
from tests.llm.server import Handler, ModelServer, model_server, says


def resolved(name: str, text: str, version: int | None = None) -> dict[str, Any]:
    """A pattern as whoever asks for a run hands it over."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return {"name": name, "origin": "workspace", "version": version, "sha256": sha256, "text": text}


def replies(answer: Callable[[str], str], **more: Any) -> Handler:
    """An answer that depends on all that was said to the model."""

    async def handle(writer: Any, asked: dict[str, Any]) -> None:
        said = "\n".join(message["content"] for message in asked["messages"])
        await says(answer(said), **more)(writer, asked)

    return handle


class Kitchen:
    """Runs patterns in a folder, one cache for all, with one model server; see `opened`."""

    def __init__(self, folder: Path, server: ModelServer, provider: dict[str, Any]) -> None:
        self.folder = folder
        self.server = server
        self.provider = {"attempts": 1, **provider}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.cache = folder / "cache"
        self.cache.mkdir()

    async def run(self, script: Sequence[Handler] = (), **given: Any) -> RunOutput:
        """Run, with a model that answers like that."""
        scratch = self.folder / new_id("x")
        scratch.mkdir()
        files = StandaloneFiles(
            base=self.folder, cache=self.cache, parts=scratch, out=self.folder / "out.md", fetcher=Fetcher()
        )
        self.events.clear()
        self.server.requests.clear()
        self.server.script = list(script) or [says("Hello.")]
        models = Models([self.server.provider(**self.provider)])
        try:
            found = await run_alone(
                registry(models=models),
                "run",
                given,
                files=files,
                scratch=scratch,
                events=lambda kind, data: self.events.append((kind, data)),
            )
        finally:
            await models.close()
        assert isinstance(found, RunOutput)
        return found

    def shown(self) -> dict[str, str]:
        """The live text of each stream, as a follower has it in the end."""
        texts: dict[str, str] = {}
        for kind, data in self.events:
            if kind == "text":
                texts[data["stream"]] = ("" if data["begins"] else texts.get(data["stream"], "")) + data["text"]
        return texts


@asynccontextmanager
async def opened(folder: Path, **provider: Any) -> AsyncIterator[Kitchen]:
    """A kitchen until the block ends."""
    async with model_server() as server:
        yield Kitchen(folder, server, provider)
