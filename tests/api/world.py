"""The world that the tests of the API live in: two workspaces, a server, and workflows that do as they are told."""

import asyncio
import copy
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2

from cutroom import timeline
from cutroom.api import ApiServices
from cutroom.db import Listener
from cutroom.jobs import Context, Registry
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.schema import Schema
from cutroom.llm import Models
from cutroom.speech.engines import Engines
from cutroom.timeline.longform import LongformEdit
from cutroom.workflows.batch import Batch
from cutroom.workflows.explain import Explain, Storyboard
from cutroom.workflows.importing import import_asset
from cutroom.workflows.rows import RowsFile, edit_of
from cutroom.workflows.run_pattern import PatternRuns
from cutroom.workflows.run_task import TASK, Tasks
from cutroom.workflows.transcribe import Transcribing
from tests.api.making import add_makers

DOCUMENT: dict[str, Any] = {
    "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
    "timeline": {"tracks": [{"clips": [{"asset": {"type": "text", "text": "hello"}, "length": 1}]}]},
}


def document(text: str) -> dict[str, Any]:
    """A document whose one text tells the workflow below what to do, and makes it unlike others."""
    made = copy.deepcopy(DOCUMENT)
    made["timeline"]["tracks"][0]["clips"][0]["asset"]["text"] = text
    return made


class Rendered(Schema):
    """What the tests' render answers."""

    said: str
    artifacts: list[str]
    duration: float = 1.0


async def render(ctx: Context, edit: timeline.Edit | LongformEdit) -> Rendered:
    """Stands in for the real one, which needs seconds: does what the document's text says."""
    asset = edit.timeline.tracks[0].clips[0].asset if isinstance(edit, timeline.Edit) else edit
    text = getattr(asset, "text", "")
    ctx.progress(0.25, "reading")
    if text.startswith("talk "):
        for number in range(int(text.split()[1])):
            ctx.log("info", f"line {number}")
    if text.startswith("slowly talk "):
        for number in range(int(text.split()[2])):
            ctx.log("info", f"line {number}", stream="stdout")
            await asyncio.sleep(0.05)
    if text.startswith("hang"):
        await asyncio.Event().wait()
    if text.startswith("wait "):
        await asyncio.sleep(float(text.split()[1]))
    if text.startswith("wrong"):
        raise Invalid("not_media", "This is not media.").at("/timeline/tracks/0/clips/0")
    if text.startswith("die"):
        raise Unavailable("source_timeout", "The source did not answer.")
    path = ctx.scratch / "out.mp4"
    path.write_bytes(b"film of " + text.encode())
    published = await ctx.files.publish(path, kind="render", name="film.mp4", content_type="video/mp4")
    return Rendered(said=text, artifacts=[published.id])


class BatchRendered(Schema):
    """What the tests' batch answers: the texts of its rows, or the codes of what is wrong with them."""

    said: list[str]
    artifacts: list[str]
    duration: float = 0.0


async def render_batch(ctx: Context, given: Batch) -> BatchRendered:
    """Stands in for the real one: reads its rows, renders nothing."""
    path = await ctx.files.find(given.rows)
    assert path is not None
    file = RowsFile(path)
    form, limits = file.form()
    said: list[str] = []
    for row in file.rows():
        try:
            said.append(getattr(edit_of(form, limits, row).timeline.tracks[0].clips[0].asset, "text", ""))
        except Invalid as error:
            said.append(error.code)
    return BatchRendered(said=said, artifacts=[])


async def look(ctx: Context, given: Explain) -> Rendered:
    """Stands in for the real one."""
    return Rendered(said=f"explained with {given.storyboard}", artifacts=[])


async def draw(ctx: Context, given: Storyboard) -> Rendered:
    """Stands in for the real one."""
    return Rendered(said=f"drew {given.frames}", artifacts=[])


def registry(models: Models | None = None) -> Registry:
    """The workflows of this world; runs are the real ones, and ask these models."""
    known = Registry()
    runs = PatternRuns(models or Models(), Transcribing(Engines(())), attempts=3)
    known.add("run", runs.run, max_attempts=3, retry=Backoff(base_s=0.01, cap_s=0.02))
    known.add("render", render, deterministic=True, max_attempts=2, retry=Backoff(base_s=0.01, cap_s=0.02))
    known.add("render.batch", render_batch, deterministic=True)
    known.add("render.explain", look, deterministic=True)
    known.add("render.storyboard", draw, deterministic=True)
    add_makers(known)
    known.add(TASK, Tasks(None).run, max_attempts=2)
    known.add("assets.import", import_asset, retry=Backoff(base_s=0.01, cap_s=0.02))
    return known


@dataclass(frozen=True)
class World:
    """A running server with two workspaces, `mine` and `theirs`, and a client of each."""

    url: str
    services: ApiServices
    listener: Listener
    workspace_id: str
    api_key: str
    mine: httpx2.AsyncClient
    theirs: httpx2.AsyncClient
    nobody: httpx2.AsyncClient

    async def submit(self, text: str = "hello", client: httpx2.AsyncClient | None = None, **more: Any) -> Any:
        """An accepted job."""
        answer = await (client or self.mine).post("/api/v1/render", json=document(text), **more)
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def ended(self, job_id: str) -> Any:
        """The job once it has ended."""
        async with asyncio.timeout(60):
            while True:
                job = (await self.mine.get(f"/api/v1/jobs/{job_id}")).json()
                if job["status"] in {"succeeded", "failed", "cancelled"}:
                    return job
                await asyncio.sleep(0.02)


def code_of(answer: httpx2.Response) -> str:
    """The code of an error, at whichever door."""
    body = answer.json()
    return str(body["code"] if isinstance(body["error"], str) else body["error"]["code"])


def error_of(answer: httpx2.Response, status: int, code: str) -> Any:
    """The error of an answer, once it is known to have the one form that errors have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    if answer.url.path.startswith("/fabric/"):  # that door has a dialect without an envelope
        body = {"error": {**body, "message": body["error"]}}
        del body["error"]["error"]
    assert body.keys() == {"error"}
    error = body["error"]
    others = {"type", "param"} if answer.url.path.startswith("/openai/") else set()  # that door has another dialect
    assert error.keys() - {"details"} == {"code", "message", "correlationId"} | others
    assert error["code"] == code, answer.text
    assert error["correlationId"] == answer.headers["x-request-id"]
    assert error["message"].endswith("."), error["message"]
    for detail in error.get("details", ()):
        assert detail.keys() == {"pointer", "code", "message"}
    return error


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """End background tasks of a test."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
