"""Threats A75, A76, A78, A96: where an attempt may go, and what a receiver's answer can do to us.

The oracle of the first is the network: a fake one records every address that we ask for, and sends all of them to a
receiver on this machine.
"""

import asyncio
import socket
import time

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.guard import GuardedNetwork, canonical_allow
from cutroom.webhooks import Sender
from cutroom.webhooks.sending import MAX_ANSWER_BYTES, harmless
from tests.media.internet import PUBLIC, Internet, Names
from tests.webhooks.receiver import OK, Receiver, answer, receiving
from tests.webhooks.standing import sender_to

URL = "http://hooks.test/in?token=hush"
HEADERS = {"webhook-id": "evt_1"}


def public_sender(receiver: Receiver, names: Names, *, https_only: bool = False, deadline_s: float = 20.0) -> Sender:
    """A sender for which the whole internet is this receiver."""
    network = GuardedNetwork(resolver=names, network=Internet(receiver.port))
    return Sender(network=network, https_only=https_only, deadline_s=deadline_s)


async def refused(sender: Sender, url: str) -> str:
    with pytest.raises(Invalid) as caught:
        await sender.check(url, "/url")
    assert caught.value.code == "url_not_allowed"
    assert [detail.pointer for detail in caught.value.details] == ["/url"]
    assert "hush" not in caught.value.message
    return caught.value.message


@pytest.mark.threat("A75")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://user:hush@hooks.test/",
        "https://hooks.test:5432/",
        "ftp://hooks.test/",
        "file:///etc/passwd",
        "https://inside.test/",
        "https://both.test/",
        "https://hooks.test/" + "a" * 3000,
        "not a url",
    ],
)
async def test_a_url_that_must_not_be_sent_to_is_refused_when_it_is_given_and_at_each_attempt(url: str) -> None:
    async with receiving() as receiver:
        names = Names({"hooks.test": [[PUBLIC]], "inside.test": [["10.0.0.7"]], "both.test": [[PUBLIC, "127.0.0.1"]]})
        internet = Internet(receiver.port)
        sender = Sender(network=GuardedNetwork(resolver=names, network=internet))
        await refused(sender, url)
        got = await sender.send(url, HEADERS, "{}")
    assert (got.error, got.status_code, got.text) == ("url_not_allowed", None, None)
    assert internet.connects == []
    assert receiver.messages == []


@pytest.mark.threat("A75")
async def test_a_name_that_turned_private_between_is_refused_where_it_connects() -> None:
    async with receiving() as receiver:
        names = Names({"hooks.test": [[PUBLIC], ["127.0.0.1"]]})
        sender = public_sender(receiver, names)
        await sender.check(URL, "/url")
        got = await sender.send(URL, HEADERS, "{}")
    assert got.error == "url_not_allowed"
    assert names.lookups == ["hooks.test", "hooks.test"]
    assert receiver.messages == []


@pytest.mark.threat("A75")
async def test_one_lookup_is_made_for_an_attempt_and_the_connection_goes_to_what_was_checked() -> None:
    async with receiving() as receiver:
        names = Names({"hooks.test": [[PUBLIC], ["127.0.0.1"]]})
        internet = Internet(receiver.port)
        got = await Sender(network=GuardedNetwork(resolver=names, network=internet), https_only=False).send(
            URL, HEADERS, "{}"
        )
    assert got.error is None
    assert internet.connects == [(PUBLIC, 80)]


async def test_http_is_refused_where_https_is_demanded_except_for_hosts_that_the_operator_names() -> None:
    async with receiving() as receiver:
        strict = public_sender(receiver, Names({"hooks.test": [[PUBLIC]]}), https_only=True)
        assert "https" in await refused(strict, URL)
        assert (await strict.send(URL, HEADERS, "{}")).error == "url_not_allowed"
        named = sender_to(receiver.port)
        await named.check(receiver.url, "/url")
        assert (await named.send(receiver.url, HEADERS, "{}")).error is None
        await refused(named, f"http://127.0.0.1:{receiver.port + 1}/")


async def test_a_name_that_cannot_be_looked_up_now_is_let_in_and_fails_at_the_attempt() -> None:
    async with receiving() as receiver:
        sender = public_sender(receiver, Names({}))
        await sender.check("http://later.test/", "/url")
        assert (await sender.send("http://later.test/", HEADERS, "{}")).error == "host_unknown"


async def test_a_message_arrives_as_it_was_written_and_nothing_else_is_sent() -> None:
    async with receiving() as receiver:
        got = await sender_to(receiver.port).send(receiver.url, {"webhook-id": "evt_1"}, '{"name":"Grüße"}')
        (message,) = receiver.messages
    assert (got.status_code, got.error) == (200, None)
    assert message.body == '{"name":"Grüße"}'
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("Cutroom/")
    known = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-type", "content-length"}
    assert message.headers.keys() == known | {"webhook-id"}


