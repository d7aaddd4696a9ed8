"""The tus protocol, by raw HTTP: every rule of version 1.0.0 that a client may rely on. Threats A41, A44."""

import asyncio
import base64
import hashlib
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.api.test_uploads import a_picture
from tests.api.world import World, error_of

PATH = "/api/v1/uploads/tus"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**pairs: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())


async def begun(world: World, size: int | None = None, **headers: str) -> str:
    """The address of a new upload."""
    length = {"Upload-Defer-Length": "1"} if size is None else {"Upload-Length": str(size)}
    answer = await world.mine.post(PATH, headers={**TUS, **length, **headers})
    assert answer.status_code == 201, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.headers["location"]


async def patch(world: World, where: str, offset: int, content: Any, **headers: str) -> httpx2.Response:
    return await world.mine.patch(where, headers={**BYTES, "Upload-Offset": str(offset), **headers}, content=content)


async def offset_of(world: World, where: str) -> int:
    answer = await world.mine.head(where, headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def bytes_of(world: World, asset_id: str) -> bytes:
    answer = await world.mine.get(f"/api/v1/assets/{asset_id}/download", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_an_upload_in_pieces_becomes_an_asset(world: World) -> None:
    content = a_picture()
    about = metadata(filename="Köln/../a.png", filetype="image/png", sha256=hashlib.sha256(content).hexdigest())
    where = await begun(world, len(content), **{"Upload-Metadata": about})
    first = await patch(world, where, 0, content[:20])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "20")
    assert "upload-expires" in first.headers
    assert await offset_of(world, where) == 20
    head = await world.mine.head(where, headers=TUS)
    assert (head.headers["upload-length"], head.headers["upload-metadata"]) == (str(len(content)), about)
    last = await patch(world, where, 20, content[20:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(content)))
    assert last.headers["cutroom-upload-status"] == "completed"
    asset = (await world.mine.get(f"/api/v1/assets/{last.headers['cutroom-asset-id']}")).json()
    assert (asset["name"], asset["contentType"]) == ("Köln/../a.png", "image/png")
    assert await bytes_of(world, asset["id"]) == content
    shown = (await world.mine.get(f"/api/v1/uploads/{where.rpartition('/')[2]}")).json()
    assert (shown["method"], shown["status"], shown["offsetBytes"]) == ("tus", "completed", len(content))


async def test_what_is_spoken_is_told(world: World) -> None:
    answer = await world.mine.options(PATH)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "checksum",
        "expiration",
        "termination",
        "concatenation",
    }
    assert {"sha1", "sha256"} <= set(answer.headers["tus-checksum-algorithm"].split(","))
    assert int(answer.headers["tus-max-size"]) > 0
    assert (await world.nobody.options(PATH)).status_code == 401


async def test_another_version_is_refused_on_everything(world: World) -> None:
    where = await begun(world, 10)
    for method, path in (("POST", PATH), ("HEAD", where), ("PATCH", where), ("DELETE", where)):
        for headers in ({}, {"Tus-Resumable": "0.2.2"}):
            answer = await world.mine.request(method, path, headers=headers)
            assert answer.status_code == 412
            assert (answer.headers["tus-resumable"], answer.headers["tus-version"]) == ("1.0.0", "1.0.0")


async def test_every_refusal_names_the_version(world: World) -> None:
    for answer in (
        await world.mine.patch(f"{PATH}/upl_1", headers={**BYTES, "Upload-Offset": "0"}),
        await world.mine.post(PATH, headers=TUS),
        await world.nobody.post(PATH, headers=TUS),
    ):
        assert answer.status_code in {400, 401, 404}
        assert answer.headers["tus-resumable"] == "1.0.0"


async def test_the_wrong_offset_is_409_and_changes_nothing(world: World) -> None:
    content = a_picture()
    where = await begun(world, len(content))
    await patch(world, where, 0, content[:20])
    for offset in (0, 19, 21, len(content)):
        error_of(await patch(world, where, offset, content[20:]), 409, "offset_mismatch")
    for wrong in ("-1", "x", "1.5", "9" * 30):
        answer = await world.mine.patch(where, headers={**BYTES, "Upload-Offset": wrong}, content=b"x")
        error_of(answer, 400, "bad_header")
    assert await offset_of(world, where) == 20


async def test_another_type_is_415(world: World) -> None:
    where = await begun(world, 10)
    for content_type in ("application/octet-stream", "image/png", ""):
        answer = await world.mine.patch(
            where, headers={**TUS, "Upload-Offset": "0", "Content-Type": content_type}, content=b"x"
        )
        error_of(answer, 415, "unsupported_media_type")


