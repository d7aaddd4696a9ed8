"""From a promise of bytes to an asset. Threats A39, A41, A43, A44 where they meet the database."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cutroom.assets import (
    Asset,
    AssetService,
    AssetSettings,
    LocalCache,
    LocalStore,
    NewUpload,
    S3Settings,
    Store,
    UploadStatus,
)
from cutroom.db import Database
from cutroom.kit.errors import Conflict, CutroomError, Invalid, NotFound, Unavailable
from cutroom.kit.signing import Signer
from tests.assets.visiting import visit
from tests.media.papers import pdf
from tests.media.sources import make_audio, make_video

WS = "wsp_mine"


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One second of video."""
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4").read_bytes()


async def promise(
    service: AssetService,
    database: Database,
    content: bytes,
    *,
    name: str = "clip.mp4",
    sha256: str | None = None,
    content_type: str = "video/mp4",
) -> NewUpload:
    async with database.begin() as session:
        return await service.create_upload(
            session, WS, name=name, content_type=content_type, size_bytes=len(content), sha256=sha256
        )


async def send(store: Store, made: NewUpload, content: bytes) -> int:
    assert made.put is not None
    status, _ = await visit(store, made.put.method, made.put.url, content, made.put.headers["Content-Type"])
    return status


async def status_of(service: AssetService, database: Database, upload_id: str) -> UploadStatus:
    async with database.begin() as session:
        return (await service.get_upload(session, WS, upload_id)).status


async def stored(store: Store) -> list[str]:
    return sorted([info.key async for info in store.list("ws/")])


