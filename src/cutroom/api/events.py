"""`GET /jobs/{id}/events`: what happened, as a page of JSON or as a live stream (server-sent events) by `Accept`."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Header, Query, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from cutroom.accounts import Principal
from cutroom.api.answers import DEFAULT, NEXT_LINK, PRIVATE, Cursor, Limit, Paging
from cutroom.api.auth import Caller, key_in_headers, principal_of
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.following import MAX_SEQ, Seats, events_of, until_refused
from cutroom.api.job_view import JobEventList, event_view
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.api.routes import keyed
from cutroom.jobs import Job, JobEvent
from cutroom.kit.errors import Detail, Invalid

router = keyed("jobs", area="jobs")
LIST: Final = "events"
EVENT_STREAM: Final = "text/event-stream"
RECONNECT_MS: Final = 2_000
_OPENING: Final = f"retry: {RECONNECT_MS}\n\n".encode()
_SIGN_OF_LIFE: Final = b": keep-alive\n\n"
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": JobEventList,
        "headers": NEXT_LINK,
        "content": {
            EVENT_STREAM: {
                "schema": {"type": "string"},
                "example": 'id: 7\nevent: progress\ndata: {"seq": 7, "kind": "progress", …}\n\n',
            }
        },
    },
    204: {"description": "The job has ended and there is nothing after the cursor: do not reconnect."},
}

After = Annotated[int | None, Query(ge=0, le=MAX_SEQ, description="Only events with a greater `seq`.")]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="As browsers send it when they reconnect; wins over `after`.")
]


@router.get("/jobs/{job_id}/events", operation_id="listJobEvents", responses={**_CONTENT, **errors(404, 429)})
async def list_events(
    request: Request,
    services: Services,
    caller: Caller,
    job_id: str,
    after: After = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
    last_event_id: LastEventId = None,
) -> Response:
    """The job's events in order, from any point: a page, or, with `Accept: text/event-stream`, live to its end.

    The same events come over a WebSocket at `/api/v1/jobs/{job_id}/stream?after=0`. Its key comes in a header, as the
    subprotocol `bearer.<key>` beside `cutroom.v1`, or in the first message, `{"apiKey": "…"}`. It closes with 1000 when
    the job has ended, 1012 or 1013 when you should come back with `after`, 4401 without a known key, 4404 where there
    is no such job.
    """
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST, job_id)
    told = paging.number
    start = after or 0 if told is None else told
    live = EVENT_STREAM in request.headers.get("accept", "")
    if live and last_event_id:
        start = _sequence(last_event_id)
    async with services.database.begin() as session:
        job = await services.jobs.get(session, caller.workspace_id, job_id)
        found: list[JobEvent] = []
        if not live:
            found = await services.jobs.events(session, caller.workspace_id, job_id, after=start, limit=limit + 1)
    if live:
        return _stream(request, services, caller, job, start)
    page = found[:limit]
    last = page[-1].seq if len(found) > limit else None
    return paging.answer(JobEventList, [event_view(event) for event in page], last)


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        message = "Last-Event-ID is the number of the last event that you have seen."
        raise Invalid("bad_header", message, details=[Detail("Last-Event-ID:", "bad_header", message)])
    return int(text)


def _stream(request: Request, services: ApiServices, caller: Principal, job: Job, after: int) -> Response:
    if job.status.ended and after >= job.event_seq:
        return Response(status_code=204)
    seats: Seats = request.app.state.seats
    again = partial(principal_of, request, key_in_headers(request.headers))
    refused = partial(until_refused, services, caller, again)
    return EventStream(services, seats, caller.workspace_id, job.id, after, refused)


class EventStream(Response):
    """A job's events as server-sent events (WHATWG HTML, section 9.2), until the job ends."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        services: ApiServices,
        seats: Seats,
        workspace_id: str,
        job_id: str,
        after: int,
        refused: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        # X-Accel-Buffering: nginx and its kin must pass events on as they come.
        super().__init__(headers={"Cache-Control": f"{PRIVATE}, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._services, self._seats = services, seats
        self._workspace_id, self._job_id, self._after = workspace_id, job_id, after
        self._refused = refused
        self._writing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        with self._seats.seat(self._workspace_id, "sse"):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                await first_to_end(
                    self._events(send),
                    self._signs_of_life(send),
                    until_disconnected(receive),
                    self._services.stopping.wait(),
                    self._refused(),
                )
            except TimeoutError:
                # Cut off, without a proper end: the client reconnects from the last event that it has seen.
                raise ClientDisconnect from None
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _events(self, send: Send) -> None:
        await self._write(send, _OPENING)
        async for event in events_of(self._services, self._workspace_id, self._job_id, self._after):
            data = self._seats.texts.of(self._job_id, event)
            await self._write(send, f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n".encode())

    async def _signs_of_life(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._services.settings.keep_alive_s)
            await self._write(send, _SIGN_OF_LIFE)

    async def _write(self, send: Send, data: bytes) -> None:
        async with self._writing, asyncio.timeout(self._services.settings.send_deadline_s):
            await send({"type": "http.response.body", "body": data, "more_body": True})
