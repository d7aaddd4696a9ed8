"""The queries of quotas. Months are those of the database's clock, in UTC."""

from datetime import date
from string import Template
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.quotas.rows import PlanRow
from cutroom.accounts.quotas.usage import Amount, Taken, Usage
from cutroom.db import Database, Quick

_MONTH: Final = "CAST(date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') AS date)"


def _statement(template: str) -> TextClause:
    """A statement with `:parameters`; `$month` stands for the first day of this month."""
    return text(Template(template).substitute(month=_MONTH))


_PLAN: Final = text("SELECT plan FROM workspace_plans WHERE workspace_id = :workspace")
_PLAN_QUICK: Final = Quick(_PLAN)
_PLANS: Final = text("SELECT workspace_id, plan FROM workspace_plans")
# Submits of one workspace decide one after the other, each seeing what those before it have committed.
_QUEUE_UP: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('cutroom.quota/' || :workspace, 0))")
_HOLD: Final = _statement("""
WITH taken AS (
  SELECT count(*) FILTER (WHERE status <> 'refunded') AS jobs,
         coalesce(sum(CASE status WHEN 'held' THEN held_ms WHEN 'used' THEN used_ms END), 0) AS ms,
         coalesce(sum(CASE status WHEN 'held' THEN held_micro ELSE used_micro END), 0) AS micro
  FROM charges
  WHERE workspace_id = :workspace AND month = $month AND (status <> 'refunded' OR used_micro > 0) AND job_id <> :job
), held AS (
  INSERT INTO charges (job_id, workspace_id, month, status, held_ms, held_micro)
  SELECT :job, :workspace, $month, 'held', CAST(:ms AS bigint), CAST(:micro AS bigint) FROM taken
  WHERE (CAST(:jobs AS bigint) IS NULL OR jobs + 1 <= CAST(:jobs AS bigint))
    AND (CAST(:total_ms AS bigint) IS NULL OR ms + CAST(:ms AS bigint) <= CAST(:total_ms AS bigint))
    AND (CAST(:total_micro AS bigint) IS NULL OR CAST(:micro AS bigint) = 0
         OR micro + CAST(:micro AS bigint) <= CAST(:total_micro AS bigint))
  ON CONFLICT (job_id) DO UPDATE
  SET status = 'held', month = excluded.month, held_ms = excluded.held_ms, held_micro = excluded.held_micro
  RETURNING job_id
)
SELECT jobs, ms, micro, EXISTS (SELECT FROM held) AS held FROM taken
""")
# In the month in which the job was accepted: there it is settled.
_HOLD_MORE: Final = text("""
WITH line AS (
  SELECT month, held_ms FROM charges WHERE workspace_id = :workspace AND job_id = :job AND status = 'held'
), taken AS (
  SELECT coalesce(sum(CASE c.status WHEN 'held' THEN c.held_ms ELSE c.used_ms END), 0) AS ms
  FROM charges AS c JOIN line ON c.month = line.month
  WHERE c.workspace_id = :workspace AND c.status <> 'refunded' AND c.job_id <> :job
), held AS (
  UPDATE charges SET held_ms = CAST(:ms AS bigint) FROM taken
  WHERE workspace_id = :workspace AND job_id = :job AND status = 'held' AND held_ms < CAST(:ms AS bigint)
    AND (CAST(:total_ms AS bigint) IS NULL OR taken.ms + CAST(:ms AS bigint) <= CAST(:total_ms AS bigint))
  RETURNING job_id
)
SELECT line.month, taken.ms, EXISTS (SELECT FROM held) AS held FROM line, taken WHERE line.held_ms < CAST(:ms AS bigint)
""")
# What a former try has spent is spent: it is held on top of what the next one may spend.
_HELD: Final = text("""
SELECT held_ms, held_micro + used_micro AS held_micro FROM charges WHERE workspace_id = :workspace AND job_id = :job
""")
_USE: Final = _statement("""
INSERT INTO charges (job_id, workspace_id, month, status, held_ms, used_ms, used_micro)
VALUES (:job, :workspace, $month, 'used', :ms, :ms, :micro)
ON CONFLICT (job_id) DO UPDATE SET status = 'used', used_ms = excluded.used_ms, used_micro = excluded.used_micro
""")
_REFUND: Final = text("""
UPDATE charges SET status = 'refunded' WHERE workspace_id = :workspace AND job_id = :job AND status = 'held'
""")
_REFUND_BUT: Final = _statement("""
INSERT INTO charges (job_id, workspace_id, month, status, held_ms, used_micro)
VALUES (:job, :workspace, $month, 'refunded', 0, :micro)
ON CONFLICT (job_id) DO UPDATE SET status = 'refunded', used_micro = excluded.used_micro
""")
# The clock is asked once, in a query of its own, so that an index finds the months.
_USAGE: Final = _statement("""
SELECT month, count(*) FILTER (WHERE status = 'used') AS jobs, count(*) FILTER (WHERE status = 'held') AS held,
       coalesce(sum(used_ms) FILTER (WHERE status = 'used'), 0) AS ms,
       coalesce(sum(held_ms) FILTER (WHERE status = 'held'), 0) AS held_ms,
       coalesce(sum(used_micro) FILTER (WHERE status <> 'held'), 0) AS micro,
       coalesce(sum(held_micro) FILTER (WHERE status = 'held'), 0) AS held_micro
FROM charges
WHERE workspace_id = :workspace AND (status <> 'refunded' OR used_micro > 0)
  AND month > (SELECT $month - make_interval(months => CAST(:months AS integer)))
GROUP BY month ORDER BY month DESC
""")
_FORGET: Final = text("DELETE FROM charges WHERE created_at < clock_timestamp() - make_interval(days => :days)")
_THIS_MONTH: Final = _statement("SELECT $month")


