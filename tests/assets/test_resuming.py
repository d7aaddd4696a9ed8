"""Uploads that grow, on every store: what is counted is durable, whoever goes on. Threats A44, F01, F13."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.assets import (
    Addition,
    AssetService,
    AssetSettings,
    FileLimits,
    LocalCache,
    LocalStore,
    Retention,
    Store,
    Upload,
    UploadStatus,
    repository,
)
from cutroom.assets.s3_parts import LEAST_PART_BYTES
from cutroom.assets.store import Part
from cutroom.assets.writing import PIECE_BYTES
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Invalid, QuotaExceeded, Unavailable
from cutroom.kit.signing import Signer
from tests.assets.test_parts import stored
from tests.assets.visiting import visit

WS = "wsp_mine"


async def begun(
    service: AssetService, database: Database, size_bytes: int | None, *, partial: bool = False, workspace_id: str = WS
) -> Upload:
    async with database.begin() as session:
        return await service.resumable.create(
            session, workspace_id, name="a.mp4", content_type="video/mp4", size_bytes=size_bytes, partial=partial
        )


async def chunks(content: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1 << 16):
        yield content[start : start + (1 << 16)]
    if then is not None:
        raise then


async def bytes_of(service: AssetService, database: Database, store: Store, asset_id: str) -> bytes:
    async with database.begin() as session:
        url = await service.download_url(session, WS, asset_id)
    status, content = await visit(store, "GET", url)
    assert status == 200
    return content


async def test_any_process_goes_on_where_another_stopped(
    service: AssetService,
    database: Database,
    store: Store,
    cache: LocalCache,
    film: bytes,
) -> None:
    upload = await begun(service, database, len(film))
    # Larger than a piece, smaller than a part, and one byte.
    cuts = [0, 3_000, PIECE_BYTES + 5_000, PIECE_BYTES + 5_001, PIECE_BYTES + 900_000, len(film)]
    for start, stop in pairwise(cuts):
        other = AssetService(database, store, cache=cache)
        upload = await other.resumable.append(WS, upload.id, Addition(start, chunks(film[start:stop])))
        assert upload.offset_bytes == stop
    asset = await service.complete_upload(WS, upload.id)
    assert asset.sha256 == hashlib.sha256(film).hexdigest()
    assert await bytes_of(service, database, store, asset.id) == film
    assert await stored(store) == [f"ws/{WS}/assets/{asset.id}.0"]


async def test_what_came_before_a_break_counts_and_nothing_else(
    service: AssetService,
    database: Database,
    store: Store,
    film: bytes,
) -> None:
    upload = await begun(service, database, len(film))
    for start, stop in ((0, 100_000), (100_000, PIECE_BYTES + 200_000)):
        with pytest.raises(ConnectionError):
            await service.resumable.append(
                WS, upload.id, Addition(start, chunks(film[start:stop], ConnectionError("gone")))
            )
        async with database.begin() as session:
            upload = await service.resumable.get(session, WS, upload.id)
        assert upload.offset_bytes == stop
    await service.resumable.append(WS, upload.id, Addition(stop, chunks(film[stop:])))
    assert (await service.complete_upload(WS, upload.id)).sha256 == hashlib.sha256(film).hexdigest()


async def test_a_store_that_fails_in_the_middle_leaves_an_offset_that_is_true(
    database: Database,
    tmp_path: Path,
    store: Store,
    cache: LocalCache,
    film: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = AssetService(database, store, cache=cache)
    upload = await begun(service, database, len(film))
    real = type(store).put_part

    async def full(*_: Any) -> Any:
        raise Unavailable("disk_full", "There is no room.")

    monkeypatch.setattr(type(store), "put_part", full)
    with pytest.raises(Unavailable):
        await service.resumable.append(WS, upload.id, Addition(0, chunks(film)))
    monkeypatch.setattr(type(store), "put_part", real)
    async with database.begin() as session:
        upload = await service.resumable.get(session, WS, upload.id)
    assert upload.offset_bytes == 0
    await service.resumable.append(WS, upload.id, Addition(0, chunks(film)))
    assert (await service.complete_upload(WS, upload.id)).sha256 == hashlib.sha256(film).hexdigest()


async def test_a_request_that_was_overtaken_writes_nothing_any_more(
    service: AssetService,
    database: Database,
    store: Store,
    film: bytes,
) -> None:
    upload = await begun(service, database, len(film))
    heard, go_on = asyncio.Event(), asyncio.Event()

    async def hesitant() -> AsyncIterator[bytes]:
        yield b"wrong" * 1000
        heard.set()
        await go_on.wait()
        yield b"wrong" * (PIECE_BYTES // 5)

    async with asyncio.TaskGroup() as group:
        late = group.create_task(_outcome(service.resumable.append(WS, upload.id, Addition(0, hesitant()))))
        await heard.wait()
        await service.resumable.append(WS, upload.id, Addition(0, chunks(film)))
        go_on.set()
    error = late.result()
    assert isinstance(error, Conflict)
    assert error.code == "upload_taken_over"
    assert (await service.complete_upload(WS, upload.id)).sha256 == hashlib.sha256(film).hexdigest()


@pytest.mark.parametrize("sizes", [(20, 30), (20, LEAST_PART_BYTES), (LEAST_PART_BYTES + 7, 100), (5, 6, 7)])
async def test_pieces_of_any_size_are_joined(
    service: AssetService,
    database: Database,
    store: Store,
    film: bytes,
    sizes: tuple[int, ...],
) -> None:
    cuts = [0, *(sum(sizes[: index + 1]) for index in range(len(sizes))), len(film)]
    pieces = []
    for start, stop in pairwise(cuts):
        piece = await begun(service, database, stop - start, partial=True)
        await service.resumable.append(WS, piece.id, Addition(0, chunks(film[start:stop])))
        async with database.begin() as session:
            assert (await service.get_upload(session, WS, piece.id)).status is UploadStatus.RECEIVED
        pieces.append(piece.id)
    async with database.begin() as session:
        whole = await service.resumable.create_joined(session, WS, pieces, name="a.mp4", content_type="video/mp4")
    asset = await service.complete_upload(WS, whole.id)
    assert asset.sha256 == hashlib.sha256(film).hexdigest()
    assert await bytes_of(service, database, store, asset.id) == film
    async with database.begin() as session:
        assert await repository.storage_used(session, WS) == len(film)
        assert await repository.storage_promised(session, WS) == 0


async def test_an_upload_whose_request_died_after_the_last_byte_is_completed_by_a_sweep(
    service: AssetService,
    database: Database,
    film: bytes,
) -> None:
    upload = await begun(service, database, len(film))
    piece = await begun(service, database, 10, partial=True)
    await service.resumable.append(WS, upload.id, Addition(0, chunks(film)))
    await service.resumable.append(WS, piece.id, Addition(0, chunks(film[:10])))
    async with database.begin() as session:
        await session.execute(
            text("UPDATE uploads SET status = 'verifying', verifying_at = now() - interval '10 minutes'")
        )
    assert await service.resumable.finish_received() == 2
    async with database.begin() as session:
        assert (await service.get_upload(session, WS, upload.id)).status is UploadStatus.COMPLETED
        assert (await service.get_upload(session, WS, piece.id)).status is UploadStatus.RECEIVED
    assert await service.resumable.finish_received() == 0


async def test_what_is_given_up_or_too_late_leaves_nothing(
    service: AssetService,
    database: Database,
    store: Store,
    cache: LocalCache,
    film: bytes,
) -> None:
    for late in (False, True):
        upload = await begun(service, database, len(film))
        await service.resumable.append(WS, upload.id, Addition(0, chunks(film[: PIECE_BYTES + 70_000])))
        await service.resumable.append(WS, upload.id, Addition(PIECE_BYTES + 70_000, chunks(b"x")))
        if late:
            async with database.begin() as session:
                await session.execute(text("UPDATE uploads SET expires_at = now() - interval '2 hours'"))
            await Retention(database, store, cache=cache).sweep_uploads()
        else:
            await service.abort_upload(WS, upload.id)
        assert await stored(store) == []
    assert await Retention(database, store, cache=cache).sweep_strays() == 0


async def test_parts_and_tails_of_a_living_upload_are_no_strays(
    database: Database, local: LocalStore, film: bytes
) -> None:
    service = AssetService(database, local)
    upload = await begun(service, database, len(film))
    await service.resumable.append(WS, upload.id, Addition(0, chunks(film[: PIECE_BYTES + 70_000])))
    await service.resumable.append(WS, upload.id, Addition(PIECE_BYTES + 70_000, chunks(b"x")))
    strict = Retention(database, local, settings=AssetSettings(stray_s=-5))
    assert await strict.sweep_strays() == 0
    assert len(await stored(local)) >= 1


def limited(database: Database, store: LocalStore, **limits: Any) -> AssetService:
    async def limits_of(_session: Any, _workspace_id: str) -> FileLimits:
        return FileLimits(**{"max_upload_bytes": 10 << 20, **limits})

    return AssetService(database, store, limits_of=limits_of)


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[LocalStore]:
    """Where it makes no difference which store it is."""
    store = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    yield store
    await store.close()


async def test_a_plans_limits_hold_for_every_kind_of_upload(database: Database, local: LocalStore) -> None:
    service = limited(database, local, max_upload_bytes=1000, storage_bytes=2500)
    with pytest.raises(Invalid) as large:
        await begun(service, database, 1001)
    assert large.value.code == "upload_too_large"
    deferred = await begun(service, database, None)
    with pytest.raises(Invalid) as longer:
        await service.resumable.append(WS, deferred.id, Addition(0, chunks(b"x" * 1001)))
    assert longer.value.code == "payload_too_large"
    with pytest.raises(Invalid) as declared:
        await service.resumable.append(WS, deferred.id, Addition(0, chunks(b""), length=2000))
    assert declared.value.code == "upload_too_large"

    async def announce() -> object:
        async with database.begin() as session:
            return await service.create_upload(session, WS, name="a", content_type="image/png", size_bytes=1000)

    outcomes = await asyncio.gather(*(_outcome(announce()) for _ in range(10)))
    refused = [outcome for outcome in outcomes if isinstance(outcome, QuotaExceeded)]
    assert len(refused) == 8
    assert {error.code for error in refused} == {"storage_full"}
    async with database.begin() as session:
        assert await service.storage_used(session, WS) == 0
    with pytest.raises(QuotaExceeded):
        await begun(service, database, 600)


@pytest.mark.threat("A88", "A89")
async def test_bytes_of_a_length_that_nobody_told_find_room_as_they_come(database: Database, local: LocalStore) -> None:
    service = limited(database, local, storage_bytes=12 << 20)
    deferred = [await begun(service, database, None) for _ in range(3)]
    nine = b"x" * (9 << 20)
    first = await service.resumable.append(WS, deferred[0].id, Addition(0, chunks(nine)))
    assert first.offset_bytes == len(nine)
    for announced in (len(nine), None):  # one is refused before its bytes come, the other as they do
        with pytest.raises(QuotaExceeded) as full:
            await service.resumable.append(WS, deferred[1].id, Addition(0, chunks(nine), announced=announced))
        assert full.value.code == "storage_full"
    async with database.begin() as session:
        assert (await service.resumable.get(session, WS, deferred[1].id)).offset_bytes == 0
    three = await service.resumable.append(WS, deferred[2].id, Addition(0, chunks(b"x" * (3 << 20))))
    assert three.offset_bytes == 3 << 20
    with pytest.raises(QuotaExceeded):
        await service.resumable.append(WS, deferred[2].id, Addition(three.offset_bytes, chunks(b"x")))
    assert (await begun(service, database, 600, workspace_id="wsp_theirs")).size_bytes == 600


class Gathering(LocalStore):
    """Takes no part or tail before several have come: all of them have found room by then."""

    def __init__(self, folder: Path, several: int) -> None:
        super().__init__(folder, Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
        self._all = asyncio.Barrier(several)

    @property
    def least_part_bytes(self) -> int:
        return LEAST_PART_BYTES

    async def put_part(self, key: str, handle: str, number: int, path: Path) -> Part:
        await self._all.wait()
        return await super().put_part(key, handle, number, path)

    async def put(self, key: str, path: Path, content_type: str) -> None:
        await self._all.wait()
        await super().put(key, path, content_type)


@pytest.mark.threat("A88", "A89")
@pytest.mark.parametrize("size_bytes", [PIECE_BYTES, 9_000])
async def test_of_many_that_send_at_once_what_nobody_announced_no_more_is_kept_than_there_is_room_for(
    database: Database, tmp_path: Path, size_bytes: int
) -> None:
    store = Gathering(tmp_path / "store", 3)
    service = limited(database, store, storage_bytes=2 * size_bytes + 1)
    deferred = [await begun(service, database, None) for _ in range(3)]
    sent = (service.resumable.append(WS, one.id, Addition(0, chunks(b"x" * size_bytes))) for one in deferred)
    outcomes = await asyncio.gather(*(_outcome(one) for one in sent))
    refused = [outcome for outcome in outcomes if isinstance(outcome, QuotaExceeded)]
    assert [error.code for error in refused] == ["storage_full"]
    async with database.begin() as session:
        kept = [(await service.resumable.get(session, WS, one.id)).offset_bytes for one in deferred]
    assert sorted(kept) == [0, size_bytes, size_bytes]
    if size_bytes < LEAST_PART_BYTES:  # parts are found and removed with their upload, tails only by name
        assert len(await stored(store)) == 2
    await store.close()


async def test_a_film_that_is_longer_than_the_plan_allows_is_refused_for_good(
    database: Database,
    local: LocalStore,
    film: bytes,
) -> None:
    service = limited(database, local, max_upload_bytes=1 << 30, max_duration_s=0.5)
    upload = await begun(service, database, len(film))
    await service.resumable.append(WS, upload.id, Addition(0, chunks(film)))
    for _ in range(2):
        with pytest.raises(Invalid) as caught:
            await service.complete_upload(WS, upload.id)
        assert caught.value.code == "media_too_long"
    longer = limited(database, local, max_upload_bytes=1 << 30, max_duration_s=5)
    upload = await begun(longer, database, len(film))
    await longer.resumable.append(WS, upload.id, Addition(0, chunks(film)))
    await longer.complete_upload(WS, upload.id)
    async with database.begin() as session:
        assert await longer.storage_used(session, WS) == len(film)


async def _outcome(work: Any) -> object:
    try:
        return await work
    except (Conflict, QuotaExceeded) as error:
        return error
