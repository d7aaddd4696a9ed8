"""What every store must do. One suite, run against the local disk and against a real S3 server."""

import asyncio
import hashlib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from cutroom.assets.s3 import PART_BYTES
from cutroom.assets.store import Store, attachment, checked_key, workspace_key
from cutroom.kit.errors import Invalid, NotFound
from tests.assets.visiting import visit

KEY = "ws/wsp_1/artifacts/art_1"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that is not the store's."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


async def put(store: Store, outside: Path, key: str, content: bytes) -> None:
    path = outside / "draft"
    path.write_bytes(content)
    await store.put(key, path, "video/mp4")
    assert not path.exists()


async def read(store: Store, outside: Path, key: str) -> bytes:
    path = outside / "copy"
    await store.get(key, path)
    content = path.read_bytes()
    path.unlink()
    assert list(outside.iterdir()) == []
    return content


async def keys(store: Store, prefix: str) -> list[str]:
    return sorted([info.key async for info in store.list(prefix)])


@pytest.mark.parametrize("size_bytes", [0, 1, 5000, PART_BYTES + 5_000_001])
async def test_what_is_put_is_what_is_got(store: Store, outside: Path, size_bytes: int) -> None:
    content = (hashlib.sha256(b"seed").digest() * (size_bytes // 32 + 1))[:size_bytes]
    await put(store, outside, KEY, content)
    found = await store.head(KEY)
    assert found is not None
    assert (found.key, found.size_bytes) == (KEY, size_bytes)
    assert found.modified_at.tzinfo is not None
    assert await read(store, outside, KEY) == content


async def test_a_second_put_replaces_the_first(store: Store, outside: Path) -> None:
    await put(store, outside, KEY, b"first")
    await put(store, outside, KEY, b"the second")
    assert await read(store, outside, KEY) == b"the second"


async def test_puts_at_the_same_time_leave_one_whole_object(store: Store, outside: Path) -> None:
    async def one(number: int) -> None:
        path = outside / f"draft-{number}"
        path.write_bytes(bytes([number]) * 100_000)
        await store.put(KEY, path, "video/mp4")

    await asyncio.gather(*(one(number) for number in range(8)))
    content = await read(store, outside, KEY)
    assert content in [bytes([number]) * 100_000 for number in range(8)]


async def test_what_is_not_there_is_not_found(store: Store, outside: Path) -> None:
    assert await store.head(KEY) is None
    for attempt in (store.get(KEY, outside / "copy"), store.copy(KEY, "ws/wsp_1/other")):
        with pytest.raises(NotFound) as caught:
            await attempt
        assert caught.value.code == "object_not_found"
    assert list(outside.iterdir()) == []
    assert await keys(store, "ws/") == []


async def test_a_copy_outlives_its_source(store: Store, outside: Path) -> None:
    await put(store, outside, KEY, b"content")
    await store.copy(KEY, "ws/wsp_1/blobs/src/abc")
    await store.copy(KEY, "ws/wsp_1/blobs/src/abc")
    await store.delete(KEY)
    assert await store.head(KEY) is None
    assert await read(store, outside, "ws/wsp_1/blobs/src/abc") == b"content"


async def test_delete_takes_many_and_minds_none_that_is_missing(store: Store, outside: Path) -> None:
    for name in ("a", "b", "c"):
        await put(store, outside, f"ws/wsp_1/{name}", b"x")
    await store.delete("ws/wsp_1/a", "ws/wsp_1/missing", "ws/wsp_1/c", "nowhere/at/all")
    await store.delete()
    assert await keys(store, "ws/") == ["ws/wsp_1/b"]


async def test_a_list_holds_all_under_a_folder_and_nothing_beside_it(store: Store, outside: Path) -> None:
    inside = ["ws/1/a", "ws/1/b/c", "ws/1/b/d", "ws/1/b/e/f", "ws/1/g", "ws/1/h", "ws/1/i"]
    for key in [*inside, "ws/11/a", "ws/1.b", "other/1/a"]:
        await put(store, outside, key, b"x")
    assert await keys(store, "ws/1/") == inside
    assert await keys(store, "ws/1/b/") == ["ws/1/b/c", "ws/1/b/d", "ws/1/b/e/f"]
    assert await keys(store, "ws/none/") == []


BAD_KEYS = [
    "../a", "ws/../a", "ws/1/..", "ws//a", "/ws/a", "ws/a/", "", ".", "ws/.hidden", "ws/%2e%2e/a", "ws/a%2fb",
    "ws\\a", "ws/a\x00b", "ws/a b", "ws/ä", "ws/a\n", "ws/-a", "a" * 513, "C:/a", "ws/a?b", "ws/a#b",
]  # fmt: skip


@pytest.mark.threat("A42")
async def test_a42_a_key_that_is_not_canonical_is_refused_by_every_method(store: Store, outside: Path) -> None:
    draft = outside / "draft"
    draft.write_bytes(b"x")
    for key in BAD_KEYS:
        for attempt in (
            store.put(key, draft, "video/mp4"),
            store.get(key, outside / "copy"),
            store.head(key),
            store.copy(key, KEY),
            store.copy(KEY, key),
            store.delete(key),
            keys(store, f"{key}/"),
        ):
            with pytest.raises((Invalid, NotFound)) as caught:
                await attempt
            assert caught.value.code in {"bad_key", "object_not_found"}
        with pytest.raises(Invalid, match="not the key"):
            store.sign_get(key, expires_s=60, file_name="a", content_type="video/mp4")
        with pytest.raises(Invalid, match="not the key"):
            store.sign_put(key, expires_s=60, size_bytes=1, content_type="video/mp4")
    assert draft.exists()
    assert await keys(store, "ws/") == []


@pytest.mark.parametrize("workspace", ["../wsp_2", "wsp_1/..", "", ".", "wsp_1/x"])
@pytest.mark.threat("A42")
def test_a42_a_workspace_cannot_name_another_ones_prefix(workspace: str) -> None:
    with pytest.raises(Invalid):
        workspace_key(workspace, "a")
    assert workspace_key("wsp_1", "blobs", "src/abc") == checked_key("ws/wsp_1/blobs/src/abc")


async def test_a_signed_url_reads_one_object(store: Store, outside: Path) -> None:
    await put(store, outside, KEY, b"content")
    url = store.sign_get(KEY, expires_s=60, file_name='Für "uns".mp4', content_type="video/mp4")
    assert await visit(store, "GET", url) == (200, b"content")
    await store.delete(KEY)
    assert (await visit(store, "GET", url))[0] == 404


async def test_the_longest_link_that_a_store_promises_works(store: Store, outside: Path) -> None:
    await put(store, outside, KEY, b"content")
    url = store.sign_get(KEY, expires_s=store.longest_link_s, file_name="a.mp4", content_type="video/mp4")
    assert store.longest_link_s >= 7 * 86_400
    assert await visit(store, "GET", url) == (200, b"content")


@pytest.mark.threat("A43")
async def test_a43_a_signed_url_that_was_changed_is_refused(store: Store, outside: Path) -> None:
    for key in (KEY, "ws/wsp_2/artifacts/art_2"):
        await put(store, outside, key, b"content")
    url = store.sign_get(KEY, expires_s=60, file_name="a.mp4", content_type="video/mp4")
    changed = [
        url.replace("wsp_1", "wsp_2").replace("art_1", "art_2"),
        url.replace("video%2Fmp4", "text%2Fhtml"),
        url.replace("a.mp4", "a.html"),
        url + "&extra=1",
        url[:-2] + ("00" if not url.endswith("00") else "11"),
        later(url),
        url.partition("?")[0],
    ]
    for attempt in changed:
        assert attempt != url
        assert (await visit(store, "GET", attempt))[0] in {400, 403}, attempt
    assert (await visit(store, "PUT", url, b"x"))[0] == 403
    assert (await visit(store, "GET", url))[0] == 200


def later(url: str) -> str:
    """The same URL with a later expiry."""
    pairs = parse_qsl(urlsplit(url).query)
    expiry = next(name for name in ("X-Amz-Expires", "expires") if name in dict(pairs))
    value = dict(pairs)[expiry]
    return url.replace(f"{expiry}={value}", f"{expiry}={int(value) + 1}")


@pytest.mark.threat("A43", "A44")
async def test_a43_a44_an_upload_takes_exactly_what_was_signed(store: Store, outside: Path) -> None:
    signed = store.sign_put(KEY, expires_s=60, size_bytes=7, content_type="video/mp4")
    assert (signed.method, signed.headers) == ("PUT", {"Content-Type": "video/mp4"})
    for url, body, content_type in [
        (signed.url, b"content!", "video/mp4"),
        (signed.url, b"conten", "video/mp4"),
        (signed.url, b"content", "text/html"),
        (signed.url.replace("wsp_1", "wsp_2"), b"content", "video/mp4"),
        (later(signed.url), b"content", "video/mp4"),
    ]:
        assert (await visit(store, signed.method, url, body, content_type))[0] in {403, 422}
        assert await keys(store, "ws/") == []
    assert (await visit(store, "GET", signed.url))[0] == 403
    assert (await visit(store, signed.method, signed.url, b"content"))[0] == 200
    assert await read(store, outside, KEY) == b"content"


@pytest.mark.threat("A44")
async def test_a44_a_signed_url_dies_with_its_expiry(store: Store, outside: Path) -> None:
    await put(store, outside, KEY, b"content")
    read_url = store.sign_get(KEY, expires_s=1, file_name="a.mp4", content_type="video/mp4")
    signed = store.sign_put("ws/wsp_1/new", expires_s=1, size_bytes=1, content_type="video/mp4")
    await asyncio.sleep(2.1)
    assert (await visit(store, "GET", read_url))[0] == 403
    assert (await visit(store, "PUT", signed.url, b"x"))[0] == 403
    assert await store.head("ws/wsp_1/new") is None


@pytest.mark.parametrize(
    ("name", "plain", "extended"),
    [
        ("clip.mp4", "clip.mp4", "clip.mp4"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\Users\\me\\clip.mp4", "clip.mp4", "clip.mp4"),
        ('a"; filename="b.html', "a__ filename=_b.html".replace("=", "_"), "a%22%3B%20filename%3D%22b.html"),
        ("line\r\nSet-Cookie: a=b", "lineSet-Cookie_ a_b", "lineSet-Cookie%3A%20a%3Db"),
        ("\u202egnp.exe\x00", "gnp.exe", "gnp.exe"),
        ("Ferien in Köln.mp4", "Ferien in K_ln.mp4", "Ferien%20in%20K%C3%B6ln.mp4"),
        ("", "file", "file"),
        ("...", "file", "file"),
        ("x" * 300, "x" * 150, "x" * 150),
    ],
)
@pytest.mark.threat("A41")
def test_a41_a_file_name_is_only_ever_a_harmless_suggestion(name: str, plain: str, extended: str) -> None:
    assert attachment(name) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"
