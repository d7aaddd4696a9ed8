"""Three workers on three hosts with one database and one bucket; one of them is cut off in the middle of a render.

The hosts are network namespaces. What the cut leaves is looked at in the database, and the film is compared, byte by
byte, with that which one worker alone has made of the same edit in another workspace, where nothing could be reused.
"""

import asyncio
import hashlib
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bench.fleet import Customer, Fleet, fleet
from bench.render.stand import film
from cutroom.assets import S3Settings
from cutroom.db.engine import dsn
from tests.soak.hosts import Host, can_make_hosts, network
from tests.wire import wire

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not can_make_hosts(), reason="only root on Linux can make network namespaces"),
]
LEASE_S = 4
SECONDS = 40
SIZE = (640, 360)


def document(sources: list[str]) -> dict[str, Any]:
    """Clips with crossfades, and a title over all of it: no packet can be copied, so that there is work to spread."""
    clips: list[dict[str, Any]] = []
    for number in range(8):
        clip = {"asset": {"type": "video", "src": sources[number % 2]}, "start": "auto", "trim": number, "length": 5}
        clips.append(clip if number == 0 else {**clip, "transition": {"in": "dissolve", "duration": 0.5}})
    title = {"asset": {"type": "text", "text": "Three hosts"}, "start": 0, "length": SECONDS, "position": "center"}
    return {
        "output": {"format": "mp4", "width": SIZE[0], "height": SIZE[1], "fps": 30},
        "timeline": {"tracks": [{"clips": [title]}, {"clips": clips}]},
    }


async def uploaded(customer: Customer) -> list[str]:
    return [await customer.upload(film(f"hosts-{number}", 15, size=SIZE), "video/mp4") for number in range(2)]


async def sha256(customer: Customer, job: dict[str, Any], path: Path) -> str:
    return hashlib.sha256((await customer.fetch(job, "render", path)).read_bytes()).hexdigest()


async def works_at_a_part(made: Fleet, name: str) -> bool:
    found = await made.sql(
        "SELECT count(*) FROM jobs WHERE status = 'running' AND parent_id IS NOT NULL AND worker LIKE :who",
        who=f"%{name}%",
    )
    return bool(found[0][0])


async def started(made: Fleet, hosts: list[Host], variables: dict[str, str]) -> None:
    for host in hosts:
        told = {**variables, "CUTROOM_DATA": str(made.folder / host.name), "CUTROOM_WORKER_SLOTS": "1"}
        # The name of the host is a part of the worker's.
        before = (*host.before, "unshare", "--uts", "sh", "-c", f'hostname {host.name}; exec "$@"', "sh")
        await made.start("worker", host.name, before, **told)


async def nothing_twice(made: Fleet, job_id: str) -> Counter[str]:
    """Look at what is recorded of a job and its items; how their attempts ended."""
    wrong = {
        "ended otherwise": "SELECT count(*) FROM jobs WHERE root_id = :id AND status <> 'succeeded'",
        "two successes": """SELECT count(*) FROM (SELECT job_id FROM job_attempts JOIN jobs ON id = job_id
            WHERE root_id = :id AND outcome = 'succeeded' GROUP BY job_id HAVING count(*) <> 1) AS w""",
        "two ends told": """SELECT count(*) FROM (SELECT job_id FROM job_events JOIN jobs ON id = job_id
            WHERE root_id = :id AND kind = 'state' AND data ->> 'status' = 'succeeded'
            GROUP BY job_id HAVING count(*) <> 1) AS w""",
        "gaps in events": """SELECT count(*) FROM (SELECT job_id FROM job_events JOIN jobs ON id = job_id
            WHERE root_id = :id GROUP BY job_id HAVING count(*) <> max(seq)) AS w""",
        "films": "SELECT count(*) - 1 FROM artifacts WHERE job_id = :id AND status = 'kept' AND kind = 'render'",
    }
    found = {name: (await made.sql(statement, id=job_id))[0][0] for name, statement in wrong.items()}
    assert found == dict.fromkeys(wrong, 0)
    outcomes = await made.sql(
        "SELECT outcome, count(*) FROM job_attempts JOIN jobs ON id = job_id WHERE root_id = :id GROUP BY 1", id=job_id
    )
    return Counter({str(outcome): int(count) for outcome, count in outcomes})


