"""Uploads in parts, each by a link of its own. Threats A43, A44."""

from typing import Any

import httpx2
import pytest

from tests.api.test_uploads import a_picture, announced, put
from tests.api.world import World, error_of


async def in_parts(world: World, content: bytes, **more: Any) -> Any:
    upload = await announced(world, content, multipart=True, **more)
    assert "put" not in upload
    return upload


async def put_part(world: World, part: Any, content: bytes) -> httpx2.Response:
    return await world.nobody.request(part["method"], part["url"], headers=part["headers"], content=content)


async def test_an_upload_in_parts_becomes_an_asset(world: World) -> None:
    content = a_picture()
    upload = await in_parts(world, content)
    multipart = upload["multipart"]
    assert (upload["method"], multipart["partCount"]) == ("multipart", 1)
    [part] = multipart["parts"]
    assert part["sizeBytes"] == len(content) <= multipart["partSizeBytes"]
    sent = await put_part(world, part, content)
    assert sent.status_code == 204
    path = f"/api/v1/uploads/{upload['id']}"
    [here] = (await world.mine.get(f"{path}/parts")).json()["parts"]
    assert here == {"number": 1, "sizeBytes": len(content), "etag": sent.headers["etag"]}
    wrong = await world.mine.post(f"{path}/complete", json={"parts": [{"number": 1, "etag": "x"}]})
    error_of(wrong, 409, "parts_changed")
    done = await world.mine.post(f"{path}/complete", json={"parts": [{"number": 1, "etag": here["etag"]}]})
    assert done.status_code == 200, done.text
    shown = await world.mine.get(f"/api/v1/assets/{done.json()['id']}/download", follow_redirects=True)
    assert shown.content == content
    assert "parts" not in (await world.mine.get(path)).json()["multipart"]


async def test_further_parts_are_signed_on_request(world: World) -> None:
    size = 3 * (16 << 20) + 1
    upload = await in_parts(world, b"", sizeBytes=size)
    path = f"/api/v1/uploads/{upload['id']}/parts"
    [last] = (await world.mine.post(path, json={"numbers": [4]})).json()["parts"]
    assert (last["number"], last["sizeBytes"]) == (4, 1)
    assert (await put_part(world, last, b"x")).status_code == 204
    for numbers in ([5], [0], [], list(range(1, 102)), ["x"], [1.5]):
        answer = await world.mine.post(path, json={"numbers": numbers})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"][0]["pointer"].startswith("/numbers")
    missing = await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")
    details = error_of(missing, 409, "parts_missing")["details"]
    assert [detail["pointer"] for detail in details] == ["/parts/0", "/parts/1", "/parts/2"]
    single = await announced(world, a_picture())
    error_of(await world.mine.get(f"/api/v1/uploads/{single['id']}/parts"), 409, "not_in_parts")


async def test_what_is_large_comes_in_parts_without_being_asked(world: World) -> None:
    large = (100 << 20) + 1
    wanted = {"name": "a", "contentType": "video/mp4", "sizeBytes": large}
    assert (await world.mine.post("/api/v1/uploads", json=wanted)).json()["method"] == "multipart"
    single = await world.mine.post("/api/v1/uploads", json={**wanted, "multipart": False})
    assert single.json()["method"] == "single"


@pytest.mark.threat("A44")
async def test_an_upload_that_was_given_up_takes_no_bytes(world: World) -> None:
    content = a_picture()
    single, parted = await announced(world, content), await in_parts(world, content)
    for upload in (single, parted):
        path = f"/api/v1/uploads/{upload['id']}"
        assert (await world.mine.delete(path)).status_code == 204
        for method, where in (("GET", path), ("DELETE", path), ("POST", f"{path}/complete")):
            error_of(await world.mine.request(method, where), 404, "upload_not_found")
    error_of(await put(world, single, content), 409, "upload_closed")
    error_of(await put_part(world, parted["multipart"]["parts"][0], content), 409, "upload_closed")
    done = await announced(world, content)
    await put(world, done, content)
    assert (await world.mine.post(f"/api/v1/uploads/{done['id']}/complete")).status_code == 200
    error_of(await world.mine.delete(f"/api/v1/uploads/{done['id']}"), 409, "upload_completed")


@pytest.mark.threat("A43", "A44")
async def test_a_part_is_taken_as_it_was_signed_until_the_upload_is_complete(world: World) -> None:
    content = a_picture()
    upload = await in_parts(world, content)
    [part] = upload["multipart"]["parts"]
    for body in (content + b"x", content[:-1], b""):
        assert (await put_part(world, part, body)).status_code in {413, 422}
    moved = {**part, "url": part["url"].replace("/00001", "/00002")}
    error_of(await put_part(world, moved, content), 403, "bad_signature")
    first = await put_part(world, part, bytes(len(content)))
    second = await put_part(world, part, content)
    assert first.headers["etag"] != second.headers["etag"]
    assert (await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")).status_code == 200
    error_of(await put_part(world, part, content), 409, "upload_closed")
