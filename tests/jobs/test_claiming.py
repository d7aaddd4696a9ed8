import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.jobs import Status, claiming
from cutroom.jobs.claiming import Claim, Claimed
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.wants import MAX_NEEDS, REACH, Wants
from cutroom.kit.errors import Invalid, QuotaExceeded
from tests.jobs.flows import A, B, C
from tests.jobs.rig import Rig

LEASE_S = 30.0


async def claim(rig: Rig, count: int = 1, worker: str = "w") -> Claim:
    async with rig.database.begin() as session:
        return await claiming.claim(session, worker=worker, count=count, lease_s=LEASE_S)


async def fill(rig: Rig, workspace: str, count: int, priority: int = 0) -> None:
    """Many queued jobs, written at once."""
    await rig.submit("same", {"value": -1}, workspace=workspace)
    await rig.sql("DELETE FROM jobs WHERE workspace_id = :workspace AND input = '{\"value\": -1}'", workspace=workspace)
    await rig.sql(
        """
        INSERT INTO jobs (id, workspace_id, type, status, priority, root_id, input, max_attempts, queued_at)
        SELECT id, :workspace, 'echo', 'queued', :priority, id, '{"value": 1}', 3, clock_timestamp()
        FROM (SELECT :workspace || lpad(n::text, 9, '0') AS id FROM generate_series(1, :count) AS n) AS ids
        """,
        workspace=workspace,
        count=count,
        priority=priority,
    )


async def end(rig: Rig, job: Claimed) -> None:
    await rig.sql("UPDATE jobs SET status = 'succeeded' WHERE id = :id", id=job.id)


def workspaces(found: Claim) -> list[str]:
    return [job.workspace_id for job in found.jobs]


