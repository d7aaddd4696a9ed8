"""Sweeps: what nobody needs goes, what somebody needs stays, and a sweep that died is run again."""

import os
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import Asset, AssetService, AssetSettings, LocalCache, LocalStore, Retention, Store
from cutroom.assets.settings import DAY_S, HOUR_S
from cutroom.db import Database
from cutroom.kit.clock import FixedClock
from cutroom.kit.errors import NotFound
from tests.assets.visiting import visit
from tests.media.sources import make_image

WS = "wsp_mine"


@pytest.fixture
def retention(database: Database, store: Store, cache: LocalCache) -> Retention:
    return Retention(database, store, cache=cache)


def in_future(database: Database, store: Store, seconds: float, settings: AssetSettings | None = None) -> Retention:
    """The same, as it will be later: stores keep their own time, which tests cannot move."""
    clock = FixedClock(datetime.now(UTC) + timedelta(seconds=seconds))
    return Retention(database, store, settings=settings, clock=clock)


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_image(tmp_path_factory.mktemp("picture") / "a.png").read_bytes()


async def asset_of(service: AssetService, database: Database, store: Store, content: bytes) -> Asset:
    async with database.begin() as session:
        made = await service.create_upload(session, WS, name="a.png", content_type="image/png", size_bytes=len(content))
    assert made.put is not None
    await visit(store, "PUT", made.put.url, content, "image/png")
    return await service.complete_upload(WS, made.upload.id)


async def put(store: Store, tmp_path: Path, key: str, content: bytes = b"x") -> None:
    path = tmp_path / "draft"
    path.write_bytes(content)
    await store.put(key, path, "video/mp4")


async def keys(store: Store) -> list[str]:
    return sorted([info.key async for info in store.list("ws/")])


async def age(database: Database, table: str, column: str, seconds: float) -> None:
    """Make every row of a table older."""
    async with database.begin() as session:
        await session.execute(
            text(f"UPDATE {table} SET {column} = {column} - make_interval(secs => :ago)"),  # noqa: S608
            {"ago": seconds},
        )


async def artifact(database: Database, artifact_id: str, status: str, job_id: str = "job_1") -> None:
    async with database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO artifacts "
                "(id, workspace_id, job_id, kind, name, content_type, size_bytes, sha256, status) "
                "VALUES (:id, :ws, :job, 'render', 'a', 'video/mp4', 1, 'x', :status)"
            ),
            {"id": artifact_id, "ws": WS, "job": job_id, "status": status},
        )


async def ids(database: Database, table: str) -> list[str]:
    async with database.begin() as session:
        return list((await session.scalars(text(f"SELECT id FROM {table} ORDER BY id"))).all())  # noqa: S608


async def test_an_upload_is_forgotten_a_day_after_its_time(
    service: AssetService, retention: Retention, database: Database, store: Store
) -> None:
    async with database.begin() as session:
        made = await service.create_upload(session, WS, name="a.mp4", content_type="video/mp4", size_bytes=1)
    assert made.put is not None
    await visit(store, "PUT", made.put.url, b"x")
    await age(database, "uploads", "expires_at", 29 * HOUR_S)
    assert await retention.sweep_uploads() == 0
    await age(database, "uploads", "expires_at", 2 * HOUR_S)
    assert await retention.sweep_uploads() == 1
    assert await keys(store) == []
    assert await ids(database, "uploads") == []


async def test_the_asset_outlives_its_upload(
    service: AssetService, retention: Retention, database: Database, store: Store, picture: bytes
) -> None:
    asset = await asset_of(service, database, store, picture)
    assert len(await keys(store)) == 2
    await age(database, "uploads", "expires_at", 31 * HOUR_S)
    assert await retention.sweep_uploads() == 1
    assert await keys(store) == [f"ws/{WS}/assets/{asset.id}.0"]
    async with database.begin() as session:
        url = await service.download_url(session, WS, asset.id)
    assert await visit(store, "GET", url) == (200, picture)


