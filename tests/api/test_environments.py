"""What strangers see outside of development, and what may be switched off."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from cutroom import timeline
from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.conftest import serving
from tests.api.test_errors import over
from tests.api.world import World, document, error_of


@pytest.fixture
async def closed_world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A world as production makes it."""
    async with serving(database, tmp_path, ApiSettings(open_health=False, open_description=False)) as made:
        yield made


@pytest.mark.threat("A95")
async def test_strangers_see_no_map_no_counts_and_no_versions(closed_world: World) -> None:
    for path in ("/openapi.json", "/docs", "/redoc", "/api/v1/openapi.json"):
        error_of(await closed_world.nobody.get(path), 404, "not_found")
    error_of(await closed_world.nobody.get("/metrics"), 401, "unauthenticated")
    assert (await closed_world.nobody.get("/health")).json() == {"status": "ok"}
    wrong = {"X-API-Key": "ctr_" + "a" * 43}
    assert (await closed_world.nobody.get("/health", headers=wrong)).json() == {"status": "ok"}


@pytest.mark.threat("A95")
async def test_who_has_a_key_sees_what_runs(closed_world: World) -> None:
    assert (await closed_world.mine.get("/health")).json().keys() >= {"version", "versions", "engine"}
    assert (await closed_world.mine.get("/metrics")).status_code == 200


async def test_in_development_the_api_is_described(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(open_description=True)) as world:
        described = (await world.nobody.get("/openapi.json")).json()
        assert "/api/v1/render" in described["paths"]
        page = await world.nobody.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "<code>/api/v1/render</code>" in page.text
        assert "<dt>callbackUrl<dd>" in page.text  # what a body holds
        assert "<dt>wait (query)<dd>Seconds to wait" in page.text
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_what_is_switched_off_is_refused_with_its_place(world: World) -> None:
    page = document("x")
    page["timeline"]["tracks"][0]["clips"][0]["asset"] = {"type": "html", "html": "<p>x</p>"}
    picture = document("x")
    picture["timeline"]["tracks"][0]["clips"][0]["asset"] = {"type": "image", "src": "https://media.example/a.png"}
    async with over(world, limits=replace(timeline.Limits(), html=False, urls=False)) as client:
        for wrong, field in ((page, "html"), (picture, "src")):
            for path in ("/api/v1/render", "/api/v1/render/validate"):
                error = error_of(await client.post(path, json=wrong), 422, "feature_disabled")
                assert error["details"][0]["pointer"] == f"/timeline/tracks/0/clips/0/asset/{field}"
        assert (await client.post("/api/v1/render", json=document("fine"))).status_code == 202
