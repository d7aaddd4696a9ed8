"""`POST /openai/v1/audio/transcriptions`: OpenAI's API for transcriptions, for clients that were written for it.

The file becomes an asset, and the request a job of the type `transcribe` like any other: checked, counted, charged and
run by a worker. The request waits for its end; a client that goes away cancels it. Then the asset goes to the trash.
The transcript stays, under the id in `Cutroom-Transcript-Id`.
"""

import asyncio
import mimetypes
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
from fastapi import Request, Response
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.body import SCOPE_KEY, Body
from cutroom.api.compat.openai_answers import FORMS, GRANULARITIES, JSON, events_of, written
from cutroom.api.compat.openai_door import error_text, openai_router
from cutroom.api.compat.openai_wanted import USUAL, Wanted, wanted_of
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import request_id_of
from cutroom.api.events import EVENT_STREAM
from cutroom.api.following import Seats
from cutroom.api.following import events_of as events_of_job
from cutroom.api.forms import SLACK_BYTES, SentFile, read_form
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.assets import Addition, Asset
from cutroom.jobs import Job, Status, Submission
from cutroom.kit.errors import CutroomError, Invalid, NotFound, Unavailable, first_of
from cutroom.kit.schema import Schema
from cutroom.speech import Transcript
from cutroom.speech.document import TranscriptDocument
from cutroom.workflows.metering import CHARGED

log = structlog.get_logger()
router: Final = openai_router()
WORKFLOW: Final = "transcribe"
TRANSCRIPT_ID: Final = "Cutroom-Transcript-Id"
SLACK_S: Final = 60.0
_CHUNK: Final = 1 << 18
_SIGN_OF_LIFE: Final = b": keep-alive\n\n"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "model"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "Any sound or film."},
                        "model": {
                            "type": "string",
                            "description": f"`{USUAL}` for what is usual here; `ENGINE` or `ENGINE/MODEL` for another.",
                        },
                        "language": {"type": "string", "description": "BCP 47 tag; found out when absent."},
                        "prompt": {"type": "string", "description": "What it is about, for engines that take hints."},
                        "response_format": {"type": "string", "enum": list(FORMS), "default": "json"},
                        "temperature": {"type": "number", "minimum": 0, "maximum": 1, "description": "Of no effect."},
                        "timestamp_granularities[]": {
                            "type": "array",
                            "items": {"type": "string", "enum": list(GRANULARITIES)},
                        },
                        "keywords[]": {"type": "array", "items": {"type": "string"}, "description": "A glossary."},
                        "stream": {"type": "boolean", "description": "Answer with server-sent events."},
                    },
                }
            }
        },
    }
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "What was said.",
        "headers": {TRANSCRIPT_ID: {"description": "Id of the transcript.", "schema": {"type": "string"}}},
        "content": {
            JSON: {"schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}},
            "text/plain": {"schema": {"type": "string"}},
            EVENT_STREAM: {"schema": {"type": "string"}},
        },
    }
}


class OpenAiModel(Schema):
    """A model that can be named."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: Annotated[str, Field(alias="owned_by")] = "cutroom"


class OpenAiModels(Schema):
    """The models that can be named."""

    object: str = "list"
    data: Annotated[list[OpenAiModel], Field(description="The usual one first.")]


@router.get("/models", operation_id="listOpenAiModels", responses={200: {"model": OpenAiModels}})
async def list_models(services: Services, caller: Caller) -> Response:
    """The models that can be named here."""
    names = dict.fromkeys((USUAL, *services.speech_models))
    listed = OpenAiModels(data=[OpenAiModel(id=name) for name in names])
    return Response(listed.model_dump_json(), media_type=JSON)


@router.post("/audio/transcriptions", operation_id="createOpenAiTranscription", responses=_ANSWERS, openapi_extra=_BODY)
async def transcribe(request: Request, services: Services, caller: Caller) -> Response:
    """What is said in a file, as OpenAI's API answers it: `POST /transcripts` for clients that know only that one."""
    wanted, asset = await _taken(request, services, caller)
    task = _Task(services, request, caller, asset)
    try:
        await task.submit(wanted)
    except BaseException:
        await task.clear()
        raise
    if wanted.stream:
        return _Stream(task)
    try:
        transcript = await task.transcript()
    finally:
        await task.clear()
    body, media_type = written(transcript, wanted.form, wanted.granularities)
    return Response(body, media_type=media_type, headers=task.headers())


async def _taken(request: Request, services: ApiServices, caller: Principal) -> tuple[Wanted, Asset]:
    """What is asked for, and the file as an asset."""
    async with services.database.begin() as session:
        limits = await services.assets.limits(session, caller.workspace_id)
    most = limits.max_upload_bytes
    body: Body = request.scope[SCOPE_KEY]
    body.allow(most + SLACK_BYTES, SLACK_S + most / services.settings.upload_bytes_per_s)
    with tempfile.TemporaryDirectory(prefix="cutroom-form-") as folder:
        form = await read_form(request, Path(folder), file="file", most_bytes=most)
        if form.file is None or not form.file.size_bytes:
            raise Invalid("missing_field", "'file' is missing, or empty; send the recording in it.").at("/file")
        wanted = wanted_of(form.fields)
        try:
            asset = await _kept(services, caller, form.file)
        except Invalid as error:
            raise (error if error.details else error.at("/file")) from error
    if asset.info.audio is None:
        await _trashed(services, asset)
        raise Invalid("no_sound", "There is no sound in this file, so there is nothing to transcribe.").at("/file")
    return wanted, asset