@pytest.mark.threat("A44")
async def test_a44_a_link_dies_after_its_asset_was_deleted_and_the_asset_can_come_back(
    service: AssetService, retention: Retention, database: Database, store: Store, picture: bytes
) -> None:
    asset = await asset_of(service, database, store, picture)
    for _ in range(2):
        async with database.begin() as session:
            url = await service.download_url(session, WS, asset.id)
            await service.delete(session, WS, asset.id)
            with pytest.raises(NotFound):
                await service.delete(session, WS, asset.id)
            assert (await service.list_assets(session, WS)).items == ()
        assert await retention.sweep_assets() == 0
        assert (await visit(store, "GET", url))[0] == 404
        async with database.begin() as session:
            assert await service.restore(session, WS, asset.id) == asset
            with pytest.raises(NotFound):
                await service.restore(session, WS, asset.id)
            fresh = await service.download_url(session, WS, asset.id)
        assert await visit(store, "GET", fresh) == (200, picture)
    assert len([key for key in await keys(store) if "/assets/" in key]) == 1


async def test_a_deleted_asset_is_gone_after_a_week(
    service: AssetService, retention: Retention, database: Database, store: Store, picture: bytes
) -> None:
    asset = await asset_of(service, database, store, picture)
    async with database.begin() as session:
        await service.delete(session, WS, asset.id)
    await age(database, "assets", "deleted_at", 8 * DAY_S)
    assert await retention.sweep_assets() == 1
    assert [key for key in await keys(store) if "/assets/" in key] == []
    async with database.begin() as session:
        with pytest.raises(NotFound):
            await service.restore(session, WS, asset.id)


async def test_a_sweep_that_died_while_it_hid_an_asset_is_finished_by_the_next(
    service: AssetService, retention: Retention, database: Database, store: Store, picture: bytes
) -> None:
    asset = await asset_of(service, database, store, picture)
    async with database.begin() as session:
        await service.delete(session, WS, asset.id)
    # As if it had died between moving the bytes and saying so.
    await store.copy(f"ws/{WS}/assets/{asset.id}.0", f"ws/{WS}/assets/{asset.id}.1")
    await store.delete(f"ws/{WS}/assets/{asset.id}.0")
    await retention.sweep_assets()
    async with database.begin() as session:
        await service.restore(session, WS, asset.id)
        url = await service.download_url(session, WS, asset.id)
    assert await visit(store, "GET", url) == (200, picture)


async def test_assets_are_listed_newest_first_in_pages(
    service: AssetService, database: Database, store: Store, picture: bytes
) -> None:
    made = [await asset_of(service, database, store, picture) for _ in range(3)]
    async with database.begin() as session:
        first = await service.list_assets(session, WS, limit=2)
        second = await service.list_assets(session, WS, limit=2, before=first.next_cursor)
    assert [asset.id for asset in (*first.items, *second.items)] == [asset.id for asset in reversed(made)]
    assert second.next_cursor is None


async def test_only_artifacts_that_nobody_will_ask_for_are_removed(
    retention: Retention, database: Database, store: Store, tmp_path: Path
) -> None:
    for status in ("writing", "ready", "kept", "discarded"):
        await artifact(database, f"art_{status}", status)
        await put(store, tmp_path, f"ws/{WS}/artifacts/art_{status}")
    assert await retention.sweep_artifacts() == 1
    assert await ids(database, "artifacts") == ["art_kept", "art_ready", "art_writing"]
    await age(database, "artifacts", "created_at", 7 * HOUR_S)
    assert await retention.sweep_artifacts() == 1
    await age(database, "artifacts", "created_at", 32 * DAY_S)
    assert await retention.sweep_artifacts() == 1
    assert await ids(database, "artifacts") == ["art_ready"]
    assert await keys(store) == [f"ws/{WS}/artifacts/art_ready"]


async def test_what_was_published_for_a_job_that_had_ended_is_discarded(
    retention: Retention, database: Database
) -> None:
    async with database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO artifacts "
                "(id, workspace_id, job_id, kind, name, content_type, size_bytes, sha256, status) "
                "SELECT 'art_' || to_char(n, 'FM000'), 'wsp_mine', 'job_' || to_char(n, 'FM000'), "
                "'render', 'a', 'video/mp4', 1, 'x', 'ready' FROM generate_series(0, 449) AS n"
            )
        )
    await artifact(database, "art_w", "writing", "job_000")
    await artifact(database, "art_k", "kept", "job_000")
    asked: list[str] = []

    async def ended(_session: AsyncSession, job_ids: Sequence[str]) -> Collection[str]:
        asked.extend(job_ids)
        return {"job_000", "job_449"} & set(job_ids)

    assert await retention.sweep_unsettled(ended) == 3
    assert asked == [f"job_{number:03}" for number in range(450)]
    async with database.begin() as session:
        left = (await session.scalars(text("SELECT id FROM artifacts WHERE status = 'discarded' ORDER BY id"))).all()
    assert left == ["art_000", "art_449", "art_w"]
    assert await retention.sweep_unsettled(ended) == 0


