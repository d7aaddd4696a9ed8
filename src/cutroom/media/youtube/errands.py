"""The way of the extractor to the network: it has none of its own, we ask for it, and only where YouTube is.

The child writes what it wants to standard output, a line of JSON each, and waits. We make the request through the guard
(one lookup, every address checked, TLS verified), lay the body into a file that it can read, and tell it so through a
pipe. It follows redirects by asking again, so that each is checked like the first.
"""

import asyncio
import base64
import binascii
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import httpcore2

from cutroom.kit.later import later_log
from cutroom.media.guard import GuardedNetwork, Refused, Target, parse
from cutroom.media.guarded_http import Exchange, GuardedHttp, trouble

PIPE: Final = "answers"
MOST_REQUESTS: Final = 60
"""For one video; the extractor needs four to ten."""
MOST_BODY_BYTES: Final = 16 << 20
"""Of one answer; a page is about 1.5 MB, and the player's program 2.5 MB."""
REQUEST_S: Final = 30.0
_MOST_HEADERS_BYTES: Final = 32 << 10  # what a pipe takes at once is 64 KiB (pipe(7))
_WRITE_BYTES: Final = 1 << 18
_HOSTS: Final = (
    "youtube.com", "youtube-nocookie.com", "youtu.be", "googlevideo.com", "ytimg.com", "youtubei.googleapis.com",
)  # fmt: skip
_METHODS: Final = frozenset({"GET", "POST", "HEAD"})
_OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "proxy-authorization", "te"}
)
"""Headers that are not the child's to choose."""
_log = later_log()


class Web:
    """YouTube's part of the web.

    Args:
        network: opens connections; given by tests.
        tls: verifies servers; the system's roots when absent.
    """

    def __init__(self, network: GuardedNetwork | None = None, tls: Any = None) -> None:
        self._http = GuardedHttp(network or GuardedNetwork(), idle_s=REQUEST_S, tls=tls)

    @asynccontextmanager
    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[Exchange]:
        """Make one request, as `GuardedHttp.ask`.

        Raises:
            Refused: also for a host that is not YouTube's.
        """
        target = parse(url)
        _check(method, target)
        fields = {_titled(name): value for name, value in headers.items() if name.lower() not in _OURS}
        async with self._http.ask(method, target, fields, content) as exchange:
            if exchange.headers.get(b"content-encoding", b"identity").lower() not in {b"identity", b""}:
                raise Refused("it answers with a compressed body though it was asked not to")
            yield exchange


class Errands:
    """Requests of one child.

    Args:
        web: makes them.
        folder: where the child finds the answers; holds the pipe.

    Attributes:
        troubles: what was in the way of requests, by kind.
        refused: hosts that we would not ask.
    """

    def __init__(self, web: Web, folder: Path) -> None:
        self._web, self._folder = web, folder
        self._asked: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._count = 0
        self.troubles: list[str] = []
        self.statuses: list[int] = []
        os.mkfifo(folder / PIPE, 0o600)
        # Open at both ends: neither the child's opening waits for us, nor is ours an error when it is gone.
        self._pipe = os.open(folder / PIPE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._pipe)

    def want(self, request: Mapping[str, Any]) -> None:
        """Take a request of the child's; raises `ValueError` when it does not wait for its answers."""
        if not self._asked.empty():
            raise ValueError("it asks on without an answer")
        self._asked.put_nowait(request)

    async def serve(self) -> None:
        """Answer requests, one after the other, until cancelled."""
        while True:
            request = await self._asked.get()
            answer = await self._answer(request)
            with suppress(BlockingIOError):  # it does not read its answers, and waits in vain
                os.write(self._pipe, json.dumps(answer).encode() + b"\n")

    async def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._count += 1
        if self._count > MOST_REQUESTS:
            return self._no("too_many", f"more than {MOST_REQUESTS} requests")
        try:
            body = None if request["body"] is None else base64.b64decode(request["body"], validate=True)
            headers = {str(name): str(value) for name, value in request["headers"]}
            async with asyncio.timeout(REQUEST_S):
                return await self._request(str(request["method"]), str(request["url"]), headers, body)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            return self._no("malformed", type(error).__name__)
        except Refused as refused:
            return self._no("refused", str(refused))
        except TimeoutError:
            return self._no("timeout", f"{REQUEST_S:g} seconds")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            return self._no(str(trouble(error) or "unreachable"), type(error).__name__)

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
        async with self._web.ask(method, url, headers, body) as exchange:
            response = exchange.response
            name = f"{self._count}.body"
            with (self._folder / name).open("wb") as file:
                if not await read_into(file, exchange, MOST_BODY_BYTES):
                    return self._no("too_large", url[:200])
            answered = [[key.decode("latin-1"), value.decode("latin-1")] for key, value in response.headers]
            if sum(len(key) + len(value) + 8 for key, value in answered) > _MOST_HEADERS_BYTES:
                return self._no("too_large", "headers")
            self.statuses.append(response.status)
            return {"status": response.status, "headers": answered, "body": name}

    def _no(self, kind: str, why: str) -> dict[str, Any]:
        _log.info("youtube.request_failed", kind=kind, reason=why)
        self.troubles.append(kind)
        return {"trouble": kind}


async def read_into(file: IO[bytes], exchange: Exchange, most: int) -> bool:
    """Write an answer's body to a file; whether it is no larger than `most` bytes."""
    waiting = bytearray()
    length = 0
    async for chunk in exchange.response.aiter_stream():
        length += len(chunk)
        if length > most:
            return False
        waiting += chunk
        if len(waiting) >= _WRITE_BYTES:
            await asyncio.to_thread(file.write, waiting)
            waiting = bytearray()
    await asyncio.to_thread(file.write, waiting)
    return True


def _check(method: str, target: Target) -> None:
    if method not in _METHODS:
        raise Refused("only GET, HEAD and POST are made")
    if target.scheme != "https" or target.port != 443:
        raise Refused("YouTube is asked by https only, on port 443")
    if not any(target.host == host or target.host.endswith(f".{host}") for host in _HOSTS):
        raise Refused("it is no host of YouTube")


def _titled(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
