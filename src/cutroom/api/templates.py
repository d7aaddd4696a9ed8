"""Templates: documents with placeholders, kept to be rendered with many values."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field, ValidationError

from cutroom import timeline
from cutroom.api.answers import (
    DEFAULT,
    ETAG,
    LOCATION,
    NEXT_LINK,
    Cursor,
    Limit,
    ListOut,
    Paging,
    answer,
    resource,
)
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema, invalid, is_absent
from cutroom.templates import Template
from cutroom.timeline import FIELDS, FormField

router: Final = keyed("templates", area="templates")
LIST: Final = "templates"
Fields = Annotated[
    dict[str, FormField],
    Field(description="What each placeholder stands for, by name; what is left out is guessed from its places."),
]


class TemplateRequest(Schema):
    """A template to keep."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Greeting",
                    "document": {
                        "timeline": {
                            "tracks": [
                                {
                                    "clips": [
                                        {"asset": {"type": "text", "text": "Hello {{NAME}}"}, "start": 0, "length": 2}
                                    ]
                                }
                            ]
                        },
                        "output": {"format": "mp4", "resolution": "720p"},
                    },
                    "fields": {"NAME": {"type": "string", "default": "you"}},
                }
            ]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=200, description="For people; need not be unique.")]
    document: Annotated[
        dict[str, Any],
        Field(
            description="A timeline as `POST /render` takes it, with placeholders such as `{{NAME}}` in its strings."
        ),
    ]
    fields: Fields | None = None


class TemplateOut(Schema):
    """A stored document with placeholders."""

    id: str
    name: str
    document: Annotated[
        dict[str, Any] | None, Field(exclude_if=is_absent, description="The document; left out of lists.")
    ] = None
    fields: Annotated[dict[str, FormField], Field(description="What each placeholder stands for, by name.")]
    version: Annotated[int, Field(description="Grows by one with every change.")]
    created_at: datetime
    updated_at: datetime


class TemplateList(ListOut[TemplateOut]):
    """One page of templates."""


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateRequest"}}},
    }
}


def template_view(template: Template, *, with_document: bool = True) -> TemplateOut:
    """A template on the wire."""
    return TemplateOut(
        id=template.id,
        name=template.name,
        document=dict(template.document) if with_document else None,
        fields=FIELDS.validate_python(dict(template.fields)),
        version=template.version,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )


@router.post(
    "/templates",
    operation_id="createTemplate",
    status_code=201,
    responses={201: {"model": TemplateOut, "headers": LOCATION}, **errors(408, 413, 415, 429)},
)
async def create_template(services: Services, caller: Caller, wanted: TemplateRequest) -> Response:
    """Keep a template. Its document is checked as far as it can be before its placeholders are filled."""
    document, fields = await _checked(services, wanted)
    async with services.database.begin() as session:
        template = await services.templates.create(
            session, caller.workspace_id, name=wanted.name, document=document, fields=fields
        )
    view = template_view(template)
    return answer(view, status=201, headers={"Location": f"{PREFIX}/templates/{template.id}"})


@router.get("/templates", operation_id="listTemplates", responses={200: {"model": TemplateList, "headers": NEXT_LINK}})
async def list_templates(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Templates of the workspace, newest first, without their documents."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.templates.list_templates(session, caller.workspace_id, limit=limit, before=paging.start)
    items = [template_view(template, with_document=False) for template in page.items]
    return paging.answer(TemplateList, items, page.next_cursor)


@router.get(
    "/templates/{template_id}",
    operation_id="getTemplate",
    responses={200: {"model": TemplateOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_template(request: Request, services: Services, caller: Caller, template_id: str) -> Response:
    """One template."""
    async with services.database.begin() as session:
        template = await services.templates.get(session, caller.workspace_id, template_id)
    return resource(request, template_view(template), basis=[template.id, template.version])


@router.put(
    "/templates/{template_id}",
    operation_id="replaceTemplate",
    responses={200: {"model": TemplateOut}, **errors(404, 408, 413, 415)},
    openapi_extra=_BODY,
)
async def replace_template(request: Request, services: Services, caller: Caller, template_id: str) -> Response:
    """Put another document in a template's place. Jobs that were made from it are not disturbed."""
    # What is not there is answered before anything is said about the body, which strangers may send us too.
    async with services.database.begin() as session:
        await services.templates.get(session, caller.workspace_id, template_id)
    data = await request.json()
    try:
        wanted = TemplateRequest.model_validate(data)
    except ValidationError as error:
        raise invalid(error, data, model=TemplateRequest) from error
    document, fields = await _checked(services, wanted)
    async with services.database.begin() as session:
        template = await services.templates.replace(
            session, caller.workspace_id, template_id, name=wanted.name, document=document, fields=fields
        )
    return answer(template_view(template))


@router.delete(
    "/templates/{template_id}",
    operation_id="deleteTemplate",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_template(services: Services, caller: Caller, template_id: str) -> Response:
    """Delete a template for good. Jobs that were made from it are not disturbed."""
    async with services.database.begin() as session:
        await services.templates.delete(session, caller.workspace_id, template_id)
    return Response(status_code=204)


async def _checked(services: ApiServices, wanted: TemplateRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the fields to store, as JSON."""
    form = await asyncio.to_thread(timeline.make_form, wanted.document, wanted.fields, services.limits)
    return form.document, FIELDS.dump_python(dict(form.fields), mode="json", exclude_none=True)
