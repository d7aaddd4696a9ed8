"""The first look at a request: where it comes from, whom it is for, and whether it pretends to be another."""

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from cutroom.kit.errors import Forbidden, Invalid

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EXTRA_HEADERS: Final = "cutroom.headers"
"""Key of the scope under which headers are left that `RequestContext` puts on the answer, whoever gives it."""
_OVERRIDES: Final = (b"x-http-method-override", b"x-http-method", b"x-method-override")
_ASKED_BY_ADDRESS: Final = frozenset({"/livez", "/readyz"})
"""Asked by what watches us, under the address of one process."""


class Gate:
    """ASGI middleware in front of everything that believes what a request says of itself.

    Args:
        app: what comes after.
        trusted_proxies: how many proxies of ours a request has passed, each of which adds the address that it saw to
            X-Forwarded-For. What stands further left was written by the client.
        allowed_hosts: names that the header Host may have, without port; any when empty.
    """

    def __init__(self, app: ASGIApp, *, trusted_proxies: int, allowed_hosts: frozenset[str]) -> None:
        self._app, self._trusted, self._hosts = app, trusted_proxies, allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the client's own address.

        Raises:
            Invalid: `host_not_allowed`, `method_override_refused`.
        """
        if scope["type"] in {"http", "websocket"}:
            if self._trusted:
                _correct(scope, self._trusted)
            if any(name in _OVERRIDES for name, _ in scope["headers"]):
                message = "The method of a request is that of its first line; no header puts another in its place."
                raise Invalid("method_override_refused", message)
            if self._hosts and scope["path"] not in _ASKED_BY_ADDRESS:
                self._check_host(Headers(scope=scope))
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        if host_name(headers.get("host", "")) not in self._hosts:
            raise Invalid("host_not_allowed", "This server does not answer under the name in the header Host.")


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without port and closing dot."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def client_of(scope: Scope) -> str:
    """The client's address, as far as we can know it; "unknown" on a socket that has none."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def refuse_networks(scope: Scope, blocked: Collection[Network]) -> None:
    """Refuse whoever comes from one of these networks.

    Raises:
        Forbidden: `address_blocked`.
    """
    if not blocked:
        return
    try:
        address = ipaddress.ip_address(client_of(scope))
    except ValueError:
        return
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if any((mapped or address) in network for network in blocked):
        raise Forbidden("address_blocked", "Nobody may use this installation from your network.")


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """What is counted as one client: an IPv4 address, or the /64 that an IPv6 host has all of."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def forwarded_for(given: str, trusted: int) -> str | None:
    """The address that the outermost of our own proxies saw, if as many have written as there are."""
    hops = [hop.strip() for hop in given.split(",")]
    if len(hops) < trusted:
        return None
    hop = hops[-trusted].strip('"')
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ipaddress.ip_address(hop.partition("%")[0]))
    except ValueError:
        return None


def leave_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Have these put on the answer."""
    scope.setdefault(EXTRA_HEADERS, {}).update(headers)


def _correct(scope: Scope, trusted: int) -> None:
    given = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    found = forwarded_for(given, trusted)
    if found is not None:
        scope["client"] = (found, 0)
