"""What was committed though nobody heard of it: a retry with the same key gives that, and makes nothing more."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import text

from cutroom.api import ApiSettings
from cutroom.db import Database, make_engine
from tests.api.conftest import serving
from tests.api.world import World, document, error_of
from tests.wire import wire

KEY = {"Idempotency-Key": "lost"}


async def jobs_there(world: World) -> int:
    async with world.services.database.begin() as session:
        return int(await session.scalar(text("SELECT count(*) FROM jobs")) or 0)


async def submitted(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/api/v1/render", json=document("lost"), headers=KEY)


@pytest.mark.threat("F04", "P4")
async def test_a_client_that_never_heard_the_answer_gets_the_same_job_with_the_same_key(world: World) -> None:
    place = urlsplit(world.url)
    assert place.hostname is not None
    assert place.port is not None
    async with wire((place.hostname, place.port), cut_after=lambda piece: piece.startswith(b"POST ")) as line:
        auth = {"Authorization": f"Bearer {world.api_key}"}
        url = f"http://127.0.0.1:{line.port}"
        async with httpx2.AsyncClient(base_url=url, headers=auth, trust_env=False) as unlucky:
            for _ in range(2):
                with pytest.raises(httpx2.TransportError):
                    await submitted(unlucky)
        assert line.cuts == 2
    assert await jobs_there(world) == 1
    found: Any = (await world.mine.get("/api/v1/jobs")).json()["items"]
    again = await submitted(world.mine)
    assert (again.status_code, again.json()["id"]) == (202, found[0]["id"])
    assert await jobs_there(world) == 1


@pytest.mark.threat("F04", "P10")
async def test_a_commit_whose_answer_the_api_never_heard_is_told_as_an_outage_and_found_by_its_key(
    database: Database, tmp_path: Path
) -> None:
    place = urlsplit(database.url)
    query = parse_qs(place.query)
    if "host" not in query:
        pytest.skip("the database is not on a socket")
    socket = Path(query["host"][0]) / f".s.PGSQL.{query['port'][0]}"
    cutting = False
    async with wire(socket, cut_after=lambda piece: cutting and b"COMMIT" in piece) as line:
        url = f"postgresql://{place.username}@127.0.0.1:{line.port}{place.path}"
        distant = Database(make_engine(url, name="tests-distant"))
        async with serving(distant, tmp_path, ApiSettings()) as world:
            cutting = True
            refused = await submitted(world.mine)
            assert line.cuts == 1
            error_of(refused, 503, "database_unavailable")
            assert int(refused.headers["retry-after"]) >= 1
            cutting = False
            again = await submitted(world.mine)
            assert again.status_code == 202
            assert await jobs_there(world) == 1
        await distant.close()
