"""What a job turns out to take is held by the server, whoever runs it."""

from functools import partial
from types import MappingProxyType

import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.jobs import Context, Status
from cutroom.jobs.ledger import Ledger
from tests.agents import agency as agencies
from tests.agents import works
from tests.agents.agency import Agency
from tests.jobs.flows import A, Number
from tests.jobs.rig import Rig


async def lasts(ctx: Context, number: Number) -> int:
    """Finds out that it takes so many seconds."""
    await ctx.hold(number.value)
    return number.value


async def test_an_agents_job_holds_what_it_takes_or_fails_for_want_of_it(
    agency: Agency, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan("metered", minutes_per_month=2.0)
    quotas = QuotaService(Plans(MappingProxyType({plan.name: plan}), plan))
    monkeypatch.setattr(agencies, "Ledger", partial(Ledger, meter=quotas))
    known = works.registry()
    known.add("lasts", lasts)
    rig.registry.add("lasts", lasts)
    ids = [await rig.submit("lasts", {"value": value}) for value in (90, 31)]
    async with rig.database.begin() as session:
        for job_id in ids:
            await quotas.hold(session, A, job_id, 0)
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), registry=known, slots=1):
        first, second = [await rig.ended(job_id) for job_id in ids]
    assert (first.status, first.output) == (Status.SUCCEEDED, 90)
    assert second.status is Status.FAILED
    assert second.error is not None
    assert (second.error["kind"], second.error["code"]) == ("quota_exceeded", "minutes_exceeded")
    async with rig.database.begin() as session:
        assert (await quotas.usage(session, A))[0].seconds_held == 90
