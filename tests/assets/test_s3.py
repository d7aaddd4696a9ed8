"""Threat F13: a bucket that fails in every way. The faults are made by a proxy in front of a real S3 server."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cutroom.assets.s3 import PART_BYTES, S3Store
from cutroom.assets.settings import S3Settings
from cutroom.kit.errors import NotFound, Unavailable

KEY = "ws/wsp_1/artifacts/art_1"


class Faults:
    """A proxy that passes requests on, unless its script has something else for them."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self.script: list[str] = []
        self.always: dict[str, str] = {}
        self.requests: list[str] = []
        self.open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            line = head.split(b"\r\n", 1)[0].decode()
            self.requests.append(line)
            fault = next((fault for part, fault in self.always.items() if part in line), None)
            if fault is None:
                fault = self.script.pop(0) if self.script else "pass"
            await self.answer(fault, head, reader, writer)
        writer.close()

    async def close(self) -> None:
        """End with those who have given us up already: a server ends before its connections do."""
        for writer in self.open.values():
            writer.transport.abort()
        await asyncio.gather(*self.open)

    async def answer(self, fault: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault == "reset":
            writer.transport.abort()
        elif fault == "silence":
            await reader.read()  # until the other side has enough of it
        elif fault in {"pass", "cut"}:
            await self.forward(head, reader, writer, cut=fault == "cut")
        else:
            await read_body(head, reader)
            extra = 'ETag: "0"\r\n' if fault == "200" else ""
            writer.write(f"HTTP/1.1 {fault} X\r\nContent-Length: 0\r\n{extra}Connection: close\r\n\r\n".encode())
            await writer.drain()

    async def forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, cut: bool
    ) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.upstream)
        forth.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + await read_body(head, reader))
        try:
            answer = await back.read()
        finally:
            forth.close()
        body = answer.index(b"\r\n\r\n") + 4
        writer.write(answer[: body + (len(answer) - body) // 2] if cut else answer)
        await writer.drain()


async def read_body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return await reader.readexactly(int(lengths[0].partition(b":")[2])) if lengths else b""


@pytest.fixture
async def faults(s3_settings: S3Settings) -> AsyncIterator[Faults]:
    port = urlsplit(s3_settings.endpoint or "").port
    assert port is not None
    proxy = Faults(port)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 20) as listening:
        proxy.port = listening.sockets[0].getsockname()[1]
        yield proxy
    await proxy.close()


@pytest.fixture
def store(s3_settings: S3Settings, faults: Faults) -> S3Store:
    endpoint = f"http://127.0.0.1:{faults.port}"
    return S3Store(dataclasses.replace(s3_settings, endpoint=endpoint, retry_s=0.8, silence_s=0.4))


def draft(tmp_path: Path, content: bytes = b"content") -> Path:
    path = tmp_path / "draft"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("script", [["503", "500", "503"], ["reset", "reset"], ["429", "503"], ["silence"]])
@pytest.mark.threat("F13")
async def test_f13_a_put_survives_a_bucket_that_stumbles(
    store: S3Store, faults: Faults, tmp_path: Path, script: list[str]
) -> None:
    faults.script = list(script)
    await store.put(KEY, draft(tmp_path), "video/mp4")
    found = await store.head(KEY)
    assert found is not None
    assert found.size_bytes == 7
    assert len(faults.requests) >= len(script) + 2


@pytest.mark.parametrize("fault", ["503", "500", "reset", "silence"])
@pytest.mark.threat("F13")
async def test_f13_a_bucket_that_stays_away_is_given_up_soon_and_the_file_is_kept(
    store: S3Store, faults: Faults, tmp_path: Path, fault: str
) -> None:
    faults.always = {" ": fault}
    path = draft(tmp_path)
    started = time.monotonic()
    for attempt in (store.put(KEY, path, "video/mp4"), store.get(KEY, tmp_path / "copy"), store.head(KEY)):
        with pytest.raises(Unavailable) as caught:
            await attempt
        assert (caught.value.code, caught.value.retryable) == ("store_unavailable", True)
    assert time.monotonic() - started < 20
    assert [entry.name for entry in tmp_path.iterdir()] == ["draft"]


@pytest.mark.threat("F13")
async def test_f13_a_put_that_the_bucket_forgot_is_not_done(store: S3Store, faults: Faults, tmp_path: Path) -> None:
    faults.always = {"PUT ": "200"}
    path = draft(tmp_path)
    with pytest.raises(Unavailable) as caught:
        await store.put(KEY, path, "video/mp4")
    assert caught.value.code == "store_incomplete"
    assert path.read_bytes() == b"content"


@pytest.mark.threat("F13")
async def test_f13_a_put_that_the_bucket_mixed_up_is_not_done(
    store: S3Store, faults: Faults, honest: Any, s3_settings: S3Settings, tmp_path: Path
) -> None:
    honest.put_object(Bucket=s3_settings.bucket, Key=KEY, Body=b"old")
    faults.always = {"PUT ": "200"}
    with pytest.raises(Unavailable) as caught:
        await store.put(KEY, draft(tmp_path), "video/mp4")
    assert caught.value.code == "store_incomplete"
    faults.always = {"COPY": "200", f"PUT /{s3_settings.bucket}/{KEY}2": "200"}
    with pytest.raises(Unavailable):
        await store.copy(KEY, f"{KEY}2")


@pytest.mark.threat("F13")
async def test_f13_a_download_that_breaks_off_is_finished_or_leaves_nothing(
    store: S3Store, faults: Faults, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 4000
    await store.put(KEY, draft(tmp_path, content), "video/mp4")
    faults.script = ["cut"]
    await store.get(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    (tmp_path / "copy").unlink()
    faults.always = {"GET ": "cut"}
    with pytest.raises(Unavailable):
        await store.get(KEY, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.threat("F13")
async def test_f13_an_upload_in_parts_that_fails_leaves_no_object_and_its_parts_are_swept(
    store: S3Store, faults: Faults, honest: Any, s3_settings: S3Settings, tmp_path: Path
) -> None:
    faults.always = {"partNumber=2": "503"}
    path = draft(tmp_path, bytes(PART_BYTES + 1))
    with pytest.raises(Unavailable):
        await store.put(KEY, path, "video/mp4")
    assert path.exists()
    faults.always = {}
    assert await store.head(KEY) is None
    # A process that dies cannot even try to abort.
    honest.create_multipart_upload(Bucket=s3_settings.bucket, Key=KEY)
    assert await store.sweep(3600) == 0
    assert await store.sweep(-5) >= 1
    assert "Uploads" not in honest.list_multipart_uploads(Bucket=s3_settings.bucket)


async def test_a_wrong_secret_and_a_missing_bucket_are_named(s3_settings: S3Settings, tmp_path: Path) -> None:
    stranger = S3Store(dataclasses.replace(s3_settings, secret_key="wrong"))
    with pytest.raises(Unavailable) as caught:
        await stranger.head(KEY)
    assert caught.value.code == "store_forbidden"
    nowhere = S3Store(dataclasses.replace(s3_settings, bucket="no-such-bucket"))
    with pytest.raises(Unavailable, match="does not exist"):
        await nowhere.put(KEY, draft(tmp_path), "video/mp4")
    with pytest.raises(NotFound):
        await nowhere.get(KEY, tmp_path / "copy")


async def test_the_clients_address_of_the_bucket_is_the_one_in_links(s3_settings: S3Settings) -> None:
    store = S3Store(dataclasses.replace(s3_settings, public_endpoint="https://files.cutroom.test/"))
    url = store.sign_get(KEY, expires_s=60, file_name="a.mp4", content_type="video/mp4")
    assert url.startswith(f"https://files.cutroom.test/{s3_settings.bucket}/{KEY}?")


async def test_an_object_carries_its_type(store: S3Store, honest: Any, s3_settings: S3Settings, tmp_path: Path) -> None:
    await store.put(KEY, draft(tmp_path), "video/mp4")
    found = honest.head_object(Bucket=s3_settings.bucket, Key=KEY)
    assert found["ContentType"] == "video/mp4"
