"""`WS /jobs/{id}/stream`: a job's events over a WebSocket, for browsers and programs that want one.

A key or token comes in a header, as the subprotocol `bearer.<key>` beside `cutroom.v1` (all that a browser can set), or
in the first message, `{"apiKey": "ctr_…"}`; never in the URL. A page of ours may come with its cookie alone. Who has
several workspaces picks one by the subprotocol `workspace.<id>` where they cannot set `X-Workspace-Id`.

Close codes: 1000 the job ended, 1008 the client says too much,
1012 the server restarts, 1013 try again later (too slow, too many streams or requests, no database), 4400 a bad
request, 4401 a key that is unknown or not good any more, 4403 a key that may not read jobs or a page of a foreign
origin, 4404 no such job.
"""

import asyncio
from contextlib import suppress
from typing import Final

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from cutroom.accounts import Principal
from cutroom.api.auth import key_in_headers, principal_of, refuse_key_in_url
from cutroom.api.cookies import cookie_of
from cutroom.api.cors import is_foreign
from cutroom.api.deps import PREFIX, ApiServices, services_of
from cutroom.api.errors import unauthenticated
from cutroom.api.following import MAX_SEQ, Seats, events_of, until_refused
from cutroom.api.racing import first_to_end
from cutroom.api.rate_limits import Rates
from cutroom.api.routes import demand
from cutroom.kit import strict_json
from cutroom.kit.errors import CutroomError, Forbidden, Invalid

router = APIRouter(prefix=PREFIX)
PROTOCOL: Final = "cutroom.v1"
_BEARER: Final = "bearer."
MAX_MESSAGES: Final = 16
MAX_FIRST_MESSAGE: Final = 9 << 10
"""Bytes: tokens of identity providers are long."""
CLOSE_WITHIN_S: Final = 5.0
ENDED, POLICY, RESTART, LATER, BAD, WHO, MAY_NOT, NOWHERE = 1000, 1008, 1012, 1013, 4400, 4401, 4403, 4404


@router.websocket("/jobs/{job_id}/stream", name="followJob")
async def follow_job(websocket: WebSocket, job_id: str) -> None:
    """Send every event above `after`, then the live ones, until the job ends."""
    await websocket.accept(PROTOCOL if PROTOCOL in websocket.scope["subprotocols"] else None)
    services = services_of(websocket)
    seats: Seats = websocket.app.state.seats
    with suppress(WebSocketDisconnect):
        try:
            after = _after(websocket)
            _refuse_foreign(services, websocket)
            proof = await _proof(services, websocket)
            principal = await _principal(websocket, proof)
            demand(principal, "jobs:read")
            await services.jobs.look(services.database, principal.workspace_id, job_id)
            with seats.seat(principal.workspace_id, "websocket"):
                code = await Follower(services, websocket, principal, proof, job_id).run(after)
            reason = ""
        except CutroomError as error:
            code, reason = _code_of(error), error.code
        await _close(websocket, code, reason)


def _after(websocket: WebSocket) -> int:
    query = websocket.query_params
    refuse_key_in_url(query.multi_items())
    text = query.get("after", "0")
    if query.keys() - {"after"} or not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_SEQ):
        raise Invalid("bad_after", "The only parameter is 'after': the number of the last event that you have seen.")
    return int(text)


def _refuse_foreign(services: ApiServices, websocket: WebSocket) -> None:
    """A browser opens sockets to anybody, for any page, and sends our cookie along."""
    headers = websocket.headers
    if is_foreign(headers.get("origin"), headers.get("host", ""), services.settings.cors_origins):
        raise Forbidden("origin_not_allowed", "Pages of this origin may not use this server.")


async def _proof(services: ApiServices, websocket: WebSocket) -> str | None:
    """The key or token that was sent; None when a cookie speaks for the client."""
    plaintext = key_in_headers(websocket.headers)
    for offered in websocket.scope["subprotocols"]:
        if plaintext is None and offered.startswith(_BEARER):
            plaintext = offered.removeprefix(_BEARER)
    if plaintext is None and cookie_of(websocket) is None:
        plaintext = await _key_in_first_message(websocket, services.settings.auth_deadline_s)
    return plaintext


async def _principal(websocket: WebSocket, proof: str | None) -> Principal:
    rates: Rates = websocket.app.state.rates
    try:
        principal = await principal_of(websocket, proof)
    except Forbidden as error:
        refusal = await rates.fail(websocket.scope, proof) if error.code == "unauthenticated" else None
        raise refusal or error from None
    await rates.spend_of(websocket, principal)
    return principal


async def _key_in_first_message(websocket: WebSocket, deadline_s: float) -> str:
    hint = 'Say who you are: send {"apiKey": "ctr_…"} as the first message.'
    try:
        async with asyncio.timeout(deadline_s):
            message = await websocket.receive()
    except TimeoutError:
        raise unauthenticated(hint) from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text") or ""
    found = strict_json.parse(text.encode()) if 0 < len(text) <= MAX_FIRST_MESSAGE else None
    if not isinstance(found, dict) or found.keys() != {"apiKey"} or not isinstance(found["apiKey"], str):
        raise unauthenticated(hint)
    return found["apiKey"]


class Follower:
    """One client that follows one job."""

    def __init__(
        self, services: ApiServices, websocket: WebSocket, principal: Principal, proof: str | None, job_id: str
    ) -> None:
        self._services, self._websocket = services, websocket
        self._principal, self._proof, self._job_id = principal, proof, job_id
        seats: Seats = websocket.app.state.seats
        self._texts = seats.texts
        self._code = ENDED

    async def run(self, after: int) -> int:
        """Send events until there is a reason to stop; returns the close code that tells it.

        Raises:
            WebSocketDisconnect: the client is gone.
        """
        await first_to_end(self._send(after), self._listen(), self._stop(), self._watch())
        return self._code

    async def _send(self, after: int) -> None:
        async for event in events_of(self._services, self._principal.workspace_id, self._job_id, after):
            try:
                async with asyncio.timeout(self._services.settings.send_deadline_s):
                    await self._websocket.send_text(self._texts.of(self._job_id, event))
            except TimeoutError:
                self._code = LATER
                return

    async def _listen(self) -> None:
        """Notice that the client went away; what it says is of no interest, but must not be much."""
        for _ in range(MAX_MESSAGES):
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
        self._code = POLICY

    async def _watch(self) -> None:
        await until_refused(self._services, self._principal, lambda: principal_of(self._websocket, self._proof))
        self._code = WHO

    async def _stop(self) -> None:
        await self._services.stopping.wait()
        self._code = RESTART


def _code_of(error: CutroomError) -> int:
    if error.code == "unauthenticated":
        return WHO
    by_kind = {
        "forbidden": MAY_NOT,
        "not_found": NOWHERE,
        "invalid": BAD,
        "quota_exceeded": LATER,
        "unavailable": LATER,
    }
    return by_kind.get(error.kind, 1011)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await websocket.close(code, reason)
