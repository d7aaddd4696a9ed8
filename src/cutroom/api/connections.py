"""Connections before they are requests: how much a head may hold, how long it may take, and who is let go.

Uvicorn closes nothing by itself but a connection that was idle after an answer. Here every state in which a client can
leave us waiting has a deadline that no byte of its own moves: the head of a request, the body that nobody reads any
more, an answer that is not taken. Bodies that a route reads are timed in `body`.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from cutroom.api.errors import error_bytes, status_of
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.kit.ids import new_id

MESSAGE_BYTES: Final = 16 << 10
"""Largest message a WebSocket client may send; followers only ever say who they are."""
FOLLOWER_BUFFER_BYTES: Final = 64 << 10
GIVE_UP_S: Final = 60.0
"""Seconds in which a client must have taken what was sent before a WebSocket was closed, and the reason."""
_PHRASES: Final = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take of us.

    Args:
        head_bytes: request line and headers together.
        head_fields: headers of one request.
        head_s: seconds in which a head must have come, from the connection or from its first byte.
        idle_s: seconds that a connection may rest between two requests.
        linger_s: seconds for what still arrives after its answer, and for a closing client to take its answer.
        stall_s: seconds for which a client may take nothing of an answer that waits for it.
        connections: that this process has open at once.
    """

    head_bytes: int = 32 << 10
    head_fields: int = 100
    head_s: float = 10.0
    idle_s: float = 30.0
    linger_s: float = 5.0
    stall_s: float = 60.0
    connections: int = 10_000


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with deadlines and a limit for heads.

    httptools, not h11: it refuses a request that gives its length in two ways, which h11 takes (threat A70); that it
    takes heads of any size (A68) is mended here.
    """

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()
    # on the class, for the parser may call back before the first byte of a head was counted
    _head_size: int = 0
    _in_head: bool = False
    _in_body: bool = False
    _deaf: bool = False
    _refusal: CutroomError | None = None
    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, unless the house is full."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._answer(Unavailable("too_many_connections", "This process is full; try again in a moment."))
            return
        self._expect(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget every deadline."""
        self._expect(None)
        self._stalled(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; while they do not make a request, the clock that runs is not set back."""
        if self._deaf:
            return
        super().data_received(data)
        if self._ended() or self.transport.get_protocol() is not self:
            return
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > self.limits.head_bytes:
                self._answer(_too_large(self.limits))
                return
        if self._deadline is None and (self._in_head or not self._busy):
            self._expect(self.limits.linger_s if self._in_body else self.limits.head_s)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_size, self._in_head, self._in_body = 0, True, True

    def on_headers_complete(self) -> None:
        """The head is here: look at what no route can see any more."""
        self._in_head = False
        self._expect(None)
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.head_bytes or len(self.headers) > self.limits.head_fields:
            self._refuse(_too_large(self.limits))
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() != "1.0"):
            self._refuse(Invalid("malformed_request", "A request names its host once, in the header Host."))
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is here."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is written; what is left of a body that nobody read may still come, but not for long."""
        super().on_response_complete()
        if self._in_body and not self._in_head and not self._busy and self._deadline is None:
            self._expect(self.limits.linger_s)

    def handle_websocket_upgrade(self) -> None:
        """From here on `streams` watches over it."""
        self._expect(None)
        self._stalled(None)
        # What a follower leaves unread lies in the kernel, which would take megabytes of it for each.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FOLLOWER_BUFFER_BYTES)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Say in our own form why this is no request."""
        self._answer(self._refusal or Invalid("malformed_request", "This is not a request that HTTP allows."))

    def pause_writing(self) -> None:
        """The client takes its answer more slowly than we write it."""
        super().pause_writing()
        self._stalled(self.limits.stall_s)

    def resume_writing(self) -> None:
        """It has taken some."""
        self._stalled(None)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """It rested for too long."""
        self._close()

    def _ended(self) -> bool:
        return self._deaf or self.transport.is_closing()

    @property
    def _busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _expect(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _stalled(self, seconds: float | None) -> None:
        if self._stall is not None:
            self._stall.cancel()
        self._stall = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _late(self) -> None:
        self._deadline = None
        if self._busy:  # the head of a next request is late, and the answer to the one before is still under way
            self._expect(self.limits.head_s)
        elif self._in_head:
            self._answer(Invalid("head_too_slow", "The head of the request did not come in time."))
        else:
            self._close()

    def _refuse(self, error: CutroomError) -> None:
        """Stop the parser, which then asks for `send_400_response`."""
        self._refusal = error
        raise error

    def _answer(self, error: CutroomError) -> None:
        """Answer without a request, and close."""
        if self._ended():
            return
        if not self._busy:  # else bytes of ours would end up inside of another answer
            status, request_id = status_of(error), new_id("req")
            body = error_bytes(error, request_id)
            head = [
                f"HTTP/1.1 {status} {_PHRASES.get(status, 'Service Unavailable')}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                "Connection: close",
                "Cache-Control: no-store",
                "X-Content-Type-Options: nosniff",
                f"X-Request-ID: {request_id}",
                *(["Retry-After: 2"] if status == 503 else []),
            ]
            self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
            # Closing on a client that still sends would cut off our answer: end our side, and hear out the other.
            self._deaf = True
            self._expect(None)
            if self.transport.can_write_eof():
                self.transport.write_eof()
                self._stalled(self.limits.linger_s)
                return
        self._close()

    def _close(self) -> None:
        self._expect(None)
        if not self.transport.is_closing():
            self.transport.close()
        # An answer that the client does not take would keep a closing connection open.
        self._stalled(self.limits.linger_s)


class GuardedSocket(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, which can be closed also for a client that takes nothing."""

    _gone: asyncio.TimerHandle | None = None

    async def send(self, message: Any) -> None:
        """Write a message; the one that closes does not wait for room, for it is the last and has a few bytes."""
        if message["type"] == "websocket.close":
            self.writable.set()
            self._gone = self.loop.call_later(GIVE_UP_S, self.transport.abort)
        await super().send(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        if self._gone is not None:
            self._gone.cancel()
        super().connection_lost(exc)


def _too_large(limits: ConnectionLimits) -> Invalid:
    message = f"The head of a request may have {limits.head_bytes} bytes and {limits.head_fields} headers."
    return Invalid("headers_too_large", message)


def server_config(app: ASGIApp, *, limits: ConnectionLimits | None = None, **address: Any) -> uvicorn.Config:
    """How uvicorn serves our application; `address` is `host` and `port`, or nothing when sockets are handed in."""
    kept = limits or ConnectionLimits()
    return uvicorn.Config(
        app,
        http=type("GuardedProtocol", (GuardedProtocol,), {"limits": kept}),
        ws=GuardedSocket,
        ws_max_size=MESSAGE_BYTES,
        # Events are short, and a compressor for each follower would hold more memory than everything else of it.
        ws_per_message_deflate=False,
        # Longer than a follower may leave a message unread, so that it hears 1013; this is for those who are gone.
        ws_ping_timeout=60,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=kept.idle_s,  # type: ignore[arg-type]  # only ever handed to call_later
        timeout_graceful_shutdown=10,
        **address,
    )
