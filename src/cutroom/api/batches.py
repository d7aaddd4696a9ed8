"""`POST /templates/{id}/render`: one set of values becomes a render, many rows become a batch."""

import asyncio
import email.message
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Self

from fastapi import Request, Response
from pydantic import ConfigDict, Field, ValidationError, model_validator

from cutroom import timeline
from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.body import SCOPE_KEY, Body, is_json
from cutroom.api.callbacks import HEADER as CALLBACK_HEADER
from cutroom.api.callbacks import CallbackHeader, CallbackUrl, checked_callback, submit
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.renders import check_sources, files_of, rendering
from cutroom.api.routes import keyed
from cutroom.api.row_reading import csv_rows, json_rows, listed_rows
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted, idempotency
from cutroom.jobs import Idempotency, Submission, Submitted
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema, invalid
from cutroom.templates import Template
from cutroom.timeline import FIELDS, Form
from cutroom.workflows.batch import TYPE, Batch
from cutroom.workflows.rows import Row, RowsFile, edit_of, write_rows

ROUTE: Final = "templates.render"
SLACK_S: Final = 30.0
CSV: Final = "text/csv"
LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
router = keyed("templates", area="jobs")


class TemplateRender(Schema):
    """What to fill in: the values of one render, or rows of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rows": [{"NAME": "Ada"}, {"NAME": "Linus"}]}]})

    values: Annotated[dict[str, Any] | None, Field(description="A value for each field: one render.")] = None
    rows: Annotated[list[dict[str, Any]] | None, Field(description="Objects of values, each a render: one batch.")] = (
        None
    )
    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=255, description="The same as the Idempotency-Key header.")
    ] = None
    callback_url: CallbackUrl = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.values is None) == (self.rows is None):
            raise ValueError('Send "values" for one render, or "rows" for many.')
        return self


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TemplateRender.model_json_schema(by_alias=True)},
            CSV: {
                "schema": {"type": "string", "description": "The first line names fields; every further one is a row."},
                "example": "NAME\nAda\nLinus\n",
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "An object of values on each line, a row each."},
                "example": '{"NAME": "Ada"}\n{"NAME": "Linus"}\n',
            },
        },
    }
}


@router.post(
    "/templates/{template_id}/render",
    operation_id="renderTemplate",
    status_code=202,
    responses={**ACCEPTED, **errors(404, 408, 409, 413, 415)},
    openapi_extra=_BODY,
)
async def render_template(
    request: Request,
    services: Services,
    caller: Caller,
    template_id: str,
    wait: Wait = 0.0,
    key: KeyHeader = None,
    callback_header: CallbackHeader = None,
) -> Response:
    """Render a template, once or for many rows.

    `values` give a job like that of `POST /render`. Rows, as JSON, CSV or lines of JSON, give one job of the type
    `render.batch`: what rows share is rendered once, and a row that goes wrong does not disturb the others. Its
    artifact holds a line of JSON for each row: the row's number, its status, and its artifacts or its error.
    """
    async with services.database.begin() as session:
        template = await services.templates.get(session, caller.workspace_id, template_id)
    form = Form(dict(template.document), FIELDS.validate_python(dict(template.fields)))
    content_type = request.headers.get("content-type")
    kind = _kind(content_type)
    callback = await checked_callback(services, callback_header, f"{CALLBACK_HEADER}:")
    if is_json(content_type):
        data = await request.json()
        try:
            wanted = TemplateRender.model_validate(data)
        except ValidationError as error:
            raise invalid(error, data, model=TemplateRender) from error
        bare = {name: value for name, value in data.items() if name != "idempotencyKey"}
        once = idempotency(ROUTE, key, wanted.idempotency_key, [template_id, bare, *_also(callback)])
        callback = await checked_callback(services, wanted.callback_url) or callback
        if wanted.values is not None:
            submitted = await _single(services, request, caller, form, wanted.values, once, callback)
        else:
            rows = listed_rows(wanted.rows or [], services.settings.max_rows)
            submitted = await _batch(services, request, caller, template, form, rows, once, callback)
    elif kind == CSV or kind in LINES:
        submitted = await _streamed(services, request, caller, template, form, key, kind, callback)
    else:
        message = "Send application/json, text/csv or application/x-ndjson, and say so in Content-Type."
        raise Invalid("unsupported_media_type", message)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


async def _single(
    services: ApiServices,
    request: Request,
    caller: Principal,
    form: Form,
    values: dict[str, Any],
    once: Idempotency | None,
    callback: str | None,
) -> Submitted:
    edit = await asyncio.to_thread(form.filled, values, services.limits)
    async with services.database.begin() as session:
        await check_sources(services, session, caller, files_of(edit), prefix="/document")
        submission = rendering(services, request, edit, once)
        return await submit(services, session, caller.workspace_id, submission, callback)


async def _streamed(
    services: ApiServices,
    request: Request,
    caller: Principal,
    template: Template,
    form: Form,
    key: str | None,
    kind: str,
    callback: str | None,
) -> Submitted:
    """Rows that come as a file: written to disk as they arrive, then read from there."""
    limit = services.settings.max_rows_bytes
    body: Body = request.scope[SCOPE_KEY]
    body.allow(limit, SLACK_S + limit / services.settings.upload_bytes_per_s)
    with tempfile.TemporaryDirectory(prefix="cutroom-rows-") as folder:
        sent = Path(folder) / "sent"
        digest = hashlib.sha256()
        with sent.open("wb") as file:
            async for chunk in request.stream():
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        once = idempotency(ROUTE, key, None, [template.id, kind, digest.hexdigest(), *_also(callback)])
        most = services.settings.max_rows
        rows = csv_rows(sent, form, most) if kind == CSV else json_rows(sent, most)
        return await _batch(services, request, caller, template, form, rows, once, callback)


async def _batch(
    services: ApiServices,
    request: Request,
    caller: Principal,
    template: Template,
    form: Form,
    rows: Iterator[Row],
    once: Idempotency | None,
    callback: str | None,
) -> Submitted:
    """Keep the rows where workers find them, then make the job."""
    with tempfile.TemporaryDirectory(prefix="cutroom-rows-") as folder:
        path = Path(folder) / "rows"
        written = await asyncio.to_thread(write_rows, path, form, services.limits, rows)
        seconds = await asyncio.to_thread(_seconds, path, services.limits) * written.count
        blob = f"rows/{written.sha256}"
        await services.assets.keep_blob(caller.workspace_id, blob, path)
    given = Batch(rows=blob, count=written.count, template_id=template.id, template_version=template.version)
    async with services.database.begin() as session:
        submission = Submission(
            type=TYPE,
            input=given,
            priority=_priority(written.count),
            correlation_id=request_id_of(request.scope),
            idempotency=once,
            seconds=seconds,
        )
        return await submit(services, session, caller.workspace_id, submission, callback)


def _seconds(path: Path, limits: timeline.Limits) -> float:
    """How long a row of the file may get: as long as its first one that can be read; 0 when none can."""
    file = RowsFile(path)
    form, _ = file.form()
    for row in file.rows():
        with suppress(Invalid):
            return float(timeline.longest(edit_of(form, limits, row), limits))
    return 0.0


def _priority(rows: int) -> int:
    """The more rows, the later: a batch of hours lets single renders of its workspace, and shorter batches, go first.

    Two apart, since the pieces of windows go one before the windows.
    """
    return -2 * (len(str(rows)) - 1)


def _also(callback: str | None) -> list[str]:
    """What else a request says that makes it another request."""
    return [] if callback is None else [callback]


def _kind(content_type: str | None) -> str:
    """The media type that a Content-Type names, without parameters.

    Raises:
        Invalid: `unsupported_media_type`, for text that is not said to be UTF-8.
    """
    header = email.message.Message()
    header["content-type"] = content_type or ""
    charset = str(header.get_param("charset") or "utf-8").lower()
    if charset not in {"utf-8", "utf8"}:
        raise Invalid("unsupported_media_type", "Send rows in UTF-8.")
    return header.get_content_type() if content_type else ""
