"""Holds what a job may need, books what it used, gives back what it did not."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.quotas import repository
from cutroom.accounts.quotas.plan import Plan, Plans
from cutroom.accounts.quotas.usage import Amount, Taken, Usage
from cutroom.db import Database
from cutroom.kit import metrics
from cutroom.kit.errors import QuotaExceeded
from cutroom.kit.money import dollars_of, micro_of

REFUSED: Final = metrics.counter("quota_refusals", "Jobs refused because a plan's month was used up.", ["plan"])
KEEP_DAYS: Final = 800
"""How long usage can be looked up: two years and some."""


class QuotaService:
    """Every method works in the caller's transaction.

    Args:
        plans: the plans that there are.
    """

    def __init__(self, plans: Plans | None = None) -> None:
        self._plans = plans or Plans()

    @property
    def plans(self) -> Plans:
        """The plans that there are."""
        return self._plans

    async def plan(self, session: AsyncSession, workspace_id: str) -> Plan:
        """The plan of a workspace."""
        return self._plans.given(await repository.plan_name(session, workspace_id))

    async def set_plan(self, session: AsyncSession, workspace_id: str, name: str) -> Plan:
        """Give a workspace another plan, from now on.

        Raises:
            Invalid: `unknown_plan`.
        """
        plan = self._plans.named(name)
        await repository.set_plan(session, workspace_id, plan.name)
        return plan

    async def charges(self, database: Database, workspace_id: str) -> bool:
        """Whether a job of this workspace is held or may be one too many; nothing is asked where no plan says so.

        Raises:
            Unavailable: `database_unavailable`.
        """
        if not self._plans.metered and not self._plans.queue_limited:
            return False
        plan = self._plans.given(await repository.look_up_plan_name(database, workspace_id))
        return plan.metered or plan.queued_jobs is not None

    async def most_queued(self, session: AsyncSession, workspace_id: str) -> int | None:
        """How many jobs of a workspace may wait for workers; None is without limit."""
        return (await self.plan(session, workspace_id)).queued_jobs if self._plans.queue_limited else None

    async def log_days(self, session: AsyncSession) -> tuple[float | None, dict[str, float | None]]:
        """For how long jobs that ended keep their logs: by default, and by workspace where it was given a plan."""
        named = await repository.plan_names(session)
        return self._plans.default.log_days, {one: self._plans.given(name).log_days for one, name in named.items()}

    async def hold(self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float, micro: int = 0) -> None:
        """Hold one job, at most so many seconds of media and so much money, in the transaction that accepts the job.

        Of any number of transactions at the last unit, exactly one succeeds.

        Raises:
            QuotaExceeded: `jobs_exceeded`, `minutes_exceeded`, `spending_exceeded`.
        """
        plan = await self.plan(session, workspace_id)
        if plan.metered:
            await self._hold(session, plan, workspace_id, job_id, Amount(math.ceil(seconds * 1000), micro))

    async def hold_again(self, session: AsyncSession, workspace_id: str, job_id: str) -> None:
        """Hold what a job held before it failed or was cancelled; it is about to run again.

        Raises:
            QuotaExceeded: as `hold`.
        """
        plan = await self.plan(session, workspace_id)
        if plan.metered:
            before = await repository.held(session, workspace_id, job_id)
            if before is not None:
                await self._hold(session, plan, workspace_id, job_id, before)

    async def hold_more(self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float) -> None:
        """Hold so many seconds for a job that runs and turned out to take them, unless it holds them.

        Raises:
            QuotaExceeded: `minutes_exceeded`.
        """
        plan = await self.plan(session, workspace_id)
        total_ms, ms = _total_ms(plan), math.ceil(seconds * 1000)
        refused = await repository.hold_more(session, workspace_id, job_id, ms, total_ms=total_ms)
        if refused is not None:
            REFUSED.labels(plan.name).inc()
            month, taken_ms = refused
            raise _minutes_exceeded(plan, month, taken_ms, ms)

    async def settle(
        self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float | None, micro: int = 0
    ) -> None:
        """Book what a job made and what it spent, in the transaction that ends it.

        Without seconds everything is given back but what was spent, for that is gone.
        """
        if seconds is None:
            await repository.refund(session, workspace_id, job_id, micro)
        else:
            await repository.use(session, workspace_id, job_id, Amount(math.ceil(seconds * 1000), micro))

    async def usage(self, session: AsyncSession, workspace_id: str, months: int = 12) -> list[Usage]:
        """This month and those of the `months - 1` before it in which something was used, newest first."""
        found = await repository.usage(session, workspace_id, months)
        now = await repository.this_month(session)
        return found if found and found[0].month == now else [Usage(now), *found]

    async def forget(self, session: AsyncSession) -> int:
        """Remove usage that nobody looks up any more: maintenance."""
        return await repository.forget(session, KEEP_DAYS)

    async def _hold(self, session: AsyncSession, plan: Plan, workspace_id: str, job_id: str, amount: Amount) -> None:
        total_micro = None if plan.spending_per_month is None else micro_of(plan.spending_per_month)
        held, taken = await repository.hold(
            session,
            workspace_id,
            job_id,
            amount,
            jobs=plan.jobs_per_month,
            total_ms=_total_ms(plan),
            total_micro=total_micro,
        )
        if not held:
            REFUSED.labels(plan.name).inc()
            raise _exceeded(plan, await repository.this_month(session), taken, amount)


def _total_ms(plan: Plan) -> int | None:
    return None if plan.minutes_per_month is None else round(plan.minutes_per_month * 60_000)


def _exceeded(plan: Plan, month: date, taken: Taken, amount: Amount) -> QuotaExceeded:
    """Which limit is in the way, what is left of it, and when it starts anew."""
    after, wait_s = _anew(month)
    if plan.jobs_per_month is not None and taken.jobs + 1 > plan.jobs_per_month:
        return QuotaExceeded(
            "jobs_exceeded",
            f"The plan '{plan.name}' has {plan.jobs_per_month} jobs a month, and all are used or under way. {after}",
            retry_after_s=wait_s,
        ).at("")
    total_ms = _total_ms(plan)
    if total_ms is not None and taken.ms + amount.ms > total_ms:
        return _minutes_exceeded(plan, month, taken.ms, amount.ms)
    total = plan.spending_per_month or 0
    left = max(0.0, total - dollars_of(taken.micro))
    return QuotaExceeded(
        "spending_exceeded",
        f"This job may spend {dollars_of(amount.micro):g} US dollars; of the {total:g} a month of the plan "
        f"'{plan.name}', {left:g} are left. {after} One with a lower limit of its own ('maxCost') may still fit.",
        retry_after_s=wait_s,
    ).at("")


def _minutes_exceeded(plan: Plan, month: date, taken_ms: int, ms: int) -> QuotaExceeded:
    after, wait_s = _anew(month)
    minutes = plan.minutes_per_month or 0
    left = max(0.0, minutes - taken_ms / 60_000)
    return QuotaExceeded(
        "minutes_exceeded",
        f"This job may need {ms / 60_000:.2f} minutes; of the {minutes:g} minutes a month "
        f"of the plan '{plan.name}', {left:.2f} are left. {after}",
        retry_after_s=wait_s,
    ).at("")


def _anew(month: date) -> tuple[str, float]:
    """When the next month starts, in a sentence and in seconds from now."""
    anew = (month + timedelta(days=31)).replace(day=1)
    after = f"A new month starts on {anew.isoformat()} (UTC); a larger plan helps at once."
    wait = datetime(anew.year, anew.month, anew.day, tzinfo=UTC) - datetime.now(UTC)
    return after, max(1.0, wait.total_seconds())
