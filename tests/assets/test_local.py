"""What only the local store does: links of its own, uploads through us, and a disk that fills up or dies."""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from cutroom.assets.links import ROUTE, Links, PutGrant
from cutroom.assets.local import LocalStore
from cutroom.kit.clock import FixedClock
from cutroom.kit.errors import Conflict, CutroomError, Forbidden, Invalid, Unavailable
from cutroom.kit.signing import Signer

KEY = "ws/wsp_1/uploads/upl_1"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGNER = Signer(b"0123456789abcdef", "files")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    opened = LocalStore(tmp_path / "store", SIGNER, "https://cutroom.test/")
    yield opened
    await opened.close()
    assert list((tmp_path / "store" / "parts").glob("[!.]*")) == []


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def grant(size_bytes: int) -> PutGrant:
    return PutGrant(KEY, size_bytes, "video/mp4", NOW)


def query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def test_a_link_carries_its_facts_and_nothing_else() -> None:
    links = Links(SIGNER, "https://cutroom.test/", FixedClock(NOW))
    url = links.to_get(KEY, expires_s=60, file_name="Köln & \r\nmehr.mp4", content_type="video/mp4")
    assert url.startswith(f"https://cutroom.test{ROUTE}{KEY}?expires=")
    read = links.read_get(KEY, query(url))
    assert read.file_name == "Köln & \r\nmehr.mp4"
    assert (read.content_type, read.expires_at) == ("video/mp4", NOW + timedelta(seconds=60))
    write = links.to_put(KEY, expires_s=60, size_bytes=7, content_type="video/mp4")
    assert links.read_put(KEY, query(write.url)) == PutGrant(KEY, 7, "video/mp4", NOW + timedelta(seconds=60))


@pytest.mark.threat("A43")
def test_a43_no_fact_of_a_link_can_be_changed_added_doubled_or_left_out() -> None:
    links = Links(SIGNER, "https://cutroom.test", FixedClock(NOW))
    facts = query(links.to_put(KEY, expires_s=60, size_bytes=7, content_type="video/mp4").url)
    wrong = [
        *([(name, value + "0") if name == changed else (name, value) for name, value in facts] for changed, _ in facts),
        *([pair for pair in facts if pair[0] != missing] for missing, _ in facts),
        *([*facts, pair] for pair in facts),
        [*facts, ("name", "a")],
        [(name, value.upper()) for name, value in facts],
        [("expires", "soon"), *facts[1:]],
        [("expires", "9" * 400), *facts[1:]],
        [],
    ]
    for attempt in wrong:
        with pytest.raises(Forbidden) as caught:
            links.read_put(KEY, attempt)
        assert caught.value.code == "bad_signature"
    for key in ("ws/wsp_2/uploads/upl_1", f"{KEY}/", f"/{KEY}", "ws/wsp_1/../wsp_1/uploads/upl_1", f"{KEY}\x00"):
        with pytest.raises(Forbidden):
            links.read_put(key, facts)
    with pytest.raises(Forbidden):
        links.read_get(KEY, facts)
    with pytest.raises(Forbidden):
        Links(Signer(b"another secret..", "files"), "https://cutroom.test", FixedClock(NOW)).read_put(KEY, facts)
    with pytest.raises(Forbidden):
        Links(Signer(b"0123456789abcdef", "cursors"), "https://cutroom.test", FixedClock(NOW)).read_put(KEY, facts)
    assert links.read_put(KEY, facts).size_bytes == 7


@pytest.mark.threat("A44")
def test_a44_a_link_works_until_its_expiry_and_not_then() -> None:
    clock = FixedClock(NOW)
    links = Links(SIGNER, "https://cutroom.test", clock)
    facts = query(links.to_get(KEY, expires_s=60, file_name="a", content_type="video/mp4"))
    clock.advance(59)
    assert links.read_get(KEY, facts).key == KEY
    clock.advance(1)
    with pytest.raises(Forbidden) as caught:
        links.read_get(KEY, facts)
    assert caught.value.code == "link_expired"


@pytest.mark.threat("A44")
async def test_a44_an_upload_is_received_once(store: LocalStore) -> None:
    await store.receive(grant(7), body(b"con", b"", b"tent"))
    assert store.local_path(KEY).read_bytes() == b"content"
    with pytest.raises(Conflict) as caught:
        await store.receive(grant(7), body(b"another"))
    assert caught.value.code == "already_uploaded"
    assert store.local_path(KEY).read_bytes() == b"content"


