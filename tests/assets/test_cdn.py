"""Files read through a CDN: a cache before the API or before the bucket, which is another address. Threats A39, A43."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from cutroom.assets import LocalStore, S3Settings, open_bucket
from cutroom.assets.store import harmless_type
from cutroom.kit.signing import Signer

KEY = "ws/wsp_1/artifacts/art_1"


@asynccontextmanager
async def cdn(origin: str, prefix: str = "") -> AsyncIterator[str]:
    """Passes requests on to its origin, under the origin's own name, as a CDN does."""
    upstream = urlsplit(origin)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ")[1]
            back, forth = await asyncio.open_connection(upstream.hostname, upstream.port)
            forth.write(
                f"GET {prefix}{target} HTTP/1.1\r\nHost: {upstream.netloc}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(await back.read())
            await writer.drain()
            forth.close()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@pytest.mark.threat("A43")
async def test_a_bucket_is_read_through_a_cdn_and_written_without_it(s3_settings: S3Settings, honest: Any) -> None:
    honest.put_object(Bucket=s3_settings.bucket, Key=KEY, Body=b"content")
    async with cdn(str(s3_settings.endpoint), f"/{s3_settings.bucket}") as url:
        store = open_bucket(replace(s3_settings, cdn_url=f"{url}/"))
        link = store.sign_get(KEY, expires_s=60, file_name="a.mp4", content_type="video/mp4")
        assert link.startswith(f"{url}/{KEY}?")
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(link)
            assert (answer.status_code, answer.content) == (200, b"content")
            assert answer.headers["cache-control"] == "public, max-age=60, immutable"
            assert answer.headers["content-disposition"].startswith("attachment")
            changed = await client.get(link.replace("art_1", "art_2"))
            assert changed.status_code == 403
        put = store.sign_put(KEY, expires_s=60, size_bytes=7, content_type="video/mp4")
        assert put.url.startswith(str(s3_settings.endpoint))
        await store.close()


def test_a_local_store_is_read_through_a_cdn_and_written_without_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Signer(b"0123456789abcdef", "files"), "http://api.test", cdn_url="https://cdn.test/")
    link = store.sign_get(KEY, expires_s=60, file_name="a", content_type="video/mp4")
    assert link.startswith(f"https://cdn.test/api/v1/files/{KEY}?")
    put = store.sign_put(KEY, expires_s=60, size_bytes=7, content_type="video/mp4")
    assert put.url.startswith(f"http://api.test/api/v1/files/{KEY}?")
    assert store.has_cdn


@pytest.mark.threat("A39", "A94")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "text/javascript",
        "application/pdf",
        "text/css",
    ],
)
async def test_no_store_serves_what_a_browser_would_run(
    s3_settings: S3Settings, honest: Any, tmp_path: Path, content_type: str
) -> None:
    assert harmless_type(content_type) == "application/octet-stream"
    store = open_bucket(s3_settings)
    honest.put_object(Bucket=s3_settings.bucket, Key=KEY, Body=b"<script>", ContentType=content_type)
    link = store.sign_get(KEY, expires_s=60, file_name="a.html", content_type=content_type)
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(link)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    local = LocalStore(tmp_path, Signer(b"0123456789abcdef", "files"), "http://api.test")
    assert "html" not in local.sign_get(KEY, expires_s=60, file_name="a", content_type=content_type)
    await store.close()


@pytest.mark.parametrize("content_type", ["video/mp4", "text/vtt", "application/json", "application/vnd.apple.mpegurl"])
def test_what_no_browser_runs_keeps_its_type(content_type: str) -> None:
    assert harmless_type(content_type) == content_type
