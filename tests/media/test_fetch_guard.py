"""Threats A01 to A12 and A14: where a fetch may go.

The oracle is not the error but the network: an audit hook sees every lookup and every connection of this process, and
a fake network sees every address that the fetcher asks for.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.fetch import Fetcher
from cutroom.media.guard import GuardedNetwork, is_public
from tests.media.internet import PUBLIC, Internet, Names

_seen: list[tuple[str, Any]] | None = None


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _seen.append((event, args[0]))
    elif event in {"socket.connect", "socket.sendto"} and args[0].family in {socket.AF_INET, socket.AF_INET6}:
        _seen.append((event, args[1]))


sys.addaudithook(_audit)


@pytest.fixture
def network_log() -> Iterator[list[tuple[str, Any]]]:
    """Every lookup and every connection of this process, in order."""
    global _seen  # noqa: PLW0603 — an audit hook cannot be removed, so it is told where to write
    _seen = []
    yield _seen
    _seen = None


@asynccontextmanager
async def server(answer: Callable[[str], str]) -> AsyncIterator[tuple[int, list[str]]]:
    """An HTTP server whose answers are a function of the path; yields its port and the requests it saw."""
    requests: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        requests.append(head)
        writer.write(answer(head.split(" ")[1]).replace("\n", "\r\n").encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1], requests


def ok(body: str) -> str:
    return f"HTTP/1.1 200 OK\nContent-Length: {len(body)}\n\n{body}"


def redirect(location: str, extra: str = "") -> str:
    return f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0\n{extra}\n"


ADDRESSES = {
    "A01": """
        http://127.0.0.1/ http://127.1/ http://0/ http://0.0.0.0/ http://127.255.255.254/
    """,
    "A02": """
        http://2130706433/ http://0x7f000001/ http://0x7f.0.0.1/ http://0177.0.0.1/ http://017700000001/
        http://127.0.0.0x1/ http://127.0.1/ http://0x/
    """,
    "A03": """
        http://[::1]/ http://[::]/ http://[::ffff:7f00:1]/ http://[::ffff:127.0.0.1]/ http://[::127.0.0.1]/
        http://[0:0:0:0:0:0:0:1]/ http://[::ffff:0:127.0.0.1]/ http://[fe80::1%25lo]/ http://[fec0::1]/
    """,
    "A04": """
        http://[64:ff9b::7f00:1]/ http://[64:ff9b:1::a00:1]/ http://[2002:7f00:1::]/ http://[2002:a00:1::1]/
        http://[2001::f5ff:fffe]/ http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/
    """,
    "A05": """
        http://169.254.169.254/latest/meta-data/ http://2852039166/ http://0xa9fea9fe/
        http://[::ffff:169.254.169.254]/ http://[fd00:ec2::254]/ http://100.100.100.200/ http://192.0.0.192/
        http://169.254.170.2/ http://168.63.129.16/
    """,
    "A06": """
        http://10.0.0.1/ http://172.16.0.1/ http://172.31.255.255/ http://192.168.1.1/ http://100.64.0.1/
        http://198.18.0.1/ http://198.19.255.255/ http://192.0.2.1/ http://198.51.100.1/ http://203.0.113.1/
        http://192.88.99.1/ http://224.0.0.1/ http://239.255.255.255/ http://240.0.0.1/ http://255.255.255.255/
        http://[ff02::1]/ http://[fc00::1]/ http://[2001:db8::1]/ http://[3fff::1]/ http://[5f00::1]/
        http://[100::1]/
    """,
}
FORMS = {
    "A10": [
        "file:///etc/passwd",
        "gopher://93.184.216.34/",
        "ftp://93.184.216.34/a",
        "dict://93.184.216.34:80/",
        "ws://93.184.216.34/",
        "data:,x",
        "//93.184.216.34/",
        "/etc/passwd",
        "a.mp4",
        "",
        "http:///a",
        "http:93.184.216.34",
        "https//93.184.216.34/",
    ],
    "A11": [
        "http://user:secret@public.test/",
        "http://public.test@127.0.0.1/",
        "http://public.test\\@127.0.0.1/",
        "http://127.0.0.1\\@public.test/",
        "http://127.0.0.1#@public.test/",
        "http://127.0.0.1?@public.test/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://127\u30020\u30020\u30021/",
        "http://127.0.0\u30021/",
        "http://\u2460\u2461\u2466.0.0.1/",
        "http://127.0.0.1./",
        "http://[::1].public.test/",
        "http://127.0.0.1%2f@public.test/",
        "http://public.test%00.example/",
        "http://127%2e0%2e0%2e1/",
        "http://pub lic.test/",
        "http://public.test:80:80/",
        "http://public.test:99999/",
        "http://public.test:-1/",
        "http://public.test\t/",
        "http://public.test\r\nHost: a/",
        "http://-public.test/",
        "http://public..test/",
        "http://" + "a" * 64 + ".test/",
        "http://" + "a." * 130 + "test/",
        "http://public.test/" + "a" * 9000,
    ],
    "A12": [f"http://{PUBLIC}:{port}/" for port in (22, 25, 5432, 6379, 8080, 8443)]
    + ["http://public.test:22/", "https://public.test:5432/"],
}
NOT_PUBLIC = {threat: urls.split() for threat, urls in ADDRESSES.items()} | FORMS


@pytest.mark.threat("A01", "A02", "A03", "A04", "A05", "A06", "A10", "A11", "A12")
@pytest.mark.parametrize(
    ("threat", "url"),
    [
        pytest.param(threat, url, id=f"{threat}-{n}")
        for threat in NOT_PUBLIC
        for n, url in enumerate(NOT_PUBLIC[threat])
    ],
)
async def test_a01_to_a12_a_url_that_must_not_be_fetched_causes_no_traffic(
    threat: str, url: str, network_log: list[tuple[str, Any]], tmp_path: Path
) -> None:
    names = Names({"public.test": [[PUBLIC]]})
    with pytest.raises(Invalid) as caught:
        await Fetcher(network=GuardedNetwork(resolver=names)).fetch(url, tmp_path / "file")
    assert caught.value.code == "url_not_allowed"
    assert "secret" not in caught.value.message
    assert network_log == []
    assert names.lookups == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [url for urls in NOT_PUBLIC.values() for url in urls])
def test_what_a_fetch_would_refuse_is_refused_at_the_door_too(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        Fetcher().check(url)
    assert caught.value.code == "url_not_allowed"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "fe80::1%eth0",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
        "0.0.0.0",  # noqa: S104 — refused here
    ],
)
@pytest.mark.parametrize("public", ["before", "after", "none"])
@pytest.mark.threat("A07")
async def test_a07_a_name_with_any_address_that_is_not_public_is_refused(
    address: str, public: str, network_log: list[tuple[str, Any]], tmp_path: Path
) -> None:
    answers = {"before": [PUBLIC, address], "after": [address, PUBLIC], "none": [address]}[public]
    names = Names({"mixed.test": [answers]})
    internet = Internet(1)
    with pytest.raises(Invalid) as caught:
        await Fetcher(network=GuardedNetwork(resolver=names, network=internet)).fetch(
            "http://mixed.test/a", tmp_path / "file"
        )
    assert caught.value.code == "url_not_allowed"
    assert internet.connects == []
    assert network_log == []


@pytest.mark.threat("A08")
async def test_a08_one_lookup_per_hop_and_the_socket_goes_to_the_checked_address(
    network_log: list[tuple[str, Any]], tmp_path: Path
) -> None:
    async with server(lambda path: redirect("/b") if path == "/a" else ok("hello")) as (port, _):
        names = Names({"rebind.test": [[PUBLIC], ["93.184.216.35"], ["127.0.0.1"]]})
        internet = Internet(port)
        fetcher = Fetcher(network=GuardedNetwork(resolver=names, network=internet))
        await fetcher.fetch("http://rebind.test/a", tmp_path / "file")
        assert names.lookups == ["rebind.test", "rebind.test"]
        assert internet.connects == [(PUBLIC, 80), ("93.184.216.35", 80)]
        with pytest.raises(Invalid) as caught:
            await fetcher.fetch("http://rebind.test/b", tmp_path / "other")
    assert caught.value.code == "url_not_allowed"
    assert len(internet.connects) == 2
    assert network_log == [("socket.connect", ("127.0.0.1", port))] * 2  # the fake internet's, and nobody else's


@pytest.mark.parametrize("hop", [1, 2, 5])
@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://private.test/",
        "//127.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "https://public.test:8443/",
        "http://user:pass@public.test/",
        "file:///etc/passwd",
        "gopher://public.test/",
        "ftp://public.test/",
        "dict://public.test/",
        "http://public.test\\@127.0.0.1/",
        "http://127\u30020\u30020\u30021/",
    ],
)
@pytest.mark.threat("A09", "A10")
async def test_a09_a10_every_hop_of_a_redirect_is_checked_like_the_first(
    hop: int, location: str, tmp_path: Path
) -> None:
    def answer(path: str) -> str:
        number = int(path[1:])
        return redirect(location if number == hop else f"/{number + 1}")

    async with server(answer) as (port, requests):
        internet = Internet(port)
        names = Names({"public.test": [[PUBLIC]], "private.test": [["192.168.0.7"]]})
        with pytest.raises(Invalid) as caught:
            await Fetcher(network=GuardedNetwork(resolver=names, network=internet)).fetch(
                "http://public.test/1", tmp_path / "file"
            )
    assert caught.value.code == "url_not_allowed"
    assert "http://public.test/1 (redirected to " in caught.value.message
    assert internet.connects == [(PUBLIC, 80)] * hop
    assert len(requests) == hop


@pytest.mark.threat("A09")
async def test_a09_five_redirects_are_followed_and_a_sixth_is_not(tmp_path: Path) -> None:
    def answer(path: str) -> str:
        number = int(path[1:])
        return redirect(f"http://public.test/{number - 1}") if number else ok("there")

    async with server(answer) as (port, requests):
        fetcher = Fetcher(network=GuardedNetwork(resolver=Names({"public.test": [[PUBLIC]]}), network=Internet(port)))
        fetched = await fetcher.fetch("http://public.test/5", tmp_path / "file")
        assert fetched.final_url == "http://public.test/0"
        assert (tmp_path / "file").read_text() == "there"
        requests.clear()
        with pytest.raises(Invalid) as caught:
            await fetcher.fetch("http://public.test/6", tmp_path / "other")
    assert caught.value.code == "source_redirects"
    assert len(requests) == 6


@pytest.mark.threat("A14")
async def test_a14_nothing_of_ours_is_sent_and_no_proxy_is_used(
    monkeypatch: pytest.MonkeyPatch, network_log: list[tuple[str, Any]], tmp_path: Path
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text(
        "machine public.test login me password secret\nmachine other.test login me password secret\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))

    def answer(path: str) -> str:
        return (
            redirect("http://other.test/b", "Set-Cookie: session=1; Domain=test\n") if path == "/a?token=1" else ok("x")
        )

    async with server(answer) as (port, requests):
        names = Names({"public.test": [[PUBLIC]], "other.test": [["93.184.216.35"]]})
        internet = Internet(port)
        fetched = await Fetcher(network=GuardedNetwork(resolver=names, network=internet)).fetch(
            "http://public.test/a?token=1", tmp_path / "file"
        )
    assert fetched.size_bytes == 1
    assert internet.connects == [(PUBLIC, 80), ("93.184.216.35", 80)]
    assert {entry[1] for entry in network_log} == {("127.0.0.1", port)}
    for request in requests:
        sent = {line.partition(":")[0].lower() for line in request.splitlines()[1:] if line}
        assert sent == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert "secret" not in request
        assert "Accept-Encoding: identity" in request


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


async def test_only_the_named_private_host_is_admitted_and_only_on_its_port(tmp_path: Path) -> None:
    async with server(lambda _: ok("mine")) as (port, requests):
        fetcher = Fetcher(allow=frozenset({("127.0.0.1", port)}))
        await fetcher.fetch(f"http://127.0.0.1:{port}/a", tmp_path / "file")
        for url in (
            f"http://localhost:{port}/",
            f"http://127.0.0.2:{port}/",
            "http://127.0.0.1/",
            f"http://[::1]:{port}/",
        ):
            with pytest.raises(Invalid, match="not allowed"):
                await fetcher.fetch(url, tmp_path / "other")
        assert len(requests) == 1


async def test_an_admitted_name_may_lead_to_a_private_address(tmp_path: Path) -> None:
    async with server(lambda _: ok("mine")) as (port, requests):
        allow = frozenset({("store.internal", port)})
        fetcher = Fetcher(network=GuardedNetwork(allow, resolver=Names({"store.internal": [["127.0.0.1"]]})))
        await fetcher.fetch(f"http://store.internal:{port}/a", tmp_path / "file")
    assert f"Host: store.internal:{port}" in requests[0]


async def test_the_next_address_is_tried_when_one_does_not_answer(tmp_path: Path) -> None:
    async with server(lambda _: ok("mine")) as (port, _):
        allow = frozenset({("two.test", port)})
        names = Names({"two.test": [["127.0.0.9", "127.0.0.1"]]})
        fetched = await Fetcher(network=GuardedNetwork(allow, resolver=names)).fetch(
            f"http://two.test:{port}/", tmp_path / "file"
        )
    assert fetched.size_bytes == 4
