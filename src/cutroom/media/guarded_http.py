"""One HTTP request to a server that a stranger named: through the guard, over a connection of its own.

Nothing is sent but what the caller gives: no cookies, no credentials, no proxy from the environment, and redirects are
answers like any other. A connection serves one request, so that every request is checked where it connects.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpcore2

from cutroom import __version__
from cutroom.media.guard import CONNECT_TIMEOUT_S, Address, GuardedNetwork, Target, parse

_UNKNOWN_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Trouble(StrEnum):
    """Why there is no answer; the values are stable."""

    HOST_UNKNOWN = "host_unknown"
    LOOKUP_FAILED = "lookup_failed"
    TIMEOUT = "timeout"
    TLS_FAILED = "tls_failed"
    BAD_RESPONSE = "bad_response"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that is being answered.

    Args:
        response: status and body, which is still to be read.
        headers: the answer's, names in lower case.
        address: whom we speak to.
    """

    response: httpcore2.Response
    headers: Mapping[bytes, bytes]
    address: Address | None


class GuardedHttp:
    """Makes requests; safe for many at once.

    Args:
        network: decides where a connection may go, and opens it.
        idle_s: seconds of silence after which a server is given up.
        tls: verifies servers; the system's roots when absent.
    """

    def __init__(self, network: GuardedNetwork, *, idle_s: float, tls: ssl.SSLContext | None = None) -> None:
        self.network = network
        self._timeouts = {"connect": CONNECT_TIMEOUT_S, "read": idle_s, "write": idle_s}
        self._tls = tls

    def check(self, url: str) -> Target:
        """Parse a URL, and refuse without any network what can be refused for its form or its literal address.

        Raises:
            Refused: we may not go there.
        """
        target = parse(url)
        self.network.check(target.host, target.port)
        return target

    @asynccontextmanager
    async def ask(
        self, method: str, target: Target, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[Exchange]:
        """Make one request; the connection is closed when the block ends.

        Raises:
            Refused: the host has an address that is not public.
            Exception: of the network; `trouble` says which they are.
        """
        if self._tls is None and target.scheme == "https":
            self._tls = await asyncio.to_thread(httpcore2.default_ssl_context)
        fields: dict[str, str] = {
            "Host": target.host_header,
            "User-Agent": f"Cutroom/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
            **({} if content is None else {"Content-Length": str(len(content))}),
        }
        request = httpcore2.Request(
            method,
            httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.request_target),
            headers=[*fields.items()],
            content=content,
            extensions={"timeout": self._timeouts},
        )
        remembering = _Remembering(self.network)
        async with httpcore2.AsyncConnectionPool(ssl_context=self._tls, network_backend=remembering) as pool:
            response = await pool.handle_async_request(request)
            try:
                answered = {name.lower(): value for name, value in response.headers}
                yield Exchange(response, answered, remembering.address)
            finally:
                with suppress(Exception):
                    await response.aclose()


def trouble(error: Exception) -> Trouble | None:
    """What an error of the network means; None when it is no error of the network."""
    if isinstance(error, socket.gaierror):
        return Trouble.HOST_UNKNOWN if error.errno in _UNKNOWN_NAME else Trouble.LOOKUP_FAILED
    if isinstance(error, httpcore2.TimeoutException):
        return Trouble.TIMEOUT
    # httpcore2 wraps the error it met; "from None" on its way out leaves it among the arguments only.
    met = error.args[0] if error.args else None
    if isinstance(met, ssl.SSLCertVerificationError):
        return Trouble.TLS_FAILED
    if isinstance(error, httpcore2.RemoteProtocolError) and isinstance(met, Exception):
        return Trouble.BAD_RESPONSE
    if isinstance(error, httpcore2.NetworkError | httpcore2.RemoteProtocolError):
        return Trouble.UNREACHABLE
    return None


class _Remembering(httpcore2.AsyncNetworkBackend):
    """The guarded network of one request; knows afterwards which address was reached."""

    def __init__(self, network: GuardedNetwork) -> None:
        self.address: Address | None = None
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """As the guarded network."""
        self.address, stream = await self._network.reach(host, port, timeout)
        return stream

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore2's interface
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never."""
        return await self._network.connect_unix_socket(path, timeout, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between connection attempts."""
        await self._network.sleep(seconds)
