import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from sqlalchemy import text

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.db import Database
from cutroom.kit.errors import QuotaExceeded, Unavailable

SMALL = Plan("small", jobs_per_month=50, minutes_per_month=10.0)


def service(**limits: float | None) -> QuotaService:
    plan = Plan("tested", **limits)  # type: ignore[arg-type]
    named: Mapping[str, Plan] = MappingProxyType({"tested": plan, "small": SMALL})
    return QuotaService(Plans(named, plan))


async def hold(
    database: Database, quotas: QuotaService, job_id: str, seconds: float, workspace: str = "ws_a", micro: int = 0
) -> None:
    async with database.begin() as session:
        await quotas.hold(session, workspace, job_id, seconds, micro)


async def settle(database: Database, quotas: QuotaService, job_id: str, seconds: float | None, micro: int = 0) -> None:
    async with database.begin() as session:
        await quotas.settle(session, "ws_a", job_id, seconds, micro)


async def spent(database: Database, quotas: QuotaService) -> tuple[int, int]:
    async with database.begin() as session:
        month = (await quotas.usage(session, "ws_a"))[0]
    return month.micro, month.micro_held


async def used(database: Database, quotas: QuotaService, workspace: str = "ws_a") -> tuple[int, int, float, float]:
    async with database.begin() as session:
        month = (await quotas.usage(session, workspace))[0]
    return month.jobs, month.jobs_held, month.seconds, month.seconds_held


@pytest.mark.threat("A89")
@pytest.mark.parametrize("limits", [{"jobs_per_month": 10}, {"minutes_per_month": 10.0}, {"spending_per_month": 0.001}])
async def test_of_fifty_at_the_last_unit_exactly_one_is_let_through(
    database: Database, limits: dict[str, float]
) -> None:
    quotas = service(**limits)
    for number in range(9):
        await hold(database, quotas, f"job_{number}", 60.0, micro=100)

    async def late(number: int) -> None:
        while True:
            try:
                return await hold(database, quotas, f"job_late_{number}", 60.0, micro=100)
            except Unavailable:  # fifty wait for ten connections, on a machine that may be busy
                await asyncio.sleep(0.1)

    tries = (late(number) for number in range(50))
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert found.count(None) == 1
    assert sum(isinstance(one, QuotaExceeded) for one in found) == 49
    assert await used(database, quotas) == (0, 10, 0.0, 600.0)
    assert await spent(database, quotas) == (0, 1_000)


async def test_what_a_job_held_is_replaced_by_what_it_used(database: Database) -> None:
    quotas = service(minutes_per_month=1.0)
    await hold(database, quotas, "job_1", 60.0)
    with pytest.raises(QuotaExceeded) as refused:
        await hold(database, quotas, "job_2", 1.0)
    assert refused.value.code == "minutes_exceeded"
    assert "0.02 minutes" in refused.value.message
    assert refused.value.retry_after_s is not None
    await settle(database, quotas, "job_1", 12.5)
    assert await used(database, quotas) == (1, 0, 12.5, 0.0)
    await hold(database, quotas, "job_2", 47.5)


@pytest.mark.threat("A88")
async def test_a_job_that_fails_gives_everything_back_and_holds_it_again_when_it_is_repeated(
    database: Database,
) -> None:
    quotas = service(jobs_per_month=1)
    await hold(database, quotas, "job_1", 30.0)
    await settle(database, quotas, "job_1", None)
    assert await used(database, quotas) == (0, 0, 0.0, 0.0)
    async with database.begin() as session:
        await quotas.hold_again(session, "ws_a", "job_1")
    assert await used(database, quotas) == (0, 1, 0.0, 30.0)
    with pytest.raises(QuotaExceeded, match="1 jobs a month"):
        await hold(database, quotas, "job_2", 1.0)
    await settle(database, quotas, "job_1", 30.0)
    assert await used(database, quotas) == (1, 0, 30.0, 0.0)


