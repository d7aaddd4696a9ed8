"""https: the socket goes to the address that was checked, and the certificate must be for the name in the URL."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.fetch import Fetcher
from cutroom.media.guard import GuardedNetwork
from tests.media.internet import PUBLIC, Internet, Names

trustme = pytest.importorskip("trustme")
Serving = Callable[..., AbstractAsyncContextManager[Internet]]


@pytest.fixture(scope="module")
def authority() -> Any:
    return trustme.CA()


@pytest.fixture
def trusting(authority: Any) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def serving(authority: Any) -> Serving:
    """An https server whose certificate is for this name; what it was asked for by name is in `asked`."""

    @asynccontextmanager
    async def served(name: str, asked: list[str | None]) -> AsyncIterator[Internet]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        context.sni_callback = lambda _socket, sni, _context: asked.append(sni)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfilm")
                await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as listening:
            yield Internet(listening.sockets[0].getsockname()[1])

    return served


async def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    serving: Serving, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    async with serving("public.test", asked) as internet:
        network = GuardedNetwork(resolver=Names({"public.test": [[PUBLIC]]}), network=internet)
        fetched = await Fetcher(network=network, tls=trusting).fetch("https://public.test/a", tmp_path / "file")
    assert fetched.size_bytes == 4
    assert internet.connects == [(PUBLIC, 443)]
    assert asked == ["public.test"]


async def test_a_certificate_for_another_name_is_refused(
    serving: Serving, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    async with serving("other.test", []) as internet:
        network = GuardedNetwork(resolver=Names({"public.test": [[PUBLIC]]}), network=internet)
        with pytest.raises(Invalid) as caught:
            await Fetcher(network=network, tls=trusting).fetch("https://public.test/a", tmp_path / "file")
    assert caught.value.code == "source_tls_failed"


async def test_a_certificate_that_nobody_vouches_for_is_refused(serving: Serving, tmp_path: Path) -> None:
    async with serving("public.test", []) as internet:
        network = GuardedNetwork(resolver=Names({"public.test": [[PUBLIC]]}), network=internet)
        with pytest.raises(Invalid) as caught:
            await Fetcher(network=network).fetch("https://public.test/a", tmp_path / "file")
    assert caught.value.code == "source_tls_failed"
    assert list(tmp_path.iterdir()) == []
