"""Queries about endpoints, secrets and deliveries, always within one workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.webhooks.endpoint import Attempt, Delivery, DeliveryStatus, Endpoint
from cutroom.webhooks.rows import AttemptRow, CallbackRow, CallbackSecretRow, DeliveryRow, EndpointRow, EventRow


def endpoint_of(row: EndpointRow) -> Endpoint:
    """The value of a row."""
    return Endpoint(
        id=row.id,
        workspace_id=row.workspace_id,
        url=row.url,
        description=row.description,
        events=row.events,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,  # type: ignore[arg-type]  # the table's own constraint
        failing_since=row.failing_since,
        old_secret_until=row.old_secret_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def delivery_of(row: DeliveryRow) -> Delivery:
    """The value of a row."""
    status = DeliveryStatus(row.status)
    return Delivery(
        id=row.id,
        workspace_id=row.workspace_id,
        event_id=row.event_id,
        event_type=row.event_type,
        job_id=row.job_id,
        endpoint_id=row.endpoint_id,
        url=row.url,
        status=status,
        attempts=row.attempts,
        next_at=row.next_at if status is DeliveryStatus.PENDING else None,
        sending=row.leased_at is not None,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


async def add_endpoint(session: AsyncSession, **values: Any) -> EndpointRow:
    """Insert an endpoint."""
    return (await session.scalars(insert(EndpointRow).values(**values).returning(EndpointRow))).one()


async def count_endpoints(session: AsyncSession, workspace_id: str) -> int:
    """How many endpoints the workspace has."""
    query = select(func.count()).select_from(EndpointRow).where(EndpointRow.workspace_id == workspace_id)
    return await session.scalar(query) or 0


async def find_endpoint(
    session: AsyncSession, workspace_id: str, endpoint_id: str, *, lock: bool = False
) -> EndpointRow | None:
    """An endpoint of this workspace, locked until the transaction ends if asked for."""
    query = select(EndpointRow).where(EndpointRow.id == endpoint_id, EndpointRow.workspace_id == workspace_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def page_of_endpoints(
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None
) -> Sequence[EndpointRow]:
    """Endpoints of this workspace, newest first, older than the id `before`."""
    query = select(EndpointRow).where(EndpointRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(EndpointRow.id < before)
    return (await session.scalars(query.order_by(EndpointRow.id.desc()).limit(limit))).all()


async def change_endpoint(
    session: AsyncSession, workspace_id: str, endpoint_id: str, **values: Any
) -> EndpointRow | None:
    """Change an endpoint; None when there is none."""
    return await session.scalar(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.workspace_id == workspace_id)
        .values(**values)
        .returning(EndpointRow)
        .execution_options(populate_existing=True)
    )


async def remove_endpoint(session: AsyncSession, workspace_id: str, endpoint_id: str) -> bool:
    """Remove an endpoint and its deliveries; False when there is none.

    Deliveries that another transaction is writing are left to the retention: waiting for them could wait for ever.
    """
    gone = await session.scalar(
        delete(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.workspace_id == workspace_id)
        .returning(EndpointRow.id)
    )
    if gone is None:
        return False
    free = select(DeliveryRow.id).where(DeliveryRow.endpoint_id == endpoint_id).with_for_update(skip_locked=True)
    await session.execute(
        delete(DeliveryRow).where(
            DeliveryRow.workspace_id == workspace_id, DeliveryRow.id.in_(free.cte("free").select())
        )
    )
    return True


async def callback_secret(session: AsyncSession, workspace_id: str) -> CallbackSecretRow | None:
    """The workspace's row, if it has one yet."""
    return await session.scalar(select(CallbackSecretRow).where(CallbackSecretRow.workspace_id == workspace_id))


async def add_callback_secret(session: AsyncSession, workspace_id: str, secret: bytes) -> None:
    """Insert the workspace's secret, unless it has one."""
    await session.execute(
        upsert(CallbackSecretRow).values(workspace_id=workspace_id, secret=secret).on_conflict_do_nothing()
    )


async def change_callback_secret(session: AsyncSession, workspace_id: str, **values: Any) -> CallbackSecretRow:
    """Change the workspace's row, which is there."""
    return (
        await session.scalars(
            update(CallbackSecretRow)
            .where(CallbackSecretRow.workspace_id == workspace_id)
            .values(**values)
            .returning(CallbackSecretRow)
            .execution_options(populate_existing=True)
        )
    ).one()


async def add_callback(session: AsyncSession, workspace_id: str, job_id: str, url: str) -> bool:
    """Have a URL told of a job's end; False when it will be already. Waits for a transaction that ends the job."""
    values = {"workspace_id": workspace_id, "job_id": job_id, "url": url}
    query = upsert(CallbackRow).values(**values).on_conflict_do_nothing().returning(CallbackRow.url)
    return await session.scalar(query) is not None


async def count_callbacks(session: AsyncSession, workspace_id: str, job_id: str) -> int:
    """How many URLs are told of a job's end."""
    query = select(func.count()).select_from(CallbackRow)
    found = await session.scalar(query.where(CallbackRow.workspace_id == workspace_id, CallbackRow.job_id == job_id))
    return found or 0


async def find_delivery(session: AsyncSession, workspace_id: str, delivery_id: str, **where: str) -> DeliveryRow | None:
    """A delivery of this workspace, and of the `endpoint_id` or the `job_id` that is named."""
    query = select(DeliveryRow).where(DeliveryRow.id == delivery_id, DeliveryRow.workspace_id == workspace_id)
    return await session.scalar(query.filter_by(**where).execution_options(populate_existing=True))


async def page_of_deliveries(
    session: AsyncSession,
    workspace_id: str,
    *,
    limit: int,
    before: str | None,
    status: str | None = None,
    event_type: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **where: str,
) -> Sequence[DeliveryRow]:
    """Deliveries of an endpoint or of a job, newest first, older than the id `before`."""
    query = select(DeliveryRow).where(DeliveryRow.workspace_id == workspace_id).filter_by(**where)
    if before is not None:
        query = query.where(DeliveryRow.id < before)
    if status is not None:
        query = query.where(DeliveryRow.status == status)
    if event_type is not None:
        query = query.where(DeliveryRow.event_type == event_type)
    if since is not None:
        query = query.where(DeliveryRow.created_at >= since)
    if until is not None:
        query = query.where(DeliveryRow.created_at < until)
    return (await session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit))).all()


async def body_of(session: AsyncSession, workspace_id: str, event_id: str) -> str:
    """What is sent for an event."""
    query = select(EventRow.body).where(EventRow.id == event_id, EventRow.workspace_id == workspace_id)
    return (await session.scalars(query)).one()


async def attempts(session: AsyncSession, delivery_id: str) -> list[Attempt]:
    """Every attempt of a delivery, in order."""
    rows = await session.scalars(
        select(AttemptRow).where(AttemptRow.delivery_id == delivery_id).order_by(AttemptRow.number)
    )
    return [Attempt(row.number, row.at, row.duration_ms, row.status_code, row.error, row.answer) for row in rows.all()]
