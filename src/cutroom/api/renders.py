"""`POST /render`: a timeline becomes a job."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Body, Request, Response
from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom import timeline
from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.callbacks import CallbackUrl, checked_callback, submit, without_callback
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.routes import keyed, needs
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted, idempotency
from cutroom.jobs import Idempotency, Submission, Submitted
from cutroom.kit.errors import Detail, Invalid, NotFound
from cutroom.kit.schema import Schema
from cutroom.timeline.document import Document as Edit
from cutroom.timeline.document import document_sources, parse_document
from cutroom.timeline.longform import LongformEdit
from cutroom.timeline.source import ASSET

ROUTE = "render"
MAX_DETAILS = 100
SMALL_BYTES = 8_000
router = keyed("render", area="jobs")


class RenderRequest(timeline.Edit):
    """A timeline to render; in JSON, `timeline` and `output`. Placeholders are filled from `merge` first."""

    model_config = ConfigDict(json_schema_extra={"examples": [timeline.HELLO]})

    idempotency_key: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=255,
            description="Makes the request safe to repeat for 24 hours; the same as the Idempotency-Key header.",
        ),
    ] = None
    callback_url: CallbackUrl = None


class LongformRequest(LongformEdit):
    """A longform to render: hours of sound over a few backgrounds; in JSON, `longform` and `output`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "longform": {
                        "backgrounds": [{"src": "https://example.com/forest.jpg"}],
                        "audio": [{"src": "https://example.com/rain.mp3"}, {"src": "https://example.com/wind.mp3"}],
                    }
                }
            ]
        }
    )

    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=255, description="As in a request with a timeline.")
    ] = None
    callback_url: CallbackUrl = None


