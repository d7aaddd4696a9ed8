"""`POST /fabric/chat`: pattern runs, made one after another, whose answers are streamed as they are written.

Each is a job of the type `run` like any other: checked, counted, charged and run by a worker. The request follows it; a
client that goes away cancels it.
"""

import asyncio
from contextlib import aclosing
from typing import Any, Final

import structlog
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.compat import fabric_stream as stream
from cutroom.api.compat.fabric_chat import CHAT_BODY, ChatPrompt, ChatRequest, wishes_of
from cutroom.api.compat.fabric_door import fabric_router, read_json, taking
from cutroom.api.compat.fabric_run import FabricRun
from cutroom.api.deps import ApiServices, Services
from cutroom.api.events import EVENT_STREAM
from cutroom.api.following import Seats
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.api.routes import needs
from cutroom.kit.errors import Internal, Unavailable, first_of

log = structlog.get_logger()
router: Final = fabric_router()
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events, one to a piece of an answer; `complete` ends each run, `error` comes before it.",
        "content": {
            EVENT_STREAM: {
                "schema": {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}},
                "example": 'data: {"type": "content", "format": "markdown", "content": "Hello"}\n\n',
            }
        },
    },
}


@router.post(
    "/chat",
    operation_id="createFabricChat",
    response_class=Response,
    responses=_CONTENT,
    openapi_extra=needs("jobs:write", **taking("What to run.", CHAT_BODY)),
)
async def chat(request: Request, services: Services, caller: Caller) -> Response:
    """Run patterns one after another, as `POST /runs` does, and stream what they answer.

    `topP`, the penalties and whatever else Fabric's clients send is taken and makes no difference.
    """
    asked = await read_json(request, ChatRequest)
    return ChatStream(request, services, caller, asked)


class ChatStream(Response):
    """The events of runs."""

    media_type = EVENT_STREAM

    def __init__(self, request: Request, services: ApiServices, caller: Principal, asked: ChatRequest) -> None:
        super().__init__(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._request, self._services, self._caller, self._asked = request, services, caller, asked
        self._run: FabricRun | None = None
        self._writing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream. A run that nobody follows any more is cancelled, unless it is we who go away."""
        seats: Seats = self._request.app.state.seats
        stopping = self._services.stopping
        with seats.seat(self._caller.workspace_id, "sse"):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                await first_to_end(
                    self._talk(send), self._signs_of_life(send), until_disconnected(receive), stopping.wait()
                )
                if self._run is not None and stopping.is_set():
                    await self._refuse(send, Unavailable("server_restarting", "This server stops; the run goes on."))
            except TimeoutError:
                raise ClientDisconnect from None
            finally:
                if self._run is not None and not stopping.is_set():
                    await self._run.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _talk(self, send: Send) -> None:
        for prompt in self._asked.prompts:
            run = FabricRun(self._services, self._request, self._caller)
            try:
                await self._answer(send, run, prompt)
            except (TimeoutError, ClientDisconnect):
                raise
            except Exception as error:  # noqa: BLE001 — the answer has begun: it can only be told in it
                self._run = None
                await run.cancel()
                await self._refuse(send, error)
            else:
                await self._write(send, stream.complete_event() + stream.usage_event(run.usage))

    async def _answer(self, send: Send, run: FabricRun, prompt: ChatPrompt) -> None:
        """Make a run, and send what it answers."""
        wishes = wishes_of(self._asked, prompt, self._services.models.providers)
        self._run = run
        await run.submit(wishes, prompt.session_name.strip())
        await self._write(send, stream.remark(f"run {run.id}"))
        shown = stream.Shown()
        async with aclosing(run.pieces()) as pieces:
            async for text, begins in pieces:
                if more := shown.piece(text, begins=begins):
                    await self._write(send, stream.content_event(more, shown.form))
        if more := shown.end(await run.end()):
            await self._write(send, stream.content_event(more, shown.form))
        self._run = None

    async def _refuse(self, send: Send, error: Exception) -> None:
        known = first_of(error)
        if known is None:
            log.error("fabric.chat_failed", exc_info=error)
            known = Internal("internal_error", "Something went wrong on our side.")
        await self._write(send, stream.error_event(known.message, known.code) + stream.complete_event())

    async def _signs_of_life(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._services.settings.keep_alive_s)
            await self._write(send, stream.SIGN_OF_LIFE)

    async def _write(self, send: Send, data: bytes) -> None:
        async with self._writing, asyncio.timeout(self._services.settings.send_deadline_s):
            await send({"type": "http.response.body", "body": data, "more_body": True})
