"""Dispatch through Temporal, beside a bare workflow with as many activities: `python -m bench.jobs.temporal [JOBS]`.

A job of STEPS steps is a workflow of STEPS + 1 activities: the first lets the function begin. The bare workflow
runs as many activities one after the other, which return at once, on two task queues as ours. Both run in this process
and take turns on the same server; ours also writes each step, event and end into Postgres.
Needs the program `temporal`.
"""

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import text
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.jobs.stand import Nothing, stand, table
from cutroom.db import Database, Listener
from cutroom.jobs import AttemptRef, Context, Files, JobService, Registry, Submission, WorkerSettings
from cutroom.jobs import Worker as JobWorker
from cutroom.temporal import TemporalEngine, TemporalSettings, connect
from tests import temporal_server

STEPS = 10
SLOTS = 8
ROUNDS = 3
LATENCIES = 15


@activity.defn
async def nothing() -> float:
    """One step of the bare workflow."""
    return time.monotonic()


@workflow.defn
class Bare:
    """The reference."""

    @workflow.run
    async def run(self, queue: str) -> None:
        """Run as many activities as one of our jobs has."""
        for _ in range(STEPS + 1):
            await workflow.execute_activity(
                nothing,
                task_queue=queue,
                start_to_close_timeout=timedelta(seconds=60),
                heartbeat_timeout=timedelta(seconds=30),
            )


async def ten_steps(ctx: Context, given: Nothing) -> int:
    async def step() -> float:
        return time.monotonic()

    for number in range(STEPS):
        await ctx.step(f"nothing:{number}", step)
    return STEPS


def no_files(ref: AttemptRef, scratch: Path) -> Files:
    raise NotImplementedError


async def bare_round(client: Client, jobs: int) -> float:
    """Seconds for so many bare workflows, at most SLOTS of them at a time."""
    room = asyncio.Semaphore(SLOTS)

    async def one(number: int) -> None:
        async with room:
            name = f"bare-{time.monotonic_ns()}-{number}"
            await client.execute_workflow(Bare.run, "bare-steps", id=name, task_queue="bare")

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(jobs)))
    return time.monotonic() - began


async def our_round(database: Database, service: JobService, jobs: int) -> float:
    """Seconds for so many jobs of ours, SLOTS of them at a time."""
    began = time.monotonic()
    async with database.begin() as session:
        for number in range(jobs):
            await service.submit(session, "w", Submission("ten_steps", {"number": number}))
    while True:
        async with database.begin() as session:
            left = await session.scalar(text("SELECT count(*) FROM jobs WHERE status <> 'succeeded'"))
        if not left:
            return time.monotonic() - began
        await asyncio.sleep(0.005)


async def main(jobs: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as name, temporal_server.own(Path(name) / "t", remembers=False) as server:
        settings = TemporalSettings(address=server.start())
        async with stand() as (database, folder):
            client, listener, registry = await connect(settings), Listener(database.url), Registry()
            registry.add("ten_steps", ten_steps)
            service, stop = JobService(registry), asyncio.Event()
            engine = TemporalEngine(
                client, database, listener, registry, service, None, settings, WorkerSettings(slots=SLOTS)
            )
            worker = JobWorker(
                database,
                listener,
                registry,
                no_files,
                folder / "scratch",
                engine.worker_settings,
                carried_by=engine.carry,
            )
            runs = Worker(client, task_queue="bare", workflows=[Bare], workflow_runner=UnsandboxedWorkflowRunner())
            steps = Worker(client, task_queue="bare-steps", activities=[nothing])
            rows: dict[str, list[tuple[float, float]]] = {"one by one": [], f"{jobs} at once": []}
            async with runs, steps, engine.running(), asyncio.TaskGroup() as group:
                listening = group.create_task(listener.run())
                working = group.create_task(worker.run(stop))
                await listener.connected.wait()
                await bare_round(client, SLOTS)
                await our_round(database, service, SLOTS)
                for _ in range(LATENCIES):
                    pair = await bare_round(client, 1), await our_round(database, service, 1)
                    rows["one by one"].append(pair)
                for _ in range(ROUNDS):
                    pair = await bare_round(client, jobs), await our_round(database, service, jobs)
                    rows[f"{jobs} at once"].append(pair)
                stop.set()
                await working
                listening.cancel()
    table(
        f"Dispatch through Temporal, jobs of {STEPS} steps beside workflows of {STEPS + 1} activities",
        ["how", "bare, ms per job", "ours, ms per job", "ratio, median of pairs"],
        [
            (
                how,
                f"{1000 * statistics.median(bare for bare, _ in pairs) / (1 if how == 'one by one' else jobs):,.1f}",
                f"{1000 * statistics.median(ours for _, ours in pairs) / (1 if how == 'one by one' else jobs):,.1f}",
                f"{statistics.median(ours / bare for bare, ours in pairs):.2f}",
            )
            for how, pairs in rows.items()
        ],
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
