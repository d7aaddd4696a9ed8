"""What the benchmarks of the job engine share: a Postgres of their own, workers in processes of their own, tables."""

import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from sqlalchemy import text

from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.jobs import Context, Registry
from cutroom.jobs.rows import JobRow
from cutroom.kit import process
from cutroom.kit.schema import Schema

ROOT = Path(__file__).parents[2]
BARE = """
CREATE TABLE bare (
  id bigserial PRIMARY KEY, status text NOT NULL DEFAULT 'queued', payload jsonb NOT NULL DEFAULT '{}',
  lease_until timestamptz, fence bigint NOT NULL DEFAULT 0, result jsonb
);
CREATE INDEX bare_queue ON bare (id) WHERE status = 'queued';
"""


class Nothing(Schema):
    """The input of a job that does nothing."""

    number: int = 0


async def nothing(ctx: Context, given: Nothing) -> float:
    """The time at which it started, on the machine's monotonic clock, which all processes share."""
    return asyncio.get_running_loop().time()


def registry() -> Registry:
    known = Registry()
    known.add("nothing", nothing)
    return known


@contextlib.asynccontextmanager
async def stand() -> AsyncIterator[tuple[Database, Path]]:
    """A fresh database with all tables, durable as in production (fsync on), and a folder; both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cutroom-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres", settings={"min_wal_size": "1GB", "max_wal_size": "2GB"})
        try:
            database = Database(make_engine(await postgres.start(), name="bench"))
            await _warm_up(database)
            async with database.engine.begin() as connection:
                await connection.run_sync(JobRow.metadata.create_all)
                for statement in filter(str.strip, BARE.split(";")):
                    await connection.execute(text(statement))
            yield database, folder
            await database.close()
        finally:
            await postgres.stop()


async def _warm_up(database: Database) -> None:
    """Fill and recycle some log files: a fresh server writes to new ones, which is several times slower."""
    await sql(database, "CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 300000)")
    await sql(database, "DROP TABLE filler")
    await sql(database, "CHECKPOINT")


@contextlib.asynccontextmanager
async def program(module: str, *arguments: object) -> AsyncIterator[process.Child]:
    """`run` of a module beside this one, in a process of its own; told to stop at the end."""
    argv = [sys.executable, "-c", f"from bench.jobs.{module} import run; run()", *map(str, arguments)]
    child = await process.start(argv, cwd=ROOT, env={"PATH": os.environ["PATH"]})
    try:
        yield child
    finally:
        await child.terminate(grace_s=20, first=signal.SIGTERM)


async def sql(database: Database, statement: str, **values: object) -> list[tuple[object, ...]]:
    async with database.begin() as session:
        found = await (await session.connection()).execute(text(statement), values)
        return [tuple(row) for row in found] if found.returns_rows else []


async def fill(database: Database, workspace: str, count: int) -> None:
    """Queued jobs that do nothing, as `submit` would have made them, written at once."""
    await sql(
        database,
        """
        WITH lane AS (INSERT INTO lanes VALUES (:workspace, 1000, '-infinity') ON CONFLICT DO NOTHING), made AS (
          INSERT INTO jobs (id, workspace_id, type, status, root_id, input, max_attempts, event_seq, queued_at)
          SELECT id, :workspace, 'nothing', 'queued', id, '{"number": 1}', 3, 1, clock_timestamp()
          FROM (SELECT :workspace || lpad(n::text, 12, '0') AS id FROM generate_series(1, :count) AS n) AS ids
          RETURNING id
        )
        INSERT INTO job_events
        SELECT id, 1, clock_timestamp(), 'state', '{"status": "queued", "attempt": 0}' FROM made
        """,
        workspace=workspace,
        count=count,
    )


async def until(database: Database, statement: str) -> None:
    """Wait until a query gives true."""
    while (await sql(database, statement))[0][0] is not True:
        await asyncio.sleep(0.05)


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=100)[98]


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown, and the same as one line of JSON for programs."""
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print(json.dumps({"title": title, "rows": [dict(zip(heads, map(str, row), strict=True)) for row in rows]}))
