"""Files that agents send: nothing becomes a blob or an artifact but what was promised."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from cutroom.assets import AssetService, LocalStore
from cutroom.assets.keys import blob_key, sent_key, source_key
from cutroom.assets.sending import MAX_OPEN, SentFiles
from cutroom.db import Database
from cutroom.jobs import AttemptRef
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.kit.hashes import hash_file
from cutroom.kit.ids import new_id
from cutroom.kit.signing import Signer
from cutroom.media.fetch import Fetcher
from cutroom.media.probe import probe
from tests.media.sources import make_video

WORKSPACE = "ws_a"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", Signer(b"a secret of the tests", "files"), "http://127.0.0.1")


def node(database: Database, store: LocalStore, job_id: str = "job_a") -> SentFiles:
    """The files of an attempt as one node knows them."""
    return AssetService(database, store).sent_files_for(Fetcher())(AttemptRef(WORKSPACE, job_id, 1, 1))


@pytest.fixture
def files(database: Database, store: LocalStore) -> SentFiles:
    return node(database, store)


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


@pytest.mark.threat("A82")
async def test_a_permission_serves_once_even_when_it_is_used_twice_at_once(
    files: SentFiles, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, evil = b"G" * 1000, b"E" * 1000
    key = source_key(sha(good))
    reading, go_on = threading.Event(), threading.Event()

    def slow(path: Path) -> str:
        reading.set()
        go_on.wait(10)
        return hash_file(path)

    monkeypatch.setattr("cutroom.assets.sending.hash_file", slow)
    sent_id, _ = files.permit(key, 1000, sha(good))
    await send(store, sent_id, good, tmp_path)
    first = asyncio.create_task(files.keep(sent_id, "other/x"))
    try:
        await asyncio.to_thread(reading.wait, 10)
        with pytest.raises(Unavailable) as caught:
            await files.keep(sent_id, key)
    finally:
        go_on.set()
    await first
    assert caught.value.code == "permission_unknown"
    await send(store, sent_id, evil, tmp_path)
    with pytest.raises(Unavailable):
        await files.keep(sent_id, key)
    assert await store.head(blob_key(WORKSPACE, key)) is None
    assert store.local_path(blob_key(WORKSPACE, "other/x")).read_bytes() == good


@pytest.mark.threat("F14")
async def test_a_publish_whose_answer_was_lost_is_asked_for_again_here_or_elsewhere_and_makes_one_artifact(
    files: SentFiles, database: Database, store: LocalStore, tmp_path: Path
) -> None:
    data = b"result bytes"
    sent_id, _ = files.permit(None, len(data), sha(data))
    await send(store, sent_id, data, tmp_path)

    async def publish(at: SentFiles) -> str:
        made = await at.publish(sent_id, kind="clip", name="x.mp4", content_type="video/mp4")
        assert (made.sha256, made.size_bytes, made.content_type) == (sha(data), len(data), "video/mp4")
        return made.id

    ids = set(await asyncio.gather(publish(files), publish(files)))
    ids |= {await publish(files), await publish(node(database, store))}
    assert len(ids) == 1
    for stranger in (node(database, store, "job_b"), files):
        other = sent_id if stranger is not files else "f" * 32
        with pytest.raises(Unavailable) as caught:
            await stranger.publish(other, kind="clip", name="x.mp4", content_type="video/mp4")
        assert caught.value.code == "permission_unknown"


@pytest.mark.threat("A82")
async def test_what_an_artifact_is_called_is_bounded_and_can_be_shown(
    files: SentFiles, store: LocalStore, tmp_path: Path
) -> None:
    sent_id, _ = files.permit(None, 1, sha(b"x"))
    await send(store, sent_id, b"x", tmp_path)
    for kind, name, content_type, code in (
        ("k" * 65, "n", "text/plain", "bad_kind"),
        ("a\x00b", "n", "text/plain", "bad_kind"),
        ("k", "", "text/plain", "bad_name"),
        ("k", "n", "text/html\r\nSet-Cookie: a=b", "bad_content_type"),
        ("k", "n", "t", "bad_content_type"),
    ):
        with pytest.raises(Invalid) as caught:
            await files.publish(sent_id, kind=kind, name=name, content_type=content_type)
        assert caught.value.code == code
    odd = "a\r\nX: \x00" + "n" * 30_000
    made = await files.publish(sent_id, kind="k", name=odd, content_type="text/plain; charset=utf-8")
    assert len(made.url) < 2_000


@pytest.mark.threat("A82")
async def test_an_adopted_source_is_what_its_bytes_are(
    files: SentFiles, store: LocalStore, tmp_path: Path, database: Database
) -> None:
    film = make_video(tmp_path / "film.mp4").read_bytes()
    for data in (film, b"y" * 1000):
        sent_id, _ = files.permit(source_key(sha(data)), len(data), sha(data))
        await send(store, sent_id, data, tmp_path)
        await files.keep(sent_id, source_key(sha(data)))
    asset_id = new_id("ast")
    for code, sha256, told in (
        ("bad_asset_id", sha(film), {"asset_id": "ast_lie", "name": "n"}),
        ("bad_asset_id", sha(film), {"asset_id": "x/../../z", "name": "n"}),
        ("bad_name", sha(film), {"asset_id": asset_id, "name": ""}),
        ("bad_sha256", "../x", {"asset_id": asset_id, "name": "n"}),
        ("not_media", sha(b"y" * 1000), {"asset_id": asset_id, "name": "n"}),
    ):
        with pytest.raises(Invalid) as caught:
            await files.adopt(sha256, **told)
        assert caught.value.code == code
    with pytest.raises(Unavailable) as lost:
        await files.adopt(sha(b"z"), asset_id=asset_id, name="n")
    assert lost.value.code == "blob_missing"
    await files.adopt(sha(film), asset_id=asset_id, name="n\x00" * 300)
    async with database.begin() as session:
        asset = await AssetService(database, store).get(session, WORKSPACE, asset_id)
    assert (asset.size_bytes, asset.info.size_bytes, len(asset.name)) == (len(film), len(film), 255)
    assert asset.info == await probe(tmp_path / "film.mp4")
