"""From an upload to an asset, over HTTP. Threats A41, A43, A44."""

import hashlib
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.api.test_requests import raw
from tests.api.world import World, document, error_of
from tests.media.foundry import cast
from tests.media.heics import chart, coded, grid, heif


def a_picture(color: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8), color).save(buffer, "PNG")
    return buffer.getvalue()


async def announced(world: World, content: bytes, **more: Any) -> Any:
    wanted = {"name": "a.png", "contentType": "image/png", "sizeBytes": len(content), **more}
    answer = await world.mine.post("/api/v1/uploads", json=wanted)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/uploads/{answer.json()['id']}"
    return answer.json()


async def put(world: World, upload: Any, content: Any, **headers: str) -> httpx2.Response:
    """Send bytes to the signed link, as somebody without a key."""
    signed = upload["put"]
    return await world.nobody.request(
        signed["method"], signed["url"], headers={**signed["headers"], **headers}, content=content
    )


async def uploaded(world: World, content: bytes | None = None) -> Any:
    content = content or a_picture()
    upload = await announced(world, content)
    assert (await put(world, upload, content)).status_code == 204
    answer = await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_upload_becomes_an_asset_that_a_timeline_can_name(world: World) -> None:
    content = a_picture()
    sha256 = hashlib.sha256(content).hexdigest()
    upload = await announced(world, content, sha256=sha256)
    assert upload["status"] == "pending"
    assert (await put(world, upload, content)).status_code == 204
    answer = await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")
    asset = answer.json()
    assert answer.headers["location"] == f"/api/v1/assets/{asset['id']}"
    assert asset["id"] == upload["assetId"]
    assert (asset["sizeBytes"], asset["sha256"], asset["contentType"]) == (len(content), sha256, "image/png")
    assert asset["media"]["kind"] == "image"
    assert (asset["media"]["video"]["width"], asset["media"]["video"]["height"]) == (16, 8)
    assert (await world.mine.get(f"/api/v1/uploads/{upload['id']}")).json()["status"] == "completed"

    made = document("x")
    made["timeline"]["tracks"][0]["clips"][0]["asset"] = {"type": "image", "src": asset["src"]}
    assert (await world.mine.post("/api/v1/render", json=made)).status_code == 202
    stolen = await world.theirs.post("/api/v1/render", json=made)
    error_of(stolen, 422, "source_not_found")


