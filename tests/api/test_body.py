"""Bodies while they are read, without a server. Threats A67, A69, A71, A73."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from cutroom.api.body import Body, StrictRequest, is_json
from cutroom.kit.errors import Invalid


def receiving(*chunks: bytes, after: float = 0.0) -> Any:
    """A `receive` that brings these chunks, each after so many seconds."""

    async def bring() -> AsyncIterator[Message]:
        for number, chunk in enumerate(chunks):
            await asyncio.sleep(after)
            yield {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        while True:
            yield {"type": "http.disconnect"}

    return bring().__anext__


def a_body(
    *chunks: bytes, headers: dict[str, str] | None = None, max_bytes: int = 10, deadline_s: float = 60, **more: float
) -> Body:
    return Body(Headers(headers or {}), receiving(*chunks, **more), max_bytes, deadline_s=deadline_s)


async def read(body: Body) -> bytes:
    whole = b""
    while True:
        message = await body.receive()
        whole += bytes(message["body"])
        if not message["more_body"]:
            return whole


async def test_a_body_of_just_the_allowed_size_passes() -> None:
    assert await read(a_body(b"01234", b"56789")) == b"0123456789"


@pytest.mark.threat("A67")
@pytest.mark.parametrize("chunks", [[b"0123456789a"], [b"0123456789", b"a"], [b"a"] * 11])
async def test_a_body_with_one_byte_too_many_is_refused_while_it_is_read(chunks: Sequence[bytes]) -> None:
    with pytest.raises(Invalid) as caught:
        await read(a_body(*chunks))
    assert caught.value.code == "body_too_large"


@pytest.mark.threat("A67")
async def test_a_body_that_announces_too_much_is_refused_before_it_is_read() -> None:
    body = a_body(b"0", headers={"content-length": "11"})
    with pytest.raises(Invalid) as caught:
        await body.receive()
    assert caught.value.code == "body_too_large"


@pytest.mark.parametrize("length", ["", "-1", "1e3", "²", "9" * 40])
async def test_a_length_that_is_no_number_is_not_believed(length: str) -> None:
    assert await read(a_body(b"0123", headers={"content-length": length})) == b"0123"


@pytest.mark.threat("A67", "A69")
async def test_a_body_that_drips_is_refused_at_its_deadline() -> None:
    with pytest.raises(Invalid) as caught:
        await read(a_body(*[b"a"] * 9, after=0.05, deadline_s=0.2))
    assert caught.value.code == "body_too_slow"


@pytest.mark.threat("A67")
async def test_a_client_that_does_not_stop_sending_is_not_heard_out_for_ever() -> None:
    async def endless() -> Message:
        return {"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}

    body = Body(Headers({}), endless, 10, deadline_s=60)
    async with asyncio.timeout(60):
        with pytest.raises(Invalid):
            await read(body)


async def test_waiting_for_the_client_to_leave_has_no_deadline() -> None:
    left = asyncio.Event()
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    body = Body(Headers({}), receive, 10, deadline_s=0.05)
    assert await read(body) == b""
    waiting = asyncio.create_task(body.receive())
    await asyncio.sleep(0.15)
    assert not waiting.done()
    left.set()
    assert (await waiting)["type"] == "http.disconnect"


async def test_a_route_may_take_more() -> None:
    body = a_body(b"0123456789", b"0123456789")
    body.allow(20, deadline_s=60)
    assert len(await read(body)) == 20


def strict(raw: bytes, *, content_type: str | None = "application/json", **headers: str) -> StrictRequest:
    named = {**headers, **({} if content_type is None else {"content-type": content_type})}
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "headers": encoded, "path": "/", "query_string": b""}
    return StrictRequest(scope, receiving(raw))


@pytest.mark.parametrize("size", [10, 100_000])
async def test_json_is_parsed_whatever_its_size(size: int) -> None:
    document = {"text": "x" * size}
    assert await strict(json.dumps(document).encode()).json() == document


@pytest.mark.threat("A71", "A73")
async def test_json_that_breaks_later_is_refused_now() -> None:
    wrong = {
        b"": "malformed_json",
        b"{": "malformed_json",
        b"\xff\xfe": "malformed_json",
        b'"\xed\xa0\x80"': "malformed_json",
        b"NaN": "bad_number",
        b'{"a": 1e999}': "bad_number",
        b"1" * 5_000: "bad_number",
        b'{"a": 1, "a": 2}': "duplicate_key",
        b'"\\u0000"': "bad_text",
        b'"\\ud800"': "bad_text",
        b"[" * 100_000 + b"]" * 100_000: "json_too_deep",
    }
    for raw, code in wrong.items():
        with pytest.raises(Invalid) as caught:
            await strict(raw).json()
        assert caught.value.code == code, raw[:20]


@pytest.mark.threat("A71")
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/json; charset=utf-16",
        "json",
    ],
)
async def test_a_body_that_does_not_say_that_it_is_json_is_refused(content_type: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        await strict(b"{}", content_type=content_type).json()
    assert caught.value.code == "unsupported_media_type"


async def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        await strict(b"{}", content_encoding="gzip").json()
    assert caught.value.code == "unsupported_media_type"


def test_json_may_be_named_in_more_than_one_way() -> None:
    for content_type in ("application/json", "Application/JSON; charset=UTF-8", "application/problem+json"):
        assert is_json(content_type)
