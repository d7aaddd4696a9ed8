"""Using a signed URL of any store as a client would."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx2

from cutroom.assets import LocalStore, Store
from cutroom.assets.links import ROUTE
from cutroom.kit.errors import Conflict, CutroomError, Forbidden, Invalid, NotFound

STATUS: dict[type[CutroomError], int] = {Forbidden: 403, NotFound: 404, Conflict: 409, Invalid: 422}


async def visit(
    store: Store, method: str, url: str, body: bytes = b"", content_type: str = "video/mp4"
) -> tuple[int, bytes]:
    """Status and body of the answer. A local store's links are read as the API's route reads them."""
    if not isinstance(store, LocalStore):
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"Content-Type": content_type} if method == "PUT" else {}
            answer = await client.request(method, url, content=body or None, headers=headers)
            return answer.status_code, answer.content
    parts = urlsplit(url)
    key, query = parts.path.removeprefix(ROUTE), parse_qsl(parts.query, keep_blank_values=True)
    try:
        if method == "GET":
            return 200, await asyncio.to_thread(store.local_path(store.read_get(key, query).key).read_bytes)
        grant = store.read_put(key, query)
        if grant.content_type != content_type:
            return 403, b""
        return 200, (await store.receive(grant, stream(body))).encode()
    except FileNotFoundError:
        return 404, b""
    except CutroomError as error:
        return STATUS[type(error)], b""


async def stream(body: bytes) -> AsyncIterator[bytes]:
    """A request's body as it comes, in pieces."""
    size = 1000 if len(body) < 1 << 20 else 1 << 18
    for start in range(0, len(body), size):
        yield body[start : start + size]
