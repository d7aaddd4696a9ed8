"""Fetching from servers that behave in every way, on this machine through the allow list. Threat A13 and its kin."""

import asyncio
import gzip
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.media.fetch import Fetched, Fetcher

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Site:
    """A server on this machine, and a way to fetch from it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/clip.mp4"
        self.requests: list[str] = []
        self.sent_bytes = 0

    async def fetch(
        self, path: Path, *, max_bytes: int = 1 << 20, deadline_s: float = 5.0, idle_s: float = 5.0
    ) -> Fetched:
        allow = frozenset({("127.0.0.1", self.port)})
        fetcher = Fetcher(allow, max_bytes, deadline_s, idle_s=idle_s)
        return await fetcher.fetch(f"{self.url}?token=hidden", path)


@asynccontextmanager
async def site(*behaviours: Behaviour | str | bytes) -> AsyncIterator[Site]:
    """Serve: the first behaviour to the first connection, and so on; the last to all that follow."""
    waiting = list(behaviours)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behaviour = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            served.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            if callable(behaviour):
                await behaviour(writer)
            else:
                text = behaviour.replace("\n", "\r\n").encode() if isinstance(behaviour, str) else behaviour
                writer.write(text)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        served = Site(listening.sockets[0].getsockname()[1])
        yield served


def whole(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


async def fails(served: Site, path: Path, **limits: float) -> CutroomError:
    """Fetch, expect an error of ours that names the source and nothing secret, and nothing left behind."""
    with pytest.raises(CutroomError) as caught:
        await served.fetch(path, **limits)  # type: ignore[arg-type]
    assert served.url in caught.value.message
    assert "hidden" not in caught.value.message
    assert list(path.parent.iterdir()) == []
    return caught.value


async def test_a_file_arrives_whole_with_its_hash_and_type(tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    async with site(whole(body, "Content-Type: Video/MP4; codecs=x")) as served:
        fetched = await served.fetch(tmp_path / "clip", max_bytes=len(body))
    assert fetched == Fetched(hashlib.sha256(body).hexdigest(), len(body), "video/mp4", served.url)
    assert (tmp_path / "clip").read_bytes() == body
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip"]
    assert served.requests[0].startswith("GET /clip.mp4?token=hidden HTTP/1.1\r\n")


async def test_chunked_and_endless_until_close_bodies_arrive_too(tmp_path: Path) -> None:
    chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n6\n world\n0\n\n"
    until_close = "HTTP/1.0 200 OK\n\nhello world"
    async with site(chunked, until_close) as served:
        for name in ("chunked", "until-close"):
            fetched = await served.fetch(tmp_path / name)
            assert fetched.sha256 == hashlib.sha256(b"hello world").hexdigest()
            assert fetched.content_type is None


async def test_progress_is_told_while_the_bytes_come(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    async with site(whole(b"x" * 300_000)) as served:
        fetcher = Fetcher(frozenset({("127.0.0.1", served.port)}))
        await fetcher.fetch(served.url, tmp_path / "clip", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (300_000, 300_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, ("source_not_found", False)),
        (410, ("source_not_found", False)),
        (401, ("source_forbidden", False)),
        (403, ("source_forbidden", False)),
        (500, ("source_server_error", True)),
        (502, ("source_server_error", True)),
        (503, ("source_server_error", True)),
        (429, ("source_server_error", True)),
        (400, ("source_refused", False)),
        (418, ("source_refused", False)),
        (501, ("source_refused", False)),
        (204, ("source_refused", False)),
        (206, ("source_refused", False)),
        (304, ("source_refused", False)),
    ],
)
async def test_the_status_decides_the_code_and_whether_asking_again_helps(
    status: int, outcome: tuple[str, bool], tmp_path: Path
) -> None:
    async with site(f"HTTP/1.1 {status} X\nContent-Length: 0\n\n") as served:
        error = await fails(served, tmp_path / "clip")
    assert (error.code, error.retryable) == outcome
    assert str(status) in error.message


@pytest.mark.parametrize(("header", "after_s"), [("7", 7), ("999999", 300), ("soon", None), ("9" * 5000, None)])
async def test_retry_after_is_passed_on_within_reason(header: str, after_s: int | None, tmp_path: Path) -> None:
    async with site(f"HTTP/1.1 503 X\nRetry-After: {header}\nContent-Length: 0\n\n") as served:
        assert (await fails(served, tmp_path / "clip")).retry_after_s == after_s


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


@pytest.mark.threat("A13")
async def test_a13_an_endless_body_is_cut_at_the_limit(tmp_path: Path) -> None:
    async with site(endless) as served:
        error = await fails(served, tmp_path / "clip", max_bytes=3_000_000)
    assert error.code == "source_too_large"
    assert not error.retryable


@pytest.mark.threat("A13")
async def test_a13_a_body_announced_as_too_large_is_not_read(tmp_path: Path) -> None:
    async with site(f"HTTP/1.1 200 OK\nContent-Length: {2 * 1024**3}\n\n") as served:
        error = await fails(served, tmp_path / "clip", deadline_s=2)
    assert error.code == "source_too_large"


@pytest.mark.threat("A13")
async def test_a13_the_body_of_a_redirect_is_not_read_however_large(tmp_path: Path) -> None:
    written = 0

    async def large_redirect(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 2147483648\r\n\r\n")
        for _ in range(2048):
            writer.write(b"x" * (1 << 20))
            await writer.drain()
            written += 1 << 20

    async with site(large_redirect, whole(b"there")) as served:
        fetched = await served.fetch(tmp_path / "clip")
    assert fetched.size_bytes == 5
    assert fetched.final_url.endswith("/there")
    assert written < 32 << 20


@pytest.mark.threat("A13")
async def test_a13_a_slow_drip_ends_at_the_deadline(tmp_path: Path) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    started = time.monotonic()
    async with site(drip) as served:
        error = await fails(served, tmp_path / "clip", deadline_s=0.5)
    assert (error.code, error.retryable) == ("source_timeout", False)
    assert time.monotonic() - started < 20  # of 50


@pytest.mark.threat("A13")
async def test_a13_headers_that_drip_end_at_the_deadline(tmp_path: Path) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with site(drip) as served:
        assert (await fails(served, tmp_path / "clip", deadline_s=0.5)).code == "source_timeout"


async def test_a_server_that_falls_silent_may_be_asked_again(tmp_path: Path) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await asyncio.sleep(2)

    async with site(silent) as served:
        error = await fails(served, tmp_path / "clip", idle_s=0.3)
    assert (error.code, error.retryable) == ("source_timeout", True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: a\r\n" * 200_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nBad\x00Header: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
    ids=["long header", "many headers", "bad name", "two lengths", "negative length", "not http"],
)
@pytest.mark.threat("A13")
async def test_a13_headers_without_end_or_sense_are_no_answer(head: bytes, tmp_path: Path) -> None:
    async with site(head) as served:
        error = await fails(served, tmp_path / "clip")
    assert (error.code, error.retryable) == ("source_bad_response", False)


@pytest.mark.threat("A13")
async def test_a13_a_compressed_answer_is_refused_before_it_can_unfold(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    async with site(whole(bomb, "Content-Encoding: gzip")) as served:
        error = await fails(served, tmp_path / "clip")
    assert (error.code, error.retryable) == ("source_encoded", False)


@pytest.mark.threat("A13")
async def test_a13_a_gzip_file_stays_the_file_it_is(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    async with site(whole(bomb, "Content-Type: application/gzip")) as served:
        fetched = await served.fetch(tmp_path / "clip")
    assert fetched.size_bytes == len(bomb)


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 200 OK\nContent-Length: 100\n\nonly this",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nff\nonly this",
    ],
)
async def test_a_body_that_breaks_off_is_no_file(answer: str, tmp_path: Path) -> None:
    async with site(answer) as served:
        error = await fails(served, tmp_path / "clip")
    assert isinstance(error, Unavailable)
    assert error.code == "source_truncated"


async def test_a_server_that_hangs_up_or_is_not_there_may_be_asked_again(tmp_path: Path) -> None:
    async with site(b"") as served:
        assert (await fails(served, tmp_path / "clip")).code == "source_unreachable"
    error = await fails(served, tmp_path / "clip")  # it is closed now
    assert (error.code, error.retryable) == ("source_unreachable", True)


async def test_a_name_that_nobody_has_is_not_asked_for_again(tmp_path: Path) -> None:
    allow = frozenset({("no-such-host.invalid", 80)})
    with pytest.raises(CutroomError) as caught:
        await Fetcher(allow, deadline_s=20).fetch("http://no-such-host.invalid/a", tmp_path / "clip")
    # A machine without a resolver cannot know that the name does not exist.
    assert caught.value.code in {"source_host_unknown", "source_unreachable"}


async def test_a_redirect_loop_ends(tmp_path: Path) -> None:
    async with site("HTTP/1.1 301 X\nLocation: /clip.mp4\nContent-Length: 0\n\n") as served:
        error = await fails(served, tmp_path / "clip")
        assert len(served.requests) == 6
    assert isinstance(error, Invalid)
    assert error.code == "source_redirects"


async def test_the_message_names_where_a_redirect_led(tmp_path: Path) -> None:
    async with site(
        "HTTP/1.1 307 X\nLocation: /gone?k=v\nContent-Length: 0\n\n", "HTTP/1.1 404 X\nContent-Length: 0\n\n"
    ) as served:
        error = await fails(served, tmp_path / "clip")
    assert "(redirected to /gone)" in error.message


async def test_a_cancelled_fetch_leaves_nothing(tmp_path: Path) -> None:
    async with site(endless) as served:
        fetching = asyncio.gather(served.fetch(tmp_path / "clip", max_bytes=1 << 40, deadline_s=60))
        while not list(tmp_path.iterdir()):
            await asyncio.sleep(0.01)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
    assert list(tmp_path.iterdir()) == []
