"""What was sent to webhooks and callbacks: seen, and sent again."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Query, Request, Response

from cutroom.api.answers import DEFAULT, NEXT_LINK, Cursor, Limit, Paging, answer
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.routes import keyed
from cutroom.api.webhook_view import (
    DeliveryDetailOut,
    DeliveryList,
    DeliveryOut,
    Moment,
    SentType,
    ShownDeliveryStatus,
    delivery_detail,
    delivery_view,
)
from cutroom.webhooks import DeliveryStatus

router: Final = keyed("webhooks", area="webhooks")
LIST: Final = "deliveries"

StatusFilter = Annotated[ShownDeliveryStatus | None, Query(description="Only deliveries in this state.")]
TypeFilter = Annotated[SentType | None, Query(alias="type", description="Only events of this type.")]
Since = Annotated[Moment | None, Query(description="Only deliveries made at or after this time.")]
Until = Annotated[Moment | None, Query(description="Only deliveries made before this time.")]


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    operation_id="listDeliveries",
    responses={200: {"model": DeliveryList, "headers": NEXT_LINK}, **errors(404)},
)
async def list_deliveries(
    request: Request,
    services: Services,
    caller: Caller,
    webhook_id: str,
    status: StatusFilter = None,
    type_: TypeFilter = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Deliveries to an endpoint, newest first. They are kept for 30 days."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST, webhook_id)
    async with services.database.begin() as session:
        page = await services.webhooks.deliveries.of_endpoint(
            session,
            caller.workspace_id,
            webhook_id,
            limit=limit,
            before=paging.start,
            status=None if status is None else DeliveryStatus(status),
            event_type=type_,
            since=_utc(since),
            until=_utc(until),
        )
    filters = {"status": status, "type": type_, "since": _text(since), "until": _text(until)}
    return paging.answer(DeliveryList, list(map(delivery_view, page.items)), page.next_cursor, filters)


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    operation_id="getDelivery",
    responses={200: {"model": DeliveryDetailOut}, **errors(404)},
)
async def get_delivery(services: Services, caller: Caller, webhook_id: str, delivery_id: str) -> Response:
    """One delivery, with its payload and every attempt."""
    async with services.database.begin() as session:
        await services.webhooks.endpoints.get(session, caller.workspace_id, webhook_id)
        record = await services.webhooks.deliveries.get(
            session, caller.workspace_id, delivery_id, endpoint_id=webhook_id
        )
    return answer(delivery_detail(record))


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    operation_id="redeliver",
    status_code=202,
    responses={202: {"model": DeliveryOut}, **errors(404, 409)},
)
async def redeliver(services: Services, caller: Caller, webhook_id: str, delivery_id: str) -> Response:
    """Send a delivery anew: at once, under the same `webhook-id`, with all its attempts."""
    async with services.database.begin() as session:
        await services.webhooks.endpoints.get(session, caller.workspace_id, webhook_id)
        delivery = await services.webhooks.deliveries.redeliver(
            session, caller.workspace_id, delivery_id, endpoint_id=webhook_id
        )
    return answer(delivery_view(delivery), status=202)


@router.get(
    "/jobs/{job_id}/deliveries",
    operation_id="listJobDeliveries",
    responses={200: {"model": DeliveryList, "headers": NEXT_LINK}, **errors(404)},
)
async def list_job_deliveries(
    request: Request, services: Services, caller: Caller, job_id: str, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Whom a job's end was told, by callbacks and endpoints, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST, job_id)
    async with services.database.begin() as session:
        await services.jobs.get(session, caller.workspace_id, job_id)
        page = await services.webhooks.deliveries.of_job(
            session, caller.workspace_id, job_id, limit=limit, before=paging.start
        )
    return paging.answer(DeliveryList, list(map(delivery_view, page.items)), page.next_cursor)


@router.get(
    "/jobs/{job_id}/deliveries/{delivery_id}",
    operation_id="getJobDelivery",
    responses={200: {"model": DeliveryDetailOut}, **errors(404)},
)
async def get_job_delivery(services: Services, caller: Caller, job_id: str, delivery_id: str) -> Response:
    """One delivery of a job's end, with its payload and every attempt."""
    async with services.database.begin() as session:
        await services.jobs.get(session, caller.workspace_id, job_id)
        record = await services.webhooks.deliveries.get(session, caller.workspace_id, delivery_id, job_id=job_id)
    return answer(delivery_detail(record))


@router.post(
    "/jobs/{job_id}/deliveries/{delivery_id}/redeliver",
    operation_id="redeliverForJob",
    status_code=202,
    responses={202: {"model": DeliveryOut}, **errors(404, 409)},
)
async def redeliver_for_job(services: Services, caller: Caller, job_id: str, delivery_id: str) -> Response:
    """Tell a job's end anew: at once, under the same `webhook-id`, with all attempts."""
    async with services.database.begin() as session:
        await services.jobs.get(session, caller.workspace_id, job_id)
        delivery = await services.webhooks.deliveries.redeliver(
            session, caller.workspace_id, delivery_id, job_id=job_id
        )
    return answer(delivery_view(delivery), status=202)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
