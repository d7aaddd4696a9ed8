"""Who is calling: the token in a call's metadata, and from where; and the keys of the door."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import grpc

from cutroom.kit.errors import Forbidden, Invalid

BEARER: Final = "Bearer "
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Tls:
    """The keys of the door.

    Args:
        cert: file of the certificate chain, PEM.
        key: file of its key.
        client_ca: who signs the certificates that agents must show; none are asked for when None.
    """

    cert: Path
    key: Path
    client_ca: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """What a server listens with.

        Raises:
            Invalid: `bad_certificate`, when a file cannot be read.
        """
        ca = None if self.client_ca is None else _read(self.client_ca)
        return grpc.ssl_server_credentials([(_read(self.key), _read(self.cert))], ca, self.client_ca is not None)


def token_of(context: grpc.aio.ServicerContext) -> str:
    """The token of a call.

    Raises:
        Forbidden: `no_agent_token`.
    """
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and value.startswith(BEARER):
            return value.removeprefix(BEARER)
    raise Forbidden("no_agent_token", "Send the agent's token as 'authorization: Bearer cta_…'.")


def check_peer(context: grpc.aio.ServicerContext, blocked: Collection[Network]) -> None:
    """Refuse callers from networks that nobody is let in from.

    Raises:
        Forbidden: `address_blocked`.
    """
    if not blocked:
        return
    address = peer_address(context.peer())
    if address is not None and any(address in network for network in blocked):
        raise Forbidden("address_blocked", "Requests from your address are not accepted.")


def peer_address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in gRPC's name of a peer: `ipv4:127.0.0.1:5000`, `ipv6:%5B::1%5D:5000`; None for a socket file."""
    kind, _, rest = unquote(peer).partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return None
    text = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid("bad_certificate", f"Cannot read {path}: {error.strerror}.") from error
