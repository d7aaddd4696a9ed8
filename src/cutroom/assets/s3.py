"""The store in a bucket: Amazon S3 and everything that speaks its language.

obstore moves the bytes; botocore signs links, because obstore can sign neither a size nor a file name into one. A write
counts only when the bucket itself says that the object is there and has the right size.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import botocore.session
import obstore
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store as Bucket

from cutroom.assets.local import no_object
from cutroom.assets.settings import S3Settings
from cutroom.assets.store import ObjectInfo, SignedPut, attachment, checked_key
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
        answer = {"response-content-disposition": attachment(file_name), "response-content-type": content_type}
        return self._signed("GET", key, expires_s, params=answer)

    def sign_put(self, key: str, *, expires_s: int, size_bytes: int, content_type: str) -> SignedPut:
        """A permission to write this one object; type and length are signed headers."""
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        url = self._signed("PUT", key, expires_s, headers=headers)
        return SignedPut(url, "PUT", {"Content-Type": content_type})

    async def sweep(self, older_than_s: float) -> int:
        """Abort uploads in parts that nobody finished; the bucket keeps, and bills, their parts for ever."""
        try:
            return await asyncio.to_thread(self._abort_uploads, datetime.now(UTC) - timedelta(seconds=older_than_s))
        except (BotoCoreError, ClientError) as error:
            raise _unreachable() from error

    async def close(self) -> None:
        """Nothing to give back."""

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

    def _abort_uploads(self, before: datetime) -> int:
        client = botocore.session.Session().create_client(
            "s3",
            region_name=self._settings.region,
            endpoint_url=self._settings.endpoint,
            aws_access_key_id=self._settings.access_key,
            aws_secret_access_key=self._settings.secret_key,
            config=Config(
                s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30, retries={"max_attempts": 3}
            ),
        )
        try:
            stale: list[dict[str, Any]] = [
                upload
                for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=self._settings.bucket)
                for upload in page.get("Uploads", ())
                if upload["Initiated"] < before
            ]
            for upload in stale:
                name = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
                client.abort_multipart_upload(Bucket=self._settings.bucket, **name)
        finally:
            client.close()
        return len(stale)


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
