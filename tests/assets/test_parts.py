"""Uploads in parts, on every store: the same steps of a client, whoever takes the bytes. Threats A43, A44, F13."""

import asyncio
import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from cutroom.assets import (
    AssetService,
    AssetSettings,
    LocalCache,
    LocalStore,
    NewUpload,
    Once,
    Part,
    Retention,
    S3Settings,
    SignedPart,
    Store,
    UploadMethod,
    UploadStatus,
)
from cutroom.assets.keys import upload_key
from cutroom.assets.s3_parts import LEAST_PART_BYTES
from cutroom.assets.sizes import part_bytes, part_count, part_size
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Invalid, NotFound
from tests.assets.visiting import visit

WS = "wsp_mine"
SETTINGS = AssetSettings(part_bytes=LEAST_PART_BYTES)


@pytest.fixture
def service(database: Database, store: Store, cache: LocalCache) -> AssetService:
    """Parts as small as a bucket takes them."""
    return AssetService(database, store, cache=cache, settings=SETTINGS)


async def announced(service: AssetService, database: Database, content: bytes, **more: Any) -> NewUpload:
    async with database.begin() as session:
        return await service.create_upload(
            session,
            WS,
            name="film.mp4",
            content_type="video/mp4",
            size_bytes=len(content),
            multipart=True,
            **more,
        )


async def send(store: Store, part: SignedPart, content: bytes) -> tuple[int, str]:
    """Send a part as the permission says; status and ETag of the answer."""
    put = part.put
    if isinstance(store, LocalStore):
        status, etag = await visit(store, put.method, put.url, content, put.headers["Content-Type"])
        return status, etag.decode()
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.request(put.method, put.url, headers=dict(put.headers), content=content)
        return answer.status_code, answer.headers.get("etag", "")


def span(content: bytes, number: int, each: int = LEAST_PART_BYTES) -> bytes:
    return content[(number - 1) * each : number * each]


async def stored(store: Store) -> list[str]:
    return sorted([info.key async for info in store.list("ws/")])


async def unfinished(store: Store, made: NewUpload, database: Database) -> Sequence[Part]:
    async with database.begin() as session:
        handle = await session.scalar(text("SELECT handle FROM uploads WHERE id = :id"), {"id": made.upload.id})
    return await store.list_parts(upload_key(WS, made.upload.id), str(handle))