async def test_an_upload_becomes_an_asset_that_can_be_read(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    sha256 = hashlib.sha256(clip).hexdigest()
    made = await promise(service, database, clip, name="../../x/Köln \u202e.mp4", sha256=sha256)
    assert made.upload.status is UploadStatus.PENDING
    assert await send(store, made, clip) == 200
    asset = await service.complete_upload(WS, made.upload.id)
    assert asset.id == made.upload.asset_id
    assert (asset.name, asset.content_type, asset.size_bytes, asset.sha256) == (
        "../../x/Köln \u202e.mp4",
        "video/mp4",
        len(clip),
        sha256,
    )
    assert asset.info.video is not None
    assert (asset.info.video.width, asset.info.video.frames) == (160, 25)
    async with database.begin() as session:
        assert await service.get(session, WS, asset.id) == asset
        url = await service.download_url(session, WS, asset.id)
    assert await visit(store, "GET", url) == (200, clip)
    assert all("Köln" not in key and ".." not in key for key in await stored(store))


@pytest.mark.threat("F14")
async def test_complete_again_gives_the_same_asset(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    await send(store, made, clip)
    outcomes = await asyncio.gather(
        *(service.complete_upload(WS, made.upload.id) for _ in range(4)), return_exceptions=True
    )
    assets = [outcome for outcome in outcomes if isinstance(outcome, Asset)]
    assert assets
    assert all(outcome in assets or isinstance(outcome, Conflict) for outcome in outcomes)
    assert await service.complete_upload(WS, made.upload.id) == assets[0]
    assert await status_of(service, database, made.upload.id) is UploadStatus.COMPLETED


async def test_complete_before_the_bytes_came_can_be_tried_again(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    with pytest.raises(Conflict) as caught:
        await service.complete_upload(WS, made.upload.id)
    assert caught.value.code == "upload_not_received"
    assert await status_of(service, database, made.upload.id) is UploadStatus.PENDING
    await send(store, made, clip)
    assert (await service.complete_upload(WS, made.upload.id)).size_bytes == len(clip)


async def test_bytes_with_another_hash_are_refused_for_good(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip, sha256="0" * 64)
    await send(store, made, clip)
    for _ in range(2):
        with pytest.raises(Invalid) as caught:
            await service.complete_upload(WS, made.upload.id)
        assert caught.value.code == "sha256_mismatch"
    assert await status_of(service, database, made.upload.id) is UploadStatus.FAILED
    async with database.begin() as session:
        upload = await service.get_upload(session, WS, made.upload.id)
        assert upload.error is not None
        assert upload.error.code == "sha256_mismatch"
        with pytest.raises(NotFound):
            await service.get(session, WS, made.upload.asset_id)
    assert [key for key in await stored(store) if "/assets/" in key] == []


@pytest.mark.parametrize("store", ["s3"], indirect=True)
@pytest.mark.threat("F13")
async def test_f13_an_object_of_another_size_is_no_upload(
    service: AssetService, database: Database, honest: Any, s3_settings: S3Settings, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    honest.put_object(Bucket=s3_settings.bucket, Key=f"ws/{WS}/uploads/{made.upload.id}", Body=clip + b"more")
    with pytest.raises(Invalid) as caught:
        await service.complete_upload(WS, made.upload.id)
    assert caught.value.code == "size_mismatch"
    assert await status_of(service, database, made.upload.id) is UploadStatus.FAILED


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>alert(1)</script></html>", "not_media"),
        (b"PK\x03\x04" + bytes(100), "not_media"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not_media"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "media_unsupported"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "media_truncated"),
    ],
    ids=["html", "zip", "playlist", "svg", "cut off"],
)
@pytest.mark.threat("A39")
async def test_a39_what_only_says_that_it_is_media_is_refused(
    service: AssetService, database: Database, store: Store, content: bytes, code: str
) -> None:
    made = await promise(service, database, content)
    await send(store, made, content)
    with pytest.raises(Invalid) as caught:
        await service.complete_upload(WS, made.upload.id)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("content", "announced", "kind", "served"),
    [
        (b"# Notes\n", "text/markdown", "text", "text/plain"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "text/plain", "text", "text/plain"),
        (b"<script>alert(1)</script>", "text/plain", "text", "text/plain"),
        (pdf(["Notes"]), "application/pdf", "pdf", "application/pdf"),
        (pdf(["Notes"]), "text/plain", "pdf", "application/pdf"),
    ],
    ids=["markdown", "playlist", "page", "pdf", "pdf as text"],
)
async def test_what_is_announced_for_reading_is_kept_as_what_it_is(
    service: AssetService, database: Database, store: Store, content: bytes, announced: str, kind: str, served: str
) -> None:
    made = await promise(service, database, content, name="notes", content_type=announced)
    await send(store, made, content)
    asset = await service.complete_upload(WS, made.upload.id)
    assert (asset.info.kind, asset.info.format, asset.content_type) == ("document", kind, served)
    assert (asset.info.video, asset.info.audio, asset.info.duration) == (None, None, None)
    async with database.begin() as session:
        assert await service.get(session, WS, asset.id) == asset


@pytest.mark.threat("A39")
async def test_a39_what_only_says_that_it_is_for_reading_is_refused(
    service: AssetService, database: Database, store: Store
) -> None:
    for content, kind in (
        (b"\x7fELF\x02\x01\x01" + bytes(100), "application/pdf"),
        ("Käse".encode("latin-1"), "text/plain"),
    ):
        made = await promise(service, database, content, content_type=kind)
        await send(store, made, content)
        with pytest.raises(Invalid, match=f"announced as {kind}, and is no text in UTF-8 or UTF-16") as caught:
            await service.complete_upload(WS, made.upload.id)
        assert caught.value.code == "not_media"


@pytest.mark.threat("A39")
async def test_a39_a_film_that_is_also_something_else_is_served_as_a_film(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    polyglot = clip + b"<html><script>alert(1)</script></html>PK\x05\x06" + bytes(18)
    made = await promise(service, database, polyglot, name="page.html")
    await send(store, made, polyglot)
    asset = await service.complete_upload(WS, made.upload.id)
    assert asset.content_type == "video/mp4"


@pytest.mark.threat("A39")
async def test_the_type_of_an_asset_is_what_it_is_and_not_what_was_said(
    service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    sound = make_audio(tmp_path / "sound.mp3").read_bytes()
    made = await promise(service, database, sound)
    await send(store, made, sound)
    assert (await service.complete_upload(WS, made.upload.id)).content_type == "audio/mpeg"


@pytest.mark.threat("A44")
async def test_a44_bytes_sent_after_completion_change_nothing(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    await send(store, made, clip)
    asset = await service.complete_upload(WS, made.upload.id)
    again = await send(store, made, bytes(len(clip)))
    assert again == (409 if isinstance(store, LocalStore) else 200)
    async with database.begin() as session:
        url = await service.download_url(session, WS, asset.id)
    assert await visit(store, "GET", url) == (200, clip)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "bad_name"),
        ({"name": "a\x00b"}, "bad_name"),
        ({"name": "a\nb"}, "bad_name"),
        ({"name": "\ud800"}, "bad_name"),
        ({"name": "x" * 256}, "bad_name"),
        ({"content_type": "text/html"}, "bad_content_type"),
        ({"content_type": "video/"}, "bad_content_type"),
        ({"content_type": "video/mp4\r\nX: 1"}, "bad_content_type"),
        ({"content_type": "video/mp4; charset=x"}, "bad_content_type"),
        ({"size_bytes": 0}, "bad_size"),
        ({"size_bytes": -1}, "bad_size"),
        ({"size_bytes": 5 * 1024**3 + 1}, "upload_too_large"),
        ({"sha256": "abc"}, "bad_sha256"),
        ({"sha256": "A" * 64}, "bad_sha256"),
    ],
)
async def test_a_promise_that_cannot_be_kept_is_refused(
    database: Database, tmp_path: Path, changed: dict[str, object], code: str
) -> None:
    store = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    wanted = {"name": "clip.mp4", "content_type": "video/mp4", "size_bytes": 1, "sha256": None, **changed}
    async with database.begin() as session:
        with pytest.raises(Invalid) as caught:
            await AssetService(database, store).create_upload(session, WS, **wanted)  # type: ignore[arg-type]
    assert caught.value.code == code
    await store.close()


@pytest.mark.threat("A47")
async def test_a47_nothing_of_another_workspace_can_be_seen_or_touched(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    await send(store, made, clip)
    with pytest.raises(NotFound) as caught:
        await service.complete_upload("wsp_theirs", made.upload.id)
    unknown = await refused(service, database, "wsp_theirs", "upl_00000000000000000000000000")
    assert caught.value.to_json() == unknown.to_json()
    asset = await service.complete_upload(WS, made.upload.id)
    async with database.begin() as session:
        for attempt in (
            service.get_upload(session, "wsp_theirs", made.upload.id),
            service.get(session, "wsp_theirs", asset.id),
            service.download_url(session, "wsp_theirs", asset.id),
            service.delete(session, "wsp_theirs", asset.id),
            service.restore(session, "wsp_theirs", asset.id),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert (await service.list_assets(session, "wsp_theirs")).items == ()
        assert await service.get(session, WS, asset.id) == asset


async def refused(service: AssetService, database: Database, workspace_id: str, upload_id: str) -> CutroomError:
    with pytest.raises(NotFound) as caught:
        await service.complete_upload(workspace_id, upload_id)
    return caught.value


@pytest.mark.parametrize("wrong", ["", "upl_", "a\x00b", "upl_00000000000000000000000000'--", "\ud800", "x" * 10_000])
async def test_an_id_that_is_none_is_not_found(database: Database, tmp_path: Path, wrong: str) -> None:
    store = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    service = AssetService(database, store)
    async with database.begin() as session:
        for attempt in (
            service.get_upload(session, WS, wrong),
            service.get(session, WS, wrong),
            service.delete(session, WS, wrong),
            service.restore(session, WS, wrong),
            service.download_url(session, WS, wrong),
        ):
            with pytest.raises(NotFound):
                await attempt
    await store.close()


async def test_a_verification_that_died_is_taken_over_and_a_living_one_is_not(
    service: AssetService, database: Database, store: Store, clip: bytes
) -> None:
    made = await promise(service, database, clip)
    await send(store, made, clip)
    await verifying_since(database, made.upload.id, seconds=1)
    with pytest.raises(Conflict) as caught:
        await service.complete_upload(WS, made.upload.id)
    assert caught.value.code == "upload_in_progress"
    await verifying_since(database, made.upload.id, seconds=1000)
    assert (await service.complete_upload(WS, made.upload.id)).id == made.upload.asset_id


async def verifying_since(database: Database, upload_id: str, *, seconds: int) -> None:
    async with database.begin() as session:
        await session.execute(
            text(
                "UPDATE uploads SET status = 'verifying', verifying_at = now() - make_interval(secs => :ago) "
                "WHERE id = :id"
            ),
            {"ago": seconds, "id": upload_id},
        )


async def test_a_store_that_fails_leaves_the_upload_pending(
    database: Database, cache: LocalCache, tmp_path: Path, clip: bytes
) -> None:
    store = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    service = AssetService(database, store, cache=cache, settings=AssetSettings(download_url_s=5))
    made = await promise(service, database, clip)
    await send(store, made, clip)
    obstacle = tmp_path / "store" / "objects" / "ws" / WS / "assets"
    obstacle.write_text("a file where a folder is needed")
    with pytest.raises(Unavailable):
        await service.complete_upload(WS, made.upload.id)
    assert await status_of(service, database, made.upload.id) is UploadStatus.PENDING
    obstacle.unlink()
    assert (await service.complete_upload(WS, made.upload.id)).size_bytes == len(clip)
    await store.close()