async def test_a_font_becomes_an_asset_that_says_what_it_is_called(world: World, tmp_path: Path) -> None:
    content = cast(tmp_path / "a.woff2", "Brand", flavor="woff2").read_bytes()
    upload = await announced(world, content, name="Brand.woff2", contentType="font/woff2")
    assert (await put(world, upload, content)).status_code == 204
    asset = (await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")).json()
    assert asset["contentType"] == "font/woff2"
    face = {"names": ["Brand", "Brand Regular", "Brand-Regular"], "weight": 400, "italic": False}
    assert asset["media"] == {"kind": "font", "format": "woff2", "faces": [face]}
    made = document("x")
    made["timeline"]["fonts"] = [{"src": asset["src"]}]
    found = (await world.mine.post("/api/v1/render/validate", json=made)).json()
    assert found["sources"] == [{"src": asset["src"], "kind": "font", "pointers": ["/timeline/fonts/0/src"]}]
    stolen = await world.theirs.post("/api/v1/render", json=made)
    assert error_of(stolen, 422, "source_not_found")["details"][0]["pointer"] == "/timeline/fonts/0/src"


async def test_a_photo_of_a_phone_is_kept_as_it_is_and_told_for_what_it_is(world: World, tmp_path: Path) -> None:
    content = heif([grid(1, 1, 60, 40, (b"irot", b"\x01")), coded(chart(64, 64), tmp_path)], [(b"dimg", 1, [2])])
    upload = await announced(world, content, name="IMG_0001.HEIC", contentType="image/heic")
    assert (await put(world, upload, content)).status_code == 204
    asset = (await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")).json()
    assert (asset["contentType"], asset["sha256"]) == ("image/heic", hashlib.sha256(content).hexdigest())
    assert (asset["media"]["kind"], asset["media"]["format"]) == ("image", "heic")
    assert (asset["media"]["video"]["width"], asset["media"]["video"]["height"]) == (40, 60)
    upload = await announced(world, content[:-20])
    assert (await put(world, upload, content[:-20])).status_code == 204
    error = error_of(await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete"), 422, "media_truncated")
    assert "HEIC" in error["message"]


async def test_completing_again_gives_the_same_asset(world: World) -> None:
    content = a_picture()
    upload = await announced(world, content)
    await put(world, upload, content)
    path = f"/api/v1/uploads/{upload['id']}/complete"
    assert (await world.mine.post(path)).json() == (await world.mine.post(path)).json()


@pytest.mark.threat("A44")
async def test_bytes_are_taken_once(world: World) -> None:
    content = a_picture()
    upload = await announced(world, content)
    assert (await put(world, upload, content)).status_code == 204
    error_of(await put(world, upload, content), 409, "already_uploaded")
    await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")
    error_of(await put(world, upload, content), 409, "already_uploaded")


@pytest.mark.threat("A44")
async def test_bytes_of_another_size_are_refused(world: World) -> None:
    content = a_picture()

    async def chunked(body: bytes) -> Any:
        yield body[:10]
        yield body[10:]

    upload = await announced(world, content)
    for body in (content + b"x", chunked(content + b"x"), chunked(content + b"x" * 1_000_000)):
        assert (await put(world, upload, body)).status_code == 413
    for body in (content[:-1], chunked(content[:-1]), b""):
        error_of(await put(world, upload, body), 422, "size_mismatch")
    assert (await put(world, upload, content)).status_code == 204


@pytest.mark.threat("A43")
async def test_bytes_of_another_type_are_refused(world: World) -> None:
    upload = await announced(world, a_picture())
    for content_type in ("text/html", "image/png; charset=utf-8", ""):
        answer = await put(world, upload, a_picture(), **{"Content-Type": content_type})
        error_of(answer, 403, "content_type_mismatch")


async def test_a_sender_that_falls_silent_is_let_go(slow_world: World) -> None:
    upload = await announced(slow_world, b"x" * 1_000_000)
    head = (
        f"PUT {upload['put']['url'].removeprefix(slow_world.url)} HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: image/png\r\nContent-Length: 1000000\r\n\r\n"
    )
    answer = await raw(slow_world, head.encode() + b"x" * 1_000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"body_too_slow"' in answer


@pytest.mark.threat("A42", "A43")
async def test_a_link_that_was_changed_is_refused(world: World) -> None:
    content = a_picture()
    upload = await announced(world, content)
    good = upload["put"]["url"]
    other = (await announced(world, content))["put"]["url"]
    path, query = good.split("?")
    changed = [
        path,
        good.replace("size=", "size=1"),
        good.replace("expires=", "expires=9"),
        good.replace("image%2Fpng", "video%2Fmp4"),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good + "&size=1",
        good + "&x=1",
        f"{other.split('?')[0]}?{query}",
        path.replace("/uploads/", "/assets/") + "?" + query,
        path + "/../x?" + query,
    ]
    for url in changed:
        answer = await world.nobody.put(url, content=content, headers={"Content-Type": "image/png"})
        assert answer.status_code in {403, 404}, url
        error_of(answer, answer.status_code, answer.json()["error"]["code"])
    error_of(await world.nobody.get(good), 403, "bad_signature")
    assert (await put(world, upload, content)).status_code == 204


async def test_bytes_that_are_not_what_was_promised_fail_the_upload_for_good(world: World) -> None:
    text = b"this is no picture" * 10
    upload = await announced(world, text)
    await put(world, upload, text)
    path = f"/api/v1/uploads/{upload['id']}"
    for _ in range(2):
        error_of(await world.mine.post(f"{path}/complete"), 422, "not_media")
    found = (await world.mine.get(path)).json()
    assert (found["status"], found["error"]["code"]) == ("failed", "not_media")
    assert "put" not in found

    upload = await announced(world, a_picture(), sha256="0" * 64)
    await put(world, upload, a_picture())
    error_of(await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete"), 422, "sha256_mismatch")


async def test_completing_before_the_bytes_are_there_can_be_done_again(world: World) -> None:
    content = a_picture()
    upload = await announced(world, content)
    path = f"/api/v1/uploads/{upload['id']}/complete"
    error_of(await world.mine.post(path), 409, "upload_not_received")
    await put(world, upload, content)
    assert (await world.mine.post(path)).status_code == 200


async def test_a_wrong_promise_is_refused_with_a_pointer(world: World) -> None:
    good = {"name": "a.png", "contentType": "image/png", "sizeBytes": 10}
    wrong: list[tuple[str, Any]] = [
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\nb"),
        ("contentType", "text/html"),
        ("contentType", "image/png\r\nX-Evil: 1"),
        ("contentType", "png"),
        ("sizeBytes", 0),
        ("sizeBytes", -1),
        ("sizeBytes", 1.5),
        ("sizeBytes", "many"),
        ("sizeBytes", 10**15),
        ("sizeBytes", 10**30),
        ("sha256", "abc"),
        ("sha256", "A" * 64),
        ("workspaceId", "ws_1"),
    ]
    for name, value in wrong:
        answer = await world.mine.post("/api/v1/uploads", json={**good, name: value})
        assert 400 <= answer.status_code < 500, (name, value)
        error = error_of(answer, answer.status_code, answer.json()["error"]["code"])
        assert error["details"][0]["pointer"] == f"/{name}", (name, value)
    for name in good:
        answer = await world.mine.post("/api/v1/uploads", json={key: good[key] for key in good if key != name})
        assert error_of(answer, 422, "invalid_input")["details"][0]["pointer"] == f"/{name}"


@pytest.mark.threat("A24", "A25", "A41")
async def test_a_name_never_becomes_a_path(world: World) -> None:
    content = a_picture()
    for name in (
        "../../etc/passwd",
        "C:\\x\\y.png",
        "a" * 255,
        "\u202egnp.exe",
        "-rf",
        "a:b",
        'q"uote.png',
        "%d.png",
        "*.png",
        "-y",
    ):
        upload = await announced(world, content, name=name)
        assert name not in upload["put"]["url"]
        await put(world, upload, content)
        asset = (await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")).json()
        assert asset["name"] == name
        answer = await world.mine.get(f"/api/v1/assets/{asset['id']}/download", follow_redirects=True)
        assert answer.content == content
        shown = answer.headers["content-disposition"]
        assert shown.startswith("attachment; ")
        assert ".." not in shown
        assert "\\" not in shown
        assert "/" not in shown


async def test_assets_are_listed_shown_deleted_and_restored(world: World) -> None:
    made = [(await uploaded(world, a_picture(color)))["id"] for color in ("red", "green", "blue")]
    first = (await world.mine.get("/api/v1/assets?limit=2")).json()
    second = (await world.mine.get("/api/v1/assets", params={"limit": 2, "cursor": first["nextCursor"]})).json()
    assert [asset["id"] for page in (first, second) for asset in page["items"]] == list(reversed(made))
    assert (await world.theirs.get("/api/v1/assets")).json() == {"items": []}

    path = f"/api/v1/assets/{made[0]}"
    shown = await world.mine.get(path)
    assert shown.json() == second["items"][0]
    again = await world.mine.get(path, headers={"If-None-Match": shown.headers["etag"]})
    assert again.status_code == 304

    assert (await world.mine.delete(path)).status_code == 204
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/download")):
        error_of(await world.mine.request(method, where), 404, "asset_not_found")
    assert len((await world.mine.get("/api/v1/assets")).json()["items"]) == 2
    assert (await world.mine.post(f"{path}/restore")).json() == shown.json()
    assert (await world.mine.get(path)).status_code == 200
    error_of(await world.mine.post(f"{path}/restore"), 404, "asset_not_found")


async def test_a_download_is_a_link_that_needs_no_key(world: World) -> None:
    content = a_picture()
    asset = await uploaded(world, content)
    answer = await world.mine.get(f"/api/v1/assets/{asset['id']}/download")
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "no-store"
    file = await world.nobody.get(answer.headers["location"])
    assert file.content == content
    assert file.headers["content-type"] == "image/png"


@pytest.mark.threat("A72")
async def test_a_key_makes_an_announcement_safe_to_repeat(world: World) -> None:
    wanted = {"name": "a.png", "contentType": "image/png", "sizeBytes": 10}
    key = {"Idempotency-Key": '"one"'}
    first = await world.mine.post("/api/v1/uploads", json=wanted, headers=key)
    again = await world.mine.post("/api/v1/uploads", json=wanted, headers=key)
    assert again.json() == {**first.json(), "put": again.json()["put"]}
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    in_body = await world.mine.post("/api/v1/uploads", json={**wanted, "idempotencyKey": "one"})
    assert in_body.json()["id"] == first.json()["id"]
    other = await world.mine.post("/api/v1/uploads", json={**wanted, "sizeBytes": 11}, headers=key)
    error_of(other, 422, "idempotency_key_reused")
    theirs = await world.theirs.post("/api/v1/uploads", json=wanted, headers=key)
    assert theirs.json()["id"] != first.json()["id"]


@pytest.mark.threat("A23", "A39")
@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        b"<html><script>alert(1)</script></html>",
        b"\x00\x00\x00\x18ftypmp42<html><script>alert(1)</script>" + bytes(100),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"PK\x03\x04" + bytes(100),
    ],
)
async def test_what_is_no_media_is_refused_whatever_it_is_called(world: World, content: bytes) -> None:
    upload = await announced(world, content, name="a.png", contentType="image/png")
    await put(world, upload, content)
    answer = await world.mine.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] in {"not_media", "media_truncated", "media_unsupported"}
    for content_type in ("image/svg+xml", "text/html"):
        wanted = {"name": "a", "contentType": content_type, "sizeBytes": len(content)}
        made = await world.mine.post("/api/v1/uploads", json=wanted)
        if made.status_code == 201:  # svg is an image by its name; these bytes are none that we read
            await put(world, made.json(), content)
            done = await world.mine.post(f"/api/v1/uploads/{made.json()['id']}/complete")
            assert done.status_code == 422


@pytest.mark.threat("A39")
async def test_a_picture_with_a_page_in_it_is_served_as_a_picture_to_be_saved(world: World) -> None:
    asset = await uploaded(world, a_picture() + b"<html><script>alert(1)</script></html>")
    answer = await world.mine.get(f"/api/v1/assets/{asset['id']}/download", follow_redirects=True)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.threat("A23", "A39")
async def test_a_drawing_becomes_an_image_and_no_browser_runs_it(world: World) -> None:
    script = b"<script>alert(1)</script>"
    asset = await uploaded(world, b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">' + script + b"</svg>")
    assert (asset["media"]["kind"], asset["media"]["format"], asset["contentType"]) == ("image", "svg", "image/svg+xml")
    assert (asset["media"]["video"]["width"], asset["media"]["video"]["height"]) == (2048, 1024)
    answer = await world.mine.get(f"/api/v1/assets/{asset['id']}/download", follow_redirects=True)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.threat("A44")
async def test_links_to_a_deleted_asset_die_at_once_and_it_can_come_back(world: World) -> None:
    content = a_picture()
    asset = await uploaded(world, content)
    path = f"/api/v1/assets/{asset['id']}"
    link = (await world.mine.get(f"{path}/download")).headers["location"]
    assert (await world.nobody.get(link)).content == content
    await world.mine.delete(path)
    error_of(await world.nobody.get(link), 404, "object_not_found")
    assert (await world.mine.get("/api/v1/assets")).json() == {"items": []}
    [deleted] = (await world.mine.get("/api/v1/assets", params={"deleted": "true"})).json()["items"]
    assert deleted["id"] == asset["id"]
    assert deleted["deletedAt"] >= asset["createdAt"]
    assert (await world.theirs.get("/api/v1/assets?deleted=true")).json() == {"items": []}
    assert (await world.mine.post(f"{path}/restore")).json() == asset
    error_of(await world.nobody.get(link), 404, "object_not_found")
    again = await world.mine.get(f"{path}/download", follow_redirects=True)
    assert again.content == content
    assert (await world.mine.get("/api/v1/assets?deleted=true")).json() == {"items": []}