@pytest.mark.threat("F17")
async def test_a_claim_charges_an_attempt_raises_the_fence_and_sets_a_lease_on_the_databases_clock(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    (job,) = (await claim(rig)).jobs
    assert (job.id, job.attempt, job.fence, json.loads(job.input)) == (job_id, 1, 1, {"value": 1})
    rows = await rig.sql("SELECT EXTRACT(EPOCH FROM lease_until - started_at), worker, status FROM jobs")
    assert rows == [(LEASE_S, "w", "running")]


@pytest.mark.threat("F10")
async def test_with_a_thousand_jobs_of_one_workspace_another_is_served_next(rig: Rig) -> None:
    await fill(rig, A, 1_000)
    assert workspaces(await claim(rig)) == [A]
    await rig.submit("same", {"value": 1}, workspace=B)
    assert workspaces(await claim(rig)) == [B]


async def test_workspaces_take_turns_and_within_one_the_oldest_goes_first(rig: Rig) -> None:
    for workspace, count in ((A, 10), (B, 10), (C, 2)):
        await fill(rig, workspace, count)
    served = [(await claim(rig)).jobs[0] for _ in range(9)]
    assert Counter(job.workspace_id for job in served) == {A: 4, B: 3, C: 2} or Counter(
        job.workspace_id for job in served
    ) == {A: 3, B: 4, C: 2}
    for workspace in (A, B, C):
        ids = [job.id for job in served if job.workspace_id == workspace]
        assert ids == sorted(ids)


async def test_a_claim_of_many_takes_from_all_in_turn(rig: Rig) -> None:
    for workspace in (A, B, C):
        await fill(rig, workspace, 10)
    assert Counter(workspaces(await claim(rig, 6))) == {A: 2, B: 2, C: 2}


async def test_priority_goes_before_turn(rig: Rig) -> None:
    await fill(rig, A, 3, priority=5)
    await fill(rig, B, 3)
    assert [workspaces(await claim(rig))[0] for _ in range(4)] == [A, A, A, B]


async def test_a_priority_below_0_is_beside_other_workspaces_0(rig: Rig) -> None:
    await fill(rig, A, 3, priority=-4)
    await fill(rig, B, 3)
    assert Counter(workspaces(await claim(rig, 4))) == {A: 2, B: 2}
    sooner = await rig.submit("same", {"value": 1}, priority=-2)
    assert [job.id for job in (await claim(rig, 2)).jobs if job.workspace_id == A] == [sooner]


async def test_a_workspace_never_runs_more_than_its_limit_however_many_claim(rig: Rig) -> None:
    await fill(rig, A, 200)
    await rig.sql("UPDATE lanes SET max_running = 7")
    own = lifeline(rig.database)

    async def greedy(worker: str) -> int:
        taken = 0
        for _ in range(20):
            async with own.begin() as session:
                taken += len((await claiming.claim(session, worker=worker, count=3, lease_s=LEASE_S)).jobs)
            running = await rig.sql("SELECT count(*) FROM jobs WHERE status = 'running'")
            assert running[0][0] <= 7
        return taken

    try:
        assert sum(await asyncio.gather(*(greedy(f"w{number}") for number in range(4)))) == 7
    finally:
        await own.close()
    found = await claim(rig)
    assert (found.jobs, found.limited, found.contended) == ((), True, False)


async def test_a_claim_does_not_wait_for_another_and_says_that_it_left_something_out(rig: Rig) -> None:
    await fill(rig, A, 5)
    async with rig.database.begin() as session:
        await session.execute(text("SELECT 1 FROM lanes FOR UPDATE"))
        async with asyncio.timeout(60):
            found = await claim(rig)
    assert (found.jobs, found.contended) == ((), True)
    assert len((await claim(rig)).jobs) == 1


async def test_no_job_is_claimed_twice_by_claims_at_the_same_time(rig: Rig) -> None:
    for workspace in (A, B, C):
        await fill(rig, workspace, 40)
        await rig.sql("UPDATE lanes SET max_running = 1000")
    taken: list[str] = []

    async def take() -> None:
        while True:
            found = await claim(rig, 4)
            taken.extend(job.id for job in found.jobs)
            if not found.jobs and not found.contended:
                return

    await asyncio.gather(*(take() for _ in range(5)))
    assert len(taken) == len(set(taken)) == 120


async def test_a_job_that_is_being_cancelled_is_passed_over(rig: Rig) -> None:
    first, second = await rig.submit("echo", {"value": 1}), await rig.submit("echo", {"value": 2})
    async with rig.database.begin() as session:
        await rig.jobs.cancel(session, A, first)
        assert [job.id for job in (await claim(rig, 2)).jobs] == [second]


async def test_suspects_are_claimed_one_at_a_time_and_hold_up_nobody(rig: Rig) -> None:
    suspects = [await rig.submit("echo", {"value": number}, max_attempts=2) for number in range(3)]
    await rig.sql("UPDATE jobs SET attempt = 1, fence = 1")
    await rig.sql(
        "INSERT INTO job_attempts (job_id, fence, attempt, worker, started_at, outcome) "
        "SELECT id, 1, 1, 'w', now(), 'lost' FROM jobs"
    )
    others = [await rig.submit("echo", {"value": number}, workspace=B) for number in range(3)]
    first = await claim(rig, 5)
    assert [job.suspect for job in first.jobs if job.id in suspects] == [True]
    assert not any(job.suspect for job in first.jobs if job.id in others)
    assert first.contended, "there may be more for who asks again"
    async with rig.database.begin() as session:
        second = await claiming.claim(session, worker="w", count=4, lease_s=LEASE_S, suspects=False)
    assert {job.id for job in (*first.jobs, *second.jobs)} == {suspects[0], *others}
    assert [job.id for job in (await claim(rig, 4)).jobs] == [suspects[1]]


async def test_what_was_claimed_without_being_heard_goes_back_uncharged(rig: Rig) -> None:
    kept, unheard = await rig.submit("echo", {"value": 1}), await rig.submit("echo", {"value": 2})
    await claim(rig, 2, worker="w")
    async with rig.database.begin() as session:
        assert await claiming.release_unheard(session, worker="w", held=[(kept, 1), (unheard, 7)]) == 1
    assert (await rig.get(kept)).status is Status.RUNNING
    job = await rig.get(unheard)
    assert (job.status, job.attempt) == (Status.QUEUED, 0)
    assert await rig.outcomes(unheard) == [(1, "released")]


async def blocks_read(rig: Rig, statement: Any, values: dict[str, Any]) -> int:
    """Blocks that a statement touches. It must look up single jobs by their key, and by nothing else."""
    own = lifeline(rig.database)
    try:
        async with own.begin() as session:
            explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}")
            plan = (await session.execute(explain, values)).scalar_one()[0]["Plan"]
            await session.rollback()
    finally:
        await own.close()

    def check(node: dict[str, Any]) -> None:
        if "= ANY" in node.get("Index Cond", "") and node.get("Relation Name") == "jobs":
            assert node["Index Name"] == "pk_jobs"
        for below in node.get("Plans", ()):
            check(below)

    check(plan)
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def taken_by(rig: Rig, wanted: Wants | None, count: int = 9) -> list[str]:
    async with rig.database.begin() as session:
        found = await claiming.claim(session, worker="w", count=count, lease_s=LEASE_S, wanted=wanted)
    return [job.id for job in found.jobs]


async def test_a_job_that_needs_labels_is_taken_by_nobody_without_them(rig: Rig) -> None:
    both = await rig.submit("echo", {"value": 1}, needs=["gpu", "task"])
    one = await rig.submit("echo", {"value": 2}, needs=["task"])
    any_ = await rig.submit("echo", {"value": 3})
    types = frozenset({"echo"})
    assert (await rig.get(both)).needs == ("gpu", "task")
    assert await taken_by(rig, Wants(types, frozenset({"gpu"}), C)) == []
    assert await taken_by(rig, None) == [any_]
    assert await taken_by(rig, Wants(types, frozenset({"gpu", "other"}))) == []
    assert await taken_by(rig, Wants(frozenset({"double"}), frozenset({"gpu", "task"}))) == []
    assert await taken_by(rig, Wants(types, frozenset({"task", "other"}))) == [one]
    assert await taken_by(rig, Wants(types, frozenset({"task", "gpu"}), A)) == [both]