@pytest.mark.threat("F01", "F07", "P2", "P3")
async def test_a_host_that_is_cut_off_in_the_middle_of_a_render_costs_time_and_nothing_else(
    tmp_path: Path, s3_settings: S3Settings
) -> None:
    with network(3) as switch:
        async with fleet(tmp_path / "fleet") as made, AsyncExitStack() as wires:
            place = parse_qs(urlsplit(dsn(made.database.url)).query)
            socket = Path(place["host"][0]) / f".s.PGSQL.{place['port'][0]}"
            database = await wires.enter_async_context(wire(socket, host=switch.address))
            bucket_at = urlsplit(s3_settings.endpoint or "")
            assert bucket_at.hostname is not None
            assert bucket_at.port is not None
            bucket = await wires.enter_async_context(wire((bucket_at.hostname, bucket_at.port), host=switch.address))
            variables = {
                "DATABASE_URL": f"postgresql://cutroom@{switch.address}:{database.port}/cutroom",
                "CUTROOM_S3_BUCKET": s3_settings.bucket,
                "CUTROOM_S3_ENDPOINT": f"http://{switch.address}:{bucket.port}",
                "CUTROOM_S3_ACCESS_KEY": s3_settings.access_key,
                "CUTROOM_S3_SECRET_KEY": s3_settings.secret_key,
                "CUTROOM_WORKER_LEASE_S": str(LEASE_S),
            }
            await proven(made, switch.hosts, variables, tmp_path)


async def proven(made: Fleet, hosts: list[Host], variables: dict[str, str], tmp_path: Path) -> None:
    url = await made.api(**variables)
    alone, spread = await made.customer(url, "alone"), await made.customer(url, "spread")
    await started(made, hosts[:1], variables)
    began = time.monotonic()
    first = await alone.ended(await alone.submit(document(await uploaded(alone))))
    alone_s = time.monotonic() - began
    assert first["status"] == "succeeded", first

    await started(made, hosts[1:], variables)
    job_id = await spread.submit(document(await uploaded(spread)))
    victim = hosts[1]
    async with asyncio.timeout(120):
        while not await works_at_a_part(made, victim.name):
            await asyncio.sleep(0.02)
    began = time.monotonic()
    victim.unplug()
    second = await spread.ended(job_id)
    cut_s = time.monotonic() - began
    assert second["status"] == "succeeded", second
    outcomes = await nothing_twice(made, job_id)
    assert outcomes["lost"] >= 1, "nothing was cut off"
    before = await made.sql("SELECT count(*), max(at) FROM job_events")
    victim.plug_in()
    await asyncio.sleep(2 * LEASE_S)
    assert await made.sql("SELECT count(*), max(at) FROM job_events") == before, "the one who came back wrote something"
    assert await nothing_twice(made, job_id) == outcomes
    assert made.programs[victim.name].returncode is None
    ours, theirs = await sha256(spread, second, tmp_path / "b.mp4"), await sha256(alone, first, tmp_path / "a.mp4")
    assert ours == theirs, "the films differ"
    shares = await made.sql(
        "SELECT split_part(job_attempts.worker, ':', 1), count(*) FROM job_attempts JOIN jobs ON jobs.id = job_id "
        "WHERE root_id = :id AND outcome = 'succeeded' GROUP BY 1 ORDER BY 1",
        id=job_id,
    )
    sys.stdout.write(
        f"\nF01, F07: one of three hosts cut off: succeeded {cut_s:.1f} s later (lease {LEASE_S} s; one host alone "
        f"needs {alone_s:.1f} s for all of it); attempts {dict(outcomes)}; ends by host {shares}; "
        f"films equal byte by byte ({ours[:12]})\n"
    )
