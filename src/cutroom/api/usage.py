"""What a workspace may use, and what it has used."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import Field, TypeAdapter

from cutroom.accounts import Principal
from cutroom.accounts.quotas import Usage
from cutroom.api.answers import ETAG, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import ApiServices, Services
from cutroom.api.routes import keyed
from cutroom.kit.cache import Rule
from cutroom.kit.money import dollars_of
from cutroom.kit.schema import Schema

router: Final = keyed("usage", area="usage")
MAX_MONTHS: Final = 24
EARLIER: Final = Rule("usage.earlier", 60.0)
"""Months that are over change when a job of theirs ends or is repeated, which is rare."""
STORED: Final = Rule("usage.stored", 10.0)
"""What this door changes is forgotten at once; what jobs make and maintenance clears is seen when this is over."""


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
    queued_jobs: Annotated[int | None, Field(description="Further jobs are refused with `queue_full`.")]
    log_days: Annotated[float | None, Field(description="Days for which jobs that ended keep log and progress.")]
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


_MONTHS: Final = TypeAdapter(list[MonthOut])


class UsageOut(Schema):
    """What was used, newest month first; the first is this month."""

    months: list[MonthOut]
    storage_bytes: Annotated[int, Field(description="Bytes of them kept now, in all versions.")]
    resets_at: Annotated[datetime, Field(description="When the next month starts.")]


@router.get(
    "/plan",
    operation_id="getPlan",
    responses={200: {"model": PlanOut, "headers": ETAG}, 304: {"description": "Not changed."}},
)
async def get_plan(request: Request, services: Services, caller: Caller) -> Response:
    """The plan of the workspace."""
    async with services.database.begin() as session:
        plan = await services.quotas.plan(session, caller.workspace_id)
    budget = plan.budget_micro()
    view = PlanOut(
        name=plan.name,
        jobs_per_month=plan.jobs_per_month,
        minutes_per_month=plan.minutes_per_month,
        spending_per_month=plan.spending_per_month,
        spending_per_run=None if budget is None else dollars_of(budget),
        storage_bytes=plan.storage_bytes,
        concurrent_jobs=plan.concurrent_jobs,
        queued_jobs=plan.queued_jobs,
        log_days=plan.log_days,
        max_upload_bytes=plan.max_upload_bytes,
        max_source_seconds=plan.max_source_seconds,
    )
    return resource(request, view)


@router.get(
    "/usage",
    operation_id="getUsage",
    responses={200: {"model": UsageOut, "headers": ETAG}, 304: {"description": "Not changed."}},
)
async def get_usage(
    request: Request,
    services: Services,
    caller: Caller,
    months: Annotated[int, Query(ge=1, le=MAX_MONTHS, description="How many months back, this one included.")] = 12,
) -> Response:
    """What the workspace has used, by month; months in which nothing was used are left out.

    This month is as it is now. The months before it may be a minute old, the bytes that are kept ten seconds, unless
    something was changed here meanwhile.
    """
    async with services.database.begin() as session:
        (used,) = await services.quotas.usage(session, caller.workspace_id, 1)
    oldest = _month(used.month.year * 12 + used.month.month - months)
    earlier = [one for one in await _earlier(services, caller.workspace_id, used.month) if one.month >= oldest]
    stored = await services.cache.recall(STORED, caller.workspace_id, "", lambda: _stored(services, caller))
    view = UsageOut(months=[_shown(used), *earlier], storage_bytes=int(stored), resets_at=_after(used.month))
    return resource(request, view)


async def _earlier(services: ApiServices, workspace_id: str, this_month: date) -> list[MonthOut]:
    """The months before this one that can be asked for, newest first."""

    async def make() -> bytes:
        async with services.database.begin() as session:
            used = await services.quotas.usage(session, workspace_id, MAX_MONTHS)
        return _MONTHS.dump_json([_shown(one) for one in used if one.month < this_month], by_alias=True)

    kept = await services.cache.recall(EARLIER, workspace_id, f"{this_month:%Y-%m}", make)
    return _MONTHS.validate_json(kept)


async def _stored(services: ApiServices, caller: Principal) -> bytes:
    async with services.database.begin() as session:
        stored = await services.assets.storage_used(session, caller.workspace_id)
        stored += await services.productions.storage_used(session, caller.workspace_id)
    return str(stored).encode()


def _shown(one: Usage) -> MonthOut:
    return MonthOut(
        month=f"{one.month:%Y-%m}",
        jobs=one.jobs,
        jobs_held=one.jobs_held,
        minutes=round(one.seconds / 60, 4),
        minutes_held=round(one.seconds_held / 60, 4),
        spending=dollars_of(one.micro),
        spending_held=dollars_of(one.micro_held),
    )


def _month(number: int) -> str:
    """The month that so many others came before, since the year 0."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _after(month: date) -> datetime:
    """When the month after this one starts."""
    years, months = divmod(month.month, 12)
    return datetime(month.year + years, months + 1, 1, tzinfo=UTC)