async def test_an_agent_takes_its_job_types_of_its_workspace_by_priority_and_in_turn(rig: Rig) -> None:
    await rig.submit("same", {"value": 1}, priority=9)
    needing = await rig.submit("echo", {"value": 2}, needs=["x"], priority=5)
    plain = [await rig.submit("echo", {"value": 3}, priority=priority) for priority in (4, 6)]
    other = await rig.submit("echo", {"value": 4}, workspace=B)
    wanted = Wants(frozenset({"echo"}), frozenset({"x"}), A)
    assert await taken_by(rig, wanted, count=2) == [plain[1], needing]
    assert await taken_by(rig, Wants(wanted.types, wanted.labels)) == [plain[0], other]


async def test_an_agents_claim_keeps_the_limit_of_the_workspace(rig: Rig) -> None:
    for number in range(5):
        await rig.submit("echo", {"value": number}, needs=["x"] if number % 2 else [])
    await rig.sql("UPDATE lanes SET max_running = 3")
    assert len(await taken_by(rig, Wants(frozenset({"echo"}), frozenset({"x"})))) == 3


@pytest.mark.parametrize("needs", [[""], ["a b"], ["x" * 65], ["-a"], [f"l{number}" for number in range(17)]])
async def test_labels_that_cannot_be_are_refused(rig: Rig, needs: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        await rig.submit("echo", {"value": 1}, needs=needs)
    assert caught.value.code == "bad_label"


async def test_an_agents_claim_reads_no_more_when_others_wait_for_what_it_has_not(rig: Rig) -> None:
    wanted = Wants(frozenset({"echo"}), frozenset({"x"}))
    counts = []
    for size in (2 * REACH, 20_000):
        await fill(rig, A, size)
        await rig.sql("UPDATE jobs SET needs = '{y}', type = 'double'")
        await fill(rig, C, size)
        await rig.sql("UPDATE jobs SET type = 'double' WHERE workspace_id = :c", c=C)
        await rig.submit("echo", {"value": size}, workspace=B, needs=["x"])
        async with rig.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM jobs"))  # what the updates above left is nobody's to read
        lanes = {"count": 4, "suspects": False, **wanted.parameters()}
        values = {**lanes, "lanes": [A, B, C], "worker": "w", "lease_s": LEASE_S, "sandbox_level": None}
        both = (claiming._LANES_OF_SOME, lanes), (claiming._CLAIM_OF_SOME, values)
        counts.append(sum([await blocks_read(rig, statement, given) for statement, given in both]))
        await rig.sql("TRUNCATE jobs CASCADE")
    assert counts[1] <= counts[0] + 60


@pytest.mark.threat("A83")
async def test_what_the_jobs_of_a_workspace_need_is_bounded_and_makes_the_claims_of_others_no_dearer(rig: Rig) -> None:
    for number in range(MAX_NEEDS):
        await rig.submit("echo", {"value": number}, needs=[f"odd{number:05}"])
    await rig.submit("echo", {"value": -1}, needs=["odd00007"])
    await rig.submit("echo", {"value": -1})
    await rig.submit("echo", {"value": -1}, needs=["x"], workspace=B)
    with pytest.raises(QuotaExceeded) as caught:
        await rig.submit("echo", {"value": -1}, needs=["odd"])
    assert caught.value.code == "too_many_needs"
    wanted = Wants(frozenset({"echo"}), frozenset({"x"}))
    given = {"count": 4, "suspects": False, **wanted.parameters()}
    before = await blocks_read(rig, claiming._LANES_OF_SOME, given)
    # What was scheduled comes into the queue without being asked.
    await fill(rig, C, 5_000)
    await rig.sql("UPDATE jobs SET workspace_id = :a, needs = ARRAY['odd' || id] WHERE workspace_id = :c", a=A, c=C)
    assert await blocks_read(rig, claiming._LANES_OF_SOME, given) <= 4 * before, (
        "more levels of the index, no more looks"
    )
    plain, other = await rig.sql("SELECT id FROM jobs WHERE needs IS NULL OR needs = '{x}' ORDER BY workspace_id")
    assert set(await taken_by(rig, wanted, count=4)) == {plain[0], other[0]}


@pytest.mark.parametrize("known_size", [None, 20, 20_000])
@pytest.mark.threat("F10")
async def test_a_claim_reads_no_more_of_the_tables_when_the_backlog_grows(rig: Rig, known_size: int | None) -> None:
    """Whatever the statistics say: nothing yet, or what was true before the queue grew."""
    counts = []
    for size in (20, 20_000):
        await fill(rig, A, size)
        await rig.submit("same", {"value": size}, workspace=B)
        if size == known_size:
            async with rig.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                await connection.execute(text("ANALYZE jobs, lanes"))
        lanes = {"count": 4, "suspects": False}
        values = {**lanes, "lanes": [A, B], "worker": "w", "lease_s": LEASE_S, "sandbox_level": None}
        both = (claiming._LANES_OF_ALL, lanes), (claiming._CLAIM_OF_ALL, values)
        counts.append(sum([await blocks_read(rig, statement, given) for statement, given in both]))
        await rig.sql("TRUNCATE jobs CASCADE")
    assert counts[1] <= counts[0] + 45, "a few more index levels, and pages that were split, for each of a few lookups"
