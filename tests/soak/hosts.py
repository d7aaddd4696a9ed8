"""Hosts of their own on one machine: network namespaces on a bridge, whose cables can be pulled. Needs root."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Host:
    """One host: what comes before a command that shall run there, and its address."""

    name: str
    cable: str
    address: str

    @property
    def before(self) -> tuple[str, ...]:
        """The words before a command that runs on this host."""
        return ("ip", "netns", "exec", self.name)

    def unplug(self) -> None:
        """Pull the cable: what is sent arrives nowhere, and nobody is told."""
        ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        """Put the cable back."""
        ip("link", "set", self.cable, "up")


@dataclass
class Network:
    """A switch with hosts on it; `address` is where the machine itself answers them."""

    bridge: str
    address: str
    hosts: list[Host] = field(default_factory=list)


def ip(*arguments: str) -> None:
    """Run `ip`."""
    subprocess.check_call(["ip", *arguments])


def can_make_hosts() -> bool:
    """Whether this machine lets us."""
    if os.geteuid() != 0:
        return False
    with suppress(OSError):
        return subprocess.call(["unshare", "--net", "true"], stderr=subprocess.DEVNULL) == 0
    return False


@contextmanager
def network(count: int) -> Iterator[Network]:
    """So many hosts on a switch; they reach this machine and each other, and nothing else."""
    tag = secrets.token_hex(2)
    net = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(250)}"
    made = Network(f"ctr{tag}", f"{net}.254")
    try:
        ip("link", "add", made.bridge, "type", "bridge")
        ip("address", "add", f"{made.address}/24", "dev", made.bridge)
        ip("link", "set", made.bridge, "up")
        for number in range(1, count + 1):
            made.hosts.append(_host(made, f"ctr{tag}h{number}", f"{net}.{number}"))
        yield made
    finally:
        for host in made.hosts:
            _quietly("netns", "delete", host.name)
        _quietly("link", "delete", made.bridge)


def _host(switch: Network, name: str, address: str) -> Host:
    host = Host(name, f"{name}c", address)
    ip("netns", "add", name)
    ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", name)
    ip("link", "set", host.cable, "master", switch.bridge, "up")
    for command in (
        ("address", "add", f"{address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        ip("-n", name, *command)
    return host


def _quietly(*arguments: str) -> None:
    subprocess.call(["ip", *arguments], stderr=subprocess.DEVNULL)