async def test_parts_sent_in_any_order_become_an_asset(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    sha256 = hashlib.sha256(film).hexdigest()
    made = await announced(service, database, film, sha256=sha256)
    assert (made.upload.method, made.put) == (UploadMethod.MULTIPART, None)
    parts = await service.sign_parts(WS, made.upload.id)
    assert [part.number for part in parts] == [1, 2, 3]
    assert sum(part.size_bytes for part in parts) == len(film)
    etags = []
    for part in reversed(parts):
        status, etag = await send(store, part, span(film, part.number))
        assert status in {200, 204}
        etags.append((part.number, etag))
    assert [(part.number, part.etag.strip('"')) for part in await service.sent_parts(WS, made.upload.id)] == sorted(
        (number, etag.strip('"')) for number, etag in etags
    )
    asset = await service.complete_upload(WS, made.upload.id, etags)
    assert (asset.size_bytes, asset.sha256) == (len(film), sha256)
    assert await service.complete_upload(WS, made.upload.id) == asset
    async with database.begin() as session:
        url = await service.download_url(session, WS, asset.id)
    assert await visit(store, "GET", url) == (200, film)
    assert await stored(store) == [f"ws/{WS}/assets/{asset.id}.0"]


async def test_parts_that_are_missing_are_named_and_can_still_be_sent(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    with pytest.raises(Conflict) as early:
        await service.complete_upload(WS, made.upload.id)
    assert early.value.code == "upload_not_received"
    parts = await service.sign_parts(WS, made.upload.id)
    await send(store, parts[1], span(film, 2))
    with pytest.raises(Conflict) as caught:
        await service.complete_upload(WS, made.upload.id)
    assert caught.value.code == "parts_missing"
    assert [detail.pointer for detail in caught.value.details] == ["/parts/0", "/parts/2"]
    for part in await service.sign_parts(WS, made.upload.id, [3, 1]):
        await send(store, part, span(film, part.number))
    with pytest.raises(Conflict) as wrong:
        await service.complete_upload(WS, made.upload.id, [(1, "a"), (2, "b"), (3, "c")])
    assert wrong.value.code == "parts_changed"
    assert (await service.complete_upload(WS, made.upload.id)).size_bytes == len(film)


@pytest.mark.threat("A44")
async def test_a_part_takes_exactly_what_was_signed_and_the_last_that_is_sent_counts(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    first, second, third = await service.sign_parts(WS, made.upload.id)
    for body in (span(film, 1) + b"x", span(film, 1)[:-1]):
        status, _ = await send(store, first, body)
        assert status in {403, 413, 422}
    await send(store, first, bytes(first.size_bytes))
    for part in (first, second, third):
        assert (await send(store, part, span(film, part.number)))[0] in {200, 204}
    asset = await service.complete_upload(WS, made.upload.id)
    assert asset.sha256 == hashlib.sha256(film).hexdigest()


@pytest.mark.threat("A43")
async def test_nothing_in_a_parts_link_can_be_changed(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    other = await announced(service, database, film)
    first, second, _ = await service.sign_parts(WS, made.upload.id)
    strange = (await service.sign_parts(WS, other.upload.id))[0]
    url = first.put.url
    path, query = url.split("?")
    changed = [
        path,
        f"{path[:-1]}9?{query}",
        f"{strange.put.url.split('?')[0]}?{query}",
        url.replace("partNumber=1", "partNumber=2"),
        url.replace("/00001", "/00002"),
        url.replace(str(first.size_bytes), str(first.size_bytes + 1)),
        url.replace("xpires=", "xpires=9"),
        url.replace("Signature=", "Signature=0").replace("sig=", "sig=0"),
        url.replace(f"{WS}", "wsp_theirs"),
    ]
    for wrong in changed:
        if wrong != url:
            put = dataclasses.replace(first.put, url=wrong)
            status, _ = await send(store, dataclasses.replace(first, put=put), span(film, 1))
            assert status in {400, 403, 404}, wrong
    assert await service.sent_parts(WS, made.upload.id) == []
    assert second.put.url != first.put.url


@pytest.mark.threat("A44")
async def test_an_upload_that_was_given_up_is_gone_with_its_parts_and_its_links(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    parts = await service.sign_parts(WS, made.upload.id)
    await send(store, parts[0], span(film, 1))
    await service.abort_upload(WS, made.upload.id)
    assert await unfinished(store, made, database) == []
    assert await stored(store) == []
    for attempt in (
        service.complete_upload(WS, made.upload.id),
        service.sign_parts(WS, made.upload.id),
        service.abort_upload(WS, made.upload.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    if isinstance(store, LocalStore):  # the route asks before it takes bytes
        with pytest.raises(Conflict) as caught:
            await service.admit(f"{upload_key(WS, made.upload.id)}.parts/00001")
        assert caught.value.code == "upload_closed"
    else:
        assert (await send(store, parts[1], span(film, 2)))[0] == 404


async def test_what_became_an_asset_cannot_be_given_up(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    for part in await service.sign_parts(WS, made.upload.id):
        await send(store, part, span(film, part.number))
    asset = await service.complete_upload(WS, made.upload.id)
    with pytest.raises(Conflict) as caught:
        await service.abort_upload(WS, made.upload.id)
    assert caught.value.code == "upload_completed"
    assert asset.id in caught.value.message


@pytest.mark.threat("A44")
async def test_an_upload_that_was_not_completed_in_time_is_swept_with_its_parts(
    service: AssetService, database: Database, store: Store, cache: LocalCache, film: bytes
) -> None:
    made = await announced(service, database, film)
    parts = await service.sign_parts(WS, made.upload.id)
    await send(store, parts[0], span(film, 1))
    retention = Retention(database, store, cache=cache)
    await retention.sweep_uploads()
    assert len(await unfinished(store, made, database)) == 1
    async with database.begin() as session:
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '61 minutes'"))
    await retention.sweep_uploads()
    assert await unfinished(store, made, database) == []
    assert await stored(store) == []
    async with database.begin() as session:
        upload = await service.get_upload(session, WS, made.upload.id)
    assert (upload.status, upload.error and upload.error.code) == (UploadStatus.FAILED, "upload_expired")
    with pytest.raises(Conflict):
        await service.complete_upload(WS, made.upload.id)


async def test_many_may_ask_for_the_same_parts_at_once(
    service: AssetService, database: Database, store: Store, film: bytes
) -> None:
    made = await announced(service, database, film)
    answers = await asyncio.gather(*(service.sign_parts(WS, made.upload.id) for _ in range(4)))
    for number, answer in zip((1, 2, 3), answers, strict=False):
        await send(store, answer[number - 1], span(film, number))
    assert (await service.complete_upload(WS, made.upload.id)).size_bytes == len(film)


@pytest.mark.parametrize("numbers", [[], [0], [4], [1, -1], list(range(1, 102))])
async def test_parts_that_are_not_there_cannot_be_asked_for(
    service: AssetService, database: Database, film: bytes, numbers: list[int]
) -> None:
    made = await announced(service, database, film)
    with pytest.raises(Invalid) as caught:
        await service.sign_parts(WS, made.upload.id, numbers)
    assert caught.value.code == "bad_parts"


@pytest.mark.threat("A72")
async def test_a_key_makes_one_upload_of_many_requests(service: AssetService, database: Database) -> None:
    once = Once("key", "hash")

    async def announce(workspace_id: str = WS, once: Once = once) -> NewUpload:
        async with database.begin() as session:
            return await service.create_upload(
                session, workspace_id, name="a", content_type="image/png", size_bytes=9, once=once
            )

    made = await asyncio.gather(*(announce() for _ in range(5)))
    assert len({one.upload.id for one in made}) == 1
    assert sum(one.created for one in made) == 1
    assert all(one.put is not None for one in made)
    with pytest.raises(Invalid) as caught:
        await announce(once=Once("key", "other"))
    assert caught.value.code == "idempotency_key_reused"
    assert (await announce("wsp_theirs")).created
    async with database.begin() as session:
        await session.execute(text("UPDATE upload_keys SET created_at = now() - interval '25 hours'"))
    assert (await announce()).created
    await service.abort_upload(WS, (await announce()).upload.id)
    with pytest.raises(Conflict) as gone:
        await announce()
    assert gone.value.code == "idempotent_upload_gone"


@pytest.mark.parametrize(
    ("size_bytes", "each", "count"),
    [
        (1, 16 << 20, 1),
        (16 << 20, 16 << 20, 1),
        ((16 << 20) + 1, 16 << 20, 2),
        (10_000 * (16 << 20), 16 << 20, 10_000),
        (10_000 * (16 << 20) + 1, 17 << 20, 9412),
        (1 << 42, 420 << 20, 9987),
    ],
)
def test_ten_thousand_parts_are_always_enough(size_bytes: int, each: int, count: int) -> None:
    assert part_size(size_bytes, 16 << 20) == each
    assert part_count(size_bytes, each) == count
    assert part_bytes(size_bytes, each, count) == size_bytes - (count - 1) * each > 0


async def test_boto3_finds_the_parts_that_our_links_sent(
    database: Database, s3_settings: S3Settings, honest: Any, cache: LocalCache, film: bytes
) -> None:
    from cutroom.assets.s3 import S3Store  # noqa: PLC0415 — as late as the program itself loads botocore

    store = S3Store(s3_settings)
    service = AssetService(database, store, cache=cache, settings=SETTINGS)
    made = await announced(service, database, film)
    parts = await service.sign_parts(WS, made.upload.id)
    key = upload_key(WS, made.upload.id)
    await send(store, parts[0], span(film, 1))
    [upload] = honest.list_multipart_uploads(Bucket=s3_settings.bucket)["Uploads"]
    assert upload["Key"] == key
    place = {"Bucket": s3_settings.bucket, "Key": key, "UploadId": upload["UploadId"]}
    assert [part["Size"] for part in honest.list_parts(**place)["Parts"]] == [LEAST_PART_BYTES]
    # And what Amazon's own client signs and sends, we complete.
    url = honest.generate_presigned_url("upload_part", Params={**place, "PartNumber": 2}, ExpiresIn=60)
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.put(url, content=span(film, 2))).status_code == 200
    honest.upload_part(**place, PartNumber=3, Body=span(film, 3))
    asset = await service.complete_upload(WS, made.upload.id)
    answer = honest.get_object(Bucket=s3_settings.bucket, Key=f"ws/{WS}/assets/{asset.id}.0")
    assert hashlib.sha256(answer["Body"].read()).hexdigest() == hashlib.sha256(film).hexdigest() == asset.sha256
    await store.close()


async def test_boto3s_presigned_put_and_ours_are_taken_alike(
    database: Database, s3_settings: S3Settings, honest: Any, cache: LocalCache, film: bytes
) -> None:
    from cutroom.assets.s3 import S3Store  # noqa: PLC0415 — as above

    store = S3Store(s3_settings)
    service = AssetService(database, store, cache=cache)
    for theirs in (True, False):
        async with database.begin() as session:
            made = await service.create_upload(
                session, WS, name="a.mp4", content_type="video/mp4", size_bytes=len(film)
            )
        assert made.put is not None
        place = {"Bucket": s3_settings.bucket, "Key": upload_key(WS, made.upload.id)}
        url = honest.generate_presigned_url("put_object", Params=place, ExpiresIn=60) if theirs else made.put.url
        headers = {} if theirs else dict(made.put.headers)
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.put(url, content=film, headers=headers)).status_code == 200
        assert (await service.complete_upload(WS, made.upload.id)).size_bytes == len(film)
    await store.close()
