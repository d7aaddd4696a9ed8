"""Objects that come in parts, in a bucket: the multipart calls of S3, which obstore does not offer one by one.

They are botocore's, which is not async: they run in threads of their own, so that slow transfers take none from others.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from cutroom.assets.local import no_object, parts_changed
from cutroom.assets.settings import S3Settings
from cutroom.assets.store import Part
from cutroom.kit.errors import CutroomError, Unavailable

LEAST_PART_BYTES: Final = 5 << 20
MOST_COPY_BYTES: Final = 1 << 30
"""How much one call copies; S3 takes 5 GiB, but answers only when it is done."""
_THREADS: Final = 16
_GONE: Final = frozenset({"NoSuchUpload", "404"})
_CHANGED: Final = frozenset({"InvalidPart", "InvalidPartOrder", "NoSuchUpload"})

T = TypeVar("T")


class BucketParts:
    """The multipart calls for one bucket; safe for many calls at once."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(_THREADS, "s3-parts")
        self._opening = threading.Lock()
        self._opened: Any = None

    async def start(self, key: str, content_type: str) -> str:
        """Begin; returns the upload's id."""
        made = await self._call(
            lambda client: client.create_multipart_upload(**self._at(key), ContentType=content_type)
        )
        return str(_expect(made, "UploadId"))

    async def put(self, key: str, handle: str, number: int, path: Path) -> Part:
        """Upload a file as one part."""
        size_bytes = path.stat().st_size

        def put(client: Any) -> Any:
            with path.open("rb") as file:
                return client.upload_part(
                    **self._at(key), UploadId=handle, PartNumber=number, Body=file, ContentLength=size_bytes
                )

        return Part(number, size_bytes, str(_expect(await self._call(put), "ETag")))

    async def sent(self, key: str, handle: str) -> Sequence[Part]:
        """The parts that are there, by number."""

        def parts(client: Any) -> list[Part]:
            pages = client.get_paginator("list_parts").paginate(**self._at(key), UploadId=handle)
            return [
                Part(int(part["PartNumber"]), int(part["Size"]), str(part["ETag"]))
                for page in pages
                for part in page.get("Parts", ())
            ]

        try:
            found = await self._call(parts)
        except _GoneError:
            return []
        return sorted(found, key=lambda part: part.number)

    async def finish(self, key: str, handle: str, parts: Sequence[Part]) -> None:
        """Make the object."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]

        def finish(client: Any) -> Any:
            return client.complete_multipart_upload(**self._at(key), UploadId=handle, MultipartUpload={"Parts": listed})

        try:
            await self._call(finish)
        except _GoneError as error:
            raise parts_changed() from error

    async def abort(self, key: str, handle: str) -> None:
        """Forget."""
        with suppress(_GoneError):
            await self._call(lambda client: client.abort_multipart_upload(**self._at(key), UploadId=handle))

    async def join(self, sources: Sequence[tuple[str, int]], key: str, content_type: str) -> None:
        """Make an object of objects, given as keys and sizes.

        The bucket copies ranges of them as parts, which only works where every part but the last is large enough;
        what is smaller is put before what follows, through our memory: it is less than two parts.
        """
        handle = await self.start(key, content_type)
        try:
            done = await self._call(lambda client: self._join(client, sources, key, handle))
            await self.finish(key, handle, done)
        except BaseException:
            with suppress(CutroomError):
                await self.abort(key, handle)
            raise

    async def abort_before(self, moment: datetime) -> int:
        """Abort the uploads that began before a moment; returns how many."""
        return await self._call(lambda client: self._abort_before(client, moment))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()
        if self._opened is not None:
            self._opened.close()

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._settings.bucket, "Key": key}

    async def _call(self, work: Callable[[Any], T]) -> T:
        def run() -> T:
            with _errors():
                return work(self._client())

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def _client(self) -> Any:
        with self._opening:
            if self._opened is None:
                self._opened = botocore.session.Session().create_client(
                    "s3",
                    region_name=self._settings.region,
                    endpoint_url=self._settings.endpoint,
                    aws_access_key_id=self._settings.access_key,
                    aws_secret_access_key=self._settings.secret_key,
                    config=Config(
                        s3={"addressing_style": "path"},
                        connect_timeout=5,
                        read_timeout=self._settings.silence_s,
                        retries={"max_attempts": 3},
                        max_pool_connections=_THREADS,
                        # Many stores do not know the checksums that botocore adds by itself; sizes and ETags are.
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
                self._opened.meta.events.register("before-call.s3", _stay_here)
            return self._opened

    def _join(self, client: Any, sources: Sequence[tuple[str, int]], key: str, handle: str) -> list[Part]:
        done: list[Part] = []
        small = b""
        last = len(sources) - 1
        for index, (source, size_bytes) in enumerate(sources):
            start = 0
            if small or (size_bytes < LEAST_PART_BYTES and index < last):
                start = min(size_bytes, LEAST_PART_BYTES)
                small += self._read(client, source, start)
                if len(small) < LEAST_PART_BYTES and index < last:
                    continue
                left = size_bytes - start
                if 0 < left < LEAST_PART_BYTES and index < last:
                    small += self._read(client, source, left, start)
                    start = size_bytes
                done.append(self._put_small(client, key, handle, len(done) + 1, small))
                small = b""
            if start == size_bytes:
                continue
            for span in _spans(start, size_bytes):
                done.append(self._copy(client, source, span, key, handle, len(done) + 1))
        return done

    def _read(self, client: Any, key: str, size_bytes: int, start: int = 0) -> bytes:
        if not size_bytes:
            return b""
        answer = client.get_object(**self._at(key), Range=f"bytes={start}-{start + size_bytes - 1}")
        content: bytes = answer["Body"].read(size_bytes)
        if len(content) != size_bytes:
            raise no_answer()
        return content

    def _put_small(self, client: Any, key: str, handle: str, number: int, content: bytes) -> Part:
        put = client.upload_part(**self._at(key), UploadId=handle, PartNumber=number, Body=content)
        return Part(number, len(content), str(_expect(put, "ETag")))

    def _copy(self, client: Any, source: str, span: range, key: str, handle: str, number: int) -> Part:
        copied = client.upload_part_copy(
            **self._at(key),
            UploadId=handle,
            PartNumber=number,
            CopySource=self._at(source),
            CopySourceRange=f"bytes={span.start}-{span.stop - 1}",
        )
        return Part(number, len(span), str(_expect(copied.get("CopyPartResult", {}), "ETag")))

    def _abort_before(self, client: Any, moment: datetime) -> int:
        stale: list[dict[str, Any]] = [
            upload
            for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=self._settings.bucket)
            for upload in page.get("Uploads", ())
            if upload["Initiated"] < moment
        ]
        for upload in stale:
            client.abort_multipart_upload(**self._at(upload["Key"]), UploadId=upload["UploadId"])
        return len(stale)


def _stay_here(params: dict[str, Any], **_: Any) -> None:
    """Say that a redirect was followed already: botocore would ask the same server, for ever, where the bucket is."""
    params.setdefault("context", {}).setdefault("s3_redirect", {})["redirected"] = True


def _spans(start: int, stop: int) -> list[range]:
    """Ranges of a source, each at least as large as a part must be if the whole is."""
    count = max(1, -(-(stop - start) // MOST_COPY_BYTES))
    size = -(-(stop - start) // count)
    return [range(first, min(first + size, stop)) for first in range(start, stop, size)]


class _GoneError(Exception):
    """The upload is not there, or not as it was."""


@contextmanager
def _errors() -> Iterator[None]:
    """Turn botocore's errors into ours, and those that mean an upload is gone into `_GoneError`."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _GONE | _CHANGED:
            raise _GoneError from error
        if code == "NoSuchKey":
            raise no_object() from error
        raise no_answer() from error
    # What is no XML, or XML of something else, ends in one of the others.
    except (BotoCoreError, HTTPClientError, ResponseParserError, KeyError, ValueError, TypeError, OSError) as error:
        raise no_answer() from error


def _expect(answer: Any, name: str) -> Any:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise no_answer()
    return value


def no_answer() -> Unavailable:
    """The error for a bucket that says nothing, or nothing that makes sense."""
    return Unavailable("store_unavailable", "The bucket does not answer as it should; try again later.")
