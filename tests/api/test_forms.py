"""Forms with a file: read as they come, and refused as soon as something is wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request
from starlette.types import Message

from cutroom.api import forms
from cutroom.api.forms import SentForm, read_form
from cutroom.kit.errors import Invalid
from tests.api.test_requests import raw
from tests.api.world import World

BOUNDARY = "5f1f"
ADDRESS = "/openai/v1/audio/transcriptions"


def part(name: str, content: bytes, more: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> bytes:
    return b"".join(parts) + end


FILE = part("file", b"\x00\x01\r\n--5f1\r\n" * 1000, '; filename="../a b\u00e9.wav"')


async def read(tmp_path: Path, body: bytes, *, step: int = 1000, boundary: str = BOUNDARY) -> SentForm:
    """What our reader makes of a body that comes in pieces of a size."""
    pieces = [body[start : start + step] for start in range(0, len(body), step)]

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0) if pieces else b"", "more_body": bool(pieces)}

    headers = [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return await read_form(request, tmp_path, file="file", most_bytes=20_000)


@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_a_form_is_read_in_whatever_pieces_it_comes(tmp_path: Path, step: int) -> None:
    found = await read(
        tmp_path, form(part("a", b"1"), FILE, part("b[]", b"x"), part("b[]", "\u00fc".encode())), step=step
    )
    assert found.fields == {"a": ["1"], "b[]": ["x", "\u00fc"]}
    assert found.file is not None
    assert found.file.path.read_bytes() == b"\x00\x01\r\n--5f1\r\n" * 1000
    assert (found.file.name, found.file.size_bytes) == ("../a b\u00e9.wav", 11_000)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(FILE, end=b""), "malformed_form"),
        (form(FILE)[:-20], "malformed_form"),
        (b"", "malformed_form"),
        (b"hello", "malformed_form"),
        (form(FILE, FILE), "malformed_form"),
        (form(part("other", b"x", '; filename="x"')), "malformed_form"),
        (form(b"--5f1f\r\nContent-Type: text/plain\r\n\r\nx\r\n"), "malformed_form"),
        (form(part("a", b"\xff")), "malformed_form"),
        (form(part("a" * 200, b"x")), "malformed_form"),
        (form(part("a", b"x" * 70_000)), "malformed_form"),
        (form(*(part(f"a{number}", b"x" * 60_000) for number in range(6))), "malformed_form"),
        (form(*(part("a", b"x") for _ in range(100))), "malformed_form"),
        (form(b"--5f1f\r\n" + b"X-A: b\r\n" * 100 + b"\r\nx\r\n"), "malformed_form"),
        (form(part("a", b"x\x00y")), "bad_text"),
        (form(part("file", bytes(20_001), '; filename="a"')), "payload_too_large"),
    ],
)
async def test_what_is_wrong_with_a_form_is_said(tmp_path: Path, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        await read(tmp_path, body)
    assert caught.value.code == code


async def test_boundaries_are_those_of_the_standard(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        await read(tmp_path, form(FILE), boundary="x" * 71)
    assert caught.value.code == "malformed_form"


async def test_a_body_that_is_no_form_is_refused_before_it_is_read(world: World) -> None:
    for kind in ("application/json", "multipart/form-data", "multipart/mixed; boundary=x", ""):
        answer = await world.mine.post(ADDRESS, content=form(FILE), headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.threat("A67")
async def test_a_form_without_end_is_refused_at_the_cap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_FIELDS_BYTES", 1000)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield form(part("a", b"x"), end=b"")
        while True:
            piece = part("a", b"x" * 500)
            sent += len(piece)
            yield piece
            await asyncio.sleep(0)

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    try:
        answer = await world.mine.post(ADDRESS, content=endless(), headers=headers)
    except httpx2.HTTPError:  # the server hangs up while we still send, as fast as both share one processor
        assert sent < 512 << 20
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_form")


@pytest.mark.threat("A69")
async def test_a_form_that_stops_coming_is_refused(slow_world: World) -> None:
    head = (
        f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {slow_world.api_key}\r\nContent-Length: 1000\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    answer = await raw(slow_world, head.encode() + form(part("a", b"x"), end=b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"body_too_slow"' in answer
