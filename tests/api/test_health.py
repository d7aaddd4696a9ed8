"""Whether the process lives, can serve, and what it counts."""

from cutroom import __version__
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
