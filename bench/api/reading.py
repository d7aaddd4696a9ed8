"""What reading costs in a workspace that has been busy for a year: `python -m bench.api.reading [SECONDS]`.

One workspace with 200,000 jobs' charges over twelve months, 100,000 assets and artifacts, 50,000 versions of
transcripts, and a server with 150,000 jobs in its queue, 20,000 dead ones, and a folder of 250 patterns beside those
that are shipped. Every route that a dashboard or a monitor asks again and again is asked by itself on four connections;
processor time is that of the server, without Postgres.
"""

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import text

from bench.api.load import load
from bench.api.overhead import Server, getting, serving
from bench.jobs.stand import quantiles, sql, table
from cutroom.accounts import AccountService
from cutroom.app.migrate import upgrade
from cutroom.db import Database, EmbeddedPostgres, make_engine

CONNECTIONS = 4
PATTERNS = 250
ROUTES = (
    "/metrics",
    "/api/v1/usage",
    "/api/v1/plan",
    "/api/v1/patterns?limit=100",
    "/api/v1/patterns?limit=20&q=summary",
    "/api/v1/strategies",
    "/api/v1/models",
    "/api/v1/jobs",
    "/api/v1/dead-letters",
    "/api/v1/me",
    "/health",
    "/readyz",
    "/openapi.json",
    "/docs",
)

YEAR = """
INSERT INTO charges (job_id, workspace_id, month, status, held_ms, used_ms)
SELECT 'job_c' || lpad(n::text, 12, '0'), :workspace,
       CAST(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => n % 12) AS date),
       'used', 60000, 42000
FROM generate_series(1, 200000) AS n;

INSERT INTO assets (id, workspace_id, name, content_type, size_bytes, sha256, info)
SELECT 'ast_' || lpad(n::text, 12, '0'), :workspace, 'film.mp4', 'video/mp4', 1000000, repeat('0', 64), '{}'
FROM generate_series(1, 100000) AS n;

INSERT INTO artifacts (id, workspace_id, job_id, kind, name, content_type, size_bytes, sha256, status)
SELECT 'art_' || lpad(n::text, 12, '0'), :workspace, 'job_c' || n, 'render', 'a.mp4', 'video/mp4', 1000000,
       repeat('0', 64), 'kept'
FROM generate_series(1, 100000) AS n;

INSERT INTO jobs (id, workspace_id, type, status, root_id, input, max_attempts, event_seq, queued_at)
SELECT 'job_q' || n, :workspace, 'render', 'queued', 'job_q' || n, '{"n"\\:1}', 3, 1, clock_timestamp()
FROM generate_series(1, 150000) AS n;

INSERT INTO jobs (id, workspace_id, type, status, root_id, input, max_attempts, event_seq, dead_at)
SELECT 'job_x' || n, :workspace, 'render', 'failed', 'job_x' || n, '{"n"\\:1}', 3, 1, clock_timestamp()
FROM generate_series(1, 20000) AS n;

INSERT INTO productions (id, workspace_id, kind, version)
SELECT 'trn_' || lpad(n::text, 12, '0'), :workspace, 'transcript', 5 FROM generate_series(1, 10000) AS n;

INSERT INTO production_versions (production_id, version, workspace_id, title, body, sha256, size_bytes)
SELECT 'trn_' || lpad(n::text, 12, '0'), v, :workspace, 'a talk', '{}', repeat('0', 64), 20000
FROM generate_series(1, 10000) AS n, generate_series(1, 5) AS v
"""


async def main(seconds: float) -> None:
    folder = Path("/tmp") / f"cutroom-bench-reading-{os.getpid()}"  # noqa: S108
    postgres = EmbeddedPostgres(folder, settings={"min_wal_size": "1GB", "max_wal_size": "2GB"})
    try:
        url = await postgres.start()
        await upgrade(url)
        library = await asyncio.to_thread(write_patterns, folder / "patterns")
        await measure(url, library, seconds)
    finally:
        await postgres.stop()


def write_patterns(folder: Path) -> Path:
    """As many patterns as Fabric has, each as long as its usual ones."""
    for number in range(PATTERNS):
        place = folder / f"bench_{number:03}"
        place.mkdir(parents=True)
        lines = "\n".join(f"- Say what line {line} of number {number} says." for line in range(60))
        (place / "system.md").write_text(f"# IDENTITY\n\nYou read closely.\n\n# STEPS\n\n{lines}\n")
    return folder


async def measure(url: str, library: Path, seconds: float) -> None:
    database, accounts = Database(make_engine(url, name="bench")), AccountService()
    async with database.begin() as session:
        workspace = await accounts.create_workspace(session, "bench")
        key = (await accounts.create_api_key(session, workspace.id, "bench")).plaintext
    await fill(database, workspace.id)
    rows = []
    async with serving("ours", url, workspace.id, library) as server:
        auth = f"Host: bench\r\nAuthorization: Bearer {key}\r\n"
        rows = [await ask(server, path, auth, seconds) for path in ROUTES]
    await database.close()
    heads = ["route", "requests/s", "median ms", "p99 ms", "first ms", "CPU ms each", "wrong answers"]
    table(f"reading, {CONNECTIONS} connections, one server process", heads, rows)


async def ask(server: Server, path: str, auth: str, seconds: float) -> tuple[str, ...]:
    request = getting(path, auth)
    first = await load(server.port, request, status=200, connections=1, seconds=0.25)
    before = server.cpu_s()
    run = await load(server.port, request, status=200, connections=CONNECTIONS, seconds=seconds)
    middle, tail = quantiles(run.latencies)
    cost = (server.cpu_s() - before) / len(run.latencies)
    figures = (len(run.latencies) / run.seconds, middle * 1e3, tail * 1e3, first.latencies[0] * 1e3, cost * 1e3)
    return path, *(f"{figure:,.1f}" for figure in figures), str(run.wrong + first.wrong)


async def fill(database: Database, workspace: str) -> None:
    """A year of work, written at once."""
    for statement in YEAR.split(";"):
        await sql(database, statement, workspace=workspace)
    async with database.engine.connect() as connection:  # as autovacuum leaves it
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE"))


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.5))
