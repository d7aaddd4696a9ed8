"""Files that agents send: nothing becomes a blob or an artifact but what was promised."""

import hashlib
from pathlib import Path

import pytest

from cutroom.assets import AssetService, LocalStore
from cutroom.assets.keys import blob_key, sent_key
from cutroom.assets.sending import MAX_OPEN, SentFiles
from cutroom.db import Database
from cutroom.jobs import AttemptRef
from cutroom.kit.errors import CutroomError
from cutroom.kit.signing import Signer
from cutroom.media.fetch import Fetcher

WORKSPACE = "ws_a"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", Signer(b"a secret of the tests", "files"), "http://127.0.0.1")


@pytest.fixture
def files(database: Database, store: LocalStore) -> SentFiles:
    return AssetService(database, store).sent_files_for(Fetcher())(AttemptRef(WORKSPACE, "job_a", 1, 1))


async def send(store: LocalStore, sent_id: str, data: bytes, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    draft.write_bytes(data)
    await store.put(sent_key(WORKSPACE, sent_id), draft, "application/octet-stream")


async def test_what_was_promised_becomes_a_blob_that_can_be_read(
    files: SentFiles, store: LocalStore, tmp_path: Path
) -> None:
    sent_id, put = files.permit("seg/a", 5, sha(b"hello"))
    assert put.method == "PUT"
    await send(store, sent_id, b"hello", tmp_path)
    await files.keep(sent_id, "seg/a")
    place = await files.place("seg/a")
    assert place is not None
    assert place.size_bytes == 5
    assert await store.head(sent_key(WORKSPACE, sent_id)) is None
    assert await files.place("seg/b") is None


@pytest.mark.threat("A82")
@pytest.mark.parametrize(
    ("promised", "sent", "code"),
    [(b"hello", b"jello", "wrong_hash"), (b"hello", b"hello!", "wrong_size"), (b"hello", None, "file_not_sent")],
)
async def test_what_is_not_what_was_promised_is_thrown_away(
    files: SentFiles, store: LocalStore, tmp_path: Path, promised: bytes, sent: bytes | None, code: str
) -> None:
    sent_id, _ = files.permit("seg/a", len(promised), sha(promised))
    if sent is not None:
        await send(store, sent_id, sent, tmp_path)
    with pytest.raises(CutroomError) as caught:
        await files.keep(sent_id, "seg/a")
    assert caught.value.code == code
    assert await store.head(blob_key(WORKSPACE, "seg/a")) is None
    with pytest.raises(CutroomError) as caught:
        await files.keep(sent_id, "seg/a")
    assert caught.value.code == "permission_unknown"


@pytest.mark.threat("A82")
async def test_permissions_are_for_sources_under_their_own_hash_of_a_bounded_size_and_number(files: SentFiles) -> None:
    for key, size, code in (
        (f"src/{sha(b'x')}", 1, "bad_key"),
        ("../../other/blobs/x", 1, "bad_key"),
        ("seg/a", 2**60, "file_too_large"),
        ("seg/a", -1, "file_too_large"),
    ):
        with pytest.raises(CutroomError) as caught:
            files.permit(key, size, sha(b"y"))
        assert caught.value.code == code
    for _ in range(MAX_OPEN):
        files.permit("seg/a", 1, sha(b"y"))
    with pytest.raises(CutroomError) as caught:
        files.permit("seg/a", 1, sha(b"y"))
    assert caught.value.code == "too_many_permissions"
