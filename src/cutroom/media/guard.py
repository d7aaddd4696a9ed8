"""Which hosts on the network we may speak to, decided once and enforced at the socket.

A URL is parsed once into a `Target`. When a connection is opened, its name is looked up once, every address it has is
checked, and the socket goes to a checked address: there is no second lookup that could answer differently (DNS
rebinding), and no parser between the check and the connection that could read the URL differently.

Python's `is_global` is no basis for this: it is True for `::127.0.0.1`, `64:ff9b::7f00:1` and multicast. The tables
here are the IANA special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry and
…-ipv6-special-registry, read 2026-11), wider where a registry's exception serves no media.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpcore2
import httpx2

PUBLIC_PORTS: Final = frozenset({80, 443})
MAX_URL_LENGTH: Final = 8192
CONNECT_TIMEOUT_S: Final = 10.0
_ADDRESSES_TRIED: Final = 4

_DENIED_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host: a public number, answered by the machine underneath
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Everything outside of global unicast is refused: loopback, mapped, compatible, NAT64, unique local, link-local, site
# local, multicast, segment routing.
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_DENIED_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

_RAW: Final = re.compile(r"[^\s\\\x00-\x20\x7f]+")
_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks a name up: (host, port) to addresses; raises `socket.gaierror`."""


class Refused(Exception):
    """We may not go there; the message is the reason, to follow "… is not allowed: "."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL after its one parse: where to connect and what to ask for. `host` is a canonical name or address."""

    url: httpx2.URL
    scheme: str
    host: str
    port: int
    request_target: bytes

    @property
    def host_header(self) -> str:
        """The value of the Host header (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.url.port is None else f"{host}:{self.port}"


def is_public(address: Address) -> bool:
    """Whether an address belongs to a host on the open internet, and to nothing near us."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _DENIED_V4)
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    return not any(address in block for block in _DENIED_V6)


def parse(url: str, base: httpx2.URL | None = None) -> Target:
    """Parse a URL, or a redirect's Location against `base`, into the one form that is used from here on.

    Raises:
        Refused: it is no http or https URL, carries credentials, or writes its host in a form that programs read
            differently (`127.1`, `0x7f000001`, a backslash).
    """
    if len(url) > MAX_URL_LENGTH:
        raise Refused(f"it is longer than {MAX_URL_LENGTH} characters")
    if _RAW.fullmatch(url) is None:
        raise Refused("it has a space, a backslash or a control character in it")
    try:
        parsed = httpx2.URL(url) if base is None else base.join(url)
        host = _canonical_host(parsed.raw_host.decode("ascii"))
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise Refused("it is not a valid URL") from error
    if parsed.scheme not in {"http", "https"}:
        raise Refused("only http and https are accepted")
    if parsed.userinfo:
        raise Refused("it has a user name or password in it")
    port = parsed.port if parsed.port is not None else {"http": 80, "https": 443}[parsed.scheme]
    if not 0 < port < 65536:
        raise Refused("it is not a valid URL")
    return Target(parsed, parsed.scheme, host, port, parsed.raw_path)


def _canonical_host(host: str) -> str:
    if ":" in host:
        return str(IPv6Address(host))
    name = host.lower().removesuffix(".")
    if _ENDS_IN_NUMBER.fullmatch(name):
        # The WHATWG URL standard reads such a host as IPv4 in one of many notations; only the plain one is taken.
        return str(IPv4Address(name))
    if _NAME.fullmatch(name) is None:
        raise ValueError(name)
    return name


def canonical_allow(allow: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """The named private hosts in the form that targets have."""
    return frozenset((_canonical_host(host.strip("[]")), port) for host, port in allow)


async def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, once."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections for httpcore2, to public hosts on ports 80 and 443 and to the hosts named in `allow`.

    Args:
        allow: canonical (host, port) pairs that may be private and on any port.
        resolver: looks names up.
        network: opens the connection to an address that was checked.
    """

    def __init__(
        self,
        allow: frozenset[tuple[str, int]] = frozenset(),
        *,
        resolver: Resolver = look_up,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow = allow
        self._resolver = resolver
        self._network = network or httpcore2.AnyIOBackend()

    def check(self, host: str, port: int) -> Address | None:
        """Refuse what can be refused without asking anybody; returns the address when `host` is one.

        Raises:
            Refused: a port other than 80 and 443, or an address that is not public.
        """
        try:
            address = ip_address(host)
        except ValueError:
            address = None
        if (host, port) not in self._allow:
            if port not in PUBLIC_PORTS:
                raise Refused(f"port {port} is not 80 or 443")
            if address is not None and not is_public(address):
                raise Refused("its address is not on the public internet")
        return address

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """As `reach`."""
        return (await self.reach(host, port, timeout))[1]

    async def reach(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — handed on to httpcore2
    ) -> tuple[Address, httpcore2.AsyncNetworkStream]:
        """Look the host up once, check every address it has, connect to the first that answers; which one it was.

        Raises:
            Refused: one of its addresses is not public; no connection was tried.
            socket.gaierror: the name cannot be looked up.
            httpcore2.ConnectError: no address answers.
        """
        failure: Exception = httpcore2.ConnectError(f"no address for {host}")
        for address in (await self.addresses(host, port))[:_ADDRESSES_TRIED]:
            try:
                stream = await self._network.connect_tcp(str(address), port, timeout=timeout or CONNECT_TIMEOUT_S)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return address, stream
        raise failure

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Every address of the host, all of them checked, after one lookup.

        Raises:
            Refused: one of them is not public, or as `check`.
            socket.gaierror: the name cannot be looked up.
        """
        literal = self.check(host, port)
        if literal is not None:
            return [literal]
        found = [ip_address(text) for text in await self._resolver(host, port)]
        if (host, port) not in self._allow and not all(is_public(address) for address in found):
            raise Refused("its name leads to an address that is not on the public internet")
        return found

    def is_allowed(self, host: str, port: int) -> bool:
        """Whether the operator has named this host, so that it may be private."""
        return (host, port) in self._allow

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore2's interface
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never."""
        raise Refused("it is not on the network")

    async def sleep(self, seconds: float) -> None:
        """Wait between connection attempts."""
        await asyncio.sleep(seconds)