class RawRender:
    """A render request as JSON data: `parse_document` checks it, better than a model alone could say it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Anything may come in."""
        return core_schema.any_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What should come in."""
        described = [handler(model.__pydantic_core_schema__) for model in (RenderRequest, LongformRequest)]
        for one in described:
            handler.resolve_ref_schema(one)["properties"][timeline.MERGE_FIELD] = dict(timeline.MERGE_SCHEMA)
        return {"anyOf": described}


Document = Annotated[Any, RawRender, Body(description="The timeline, and the file to make of it.")]


class SourceOut(Schema):
    """A source that the document names."""

    src: str
    kind: Annotated[str, Field(json_schema_extra={"enum": ["video", "image", "audio", "matte", "captions", "font"]})]
    pointers: Annotated[list[str], Field(description="JSON pointers to every place that names it.")]


class ValidationOut(Schema):
    """What is known of a document that would be accepted. Its sources were not opened."""

    valid: bool
    sources: list[SourceOut]


@router.post(
    "/render", operation_id="createRender", status_code=202, responses={**ACCEPTED, **errors(408, 409, 413, 415)}
)
async def create_render(
    request: Request, services: Services, caller: Caller, document: Document, wait: Wait = 0.0, key: KeyHeader = None
) -> Response:
    """Render a timeline.

    The answer is a job; follow it at `/jobs/{id}/events`. The same timeline submitted again while its job has not ended
    gives that job, unless each request carries an idempotency key of its own.
    """
    bare, given = without_callback(document)
    edit, once = await read_document(services, request, bare, key, more=given)
    callback = await checked_callback(services, given)
    submitted = await _submit(services, caller, files_of(edit), rendering(services, request, edit, once), callback)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


def rendering(services: ApiServices, request: Request, edit: Edit, once: Idempotency | None) -> Submission:
    """What is submitted to have an edit rendered."""
    return Submission(
        type="render",
        input=edit,
        correlation_id=request_id_of(request.scope),
        idempotency=once,
        seconds=float(timeline.longest(edit, services.limits)),
    )


async def _submit(
    services: ApiServices,
    caller: Principal,
    uses: Sequence[timeline.SourceUse],
    submission: Submission,
    callback: str | None,
) -> Submitted:
    """Check the sources and make the job, in one transaction where more is asked or written than the job."""
    if callback is None and not any(use.src.startswith(ASSET) for use in uses):
        await check_sources(services, None, caller, uses)
        return await services.jobs.submit_alone(services.database, caller.workspace_id, submission)
    async with services.database.begin() as session:
        await check_sources(services, session, caller, uses)
        return await submit(services, session, caller.workspace_id, submission, callback)


@router.post(
    "/render/validate", operation_id="validateRender", responses=errors(408, 413, 415), openapi_extra=needs("jobs:read")
)
async def validate_render(request: Request, services: Services, caller: Caller, document: Document) -> ValidationOut:
    """Check a timeline as `POST /render` would, without making a job. Costs nothing."""
    bare, given = without_callback(document)
    edit, _ = await read_document(services, request, bare, None)
    await checked_callback(services, given)
    uses = files_of(edit)
    async with services.database.begin() as session:
        await check_sources(services, session, caller, uses)
    return ValidationOut(
        valid=True, sources=[SourceOut(src=use.src, kind=use.kind, pointers=use.pointers) for use in uses]
    )


async def read_document(
    services: ApiServices, request: Request, document: Any, key: str | None, *, route: str = ROUTE, more: object = None
) -> tuple[Edit, Idempotency | None]:
    """The edit, and the key of the request; the key is no part of the edit.

    Args:
        services: what the route stands on.
        request: whose body it came in.
        document: the body, without what is no part of the document.
        key: the Idempotency-Key header.
        route: the operation; keys of different operations do not meet.
        more: what else the request says that makes it another request.
    """
    in_body = None
    if isinstance(document, dict) and "idempotencyKey" in document:
        in_body = document["idempotencyKey"]
        document = {name: value for name, value in document.items() if name != "idempotencyKey"}
    once = idempotency(route, key, in_body, document if more is None else [document, more])
    if len(await request.body()) <= SMALL_BYTES:
        return parse_document(document, services.limits), once
    # Pure work of milliseconds for a large document, which others on the event loop need not wait for; handing over a
    # small one costs more than it saves.
    return await asyncio.to_thread(parse_document, document, services.limits), once


def files_of(edit: Edit) -> list[timeline.SourceUse]:
    """Every file that a document names, in timelines inside of its timeline too; what stands in it is made of it."""
    found: dict[str, timeline.SourceUse] = {}
    for use in document_sources(edit):
        if use.kind == "timeline" and not isinstance(edit, LongformEdit):
            own = {font.src for font in edit.timeline.fonts}
            for deep in files_of(timeline.inner(edit, use.src)):
                if deep.kind == "font" and deep.src in own:  # it stands in the outer timeline
                    continue
                pointers = [f"{use.pointers[0]}{pointer}" for pointer in deep.pointers]
                found.setdefault(deep.src, replace(deep, pointers=[])).pointers.extend(pointers)
        elif use.asset is None:
            found.setdefault(use.src, replace(use, pointers=[])).pointers.extend(use.pointers)
    return list(found.values())


async def check_sources(
    services: ApiServices,
    session: AsyncSession | None,
    caller: Principal,
    uses: Sequence[timeline.SourceUse],
    *,
    prefix: str = "",
) -> None:
    """Refuse now what would certainly fail later: assets that are not there, addresses that nobody may fetch.

    `prefix` is put before the pointers of the uses; there is a session unless no use is an asset.

    Raises:
        Invalid: `source_not_found`, `url_not_allowed`, or `invalid_sources` when both are found; with a detail for
            every place that names such a source.
    """
    details: list[Detail] = []
    for use in uses:
        try:
            if session is not None and use.src.startswith(ASSET):
                await services.assets.get(session, caller.workspace_id, use.src.removeprefix(ASSET))
            else:
                services.check_url(use.src)
        except NotFound:
            message = f"There is no asset with the id '{use.src.removeprefix(ASSET)}'; upload the file first."
            details.extend(Detail(prefix + pointer, "source_not_found", message) for pointer in use.pointers)
        except Invalid as error:
            details.extend(Detail(prefix + pointer, error.code, error.message) for pointer in use.pointers)
    if details:
        codes = {detail.code for detail in details}
        code = codes.pop() if len(codes) == 1 else "invalid_sources"
        message = f"{details[0].pointer}: {details[0].message}"
        raise Invalid(code, message, details=details[:MAX_DETAILS])
