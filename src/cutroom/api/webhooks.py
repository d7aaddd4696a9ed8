"""Webhooks: where events of the workspace are sent, and with which secret they are signed."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field, ValidationError

from cutroom.api.answers import (
    DEFAULT,
    ETAG,
    LOCATION,
    NEXT_LINK,
    Cursor,
    Limit,
    Paging,
    answer,
    resource,
)
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.routes import keyed, needs
from cutroom.api.webhook_view import (
    CallbackSecretOut,
    DeliveryOut,
    Description,
    Events,
    Moment,
    NewWebhookOut,
    ReplayOut,
    SentType,
    Url,
    WebhookList,
    WebhookOut,
    delivery_view,
    new_webhook_view,
    webhook_view,
)
from cutroom.kit.schema import Schema, invalid
from cutroom.webhooks import WEBHOOK_TEST, CallbackSecret

router: Final = keyed("webhooks", area="webhooks")
LIST: Final = "webhooks"
M = TypeVar("M", bound=Schema)
_NO_STORE: Final = {"Cache-Control": "no-store"}
"""Of answers with a secret in them."""


class WebhookRequest(Schema):
    """An endpoint to send events to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.com/cutroom", "events": ["job.succeeded", "job.failed"]}]
        }
    )

    url: Url
    description: Description = ""
    events: Events = None


class WebhookChange(Schema):
    """What to change of an endpoint; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    url: Annotated[Url | None, Field()] = None
    description: Annotated[Description | None, Field()] = None
    events: Events = None
    enabled: Annotated[
        bool | None, Field(description="False stops sending and cancels what is pending; true starts anew.")
    ] = None


class ReplayRequest(Schema):
    """Which events to send again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-21T09:00:00Z"}]})

    since: Annotated[Moment, Field(description="From when on; at most 30 days ago.")]
    until: Annotated[Moment | None, Field(description="Up to when; now when left out.")] = None
    all: Annotated[bool, Field(description="What was delivered too, instead of what was missed alone.")] = False


def _body(model: type[Schema]) -> dict[str, Any]:
    """Describes a body that is read only once it is known that there is something to do with it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


@router.post(
    "/webhooks",
    operation_id="createWebhook",
    status_code=201,
    responses={201: {"model": NewWebhookOut, "headers": LOCATION}, **errors(408, 413, 415, 429)},
)
async def create_webhook(services: Services, caller: Caller, wanted: WebhookRequest) -> Response:
    """Have events of the workspace sent to a URL. The secret is in this answer, and in no other."""
    await services.webhooks.check_url(wanted.url)
    async with services.database.begin() as session:
        made = await services.webhooks.endpoints.create(
            session, caller.workspace_id, url=wanted.url, description=wanted.description, events=_unique(wanted.events)
        )
    headers = {"Location": f"{PREFIX}/webhooks/{made.endpoint.id}", **_NO_STORE}
    return answer(new_webhook_view(made), status=201, headers=headers)


@router.get("/webhooks", operation_id="listWebhooks", responses={200: {"model": WebhookList, "headers": NEXT_LINK}})
async def list_webhooks(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Endpoints of the workspace, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.webhooks.endpoints.list_endpoints(
            session, caller.workspace_id, limit=limit, before=paging.start
        )
    return paging.answer(WebhookList, [webhook_view(endpoint) for endpoint in page.items], page.next_cursor)


# A secret is more than what may be read about webhooks: whoever has it can speak as us.
@router.get(
    "/webhooks/callback-secret",
    operation_id="getCallbackSecret",
    responses={200: {"model": CallbackSecretOut}},
    openapi_extra=needs("webhooks:write"),
)
async def get_callback_secret(services: Services, caller: Caller) -> Response:
    """The secret that callbacks (`callbackUrl`) of the workspace's jobs are signed with."""
    async with services.database.begin() as session:
        secret = await services.webhooks.callbacks.secret(session, caller.workspace_id)
    return answer(_secret(secret), headers=_NO_STORE)


@router.post(
    "/webhooks/callback-secret/rotate",
    operation_id="rotateCallbackSecret",
    responses={200: {"model": CallbackSecretOut}},
)
async def rotate_callback_secret(services: Services, caller: Caller) -> Response:
    """Make a new one; for a day callbacks are signed with the old one too."""
    async with services.database.begin() as session:
        secret = await services.webhooks.callbacks.rotate(session, caller.workspace_id)
    return answer(_secret(secret), headers=_NO_STORE)


