"""Answers: a model as JSON, with a validator for caches, a Location, or a link to the next page."""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import Field, TypeAdapter
from starlette.responses import Response

from cutroom.kit.page import DEFAULT_LIMIT, MAX_CURSOR_CHARS, MAX_LIMIT, Cursors
from cutroom.kit.schema import Schema, is_absent

T = TypeVar("T")
PRIVATE: Final = "private, no-cache"
"""May be kept by the client that asked, which must ask again before it uses it."""
WHO: Final = "Authorization, Cookie, X-API-Key, X-Workspace-Id"
"""What an answer depends on besides its address: who asks, and where they act."""
NEXT_LINK: Final = {
    "Link": {"description": 'The next page (RFC 8288, `rel="next"`).', "schema": {"type": "string"}},
}
ETAG: Final = {
    "ETag": {"description": "Changes when the thing changes; see `If-None-Match`.", "schema": {"type": "string"}},
}
LOCATION: Final = {"Location": {"description": "Where the thing is.", "schema": {"type": "string"}}}

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=MAX_CURSOR_CHARS, description="`nextCursor` of the page before; opaque.")
]
DEFAULT: Final = DEFAULT_LIMIT


class ListOut(Schema, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: Annotated[
        str | None, Field(exclude_if=is_absent, description="Cursor of the next page; absent on the last.")
    ] = None


def answer(model: Schema, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The model as JSON."""
    return Response(
        model.model_dump_json(), status_code=status, media_type="application/json", headers=dict(headers or {})
    )


def resource(request: Request, model: Schema, *, basis: Any = None, status: int = 200) -> Response:
    """The model as JSON with a weak ETag over `basis`, or 304 when the client has it already.

    Args:
        request: whose If-None-Match is honoured.
        model: the representation.
        basis: JSON-like facts that change whenever the representation changes in a way that matters; None: what is
            sent, where all of it matters.
        status: of the full answer.
    """
    body = model.model_dump_json().encode()
    digest = digest_of(body if basis is None else _ANY.dump_json(basis))
    headers = {"ETag": f'W/"{digest}"', "Cache-Control": PRIVATE, "Vary": WHO}
    if status == 200 and matches(request.headers.get("if-none-match"), digest):
        return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, media_type="application/json", headers=headers)


class Paging:
    """One page of a list, as it is asked for and as it is answered.

    Args:
        request: the Link to the next page repeats its address.
        cursors: opens and seals positions.
        limit: how many items at most.
        cursor: `nextCursor` of the page before; None asks for the first.
        scope: whose list it is, and which; cursors of different lists do not meet.
    """

    def __init__(self, request: Request, cursors: Cursors, limit: int, cursor: str | None, *scope: str) -> None:
        self.limit = limit
        self._request = request
        self._cursors = cursors
        self._cursor = cursor
        self._scope = scope

    @property
    def start(self) -> str | None:
        """Where the page before ended; None for the first. Raises `Invalid` (`bad_cursor`)."""
        return None if self._cursor is None else str(self._cursors.open(self._cursor, *self._scope))

    @property
    def number(self) -> int | None:
        """The same in a list whose positions are numbers."""
        return None if self._cursor is None else int(self._cursors.open(self._cursor, *self._scope))

    def answer(
        self,
        kind: type[ListOut[T]],
        items: list[T],
        last: str | int | None,
        filters: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Response:
        """The page, with a Link to the next one that repeats the filters; `last` is where it ends, if one follows."""
        headers = {"Cache-Control": PRIVATE, "Vary": WHO}
        following = None
        if last is not None:
            following = self._cursors.seal(last, *self._scope)
            query: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
            query.update(limit=self.limit, cursor=following)
            headers["Link"] = f'<{self._request.url.path}?{urlencode(query)}>; rel="next"'
        return answer(kind.model_construct(items=items, next_cursor=following), headers=headers)


def digest_of(body: bytes) -> str:
    """What an ETag says of these bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def matches(header: str | None, digest: str) -> bool:
    """Whether an If-None-Match names this digest: weak comparison (RFC 9110 section 8.8.3.2)."""
    if header is None:
        return False
    tags: Sequence[str] = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or f'"{digest}"' in tags


_ANY: Final = TypeAdapter(Any)
