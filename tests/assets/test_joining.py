"""Pieces that are joined: their bytes become one asset for the room that was promised once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cutroom.assets import Addition, Asset, AssetService, LocalStore, UploadStatus
from cutroom.db import Database
from cutroom.kit.errors import Conflict, QuotaExceeded
from cutroom.kit.signing import Signer
from tests.api.test_uploads import a_picture
from tests.assets.test_resuming import WS, begun, chunks, limited


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    made = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    yield made
    await made.close()


@pytest.fixture
def picture() -> bytes:
    return a_picture()


async def received(service: AssetService, database: Database, content: bytes) -> str:
    """A piece that is all here."""
    piece = await begun(service, database, len(content), partial=True)
    await service.resumable.append(WS, piece.id, Addition(0, chunks(content)))
    return piece.id


async def joined(service: AssetService, database: Database, *pieces: str) -> Asset:
    async with database.begin() as session:
        whole = await service.resumable.create_joined(session, WS, pieces, name="a", content_type="image/png")
    return await service.complete_upload(WS, whole.id)


async def code_of(work: Any) -> str | None:
    try:
        await work
    except (Conflict, QuotaExceeded) as error:
        return error.code
    return None


@pytest.mark.threat("A88", "A89")
async def test_a_piece_that_became_an_asset_finds_no_second_room_for_nothing(
    database: Database, store: LocalStore, picture: bytes
) -> None:
    service = limited(database, store, storage_bytes=2 * len(picture) + 1)
    piece = await received(service, database, picture)
    await joined(service, database, piece)
    while (refused := await code_of(joined(service, database, piece))) is None:
        async with database.begin() as session:
            assert await service.storage_used(session, WS) <= 2 * len(picture) + 1
    assert refused == "storage_full"


@pytest.mark.threat("A88", "A89")
async def test_of_many_that_join_one_piece_at_once_one_does(
    database: Database, store: LocalStore, picture: bytes
) -> None:
    service = limited(database, store, storage_bytes=10 * len(picture))
    piece = await received(service, database, picture)

    async def begin() -> str:
        async with database.begin() as session:
            made = await service.resumable.create_joined(session, WS, [piece], name="a", content_type="image/png")
            await asyncio.sleep(0.05)  # so that the others come before this is committed
            return made.id

    begun_by = await asyncio.gather(*(begin() for _ in range(4)), return_exceptions=True)
    (one,) = (made for made in begun_by if isinstance(made, str))
    assert {made.code for made in begun_by if isinstance(made, Conflict)} == {"piece_taken"}
    assert await code_of(begin()) == "piece_taken"
    async with database.begin() as session:
        assert (await service.get_upload(session, WS, one)).status is UploadStatus.PENDING
    await service.complete_upload(WS, one)
    assert await code_of(joined(service, database, piece)) is None