@router.get(
    "/webhooks/{webhook_id}",
    operation_id="getWebhook",
    responses={200: {"model": WebhookOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_webhook(request: Request, services: Services, caller: Caller, webhook_id: str) -> Response:
    """One endpoint, without its secret."""
    async with services.database.begin() as session:
        endpoint = await services.webhooks.endpoints.get(session, caller.workspace_id, webhook_id)
    view = webhook_view(endpoint)
    return resource(request, view)


@router.patch(
    "/webhooks/{webhook_id}",
    operation_id="changeWebhook",
    responses={200: {"model": WebhookOut}, **errors(404, 408, 413, 415)},
    openapi_extra=_body(WebhookChange),
)
async def change_webhook(request: Request, services: Services, caller: Caller, webhook_id: str) -> Response:
    """Change an endpoint, switch it off, or on again. What it missed meanwhile comes with `replay`."""
    # What is not there is answered before anything is said about the body, which strangers may send us too.
    async with services.database.begin() as session:
        await services.webhooks.endpoints.get(session, caller.workspace_id, webhook_id)
    wanted = await _read(request, WebhookChange)
    values: dict[str, Any] = {}
    if wanted.url is not None:
        await services.webhooks.check_url(wanted.url)
        values["url"] = wanted.url
    if wanted.description is not None:
        values["description"] = wanted.description
    if "events" in wanted.model_fields_set:
        values["events"] = _unique(wanted.events)
    async with services.database.begin() as session:
        endpoint = await services.webhooks.endpoints.change(
            session, caller.workspace_id, webhook_id, enabled=wanted.enabled, **values
        )
    return answer(webhook_view(endpoint))


@router.delete(
    "/webhooks/{webhook_id}",
    operation_id="deleteWebhook",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_webhook(services: Services, caller: Caller, webhook_id: str) -> Response:
    """Delete an endpoint for good, with the record of what was sent to it."""
    async with services.database.begin() as session:
        await services.webhooks.endpoints.delete(session, caller.workspace_id, webhook_id)
    return Response(status_code=204)


@router.post(
    "/webhooks/{webhook_id}/rotate-secret",
    operation_id="rotateWebhookSecret",
    responses={200: {"model": NewWebhookOut}, **errors(404)},
)
async def rotate_secret(services: Services, caller: Caller, webhook_id: str) -> Response:
    """Give an endpoint a new secret. For a day every message carries two signatures, by the new and by the old one."""
    async with services.database.begin() as session:
        made = await services.webhooks.endpoints.rotate(session, caller.workspace_id, webhook_id)
    return answer(new_webhook_view(made), headers=_NO_STORE)


@router.post(
    "/webhooks/{webhook_id}/test",
    operation_id="testWebhook",
    status_code=202,
    responses={202: {"model": DeliveryOut, "headers": LOCATION}, **errors(404, 409)},
)
async def send_test(
    services: Services,
    caller: Caller,
    webhook_id: str,
    type_: Annotated[SentType, Query(alias="type", description="Sends the example of this type.")] = WEBHOOK_TEST,
) -> Response:
    """Send an endpoint an example of an event, whatever it has asked for; see its deliveries for what came of it."""
    async with services.database.begin() as session:
        delivery = await services.webhooks.deliveries.test(session, caller.workspace_id, webhook_id, type_)
    headers = {"Location": f"{PREFIX}/webhooks/{webhook_id}/deliveries/{delivery.id}"}
    return answer(delivery_view(delivery), status=202, headers=headers)


@router.post(
    "/webhooks/{webhook_id}/replay",
    operation_id="replayWebhook",
    status_code=202,
    responses={202: {"model": ReplayOut}, **errors(404, 408, 409, 413, 415)},
    openapi_extra=_body(ReplayRequest),
)
async def replay_webhook(request: Request, services: Services, caller: Caller, webhook_id: str) -> Response:
    """Send an endpoint what it missed in a time: what failed, was cancelled, or happened before it was made.

    At most 1,000 events in one call; `nextSince` says where the next one goes on. Each has its own id again, so that a
    receiver which keeps ids takes none twice.
    """
    async with services.database.begin() as session:
        await services.webhooks.endpoints.get(session, caller.workspace_id, webhook_id)
    wanted = await _read(request, ReplayRequest)
    async with services.database.begin() as session:
        replayed = await services.webhooks.deliveries.replay(
            session,
            caller.workspace_id,
            webhook_id,
            since=_utc(wanted.since),
            until=None if wanted.until is None else _utc(wanted.until),
            everything=wanted.all,
        )
    return answer(ReplayOut(replayed=replayed.count, next_since=replayed.next_since), status=202)


async def _read(request: Request, model: type[M]) -> M:
    data = await request.json()
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error, data, model=model) from error


def _secret(secret: CallbackSecret) -> CallbackSecretOut:
    return CallbackSecretOut(
        secret=secret.secret, created_at=secret.created_at, old_secret_until=secret.old_secret_until
    )


def _unique(events: list[Any] | None) -> list[str] | None:
    return None if events is None else list(dict.fromkeys(events))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