@pytest.mark.threat("A44")
async def test_a_larger_body_is_413_and_what_was_too_much_is_not_kept(world: World) -> None:
    async def endless(count: int) -> Any:
        for _ in range(count):
            yield b"x" * 1000

    where = await begun(world, 5_000)
    error_of(await patch(world, where, 0, b"x" * 5_001), 413, "payload_too_large")
    assert await offset_of(world, where) == 0
    assert (await patch(world, where, 0, endless(2_000))).status_code == 413
    assert await offset_of(world, where) <= 5_000
    too_large = await world.mine.post(PATH, headers={**TUS, "Upload-Length": str(10**15)})
    error_of(too_large, 413, "upload_too_large")


async def test_the_first_bytes_may_come_with_the_creation(world: World) -> None:
    content = a_picture()
    answer = await world.mine.post(PATH, headers={**BYTES, "Upload-Length": str(len(content))}, content=content[:30])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "30")
    where = answer.headers["location"]
    assert (await patch(world, where, 30, content[30:])).headers["cutroom-upload-status"] == "completed"
    whole = await world.mine.post(PATH, headers={**BYTES, "Upload-Length": str(len(content))}, content=content)
    assert (whole.status_code, whole.headers["cutroom-upload-status"]) == (201, "completed")


async def test_the_length_may_come_later_and_only_once(world: World) -> None:
    content = a_picture()
    where = await begun(world)
    head = await world.mine.head(where, headers=TUS)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    await patch(world, where, 0, content[:10])
    error_of(await patch(world, where, 10, b"", **{"Upload-Length": "5"}), 422, "bad_size")
    assert (await patch(world, where, 10, content[10:20], **{"Upload-Length": str(len(content))})).status_code == 204
    error_of(await patch(world, where, 20, b"", **{"Upload-Length": "999"}), 409, "length_known")
    done = await patch(world, where, 20, content[20:])
    assert done.headers["cutroom-upload-status"] == "completed"
    wrong: list[dict[str, str]] = [
        {},
        {"Upload-Length": "1", "Upload-Defer-Length": "1"},
        {"Upload-Defer-Length": "2"},
    ]
    for headers in wrong:
        error_of(await world.mine.post(PATH, headers={**TUS, **headers}), 400, "bad_header")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5", "crc32"])
async def test_bytes_that_do_not_fit_their_checksum_are_460_and_forgotten(world: World, algorithm: str) -> None:
    content = a_picture()

    def checksum(data: bytes) -> str:
        if algorithm == "crc32":
            return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        return base64.b64encode(hashlib.new(algorithm, data).digest()).decode()

    where = await begun(world, len(content))
    wrong = await patch(world, where, 0, content[:40], **{"Upload-Checksum": f"{algorithm} {checksum(b'other')}"})
    error_of(wrong, 460, "checksum_mismatch")
    assert await offset_of(world, where) == 0
    right = await patch(world, where, 0, content[:40], **{"Upload-Checksum": f"{algorithm} {checksum(content[:40])}"})
    assert (right.status_code, right.headers["upload-offset"]) == (204, "40")
    for header in ("crc64 AAAA", f"{algorithm} !!!", algorithm + "x AAAA"):
        error_of(await patch(world, where, 40, b"x", **{"Upload-Checksum": header}), 400, "bad_header")
    rest = await patch(world, where, 40, content[40:], **{"Upload-Checksum": f"{algorithm} {checksum(content[40:])}"})
    assert rest.headers["cutroom-upload-status"] == "completed"


async def test_an_upload_that_is_terminated_is_gone(world: World) -> None:
    where = await begun(world, 1_000)
    await patch(world, where, 0, b"x" * 100)
    assert (await world.mine.delete(where, headers=TUS)).status_code == 204
    assert (await world.mine.head(where, headers=TUS)).status_code == 404
    error_of(await patch(world, where, 100, b"x"), 404, "upload_not_found")
    store = world.services.local_store
    assert store is not None
    assert [info.key async for info in store.list(f"ws/{world.workspace_id}/uploads/")] == []


async def test_an_upload_whose_time_is_over_is_410(world: World) -> None:
    where = await begun(world, 1_000)
    await patch(world, where, 0, b"x" * 100)
    async with world.services.database.begin() as session:
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '1 second'"))
    error_of(await patch(world, where, 100, b"x"), 410, "upload_expired")


