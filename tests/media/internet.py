"""A resolver and an internet of the tests' own, to be given to `GuardedNetwork`."""

import socket
from collections.abc import Iterable, Sequence
from typing import Final

import httpcore2

PUBLIC: Final = "93.184.216.34"
"""An address on the open internet; nothing is ever sent there."""


class Names:
    """A resolver with fixed answers, one per lookup; the last one stays."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self.answers = answers
        self.lookups: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.lookups.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        answers = self.answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Internet(httpcore2.AsyncNetworkBackend):
    """Public addresses, all answered by one server on this machine; records who was asked for."""

    def __init__(self, server_port: int) -> None:
        self.connects: list[tuple[str, int]] = []
        self._server_port = server_port

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.connects.append((host, port))
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self._server_port, timeout=timeout)