@pytest.mark.threat("A76")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    async with receiving(answer(status, "Location: http://169.254.169.254/latest/meta-data/")) as receiver:
        names = Names({"hooks.test": [[PUBLIC]]})
        internet = Internet(receiver.port)
        got = await Sender(network=GuardedNetwork(resolver=names, network=internet), https_only=False).send(
            URL, HEADERS, "{}"
        )
    assert (got.status_code, got.error) == (status, "redirected")
    assert internet.connects == [(PUBLIC, 80)]
    assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (202, None), (204, None), (400, "bad_status"), (410, "gone"), (503, "bad_status")],
)
async def test_a_2xx_alone_counts(status: int, error: str | None) -> None:
    async with receiving(answer(status)) as receiver:
        got = await sender_to(receiver.port).send(receiver.url, HEADERS, "{}")
    assert (got.status_code, got.error, got.gone) == (status, error, status == 410)


@pytest.mark.threat("A76")
async def test_of_a_gigabyte_of_answer_64_kilobytes_are_read() -> None:
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while written < 1 << 30:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with receiving(endless) as receiver:
        got = await public_sender(receiver, Names({"hooks.test": [[PUBLIC]]})).send(URL, HEADERS, "{}")
    assert (got.status_code, got.error) == (200, None)
    assert got.text == "x" * 1024
    assert written < 200 * MAX_ANSWER_BYTES  # what fits into the sockets' buffers


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_of_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(20):
        writer.write(f"X-{number}: 1\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.threat("A76", "A96")
@pytest.mark.parametrize(("slow", "status"), [(silence, None), (drip, 200), (drip_of_headers, None)])
async def test_a_whole_attempt_has_one_deadline(slow: object, status: int | None) -> None:
    async with receiving(slow) as receiver:  # type: ignore[arg-type]
        began = time.monotonic()
        got = await sender_to(receiver.port, deadline_s=0.5).send(receiver.url, HEADERS, "{}")
    assert (got.error, got.status_code) == ("timeout", status)
    assert time.monotonic() - began < 10  # each answer takes a second: that it was cut short is said above
    assert 450 <= got.duration_ms <= 10_000


@pytest.mark.threat("A96")
@pytest.mark.parametrize(
    ("garbage", "error"),
    [
        (b"\x00\xff\xfe\r\n\r\n", "bad_response"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "bad_response"),
        (b"HTTP/1.1 OK OK\r\n\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 300_000, "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "bad_response"),
        (b"", "unreachable"),
    ],
    ids=["bytes", "another protocol", "no status", "headers", "length", "chunks", "broken off", "nothing"],
)
async def test_garbage_is_a_failure_with_a_reason(garbage: bytes, error: str) -> None:
    async with receiving(garbage) as receiver:
        got = await sender_to(receiver.port).send(receiver.url, HEADERS, "{}")
    assert got.error in {error, "unreachable"}


async def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as taken:  # by nobody who listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        got = await sender_to(port).send(f"http://127.0.0.1:{port}/", HEADERS, "{}")
    assert (got.error, got.status_code) == ("unreachable", None)


@pytest.mark.threat("A78")
async def test_an_answer_is_kept_when_it_came_from_a_public_address() -> None:
    async with receiving(answer(500, body="<b>sorry</b>\x07\u202e" + "é" * 2000)) as receiver:
        got = await public_sender(receiver, Names({"hooks.test": [[PUBLIC]]})).send(URL, HEADERS, "{}")
    assert got.text is not None
    assert got.text.startswith("&lt;b&gt;sorry&lt;/b&gt;éé")
    assert len(got.text.encode()) <= 1100


@pytest.mark.threat("A78")
async def test_an_answer_from_a_private_address_is_not_kept_even_where_it_may_be_sent_to() -> None:
    async with receiving(answer(500, body="the secrets of an inner server")) as receiver:
        got = await sender_to(receiver.port).send(receiver.url, HEADERS, "{}")
    assert (got.status_code, got.text) == (500, None)


@pytest.mark.threat("A75", "A78")
async def test_addresses_near_us_are_judged_by_where_the_connection_went() -> None:
    async with receiving(OK) as receiver:
        allow = canonical_allow([("inner.test", receiver.port)])
        sender = Sender(network=GuardedNetwork(allow, resolver=Names({"inner.test": [["127.0.0.1"]]})))
        got = await sender.send(f"http://inner.test:{receiver.port}/", HEADERS, "{}")
    assert (got.status_code, got.error, got.text) == (200, None, None)


def test_what_a_receiver_says_is_made_harmless() -> None:
    assert harmless(b"a\x00b\x1b[2Jc\xff<script>\r\n") == "ab[2Jc\ufffd&lt;script&gt;\n"
    assert harmless("a\u202eb\ufeffc\u2066d".encode()) == "abcd"


async def test_what_fails_together_is_an_origin() -> None:
    sender = sender_to()
    assert sender.target_of("https://hooks.test/a?b") == sender.target_of("https://HOOKS.test:443/c")
    assert sender.target_of("https://hooks.test/") != sender.target_of("https://other.test/")
