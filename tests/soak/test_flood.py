"""10,000 queued jobs of one workspace: another's job starts at once, and lists stay quick."""

import os
import signal
import statistics
import sys
import time
from pathlib import Path

import pytest

from bench.jobs.stand import sql
from cutroom.api import ApiSettings
from cutroom.api.rate_limits import RateSettings
from cutroom.db import Database
from cutroom.kit import process
from cutroom.kit.budget import Budget
from tests.api.conftest import serving
from tests.api.world import document
from tests.jobs.rig import ROOT, eventually

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
JOBS = 10_000
_FLOOD = """
WITH lane AS (INSERT INTO lanes VALUES (:workspace, 32, '-infinity') ON CONFLICT DO NOTHING), made AS (
  INSERT INTO jobs (id, workspace_id, type, status, root_id, input, max_attempts, event_seq, queued_at)
  SELECT id, :workspace, 'render', 'queued', id, jsonb_set(CAST(:input AS jsonb),
         '{timeline,tracks,0,clips,0,asset,text}', '"wait 0.01"'), 2, 1, clock_timestamp()
  FROM (SELECT 'job_' || lpad(n::text, 26, '0') AS id FROM generate_series(1, :jobs) AS n) AS ids RETURNING id
)
INSERT INTO job_events SELECT id, 1, clock_timestamp(), 'state', '{"status": "queued", "attempt": 0}' FROM made
"""


@pytest.mark.threat("F10")
async def test_a_flood_of_one_workspace_holds_up_no_other_and_no_list(database: Database, tmp_path: Path) -> None:
    plenty = Budget(1_000_000, 60)
    settings = ApiSettings(rates=RateSettings(address=plenty, reads=plenty, writes=plenty))
    async with serving(database, tmp_path, settings) as world:
        await world.submit("model")
        ((stored,),) = await sql(database, "SELECT CAST(input AS text) FROM jobs")
        await sql(database, _FLOOD, workspace=world.workspace_id, jobs=JOBS, input=str(stored))
        argv = [sys.executable, "-m", "tests.api.run_worker", database.url, str(tmp_path), "http://127.0.0.1:9"]
        worker = await process.start(argv, cwd=ROOT)

        async def under_way() -> bool | None:
            return (await sql(database, "SELECT count(*) FROM jobs WHERE status = 'succeeded'"))[0][0] != 0 or None

        await eventually(under_way)
        waits: list[float] = []
        lists: list[float] = []
        for number in range(20):
            theirs = await world.theirs.post("/api/v1/render?wait=30", json=document(f"hello {number}"))
            job = theirs.json()
            assert job["status"] == "succeeded", job
            ((waited,),) = await sql(
                database, "SELECT EXTRACT(EPOCH FROM started_at - created_at) FROM jobs WHERE id = :id", id=job["id"]
            )
            waits.append(float(str(waited)))
            for path in ("/api/v1/jobs?limit=100", "/api/v1/jobs?status=queued&limit=20"):
                began = time.perf_counter()
                answer = await world.mine.get(path)
                lists.append(time.perf_counter() - began)
                assert answer.status_code == 200
        ((left,),) = await sql(database, "SELECT count(*) FROM jobs WHERE status = 'queued'")
        await worker.terminate(grace_s=0, first=signal.SIGKILL)
    load = os.getloadavg()[0]
    p95 = statistics.quantiles(lists, n=20)[18]
    sys.stdout.write(
        f"\nF10: {JOBS:,} queued of one workspace ({left:,} at the end): another's job starts after "
        f"{statistics.median(waits) * 1e3:.0f} ms (most {max(waits) * 1e3:.0f} ms); lists "
        f"{statistics.median(lists) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms (load {load:.0f})\n"
    )
    assert int(str(left)) > 0
    assert max(waits) < 5
    assert p95 < 0.2 * max(1.0, load / (os.cpu_count() or 1)), "of a machine that has time"
