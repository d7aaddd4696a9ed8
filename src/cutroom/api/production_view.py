"""Productions as they are seen from outside: what is told of each, and what is in it."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Header, Query, Request
from pydantic import Field
from starlette.responses import Response

from cutroom.api.answers import PRIVATE, WHO, ListOut, matches
from cutroom.kit.errors import Conflict, Detail, Invalid
from cutroom.kit.schema import Schema, is_absent
from cutroom.productions import Origin, Production, Version, Written

_TAG: Final = re.compile(r'\s*"(\d{1,15})-[0-9a-f]{16}"\s*')
VersionQuery = Annotated[
    int | None,
    Query(ge=1, le=10**15, description="Which version; the latest when not given. The oldest are forgotten."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of what was edited: refuses with 412 when there is another version now.",
    ),
]
EditedVersion = Annotated[
    int | None,
    Field(
        ge=1,
        description="The version that was edited: refuses with 409 when there is another now. "
        "May be left out where `If-Match` says it.",
    ),
]


class OriginOut(Schema):
    """A version of what something was made from."""

    id: str
    version: int


class OutdatedOut(Schema):
    """Something that was edited or made anew since."""

    id: str
    kind: str
    title: str
    version: Annotated[int, Field(description="From which this was made.")]
    latest_version: Annotated[int, Field(description="Which there is now.")]


class ProductionOut(Schema):
    """Typed data made of a recording."""

    id: str
    title: str
    version: Annotated[
        int, Field(description="Which version this is. Grows by one whenever it is edited or made anew.")
    ]
    latest_version: int
    summary: Annotated[
        dict[str, Any], Field(description="The plain values at the top of the latest document, for lists.")
    ]
    size_bytes: Annotated[int, Field(description="Of the latest document.")]
    made_from: Annotated[list[OriginOut], Field(description="What this version was made from.")]
    stale: Annotated[
        bool, Field(description="Whether something that it was made from has changed; `POST …/remake` makes it anew.")
    ]
    stale_because: Annotated[
        list[OutdatedOut], Field(description="What has changed, of what it was made from and what that was made from.")
    ]
    job_id: Annotated[
        str | None,
        Field(exclude_if=is_absent, description="The job that made it last; absent where a person edited it."),
    ] = None
    created_at: datetime
    updated_at: datetime


class VersionOut(Schema):
    """One version, without what is in it."""

    version: int
    title: str
    size_bytes: int
    made_from: list[OriginOut]
    job_id: Annotated[str | None, Field(exclude_if=is_absent, description="The job that made it.")] = None
    edited_by: Annotated[
        str | None, Field(exclude_if=is_absent, description="The person or API key that edited it.")
    ] = None
    created_at: datetime


class VersionList(ListOut[VersionOut]):
    """One page of versions, newest first."""


def production_facts(production: Production, written: Written | None = None) -> dict[str, Any]:
    """The fields of a `ProductionOut`; of one version where it is given."""
    return {
        "id": production.id,
        "title": production.title if written is None else written.title,
        "version": production.version if written is None else written.version,
        "latest_version": production.version,
        "summary": {name: value for name, value in production.facts.items() if name != "kind"},
        "size_bytes": production.size_bytes,
        "made_from": _origins(production.origins if written is None else written.origins),
        "stale": production.is_stale,
        "stale_because": [
            OutdatedOut(id=one.id, kind=one.kind, title=one.title, version=one.version, latest_version=one.latest)
            for one in production.outdated
        ],
        "job_id": production.job_id,
        "created_at": production.created_at,
        "updated_at": production.updated_at,
    }


def version_view(version: Version) -> VersionOut:
    """A version on the wire."""
    return VersionOut(
        version=version.version,
        title=version.title,
        size_bytes=version.size_bytes,
        made_from=_origins(version.origins),
        job_id=version.job_id,
        edited_by=version.editor,
        created_at=version.created_at,
    )


def _origins(origins: Sequence[Origin]) -> list[OriginOut]:
    return [OriginOut(id=origin.id, version=origin.version) for origin in origins]


def whole(request: Request, production: Production, written: Written) -> Response:
    """A production with its document, under an ETag that `If-Match` takes; or 304.

    The document goes out as it is kept: reading megabytes to write them again would hold everybody up.
    """
    head = ProductionOut(**production_facts(production, written)).model_dump_json()
    body = f'{head[:-1]},"document":{written.body}}}'.encode()
    digest = hashlib.sha256(f"{head}{written.sha256}".encode()).hexdigest()[:16]
    headers = {"ETag": f'"{written.version}-{digest}"', "Cache-Control": PRIVATE, "Vary": WHO}
    if request.method == "GET" and matches(request.headers.get("if-none-match"), f"{written.version}-{digest}"):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def edited_version(if_match: str | None, in_body: int | None) -> int:
    """The version that a client has edited, by the header or the body.

    Raises:
        Invalid: `version_needed`, when neither says it; `bad_header`, when what they say cannot be.
    """
    if if_match is None:
        if in_body is None:
            message = "Say which version you edited: its ETag in If-Match, or its number in 'version'."
            raise Invalid("version_needed", message, details=[Detail("/version", "version_needed", message)])
        return in_body
    tag = _TAG.fullmatch(if_match)
    if tag is None or (in_body is not None and in_body != int(tag[1])):
        message = (
            "If-Match takes the ETag of what you edited, and the body's 'version' must be the same, if it is there."
        )
        raise Invalid("bad_header", message, details=[Detail("If-Match:", "bad_header", message)])
    return int(tag[1])


def not_the_latest(edited: int, latest: int, *, by_header: bool) -> Conflict:
    """Somebody else was quicker."""
    message = f"You edited version {edited}, and there is a version {latest} now; read it, and edit that."
    if by_header:
        return Conflict("precondition_failed", message)
    return Conflict("version_changed", message)


async def as_file(
    request: Request, written: Written, make: Callable[[Written], str], *, extension: str, content_type: str
) -> Response:
    """A version as a file, made in a thread; or 304."""
    headers = {
        "ETag": f'"{written.version}-{written.sha256[:16]}"',
        "Cache-Control": PRIVATE,
        "Vary": WHO,
        "Content-Disposition": f'inline; filename="{written.id}.{extension}"',
        "X-Content-Type-Options": "nosniff",
    }
    if matches(request.headers.get("if-none-match"), headers["ETag"].strip('"')):
        return Response(status_code=304, headers=headers)
    text = await asyncio.to_thread(make, written)
    return Response(text.encode(), headers=headers, media_type=content_type)
