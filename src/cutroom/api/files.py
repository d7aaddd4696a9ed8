"""`/files/{key}`: the bytes of the local store, behind signed links instead of keys, as a bucket would serve them."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any, Final

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from cutroom.api.answers import ETAG
from cutroom.api.body import SCOPE_KEY, Body
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import error_response, errors, request_id_of
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.assets import LocalStore
from cutroom.assets.links import GetGrant
from cutroom.assets.store import attachment
from cutroom.kit.errors import Forbidden, Invalid, NotFound, Unavailable

router = APIRouter(prefix=PREFIX, tags=["files"])
CHUNK_BYTES: Final = 1 << 18
SEND_WITHIN_S: Final = 60.0
"""Seconds for which a reader may leave a chunk unread before it is cut off."""
SLACK_S: Final = 60.0
_RANGE: Final = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")
_BYTES: Final[dict[str, Any]] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/files/{key:path}",
    operation_id="readFile",
    response_class=Response,
    responses={
        200: {"description": "The bytes.", "content": _BYTES},
        206: {"description": "The range that was asked for.", "content": _BYTES},
        304: {"description": "Not changed."},
        **errors(403, 404, 416, 422, 500),
    },
)
async def read_file(request: Request, services: Services, key: str) -> Response:
    """Read a file by a signed link, used exactly as it was given. Takes one byte range."""
    return await _read(request, services.local_store, key)


@router.head(
    "/files/{key:path}",
    operation_id="headFile",
    response_class=Response,
    responses={200: {"description": "As for GET, without the bytes."}, **errors(403, 404, 422, 500)},
)
async def head_file(request: Request, services: Services, key: str) -> Response:
    """Size, type and ETag of a file, by a signed link."""
    return await _read(request, services.local_store, key)


@router.put(
    "/files/{key:path}",
    operation_id="writeFile",
    status_code=204,
    response_class=Response,
    responses={
        204: {"description": "The bytes are here.", "headers": ETAG},
        **errors(403, 404, 408, 409, 413, 422, 500, 503),
    },
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)
async def write_file(request: Request, services: Services, key: str) -> Response:
    """Send the bytes of an upload, or of a part, by its signed link: of exactly the size and type that are in it.

    An upload is sent once; a part that is sent again replaces what was sent before, until the upload is completed.
    """
    store = _store(services.local_store)
    grant = store.read_put(key, request.query_params.multi_items())
    if request.headers.get("content-type", "") != grant.content_type:
        message = f"This link is for Content-Type: {grant.content_type}; send exactly that header."
        raise Forbidden("content_type_mismatch", message)
    await services.assets.admit(key)
    body: Body = request.scope[SCOPE_KEY]
    body.allow(grant.size_bytes, SLACK_S + grant.size_bytes / services.settings.upload_bytes_per_s)
    etag = await store.receive(grant, _chunks(request))
    return Response(status_code=204, headers={"ETag": etag})


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


def _store(store: LocalStore | None) -> LocalStore:
    if store is None:
        raise NotFound("not_found", "There is nothing at this address; files are in a bucket.")
    return store


async def _read(request: Request, store: LocalStore | None, key: str) -> Response:
    grant = _store(store).read_get(key, request.query_params.multi_items())
    found = await asyncio.to_thread(_open, _store(store).local_path(key))
    if found is None:
        raise NotFound("object_not_found", "There is no such file any more.")
    file, facts = found
    whole = Served(grant, file, facts, shared=_store(store).has_cdn)
    if _names(request.headers.get("if-none-match"), whole.etag):
        file.close()
        return Response(status_code=304, headers=whole.validators)
    if request.method != "GET" or not whole.may_be_cut(request.headers.get("if-range")):
        return whole
    span = byte_range(request.headers.get("range"), whole.size)
    if span is None:
        return whole
    if not span:
        file.close()
        refusal = Invalid("range_not_satisfiable", f"The file has {whole.size} bytes; the range lies beyond them.")
        where = {"Content-Range": f"bytes */{whole.size}"}
        return error_response(refusal, request_id_of(request.scope), where)
    whole.cut(span)
    return whole


def byte_range(header: str | None, size: int) -> range | None:
    """The bytes that a Range header asks for (RFC 9110 section 14), as `range(first, beyond)`.

    None when the whole file is to be sent: no header, another unit, several ranges, or one that makes no sense. An
    empty range when it lies outside of the file.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None:
        return None
    first, last, tail = found.groups()
    if tail is not None:
        return range(max(size - int(tail), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _names(header: str | None, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (header or "").split(",")]
    return etag in tags or "*" in tags


def _open(path: Path) -> tuple[IO[bytes], os.stat_result] | None:
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    return file, os.fstat(file.fileno())


class Served(Response):
    """An open file, or a part of it. What lies under a key never changes, so it may be cached while the link works.

    `shared`: by a CDN too, which stands before us because the operator has put it there.
    """

    def __init__(self, grant: GetGrant, file: IO[bytes], facts: os.stat_result, *, shared: bool) -> None:
        self._file = file
        self.size = facts.st_size
        self._span = range(self.size)
        self._modified = format_datetime(datetime.fromtimestamp(int(facts.st_mtime), UTC), usegmt=True)
        identity = f"{grant.key}\0{facts.st_size}\0{facts.st_mtime_ns}"
        self.etag = f'"{hashlib.sha256(identity.encode()).hexdigest()[:32]}"'
        left_s = max(0, int((grant.expires_at - datetime.now(UTC)).total_seconds()))
        self.validators = {
            "ETag": self.etag,
            "Last-Modified": self._modified,
            "Cache-Control": f"{'public' if shared else 'private'}, max-age={left_s}, immutable",
        }
        super().__init__(
            headers={
                **self.validators,
                "Accept-Ranges": "bytes",
                "Content-Type": grant.content_type,
                "Content-Disposition": attachment(grant.file_name),
                # A film may be shown on a page of another origin; whoever has the link may have the bytes.
                "Cross-Origin-Resource-Policy": "cross-origin",
                "Content-Length": str(self.size),
            }
        )

    def may_be_cut(self, if_range: str | None) -> bool:
        """Whether a range may be sent: If-Range names exactly this file, or is not there."""
        return if_range is None or if_range in {self.etag, self._modified}

    def cut(self, span: range) -> None:
        """Send these bytes only."""
        self._span = span
        self.status_code = 206
        self.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{self.size}"
        self.headers["Content-Length"] = str(len(span))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file whatever happens."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            try:
                await first_to_end(self._send(send), until_disconnected(receive))
            except TimeoutError:
                raise ClientDisconnect from None
        finally:
            self._file.close()

    async def _send(self, send: Send) -> None:
        await asyncio.to_thread(self._file.seek, self._span.start)
        left = len(self._span)
        while left:
            chunk = await asyncio.to_thread(self._file.read, min(CHUNK_BYTES, left))
            if not chunk:
                raise Unavailable("file_cut_short", "The file became shorter while it was read.")
            left -= len(chunk)
            async with asyncio.timeout(SEND_WITHIN_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        if not self._span:
            await send({"type": "http.response.body", "body": b""})