@pytest.mark.threat("A44")
async def test_a44_of_uploads_at_the_same_time_one_wins_whole(store: LocalStore) -> None:
    async def slow(letter: bytes) -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0)
            yield letter

    outcomes = await asyncio.gather(
        *(store.receive(grant(5), slow(letter)) for letter in (b"a", b"b", b"c")), return_exceptions=True
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 2
    assert store.local_path(KEY).read_bytes() in {b"aaaaa", b"bbbbb", b"ccccc"}


@pytest.mark.threat("A44")
async def test_a44_a_larger_body_is_cut_off_at_the_first_byte_too_many(store: LocalStore) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1000
            yield bytes(1000)

    with pytest.raises(Invalid) as caught:
        await store.receive(grant(5000), endless())
    assert caught.value.code == "payload_too_large"
    assert taken == 6000
    assert await store.head(KEY) is None


async def test_a_body_that_ends_early_leaves_nothing_and_can_be_sent_again(store: LocalStore) -> None:
    with pytest.raises(Invalid) as caught:
        await store.receive(grant(7), body(b"cont"))
    assert caught.value.code == "size_mismatch"

    async def broken() -> AsyncIterator[bytes]:
        yield b"cont"
        raise ConnectionResetError

    with pytest.raises(CutroomError):
        await store.receive(grant(7), broken())
    assert await store.head(KEY) is None
    await store.receive(grant(7), body(b"content"))
    assert store.local_path(KEY).read_bytes() == b"content"


@contextmanager
def small_disk(limit_bytes: int) -> Iterator[None]:
    """No file can grow beyond the limit: to a program it looks like a disk that is full."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.threat("F05")
async def test_f05_a_full_disk_says_so_and_leaves_nothing(store: LocalStore) -> None:
    size_bytes = 4 << 20
    with small_disk(1 << 20), pytest.raises(Unavailable) as caught:
        await store.receive(grant(size_bytes), body(bytes(size_bytes)))
    assert (caught.value.code, caught.value.retryable) == ("disk_full", True)
    assert await store.head(KEY) is None


async def test_a_put_moves_the_file_and_copies_nothing(store: LocalStore, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    inode = draft.stat().st_ino
    await store.put(KEY, draft, "video/mp4")
    await store.copy(KEY, "ws/wsp_1/blobs/src/abc")
    await store.get(KEY, tmp_path / "given")
    places = [store.local_path(KEY), store.local_path("ws/wsp_1/blobs/src/abc"), tmp_path / "given"]
    assert {place.stat().st_ino for place in places} == {inode}
    assert {place.stat().st_mode & 0o777 for place in places} == {0o444}


async def test_a_get_never_overwrites(store: LocalStore, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    await store.put(KEY, draft, "video/mp4")
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(Unavailable):
        await store.get(KEY, tmp_path / "mine")
    assert (tmp_path / "mine").read_bytes() == b"mine"


async def test_a_file_of_another_disk_is_copied_whole(store: LocalStore, tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second disk")
    folder = memory / f"cutroom-test-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "draft").write_bytes(b"content" * 1000)
        await store.put(KEY, folder / "draft", "video/mp4")
        assert not (folder / "draft").exists()
        await store.get(KEY, folder / "copy")
        assert (folder / "copy").read_bytes() == b"content" * 1000
    finally:
        shutil.rmtree(folder)


UPLOAD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from cutroom.assets.links import PutGrant
from cutroom.assets.local import LocalStore
from cutroom.kit.signing import Signer

async def half():
    yield bytes(5_000_000)
    print("half", flush=True)
    await asyncio.sleep(60)

store = LocalStore(Path(sys.argv[1]), Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
asyncio.run(store.receive(PutGrant("ws/wsp_1/uploads/upl_1", 10_000_000, "video/mp4", datetime.now(UTC)), half()))
"""


@pytest.mark.threat("F22")
async def test_f22_a_process_killed_in_the_middle_leaves_no_object_and_its_part_is_swept(
    store: LocalStore, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", UPLOAD, tmp_path / "store"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        parts = tmp_path / "store" / "parts"
        assert sum(path.stat().st_size for path in parts.rglob("*") if path.is_file()) >= 5_000_000
        assert await store.sweep(0) == 0  # it is alive
        child.send_signal(signal.SIGKILL)
    assert await store.sweep(0) == 1
    assert sum(path.stat().st_size for path in parts.rglob("*") if path.is_file()) == 0
    assert await store.head(KEY) is None
    await store.receive(grant(7), body(b"content"))