async def test_pieces_are_joined_in_the_order_that_is_asked_for(world: World) -> None:
    content = a_picture()
    parts = [content[:30], content[30:50], content[50:]]
    wheres = [await begun(world, len(part), **{"Upload-Concat": "partial"}) for part in parts]
    final = "final;" + " ".join(wheres)
    error_of(await world.mine.post(PATH, headers={**TUS, "Upload-Concat": final}), 409, "piece_not_received")
    for where, part in reversed(list(zip(wheres, parts, strict=True))):
        assert (await patch(world, where, 0, part)).status_code == 204
        head = await world.mine.head(where, headers=TUS)
        assert (head.headers["upload-concat"], head.headers["upload-offset"]) == ("partial", str(len(part)))
    absolute = "final;" + " ".join(f"{world.url}{where}" for where in wheres)
    made = await world.mine.post(PATH, headers={**TUS, "Upload-Concat": absolute})
    assert made.status_code == 201, made.text
    assert made.headers["cutroom-upload-status"] == "completed"
    assert await bytes_of(world, made.headers["cutroom-asset-id"]) == content
    head = await world.mine.head(made.headers["location"], headers=TUS)
    assert head.headers["upload-concat"] == final
    assert head.headers["upload-length"] == head.headers["upload-offset"] == str(len(content))
    error_of(await patch(world, made.headers["location"], len(content), b"x"), 403, "upload_is_joined")
    piece = wheres[0].rpartition("/")[2]
    error_of(await world.mine.post(f"/api/v1/uploads/{piece}/complete"), 409, "upload_is_a_piece")
    theirs = await world.theirs.post(PATH, headers={**TUS, "Upload-Concat": final})
    error_of(theirs, 409, "piece_not_received")
    for concat in ("final", "final;", "final;/etc/passwd", "final;" + "x" * 20_000, "whole"):
        error_of(await world.mine.post(PATH, headers={**TUS, "Upload-Concat": concat}), 400, "bad_header")


async def test_bytes_that_are_no_media_are_refused_to_whoever_sends_the_last(world: World) -> None:
    where = await begun(world, 100)
    error_of(await patch(world, where, 0, b"<html><script>alert(1)</script>".ljust(100)), 422, "not_media")
    head = await world.mine.head(where, headers=TUS)
    assert (head.headers["upload-offset"], head.headers["cutroom-upload-status"]) == ("100", "failed")


@pytest.mark.threat("A41", "A24", "A25")
async def test_what_a_file_is_called_is_only_ever_told_back(world: World) -> None:
    content = a_picture()
    for name in ("../../x", "C:\\x", "%d.png", "*.png", "-y", "a:b", "concat:a", "x" * 255, "\u202egnp.exe"):
        where = await begun(world, len(content), **{"Upload-Metadata": metadata(filename=name)})
        done = await patch(world, where, 0, content)
        asset = (await world.mine.get(f"/api/v1/assets/{done.headers['cutroom-asset-id']}")).json()
        assert asset["name"] == name
    for value in ("a\x00b", "a\nb", "x" * 256):
        answer = await world.mine.post(
            PATH, headers={**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(filename=value)}
        )
        error_of(answer, 422, "bad_name")
    for header in ("filename", "filename !!", "a b c", "a YQ==,a YQ==", "filename /w==", "a " + "A" * 5_000):
        answer = await world.mine.post(PATH, headers={**TUS, "Upload-Length": "5", "Upload-Metadata": header})
        assert answer.status_code in {201, 400}, header
        assert header == "filename" or answer.status_code == 400, header


async def test_what_came_before_the_connection_broke_is_kept(world: World, tmp_path: Path) -> None:
    def received() -> bool:
        with suppress(FileNotFoundError):
            return any(path.stat().st_size for path in (tmp_path / "store").rglob("*") if path.is_file())
        return False

    content = a_picture() + bytes(3_000_000)
    where = await begun(world, len(content))
    _, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(
        f"PATCH {where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.api_key}\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
        "".encode()
        + content[:2_000_000]
    )
    await writer.drain()
    async with asyncio.timeout(60):
        while not received():
            await asyncio.sleep(0.02)
        writer.transport.abort()
        while (offset := await offset_of(world, where)) == 0:
            await asyncio.sleep(0.05)
    assert 0 < offset <= 2_000_000
    done = await patch(world, where, offset, content[offset:])
    assert done.headers["cutroom-upload-status"] == "completed"
    assert await bytes_of(world, done.headers["cutroom-asset-id"]) == content


async def taken(world: World) -> bool:
    """Whether a request is at work on the one upload."""
    async with world.services.database.begin() as session:
        return await session.scalar(text("SELECT writer IS NOT NULL FROM uploads")) is True


async def test_the_later_of_two_requests_goes_on_and_the_earlier_is_told(world: World) -> None:
    content = a_picture()
    where = await begun(world, len(content))
    go_on = asyncio.Event()

    async def hesitant() -> Any:
        yield content[:10]
        await go_on.wait()
        yield content[10:20]

    async with asyncio.TaskGroup() as group:
        first = group.create_task(patch(world, where, 0, hesitant()))
        async with asyncio.timeout(60):
            while not await taken(world):
                await asyncio.sleep(0.02)
        second = await patch(world, where, 0, content)
        go_on.set()
    assert second.headers["cutroom-upload-status"] == "completed"
    assert first.result().status_code == 409
    assert await bytes_of(world, second.headers["cutroom-asset-id"]) == content
