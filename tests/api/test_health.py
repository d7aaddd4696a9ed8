"""Whether the process lives, can serve, and what it counts."""

import ipaddress

import httpx2
import pytest

from cutroom import __version__
from cutroom.api.numbers import make_worker_app
from tests.api.test_roles import key_with
from tests.api.world import World, error_of


async def test_a_live_process_that_can_serve_is_ready(world: World) -> None:
    for path in ("/livez", "/readyz"):
        answer = await world.nobody.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok"}


async def test_health_names_what_runs_here(world: World) -> None:
    found = (await world.nobody.get("/health")).json()
    assert found["status"] == "ok"
    assert found["version"] == __version__
    assert found["engine"] == "embedded"
    assert found["sandboxLevel"] is None
    assert (found["minSandboxLevel"], found["sandboxFailed"]) == (0, {})
    assert found["versions"].keys() >= {"python", "postgres"}


async def test_a_process_that_stops_is_not_ready_but_alive(world: World) -> None:
    world.services.stopping.set()
    error_of(await world.nobody.get("/readyz"), 503, "stopping")
    assert (await world.nobody.get("/livez")).status_code == 200


async def test_metrics_count_jobs_and_requests_by_route(working: World) -> None:
    await working.ended((await working.submit())["id"])
    hanging = await working.submit("hang")
    answer = await working.mine.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert "cutroom_jobs{" in text
    assert 'route="/api/v1/jobs/{job_id}"' in text
    assert hanging["id"] not in text
    assert working.workspace_id not in text


@pytest.mark.threat("A95")
async def test_a_worker_tells_its_numbers_to_the_keys_that_may_read_them(world: World) -> None:
    app = make_worker_app(world.services.database, world.services.accounts)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://worker") as worker:
        error_of(await worker.get("/metrics"), 401, "unauthenticated")
        error_of(await worker.get("/metrics", headers={"X-API-Key": "ctr_" + "a" * 43}), 401, "unauthenticated")
        error_of(await worker.get("/metrics", headers=dict(world.theirs.headers)), 403, "operators_only")
        error_of(await worker.get("/metrics", headers=await key_with(world, "jobs:*")), 403, "scope_missing")
        mine = await key_with(world, "metrics:read")
        shown = await worker.get("/metrics", headers=mine)
        assert shown.headers["content-type"].startswith("text/plain")
        assert "cutroom_ffmpeg_runs_total" in shown.text
        error_of(await worker.get("/api/v1/jobs", headers=mine), 404, "not_found")
        error_of(await worker.post("/metrics", headers=mine), 404, "not_found")


@pytest.mark.threat("A95")
@pytest.mark.parametrize("client", ["192.0.2.7", "::ffff:192.0.2.7"])
async def test_a_worker_lets_nobody_in_from_networks_that_are_shut_out(world: World, client: str) -> None:
    blocked = ipaddress.ip_network("192.0.2.0/24")
    app = make_worker_app(world.services.database, world.services.accounts, (blocked,))
    headers = await key_with(world, "metrics:read")
    for address, status in ((client, 403), ("203.0.113.7", 200)):
        transport = httpx2.ASGITransport(app=app, client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://worker", headers=headers) as worker:
            shown = await worker.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
            assert shown.status_code == status
            if status == 403:
                error_of(shown, 403, "address_blocked")


@pytest.mark.threat("A48", "A51")
async def test_what_all_workspaces_do_is_for_the_operators_own_alone(world: World) -> None:
    error_of(await world.theirs.get("/metrics"), 403, "operators_only")
