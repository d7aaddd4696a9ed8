"""What a workspace may use, and what it has used."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import Field

from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.routes import keyed
from cutroom.kit.money import dollars_of
from cutroom.kit.schema import Schema

router: Final = keyed("usage", area="usage")
MAX_MONTHS: Final = 24


class PlanOut(Schema):
    """The limits of a workspace; `null` is without limit."""

    name: str
    jobs_per_month: int | None
    minutes_per_month: float | None
    spending_per_month: Annotated[float | None, Field(description="US dollars that language models may cost.")]
    spending_per_run: Annotated[
        float | None, Field(description="US dollars that they may cost in one run; a lower `maxCost` counts.")
    ]
    storage_bytes: Annotated[int | None, Field(description="Assets, artifacts, transcripts, posts: all of it.")]
    concurrent_jobs: Annotated[int | None, Field(description="Further jobs wait in the queue.")]
    max_upload_bytes: int | None
    max_source_seconds: Annotated[float | None, Field(description="The longest upload.")]


class MonthOut(Schema):
    """One calendar month of UTC."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", description="Such as `2026-11`.")]
    jobs: Annotated[int, Field(description="Jobs that succeeded.")]
    jobs_held: Annotated[int, Field(description="Jobs under way; they are counted when they succeed.")]
    minutes: Annotated[float, Field(description="Minutes of media that were made.")]
    minutes_held: Annotated[float, Field(description="Minutes that jobs under way may still take.")]
    spending: Annotated[
        float, Field(description="US dollars that language models cost runs, those that failed too, by their prices.")
    ]
    spending_held: Annotated[float, Field(description="US dollars that runs under way may still cost.")]


class UsageOut(Schema):
    """What was used, newest month first; the first is this month."""

    months: list[MonthOut]
    storage_bytes: Annotated[int, Field(description="Bytes of them kept now, in all versions.")]
    resets_at: Annotated[datetime, Field(description="When the next month starts.")]


@router.get("/plan", operation_id="getPlan")
async def get_plan(services: Services, caller: Caller) -> PlanOut:
    """The plan of the workspace."""
    async with services.database.begin() as session:
        plan = await services.quotas.plan(session, caller.workspace_id)
    budget = plan.budget_micro()
    return PlanOut(
        name=plan.name,
        jobs_per_month=plan.jobs_per_month,
        minutes_per_month=plan.minutes_per_month,
        spending_per_month=plan.spending_per_month,
        spending_per_run=None if budget is None else dollars_of(budget),
        storage_bytes=plan.storage_bytes,
        concurrent_jobs=plan.concurrent_jobs,
        max_upload_bytes=plan.max_upload_bytes,
        max_source_seconds=plan.max_source_seconds,
    )


@router.get("/usage", operation_id="getUsage")
async def get_usage(
    services: Services,
    caller: Caller,
    months: Annotated[int, Query(ge=1, le=MAX_MONTHS, description="How many months back, this one included.")] = 12,
) -> UsageOut:
    """What the workspace has used, by month; months in which nothing was used are left out."""
    async with services.database.begin() as session:
        used = await services.quotas.usage(session, caller.workspace_id, months)
        stored = await services.assets.storage_used(session, caller.workspace_id)
        stored += await services.productions.storage_used(session, caller.workspace_id)
    items = [
        MonthOut(
            month=f"{one.month:%Y-%m}",
            jobs=one.jobs,
            jobs_held=one.jobs_held,
            minutes=round(one.seconds / 60, 4),
            minutes_held=round(one.seconds_held / 60, 4),
            spending=dollars_of(one.micro),
            spending_held=dollars_of(one.micro_held),
        )
        for one in used
    ]
    return UsageOut(months=items, storage_bytes=stored, resets_at=_after(used[0].month))


def _after(month: date) -> datetime:
    """When the month after this one starts."""
    years, months = divmod(month.month, 12)
    return datetime(month.year + years, months + 1, 1, tzinfo=UTC)