async def test_a_refused_transaction_leaves_nothing_behind(database: Database) -> None:
    quotas = service(jobs_per_month=1)

    async def refused() -> None:
        async with database.begin() as session:
            await quotas.hold(session, "ws_a", "job_1", 1.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await refused()
    await hold(database, quotas, "job_2", 1.0)


async def test_one_workspace_does_not_use_up_anothers_month(database: Database) -> None:
    quotas = service(jobs_per_month=1)
    await hold(database, quotas, "job_1", 1.0)
    await hold(database, quotas, "job_2", 1.0, workspace="ws_b")
    assert await used(database, quotas, "ws_b") == (0, 1, 0.0, 1.0)


async def test_a_new_month_starts_anew_and_the_old_one_can_be_looked_up(database: Database) -> None:
    quotas = service(jobs_per_month=1)
    await hold(database, quotas, "job_1", 60.0)
    await settle(database, quotas, "job_1", 60.0)
    async with database.begin() as session:
        await session.execute(text("UPDATE charges SET month = month - interval '1 month'"))
    await hold(database, quotas, "job_2", 1.0)
    async with database.begin() as session:
        months = await quotas.usage(session, "ws_a")
        only = await quotas.usage(session, "ws_a", months=1)
    assert [(month.jobs, month.jobs_held) for month in months] == [(0, 1), (1, 0)]
    assert len(only) == 1


async def test_without_limits_only_what_was_made_is_booked(database: Database) -> None:
    quotas = QuotaService()
    await hold(database, quotas, "job_1", 60.0)
    await settle(database, quotas, "job_2", None)
    assert await used(database, quotas) == (0, 0, 0.0, 0.0)
    await settle(database, quotas, "job_1", 60.0)
    await settle(database, quotas, "job_1", 60.0)
    assert await used(database, quotas) == (1, 0, 60.0, 0.0)


async def test_a_workspace_keeps_the_plan_that_it_was_given(database: Database) -> None:
    quotas = service()
    async with database.begin() as session:
        assert (await quotas.plan(session, "ws_a")).name == "tested"
        await quotas.set_plan(session, "ws_a", "small")
    async with database.begin() as session:
        assert await quotas.plan(session, "ws_a") == SMALL
        assert (await quotas.plan(session, "ws_b")).name == "tested"


async def test_old_lines_are_forgotten(database: Database) -> None:
    quotas = QuotaService()
    await settle(database, quotas, "job_1", 60.0)
    async with database.begin() as session:
        assert await quotas.forget(session) == 0
        await session.execute(text("UPDATE charges SET created_at = created_at - interval '801 days'"))
        assert await quotas.forget(session) == 1


async def test_spending_is_replaced_by_what_was_spent(database: Database) -> None:
    quotas = service(spending_per_month=1.0)
    await hold(database, quotas, "job_1", 0.0, micro=800_000)
    with pytest.raises(QuotaExceeded) as refused:
        await hold(database, quotas, "job_2", 0.0, micro=300_000)
    assert refused.value.code == "spending_exceeded"
    assert "0.3 US dollars; of the 1 a month" in refused.value.message
    assert "0.2 are left" in refused.value.message
    await settle(database, quotas, "job_1", 0.0, 250_000)
    assert await spent(database, quotas) == (250_000, 0)
    await hold(database, quotas, "job_2", 0.0, micro=750_000)


@pytest.mark.threat("A88")
async def test_what_a_failed_job_has_spent_is_not_given_back(database: Database) -> None:
    quotas = service(spending_per_month=1.0, jobs_per_month=1)
    await hold(database, quotas, "job_1", 60.0, micro=500_000)
    await settle(database, quotas, "job_1", None, 200_000)
    assert await used(database, quotas) == (0, 0, 0.0, 0.0)
    assert await spent(database, quotas) == (200_000, 0)
    async with database.begin() as session:
        await quotas.hold_again(session, "ws_a", "job_1")
    assert await spent(database, quotas) == (0, 700_000)
    await settle(database, quotas, "job_1", 60.0, 450_000)
    assert await used(database, quotas) == (1, 0, 60.0, 0.0)
    assert await spent(database, quotas) == (450_000, 0)


async def test_jobs_that_spend_nothing_go_on_when_all_is_spent(database: Database) -> None:
    quotas = service(spending_per_month=0.5)
    await hold(database, quotas, "job_1", 1.0, micro=500_000)
    await settle(database, quotas, "job_1", 1.0, 500_007)
    await hold(database, quotas, "job_2", 1.0)
    with pytest.raises(QuotaExceeded, match="0 are left"):
        await hold(database, quotas, "job_3", 1.0, micro=1)


async def test_spending_is_counted_without_limits_too(database: Database) -> None:
    quotas = QuotaService()
    await settle(database, quotas, "job_1", None, 5)
    await settle(database, quotas, "job_2", 1.0, 7)
    assert await spent(database, quotas) == (12, 0)
    assert (await used(database, quotas))[0] == 1


async def hold_more(
    database: Database, quotas: QuotaService, job_id: str, seconds: float, workspace: str = "ws_a"
) -> None:
    async with database.begin() as session:
        await quotas.hold_more(session, workspace, job_id, seconds)


async def test_a_job_whose_length_is_known_late_holds_it_then_or_is_refused(database: Database) -> None:
    quotas = service(minutes_per_month=2.0)
    await hold(database, quotas, "job_1", 0.0)
    await hold(database, quotas, "job_2", 0.0)
    await hold_more(database, quotas, "job_1", 61.0)
    for seconds in (61.0, 5.0):  # again, and fewer, change nothing
        await hold_more(database, quotas, "job_1", seconds)
    assert await used(database, quotas) == (0, 2, 0.0, 61.0)
    with pytest.raises(QuotaExceeded, match=r"1\.02 minutes; of the 2 minutes .*, 0\.98 are left") as refused:
        await hold_more(database, quotas, "job_2", 61.0)
    assert (refused.value.code, refused.value.retryable) == ("minutes_exceeded", False)
    assert await used(database, quotas) == (0, 2, 0.0, 61.0)
    await hold_more(database, quotas, "job_2", 59.0)
    await settle(database, quotas, "job_1", 60.0)
    await hold_more(database, quotas, "job_1", 600.0)  # it has ended
    assert await used(database, quotas) == (1, 1, 60.0, 59.0)


async def test_what_parts_of_a_job_hold_side_by_side_is_the_longest_whoever_comes_last(database: Database) -> None:
    quotas = service(minutes_per_month=2.0)
    await hold(database, quotas, "job_1", 0.0)
    lengths = (30.0, 90.0, 60.0, 90.0, 5.0)  # one recording is behind a job, and its end books its length
    await asyncio.gather(*(hold_more(database, quotas, "job_1", seconds) for seconds in lengths))
    assert await used(database, quotas) == (0, 1, 0.0, 90.0)
    with pytest.raises(QuotaExceeded, match=r"2\.00 are left"):
        await hold_more(database, quotas, "job_1", 121.0)
    assert await used(database, quotas) == (0, 1, 0.0, 90.0)


async def test_what_was_held_late_is_held_again_when_the_job_is_repeated(database: Database) -> None:
    quotas = service(minutes_per_month=2.0)
    await hold(database, quotas, "job_1", 0.0)
    await hold_more(database, quotas, "job_1", 61.0)
    await settle(database, quotas, "job_1", None)
    async with database.begin() as session:
        await quotas.hold_again(session, "ws_a", "job_1")
    assert await used(database, quotas) == (0, 1, 0.0, 61.0)


async def test_more_is_held_in_the_month_that_accepted_the_job_and_for_nobody_elses(database: Database) -> None:
    quotas = service(minutes_per_month=2.0)
    await hold(database, quotas, "job_1", 0.0)
    async with database.begin() as session:
        await session.execute(text("UPDATE charges SET month = month - interval '1 month'"))
    await hold(database, quotas, "job_2", 120.0)
    await hold_more(database, quotas, "job_1", 120.0)
    await hold_more(database, quotas, "job_2", 600.0, workspace="ws_b")
    async with database.begin() as session:
        months = await quotas.usage(session, "ws_a")
    assert [month.seconds_held for month in months] == [120.0, 120.0]


async def test_a_job_that_holds_nothing_goes_on(database: Database) -> None:
    await hold_more(database, service(minutes_per_month=0.0), "job_1", 60.0)
    quotas = service(jobs_per_month=1)
    await hold(database, quotas, "job_2", 0.0)
    await hold_more(database, quotas, "job_2", 60.0)
    assert await used(database, quotas) == (0, 1, 0.0, 60.0)


@pytest.mark.threat("A89")
async def test_of_many_that_turn_out_longer_at_the_last_minute_exactly_one_is_let_through(database: Database) -> None:
    quotas = service(minutes_per_month=1.0)
    for number in range(20):
        await hold(database, quotas, f"job_{number}", 0.0)

    async def late(number: int) -> None:
        while True:
            try:
                return await hold_more(database, quotas, f"job_{number}", 60.0)
            except Unavailable:
                await asyncio.sleep(0.1)

    found = await asyncio.gather(*(late(number) for number in range(20)), return_exceptions=True)
    assert found.count(None) == 1
    assert sum(isinstance(one, QuotaExceeded) for one in found) == 19