async def test_blobs_go_when_they_are_old_or_too_many_and_stay_while_they_are_used(
    database: Database, store: Store, tmp_path: Path
) -> None:
    kept = f"ws/{WS}/artifacts/art_1"
    await put(store, tmp_path, kept)
    for name in ("a", "b", "c"):
        await put(store, tmp_path, f"ws/{WS}/blobs/src/{name}", bytes(1000))
    tight = AssetSettings(blob_budget_bytes=2500)
    assert await in_future(database, store, 0, tight).sweep_blobs() == 0  # all are in use
    assert await in_future(database, store, 2 * HOUR_S, tight).sweep_blobs() == 1
    assert await in_future(database, store, 2 * HOUR_S, tight).sweep_blobs() == 0
    assert await in_future(database, store, 13 * DAY_S).sweep_blobs() == 0
    assert await in_future(database, store, 15 * DAY_S).sweep_blobs() == 2
    assert await keys(store) == [kept]


@pytest.mark.parametrize("store", ["local"], indirect=True)
async def test_the_blob_used_longest_ago_goes_first(
    service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    assert isinstance(store, LocalStore)
    for days, name in enumerate(("new", "middle", "old")):
        key = f"ws/{WS}/blobs/{name}"
        await put(store, tmp_path, key, bytes(1000))
        at = datetime.now(UTC).timestamp() - days * DAY_S
        os.utime(store.local_path(key), (at, at))
    assert await in_future(database, store, 0, AssetSettings(blob_budget_bytes=2500)).sweep_blobs() == 1
    assert await keys(store) == [f"ws/{WS}/blobs/middle", f"ws/{WS}/blobs/new"]


async def test_bytes_that_no_row_knows_are_removed_and_all_others_stay(
    service: AssetService, database: Database, store: Store, tmp_path: Path, picture: bytes
) -> None:
    asset = await asset_of(service, database, store, picture)
    async with database.begin() as session:
        pending = await service.create_upload(session, WS, name="a.mp4", content_type="video/mp4", size_bytes=1)
    assert pending.put is not None
    await visit(store, "PUT", pending.put.url, b"x")
    await artifact(database, "art_known", "writing")
    known = [
        *await keys(store),
        f"ws/{WS}/artifacts/art_known",
        f"ws/{WS}/assets/{asset.id}.1",
        f"ws/{WS}/blobs/src/abc",
    ]
    strays = [
        f"ws/{WS}/artifacts/art_stray",
        "ws/wsp_theirs/artifacts/art_known",
        f"ws/{WS}/assets/ast_stray.0",
        f"ws/{WS}/assets/{asset.id}.5",
        f"ws/{WS}/uploads/upl_stray",
    ]
    for key in {*known, *strays} - set(await keys(store)):
        await put(store, tmp_path, key)
    assert await in_future(database, store, DAY_S).sweep_strays() == 0
    assert await in_future(database, store, 3 * DAY_S).sweep_strays() == len(strays)
    assert await keys(store) == sorted(known)


async def test_a_cache_is_cut_down_to_its_budget_by_age_of_use(store: Store, tmp_path: Path) -> None:
    cache = LocalCache(tmp_path / "small", budget_bytes=2500)
    for name in ("a", "b", "c"):
        await put(store, tmp_path, name, bytes(1000))
        found = await cache.find(name, store)
        assert found is not None
        assert found.stat().st_size == 1000
    assert await cache.find("missing", store) is None
    assert await cache.evict() == 0  # all were used within the hour
    assert await cache.evict(rest_s=-1) == 1
    assert sorted(path.name for path in (tmp_path / "small" / "files").iterdir()) == ["b", "c"]
    assert await cache.find("a", store) is not None
    await cache.close()