async def plan_name(session: AsyncSession, workspace_id: str) -> str | None:
    """The name of the plan that a workspace was given."""
    name: str | None = await session.scalar(_PLAN, {"workspace": workspace_id})
    return name


async def look_up_plan_name(database: Database, workspace_id: str) -> str | None:
    """The same in no transaction."""
    row = await database.one(_PLAN_QUICK, workspace=workspace_id)
    return None if row is None else str(row.plan)


async def plan_names(session: AsyncSession) -> dict[str, str]:
    """The names of the plans that workspaces were given, by workspace: for maintenance, which serves all of them."""
    return {row.workspace_id: row.plan for row in await session.execute(_PLANS)}


async def set_plan(session: AsyncSession, workspace_id: str, plan: str) -> None:
    """Give a workspace a plan."""
    given = insert(PlanRow).values(workspace_id=workspace_id, plan=plan)
    await session.execute(given.on_conflict_do_update(index_elements=["workspace_id"], set_={"plan": plan}))


async def hold(
    session: AsyncSession,
    workspace_id: str,
    job_id: str,
    amount: Amount,
    *,
    jobs: int | None,
    total_ms: int | None,
    total_micro: int | None,
) -> tuple[bool, Taken]:
    """Hold an amount and one job of this month if all fit into the limits; also told is what others took.

    Transactions of one workspace wait here for each other.
    """
    await session.execute(_QUEUE_UP, {"workspace": workspace_id})
    values = {
        "workspace": workspace_id,
        "job": job_id,
        "ms": amount.ms,
        "micro": amount.micro,
        "jobs": jobs,
        "total_ms": total_ms,
        "total_micro": total_micro,
    }
    found = (await session.execute(_HOLD, values)).one()
    return found.held, Taken(found.jobs, int(found.ms), int(found.micro))


async def hold_more(
    session: AsyncSession, workspace_id: str, job_id: str, ms: int, *, total_ms: int | None
) -> tuple[date, int] | None:
    """Hold more for a job that runs; where it does not fit, its month and what others took of that, and None else."""
    await session.execute(_QUEUE_UP, {"workspace": workspace_id})
    values = {"workspace": workspace_id, "job": job_id, "ms": ms, "total_ms": total_ms}
    found = (await session.execute(_HOLD_MORE, values)).one_or_none()
    return None if found is None or found.held else (found.month, int(found.ms))


async def held(session: AsyncSession, workspace_id: str, job_id: str) -> Amount | None:
    """What a job held when it was submitted, and has spent since; None when it held nothing."""
    row = (await session.execute(_HELD, {"workspace": workspace_id, "job": job_id})).one_or_none()
    return None if row is None else Amount(row.held_ms, row.held_micro)


async def use(session: AsyncSession, workspace_id: str, job_id: str, amount: Amount) -> None:
    """Book what a job has used, in place of what it held."""
    values = {"workspace": workspace_id, "job": job_id, "ms": amount.ms, "micro": amount.micro}
    await session.execute(_USE, values)


async def refund(session: AsyncSession, workspace_id: str, job_id: str, micro: int) -> None:
    """Give back what a job held, but for what it has spent."""
    if micro == 0:
        await session.execute(_REFUND, {"workspace": workspace_id, "job": job_id})
    else:
        await session.execute(_REFUND_BUT, {"workspace": workspace_id, "job": job_id, "micro": micro})


async def usage(session: AsyncSession, workspace_id: str, months: int) -> list[Usage]:
    """The last months in which something was used, newest first."""
    rows = await session.execute(_USAGE, {"workspace": workspace_id, "months": months})
    return [
        Usage(
            row.month,
            row.jobs,
            row.held,
            int(row.ms) / 1000,
            int(row.held_ms) / 1000,
            int(row.micro),
            int(row.held_micro),
        )
        for row in rows
    ]


async def this_month(session: AsyncSession) -> date:
    """The first day of the month that it is in the database."""
    month: date = (await session.execute(_THIS_MONTH)).scalar_one()
    return month


async def forget(session: AsyncSession, days: int) -> int:
    """Remove the lines, of every workspace, that are older: maintenance."""
    return int(getattr(await session.execute(_FORGET, {"days": days}), "rowcount", 0))
