"""The store in a bucket: Amazon S3 and everything that speaks its language.

obstore moves the bytes; botocore signs links, because obstore can sign neither a size nor a file name into one. A write
counts only when the bucket itself says that the object is there and has the right size.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import obstore
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store as Bucket

from cutroom.assets.local import no_object
from cutroom.assets.s3_parts import LEAST_PART_BYTES, MOST_COPY_BYTES, BucketParts
from cutroom.assets.settings import S3Settings
from cutroom.assets.store import ObjectInfo, Part, SignedPut, attachment, checked_key, harmless_type
from cutroom.kit.errors import CutroomError, NotFound, Unavailable

PART_BYTES: Final = 16 << 20
PARTS_AT_ONCE: Final = 4


class S3Store:
    """A `Store` in a bucket; safe for many calls at once."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        endpoint = settings.endpoint or f"https://s3.{settings.region}.amazonaws.com"
        self._bucket = Bucket(
            settings.bucket,
            endpoint=endpoint,
            region=settings.region,
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "read_timeout": timedelta(seconds=settings.silence_s),
                "timeout": timedelta(hours=6),  # of a whole transfer, which may be large
            },
            retry_config={
                "max_retries": 6,
                "retry_timeout": timedelta(seconds=settings.retry_s),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=5),
                    "base": 2,
                },
            },
        )
        self._credentials = Credentials(settings.access_key, settings.secret_key)
        self._parts = BucketParts(settings)
        self._links_at = f"{(settings.public_endpoint or endpoint).rstrip('/')}/{settings.bucket}"

    @property
    def longest_link_s(self) -> int:
        """A week: what signature version 4 allows (X-Amz-Expires)."""
        return 7 * 86_400

    async def put(self, key: str, path: Path, content_type: str) -> None:
        """Upload the file at `path`, ask the bucket what it has, and remove the file."""
        size_bytes = path.stat().st_size
        with _bucket_errors(missing=_no_bucket):
            await obstore.put_async(
                self._bucket,
                checked_key(key),
                path,
                attributes={"Content-Type": content_type},
                use_multipart=size_bytes > PART_BYTES,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
        await self._must_have(key, size_bytes)
        path.unlink()

    async def get(self, key: str, path: Path) -> None:
        """Download the object to `path`."""
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        with _bucket_errors():
            try:
                result = await obstore.get_async(self._bucket, checked_key(key))
                with part.open("wb") as file:
                    async for chunk in result.stream(min_chunk_size=4 << 20):
                        await asyncio.to_thread(file.write, chunk)
                if part.stat().st_size != result.meta["size"]:
                    raise _incomplete()
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    def local_path(self, key: str) -> None:
        """None: a bucket is not on this machine."""

    async def head(self, key: str) -> ObjectInfo | None:
        """What is stored under `key`, or None."""
        try:
            with _bucket_errors():
                return _info(await obstore.head_async(self._bucket, checked_key(key)))
        except NotFound:
            return None

    async def copy(self, source: str, key: str) -> None:
        """Have the bucket copy the object."""
        found = await self.head(source)
        if found is None:
            raise no_object()
        if found.size_bytes > MOST_COPY_BYTES:
            await self.join([found], key, "application/octet-stream")
            return
        with _bucket_errors():
            await obstore.copy_async(self._bucket, source, checked_key(key))
        await self._must_have(key, found.size_bytes)

    async def delete(self, *keys: str) -> None:
        """Remove objects."""
        if keys:
            with suppress(NotFound), _bucket_errors():
                await obstore.delete_async(self._bucket, [checked_key(key) for key in keys])

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object under the folder `prefix`, a thousand at a time."""
        pages = obstore.list(self._bucket, checked_key(prefix.removesuffix("/")), chunk_size=1000)
        with _bucket_errors():
            async for page in pages:
                for meta in page:
                    yield _info(meta)

    def sign_get(self, key: str, *, expires_s: int, file_name: str, content_type: str) -> str:
        """A URL of the bucket that reads this one object."""
        audience = "private" if self._settings.cdn_url is None else "public"
        answer = {
            "response-cache-control": f"{audience}, max-age={expires_s}, immutable",
            "response-content-disposition": attachment(file_name),
            "response-content-type": harmless_type(content_type),
        }
        url = self._signed("GET", key, expires_s, params=answer)
        if self._settings.cdn_url is None:
            return url
        # The signature binds the bucket's own host, which a CDN sends to its origin, and not the CDN's.
        return self._settings.cdn_url.rstrip("/") + url.removeprefix(self._links_at)

    def sign_put(self, key: str, *, expires_s: int, size_bytes: int, content_type: str) -> SignedPut:
        """A permission to write this one object; type and length are signed headers."""
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        url = self._signed("PUT", key, expires_s, headers=headers)
        return SignedPut(url, "PUT", {"Content-Type": content_type})

    @property
    def least_part_bytes(self) -> int:
        """What S3 asks of every part but the last."""
        return LEAST_PART_BYTES

    @property
    def draft_folder(self) -> None:
        """None: a bucket is not on this machine."""

    async def start_parts(self, key: str, content_type: str) -> str:
        """Begin a multipart upload; the handle is its id."""
        return await self._parts.start(checked_key(key), content_type)

    def sign_part(self, key: str, handle: str, number: int, *, expires_s: int, size_bytes: int) -> SignedPut:
        """A permission to write this one part; its length is a signed header."""
        place = {"partNumber": str(number), "uploadId": handle}
        headers = {"Content-Length": str(size_bytes)}
        return SignedPut(self._signed("PUT", key, expires_s, params=place, headers=headers), "PUT", {})

    async def put_part(self, key: str, handle: str, number: int, path: Path) -> Part:
        """Upload the file at `path` as a part, and remove the file."""
        part = await self._parts.put(checked_key(key), handle, number, path)
        path.unlink()
        return part

    async def list_parts(self, key: str, handle: str) -> Sequence[Part]:
        """The parts that the bucket has."""
        return await self._parts.sent(checked_key(key), handle)

    async def finish_parts(self, key: str, handle: str, parts: Sequence[Part]) -> None:
        """Complete the multipart upload, and ask the bucket what it has."""
        await self._parts.finish(checked_key(key), handle, parts)
        await self._must_have(key, sum(part.size_bytes for part in parts))

    async def abort_parts(self, key: str, handle: str) -> None:
        """Abort the multipart upload: links to its parts die with it."""
        await self._parts.abort(checked_key(key), handle)

    async def join(self, sources: Sequence[ObjectInfo], key: str, content_type: str) -> None:
        """Have the bucket put objects together, without moving their bytes through us."""
        await self._parts.join([(checked_key(one.key), one.size_bytes) for one in sources], key, content_type)
        await self._must_have(key, sum(one.size_bytes for one in sources))

    async def sweep(self, older_than_s: float) -> int:
        """Abort uploads in parts that nobody finished; the bucket keeps, and bills, their parts for ever."""
        return await self._parts.abort_before(datetime.now(UTC) - timedelta(seconds=older_than_s))

    async def close(self) -> None:
        """End the threads that speak of parts."""
        await asyncio.to_thread(self._parts.close)

    async def _must_have(self, key: str, size_bytes: int) -> None:
        found = await self.head(key)
        if found is None or found.size_bytes != size_bytes:
            raise _incomplete()

    def _signed(
        self,
        method: str,
        key: str,
        expires_s: int,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> str:
        request = AWSRequest(method, f"{self._links_at}/{checked_key(key)}", headers=headers, params=params)
        S3SigV4QueryAuth(self._credentials, "s3", self._settings.region, expires=expires_s).add_auth(request)
        return str(request.url)


@contextmanager
def _bucket_errors(missing: Callable[[], CutroomError] = no_object) -> Iterator[None]:
    """Turn obstore's errors into ours; `missing` makes the one for something that is not there."""
    try:
        yield
    except FileNotFoundError as error:
        raise missing() from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        message = "The bucket refuses our key; the operator must check its permissions."
        raise Unavailable("store_forbidden", message) from error
    except (BaseError, OSError) as error:
        raise _unreachable() from error


def _no_bucket() -> Unavailable:
    return Unavailable("store_unavailable", "The bucket does not exist; the operator must create it.")


def _unreachable() -> Unavailable:
    return Unavailable("store_unavailable", "The bucket does not answer as it should; try again later.")


def _incomplete() -> Unavailable:
    return Unavailable("store_incomplete", "The bucket has not kept the whole file; try again.")


def _info(meta: "obstore.ObjectMeta") -> ObjectInfo:
    return ObjectInfo(meta["path"], meta["size"], meta["last_modified"])