async def _kept(services: ApiServices, caller: Principal, file: SentFile) -> Asset:
    """The file as an asset; looked at, and counted, like one that came by the other doors."""
    name = "".join(filter(str.isprintable, file.name.replace("\\", "/").rpartition("/")[2]))[:255] or "recording"
    kinds = (file.content_type, mimetypes.guess_type(name)[0] or "", "audio/mpeg")
    content_type = next(kind for kind in kinds if kind.startswith(("audio/", "video/")))
    async with services.database.begin() as session:
        upload = await services.assets.resumable.create(
            session, caller.workspace_id, name=name, content_type=content_type, size_bytes=file.size_bytes
        )
    addition = Addition(0, _chunks(file.path), announced=file.size_bytes)
    await services.assets.resumable.append(caller.workspace_id, upload.id, addition)
    return await services.assets.complete_upload(caller.workspace_id, upload.id)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


async def _trashed(services: ApiServices, asset: Asset) -> None:
    with suppress(NotFound):
        async with services.database.begin() as session:
            await services.assets.delete(session, asset.workspace_id, asset.id)
        await services.assets.hide(asset.workspace_id, asset.id)


class _Task:
    """One transcription: its asset, its job, and the wait for its end."""

    def __init__(self, services: ApiServices, request: Request, caller: Principal, asset: Asset) -> None:
        self.services, self.request = services, request
        self.workspace_id, self._asset = caller.workspace_id, asset
        self._job: Job | None = None
        self._output: dict[str, Any] = {}

    async def submit(self, wanted: Wanted) -> None:
        """Make the job; raises what `JobService.submit` raises."""
        seconds = float(self._asset.info.duration or 0)
        submission = Submission(
            type=WORKFLOW,
            input={**wanted.given, "source": f"asset:{self._asset.id}"},
            correlation_id=request_id_of(self.request.scope),
            seconds=seconds if WORKFLOW in CHARGED else None,
        )
        async with self.services.database.begin() as session:
            self._job = (await self.services.jobs.submit(session, self.workspace_id, submission)).job

    async def transcript(self) -> Transcript:
        """What the job has made, when it has.

        Raises:
            ClientDisconnect: the client went away; the job is cancelled.
            Unavailable: `server_restarting`; the job goes on.
            CutroomError: what the job failed with.
        """
        gone = False

        async def left() -> None:
            nonlocal gone
            await until_disconnected(self.request.receive)
            gone = True

        await first_to_end(self._ended(), left(), self.services.stopping.wait())
        job = await self._look()
        if not job.status.ended:
            if gone:
                await self._cancel()
                raise ClientDisconnect
            message = "This server stops; what it has heard is kept, so ask again."
            raise Unavailable("server_restarting", message, retry_after_s=1.0)
        if job.status is Status.CANCELLED:
            raise Unavailable("job_cancelled", "The transcription was cancelled.", retryable=False)
        if job.error is not None:
            raise CutroomError.from_json(job.error)
        self._output = dict(job.output)
        async with self.services.database.begin() as session:
            found = await self.services.productions.read(
                session, self.workspace_id, "transcript", self._output["transcript"], self._output["version"]
            )
        return TranscriptDocument.model_validate_json(found.body).transcript()

    def headers(self) -> dict[str, str]:
        """What the answer says besides the text."""
        return {TRANSCRIPT_ID: str(self._output["transcript"]), "Cache-Control": "no-store"}

    async def clear(self) -> None:
        """Put the file into the trash."""
        await _trashed(self.services, self._asset)

    async def _ended(self) -> None:
        job = self._made()
        async for _ in events_of_job(self.services, self.workspace_id, job.id, job.event_seq):
            pass

    async def _look(self) -> Job:
        async with self.services.database.begin() as session:
            return await self.services.jobs.get(session, self.workspace_id, self._made().id)

    async def _cancel(self) -> None:
        async with self.services.database.begin() as session:
            await self.services.jobs.cancel(session, self.workspace_id, self._made().id)

    def _made(self) -> Job:
        if self._job is None:
            raise RuntimeError("submit() comes first")
        return self._job


class _Stream(Response):
    """Events of a transcription: signs of life until there is something to say, then the text, sentence by sentence."""

    media_type = EVENT_STREAM

    def __init__(self, task: _Task) -> None:
        super().__init__(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._task = task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; the file goes to the trash at its end, whatever that is."""
        task = self._task
        seats: Seats = task.request.app.state.seats
        found: list[Transcript] = []

        async def hear() -> None:
            found.append(await task.transcript())

        try:
            with seats.seat(task.workspace_id, "sse"):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                try:
                    await first_to_end(hear(), self._signs_of_life(send))
                    for event in events_of(found[0]):
                        await self._write(send, event.encode())
                except ClientDisconnect:
                    raise
                except Exception as error:  # noqa: BLE001 — the answer has begun: it can only be told in it
                    await self._write(send, f"data: {self._failure(error)}\n\n".encode())
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await task.clear()

    def _failure(self, error: Exception) -> str:
        """What OpenAI's clients raise when they meet it in a stream."""
        known = first_of(error)
        if known is None:
            log.error("openai.stream_failed", exc_info=error)
            known = Unavailable("internal_error", "Something went wrong on our side.")
        return error_text(known, self._task.request)

    async def _signs_of_life(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._task.services.settings.keep_alive_s)
            await self._write(send, _SIGN_OF_LIFE)

    async def _write(self, send: Send, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._task.services.settings.send_deadline_s):
                await send({"type": "http.response.body", "body": data, "more_body": True})
        except TimeoutError:
            raise ClientDisconnect from None
