"""The engine against a model of it: whatever happens in whatever order, both say the same of every job.

Workers are represented by the fences that they were given, stale ones included, so that every late write is tried.
"""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from cutroom.db import Database, make_engine
from cutroom.jobs import JobService, Submission, claiming, ending, heartbeat, suspending, writing
from cutroom.jobs.ending import End, Outcome
from cutroom.jobs.errors import LeaseLost, NewItems
from cutroom.jobs.rescuer import Rescuer, promote
from cutroom.jobs.writing import StepResult, Write, Written
from cutroom.kit.errors import Conflict
from tests.jobs.flows import A, registry

T = TypeVar("T")
ENDED = {"succeeded", "failed", "cancelled"}
ITEM = '{"value": 1, "index": 0, "path": "x"}'


@dataclass
class Model:
    """What is expected of one job."""

    id: str
    root: str
    max_attempts: int
    parent: "Model | None" = None
    step: str = ""
    status: str = "queued"
    attempt: int = 0
    fence: int = 0
    cancel: bool = False
    expired: bool = False
    resumes: bool = False
    dead: bool = False
    lost: bool = False
    items: "list[Model]" = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)

    @property
    def suspect(self) -> bool:
        return self.lost and 0 < self.attempt >= self.max_attempts - 1

    @property
    def pending(self) -> int:
        return sum(item.status not in ENDED for item in self.items)

    def below(self) -> "list[Model]":
        return [one for item in self.items for one in (item, *item.below())]

    def wake(self) -> None:
        if self.status == "waiting" and self.pending == 0:
            self.status = "queued"

    def end(self, outcome: str, *, again: bool = False) -> None:
        """What the end of the current attempt makes of the job."""
        outcome = "cancelled" if self.cancel else outcome
        self.lost = self.lost or outcome == "lost"
        if outcome == "released":
            self.status, self.attempt = "queued", self.attempt - 1
        elif outcome in {"succeeded", "cancelled"}:
            self.status = outcome
        elif self.attempt < self.max_attempts and (again or outcome == "lost"):
            self.status = "queued" if outcome == "lost" else "retrying"
        else:
            self.status, self.dead = "failed", again or outcome == "lost"
        if self.status == "failed" and self.parent is not None:
            for sibling in self.parent.items:
                if sibling.step == self.step and sibling.status in {"queued", "retrying"} and sibling.pending == 0:
                    sibling.status, sibling.cancel = "cancelled", True
        if self.status in ENDED and self.parent is not None:
            self.parent.wake()


class Engine(RuleBasedStateMachine):
    """Drives both."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(make_engine(self.url, name="model", pool_size=2))
        self.service = JobService(registry())
        self.jobs: dict[str, Model] = {}
        self.tokens: list[tuple[str, int]] = []
        tables = "jobs, job_steps, job_attempts, job_events, job_keys, lanes"
        self.do(self.sql(f"TRUNCATE {tables} CASCADE"))

    def teardown(self) -> None:
        self.do(self.database.close())
        self.runner.close()

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.begin() as session:
            found = await (await session.connection()).execute(text(statement), values)
            return list(found) if found.returns_rows else []

    def holds(self, token: tuple[str, int]) -> Model | None:
        job = self.jobs[token[0]]
        return job if job.status == "running" and job.fence == token[1] else None

    def roots(self) -> list[Model]:
        return [job for job in self.jobs.values() if job.parent is None]

    @precondition(lambda self: sum(job.status not in ENDED for job in self.roots()) < 3)
    @rule(max_attempts=st.integers(1, 4))
    def submit(self, max_attempts: int) -> None:
        async def go() -> str:
            async with self.database.begin() as session:
                submission = Submission("echo", {"value": 1}, max_attempts=max_attempts)
                return (await self.service.submit(session, A, submission)).job.id

        job_id = self.do(go())
        self.jobs[job_id] = Model(job_id, job_id, max_attempts)

    @rule(count=st.integers(1, 9), suspects=st.booleans())
    def claim(self, count: int, suspects: bool) -> None:  # noqa: FBT001
        async def go() -> claiming.Claim:
            async with self.database.begin() as session:
                return await claiming.claim(session, worker="w", count=count, lease_s=1000, suspects=suspects)

        queued = [job for job in self.jobs.values() if job.status == "queued" and (suspects or not job.suspect)]
        queued.sort(key=lambda job: (job.root, job.id))
        first = [job for job in queued[:count] if job.suspect][:1]
        expected = [job.id for job in queued[:count] if not job.suspect or job in first]
        found = self.do(go())
        assert [job.id for job in found.jobs] == expected
        assert [job.id for job in found.jobs if job.suspect] == [job.id for job in first]
        for claimed in found.jobs:
            job = self.jobs[claimed.id]
            job.status, job.expired, job.fence = "running", False, job.fence + 1
            job.attempt += 0 if job.resumes else 1
            job.resumes = False
            assert (claimed.attempt, claimed.fence) == (job.attempt, job.fence)
            self.tokens.append((job.id, job.fence))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), name=st.sampled_from(["a", "b"]))
    def step(self, data: st.DataObject, name: str) -> None:
        token = data.draw(st.sampled_from(self.tokens))

        async def go() -> Written:
            async with self.database.begin() as session:
                write = Write(*token, None, StepResult(name, f"{token[1]}", 0.0))
                return (await writing.write(session, [write]))[0]

        job = self.holds(token)
        assert self.do(go()) is (Written.LOST if job is None else Written.YES)
        if job is not None:
            job.steps.setdefault(name, str(token[1]))

    @precondition(lambda self: self.tokens)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(["succeeded", "failed", "failed", "cancelled", "released", "lost"]),
        again=st.booleans(),
        wait=st.booleans(),
    )
    def end(self, data: st.DataObject, outcome: Outcome, again: bool, wait: bool) -> None:  # noqa: FBT001
        token = data.draw(st.sampled_from(self.tokens))
        job = self.holds(token)
        again = again and outcome == "failed"
        model = self.jobs[token[0]]

        async def go() -> ending.Ended | None:
            async with self.database.begin() as session:
                end = End(
                    *token,
                    model.parent.id if model.parent else None,
                    outcome,
                    output="1",
                    error={"code": "x"},
                    again_s=1000.0 if again else None,
                )
                return (await ending.end(session, [end], None, wait=wait))[0]

        ended = self.do(go())
        assert ended is not None
        if job is None or (outcome == "lost" and not job.expired):
            assert ended.job is None
            return
        job.end(outcome, again=again)
        assert ended.job is not None
        assert ended.job.status == job.status

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), count=st.integers(0, 3))
    def suspend(self, data: st.DataObject, count: int) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        job = self.holds(token)
        step = f"map {token[1]}"

        async def go() -> bool:
            async with self.database.begin() as session:
                wait = NewItems(step, "item", (ITEM,) * count, None)
                return await suspending.suspend(session, registry(), *token, [wait], None)

        if job is None:
            with pytest.raises(LeaseLost):
                self.do(go())
            return
        assert self.do(go()) is not job.cancel
        if job.cancel:
            return
        made = self.do(
            self.sql("SELECT id FROM jobs WHERE parent_id = :id AND parent_step = :step", id=job.id, step=step)
        )
        assert len(made) == count
        for row in made:
            item = Model(row.id, job.root, 3, parent=job, step=step)
            job.items.append(item)
            self.jobs[item.id] = item
        job.status, job.resumes = "waiting", True
        job.wake()

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))

        async def go() -> heartbeat.Beat:
            async with self.database.begin() as session:
                return (await heartbeat.beat(session, [token], 1000))[0]

        job = self.holds(token)
        beat = self.do(go())
        assert (beat.renewed, beat.held) == (job is not None, job is not None)
        if job is not None:
            assert beat.cancelled == job.cancel
            job.expired = False

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        job = self.holds(data.draw(st.sampled_from(self.tokens)))
        if job is not None:
            past = "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 s' WHERE id = :id"
            self.do(self.sql(past, id=job.id))
            job.expired = True

    @rule()
    def rescue(self) -> None:
        found = self.do(Rescuer(self.database, None, grace_s=0).look())
        lost = [job for job in self.jobs.values() if job.status == "running" and job.expired]
        assert found.rescued == len(lost)
        rows = self.do(self.sql("SELECT job_id FROM job_attempts WHERE outcome = 'lost' ORDER BY ended_at"))
        order = [row.job_id for row in rows]
        for job in sorted(lost, key=lambda job: len(order) - 1 - order[::-1].index(job.id) if job.id in order else -1):
            job.end("lost")

    @precondition(lambda self: any(job.status == "running" for job in self.jobs.values()))
    @rule(data=st.data())
    def take_over(self, data: st.DataObject) -> None:
        """A worker is lost and another takes its job: from here on there is a late writer."""
        running = [job for job in self.jobs.values() if job.status == "running"]
        job = data.draw(st.sampled_from(running))
        past = "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 s' WHERE id = :id"
        self.do(self.sql(past, id=job.id))
        job.expired = True
        self.rescue()
        self.claim(count=9, suspects=True)

    @rule()
    def time_passes(self) -> None:
        self.do(self.sql("UPDATE jobs SET run_at = now() - interval '1 s' WHERE status = 'retrying'"))

        async def go() -> int:
            async with self.database.begin() as session:
                return await promote(session)

        due = [job for job in self.jobs.values() if job.status == "retrying"]
        assert self.do(go()) == len(due)
        for job in due:
            job.status = "queued"

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        root = data.draw(st.sampled_from(self.roots()))

        async def go() -> str:
            async with self.database.begin() as session:
                return (await self.service.cancel(session, A, root.id)).status

        if root.status in {"succeeded", "failed"}:
            with pytest.raises(Conflict):
                self.do(go())
            return
        self.do(go())
        if root.cancel:
            return
        for job in (root, *root.below()):
            if job.status in ENDED:
                continue
            job.cancel = True
            if job.status != "running":
                job.status = "cancelled"

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        root = data.draw(st.sampled_from(self.roots()))

        async def go() -> str:
            async with self.database.begin() as session:
                return (await self.service.retry(session, A, root.id)).status

        if root.status not in {"failed", "cancelled"} or any(job.status not in ENDED for job in root.below()):
            with pytest.raises(Conflict):
                self.do(go())
            return
        self.do(go())
        for job in (root, *root.below()):
            if job.status in {"failed", "cancelled"}:
                job.status, job.attempt, job.cancel, job.dead, job.resumes = "queued", 0, False, False, False

    @invariant()
    def both_say_the_same(self) -> None:
        rows = self.do(self.sql("SELECT * FROM jobs"))
        assert {row.id for row in rows} == set(self.jobs)
        for row in rows:
            job = self.jobs[row.id]
            said = (row.status, row.attempt, row.fence, row.resumes, row.dead_at is not None)
            assert said == (job.status, job.attempt, job.fence, job.resumes, job.dead), row.id
            assert (row.cancel_requested_at is not None) == job.cancel
            root = job if job.parent is None else self.jobs[job.root]
            if root.status not in ENDED:
                assert row.pending == job.pending

    @invariant()
    def events_are_numbered_without_gaps_and_steps_are_recorded_once(self) -> None:
        gaps = "SELECT job_id FROM job_events GROUP BY job_id HAVING max(seq) <> count(*) OR min(seq) <> 1"
        assert self.do(self.sql(gaps)) == []
        missing = "SELECT id FROM jobs WHERE event_seq <> (SELECT count(*) FROM job_events WHERE job_id = id)"
        assert self.do(self.sql(missing)) == []
        rows = self.do(self.sql("SELECT job_id, name, result::text AS result FROM job_steps WHERE kind = 'step'"))
        assert {(row.job_id, row.name): row.result for row in rows} == {
            (job.id, name): result for job in self.jobs.values() for name, result in job.steps.items()
        }


@pytest.mark.timeout(600)  # when it fails, finding the shortest failure takes its time
@pytest.mark.threat("F07")
def test_the_engine_does_what_the_model_says(database: Database) -> None:
    """In a thread of its own: the machine's event loop must not meet that of the other tests."""
    failures: list[BaseException] = []
    machine = type("EngineHere", (Engine,), {"url": database.url})
    chosen = settings(
        max_examples=30,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

    def run() -> None:
        try:
            run_state_machine_as_test(machine, settings=chosen)
        except BaseException as error:  # noqa: BLE001 — raised again in the test's own thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for failure in failures:
        raise failure
