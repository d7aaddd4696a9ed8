"""The files of one attempt: sources in, blobs kept, results out. Over both stores."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from cutroom.assets import AssetService, AttemptFiles, LocalStore, S3Settings, Store, nearby, open_bucket
from cutroom.db import Database
from cutroom.jobs import Files
from cutroom.kit.errors import Conflict, Internal, Invalid, Unavailable
from cutroom.kit.ids import new_id
from cutroom.kit.signing import Signer
from cutroom.media.fetch import Fetcher
from tests.assets.visiting import visit
from tests.media.sources import make_image

JOB = "job_1"
Opener = Callable[..., AttemptFiles]


@dataclass(frozen=True)
class Attempt:
    workspace_id: str = "wsp_mine"
    job_id: str = JOB


@pytest.fixture
def attempt(service: AssetService, tmp_path: Path) -> Opener:
    """Opens the files of an attempt, each in a scratch folder of its own."""

    def opened(who: Attempt = Attempt(), port: int = 0) -> AttemptFiles:
        scratch = tmp_path / "scratch" / new_id("try")
        scratch.mkdir(parents=True)
        return service.files_for(Fetcher(frozenset({("127.0.0.1", port)}) if port else frozenset()))(who, scratch)

    return opened


@asynccontextmanager
async def site(*answers: bytes) -> AsyncIterator[int]:
    """A web server that gives these bodies, the last one for ever; `b""` stands for "404"."""
    waiting = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if body else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


async def keys(store: Store) -> list[str]:
    return sorted([info.key async for info in store.list("ws/")])


async def asset_of(service: AssetService, database: Database, store: Store, content: bytes) -> tuple[str, str]:
    """An asset with this content; its id and its upload's."""
    async with database.begin() as session:
        made = await service.create_upload(
            session, "wsp_mine", name="a.png", content_type="image/png", size_bytes=len(content)
        )
    assert made.put is not None
    await visit(store, "PUT", made.put.url, content, "image/png")
    return (await service.complete_upload("wsp_mine", made.upload.id)).id, made.upload.id


async def test_a_url_becomes_a_blob_named_by_its_content(attempt: Opener, store: Store) -> None:
    content = b"film " * 1000
    sha256 = hashlib.sha256(content).hexdigest()
    async with site(content) as port:
        files = attempt(port=port)
        proves_the_protocol: Files = files
        taken = await proves_the_protocol.take(f"http://127.0.0.1:{port}/a.mp4?token=1")
        assert (taken.sha256, taken.size_bytes) == (sha256, len(content))
        assert (await files.take(f"http://127.0.0.1:{port}/b.mp4")).sha256 == sha256
    path = await files.find(f"src/{sha256}")
    assert path is not None
    assert path.read_bytes() == content
    assert await keys(store) == [f"ws/wsp_mine/blobs/src/{sha256}"]


async def test_another_attempt_and_no_other_workspace_finds_it(attempt: Opener) -> None:
    async with site(b"film") as port:
        taken = await attempt(port=port).take(f"http://127.0.0.1:{port}/a.mp4")
    again = await attempt(Attempt(job_id="job_2")).find(f"src/{taken.sha256}")
    assert again is not None
    assert again.read_bytes() == b"film"
    assert await attempt(Attempt(workspace_id="wsp_theirs")).find(f"src/{taken.sha256}") is None


async def test_a_source_that_is_not_there_says_so_and_leaves_nothing(
    attempt: Opener, store: Store, tmp_path: Path
) -> None:
    async with site(b"") as port:
        with pytest.raises(Invalid) as caught:
            await attempt(port=port).take(f"http://127.0.0.1:{port}/a.mp4")
    assert caught.value.code == "source_not_found"
    for source in ("file:///etc/passwd", "/etc/passwd", "a.mp4", "", "http://127.0.0.1/", "ftp://a.test/b"):
        with pytest.raises(Invalid) as refused:
            await attempt().take(source)
        assert refused.value.code == "url_not_allowed"
    assert await keys(store) == []
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()] == []


async def test_an_asset_is_taken_by_its_id_or_its_uploads(
    attempt: Opener, service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    picture = make_image(tmp_path / "a.png").read_bytes()
    asset_id, upload_id = await asset_of(service, database, store, picture)
    sha256 = hashlib.sha256(picture).hexdigest()
    for source in (f"asset:{asset_id}", f"upload:{upload_id}"):
        files = attempt()
        taken = await files.take(source)
        assert (taken.sha256, taken.size_bytes) == (sha256, len(picture))
        path = await files.find(f"src/{sha256}")
        assert path is not None
        assert path.read_bytes() == picture
        assert await files.name_of(source) == "a.png"
    assert await attempt(Attempt(workspace_id="wsp_theirs")).name_of(f"asset:{asset_id}") is None
    assert await attempt().name_of("https://a.test/b.mp4") is None


async def test_an_asset_of_another_workspace_or_a_deleted_one_is_not_found(
    attempt: Opener, service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    asset_id, upload_id = await asset_of(service, database, store, make_image(tmp_path / "a.png").read_bytes())
    none = "00000000000000000000000000"
    unknown = [f"asset:ast_{none}", f"upload:upl_{none}", f"asset:{upload_id}", "asset:", "asset:\x00", "asset:../a"]
    mine = [f"asset:{asset_id}", f"upload:{upload_id}"]
    theirs = Attempt(workspace_id="wsp_theirs")
    refusals = [await refusal(attempt(theirs), source) for source in mine]
    refusals += [await refusal(attempt(), source) for source in unknown]
    async with database.begin() as session:
        await service.delete(session, "wsp_mine", asset_id)
    refusals += [await refusal(attempt(), source) for source in mine]
    assert {error.code for error in refusals} == {"source_not_found"}


async def refusal(files: AttemptFiles, source: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        await files.take(source)
    return caught.value


async def test_what_is_kept_is_found_and_keeping_it_again_changes_nothing(
    attempt: Opener, store: Store, tmp_path: Path
) -> None:
    assert await attempt().find("segment/abc") is None
    for content in (b"first", b"second"):
        made = tmp_path / "segment.mp4"
        made.write_bytes(content)
        await attempt().keep("segment/abc", made)
        assert not made.exists()
    path = await attempt().find("segment/abc")
    assert path is not None
    assert path.read_bytes() == b"first"
    assert await keys(store) == ["ws/wsp_mine/blobs/segment/abc"]


async def test_a_content_key_cannot_leave_its_workspace(attempt: Opener, tmp_path: Path) -> None:
    made = tmp_path / "segment.mp4"
    made.write_bytes(b"x")
    for key in ("../a", "", "/a", "a//b", "a/../../b", "a%2fb"):
        with pytest.raises(Invalid):
            await attempt().keep(key, made)
        with pytest.raises(Invalid):
            await attempt().find(key)
    assert made.exists()


async def test_what_an_attempt_found_stays_while_it_runs_though_the_blob_is_swept(
    attempt: Opener, store: Store, tmp_path: Path
) -> None:
    made = tmp_path / "segment.mp4"
    made.write_bytes(b"content")
    await attempt().keep("abc", made)
    files = attempt()
    path = await files.find("abc")
    assert path == await files.find("abc")
    await store.delete("ws/wsp_mine/blobs/abc")
    assert path is not None
    assert path.read_bytes() == b"content"


@pytest.mark.parametrize("store", ["local"], indirect=True)
async def test_on_one_disk_nothing_is_copied(attempt: Opener, store: Store, tmp_path: Path) -> None:
    made = tmp_path / "segment.mp4"
    made.write_bytes(b"content")
    inode = made.stat().st_ino
    await attempt().keep("abc", made)
    path = await attempt().find("abc")
    assert path is not None
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("store", ["s3"], indirect=True)
async def test_a_bucket_is_asked_once_for_what_is_used_often(attempt: Opener, store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"content")
    await store.put("ws/wsp_mine/blobs/abc", outside, "video/mp4")
    assert await attempt().find("abc") is not None
    await store.delete("ws/wsp_mine/blobs/abc")
    path = await attempt().find("abc")
    assert path is not None
    assert path.read_bytes() == b"content"


async def publish(files: AttemptFiles, tmp_path: Path, content: bytes) -> str:
    made = tmp_path / "out.mp4"
    made.write_bytes(content)
    published = await files.publish(made, kind="render", name="out.mp4", content_type="video/mp4")
    assert (published.sha256, published.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert not made.exists()
    return published.id


async def test_what_the_output_names_is_kept_and_the_rest_is_discarded(
    attempt: Opener, service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    early, late = [await publish(attempt(), tmp_path, content) for content in (b"early", b"late")]
    foreign = await publish(attempt(Attempt(job_id="job_2")), tmp_path, b"foreign")
    async with database.begin() as session:
        assert await service.artifacts(session, "wsp_mine", [JOB, "job_2"]) == {JOB: [], "job_2": []}
        await service.settle(session, JOB, "wsp_mine", keep=[late])
    async with database.begin() as session:
        found = await service.artifacts(session, "wsp_mine", [JOB, "job_2"])
        assert await service.artifacts(session, "wsp_theirs", [JOB]) == {JOB: []}
        statuses = {row.id: row.status for row in await session.execute(text("SELECT id, status FROM artifacts"))}
    assert statuses == {early: "discarded", late: "kept", foreign: "ready"}
    assert found["job_2"] == []
    (artifact,) = found[JOB]
    assert (artifact.id, artifact.kind, artifact.name, artifact.size_bytes) == (late, "render", "out.mp4", 4)
    assert await visit(store, "GET", artifact.url) == (200, b"late")


async def test_an_output_cannot_name_what_is_not_the_jobs(
    attempt: Opener, service: AssetService, database: Database, tmp_path: Path
) -> None:
    mine = await publish(attempt(), tmp_path, b"mine")
    foreign = await publish(attempt(Attempt(job_id="job_2")), tmp_path, b"foreign")
    for keep in ([foreign], [mine, "art_unknown"]):
        with pytest.raises(Internal) as caught:
            async with database.begin() as session:
                await service.settle(session, JOB, "wsp_mine", keep=keep)
        assert caught.value.code == "artifact_missing"
    async with database.begin() as session:
        statuses = set((await session.scalars(text("SELECT status FROM artifacts"))).all())
    assert statuses == {"ready"}


async def test_an_asset_whose_bytes_are_gone_is_not_found(
    attempt: Opener, service: AssetService, database: Database, store: Store, tmp_path: Path
) -> None:
    asset_id, _ = await asset_of(service, database, store, make_image(tmp_path / "a.png").read_bytes())
    await store.delete(f"ws/wsp_mine/assets/{asset_id}.0")
    assert (await refusal(attempt(), f"asset:{asset_id}")).code == "source_not_found"


async def test_a_scratch_folder_on_another_disk_only_costs_the_pin(
    service: AssetService, attempt: Opener, tmp_path: Path
) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second disk")
    made = tmp_path / "segment.mp4"
    made.write_bytes(b"content")
    await attempt().keep("abc", made)
    scratch = memory / new_id("try")
    scratch.mkdir()
    try:
        files = service.files_for(Fetcher())(Attempt(), scratch)
        path = await files.find("abc")
        assert path is not None
        assert path.read_bytes() == b"content"
        assert await files.find("missing") is None
        await publish(files, scratch, b"result")
    finally:
        shutil.rmtree(scratch)


def test_a_bucket_without_a_cache_is_refused_at_once(database: Database, s3_settings: S3Settings) -> None:
    with pytest.raises(ValueError, match="cache"):
        AssetService(database, open_bucket(s3_settings))


class SlowStore(LocalStore):
    """A local store in which a job ends while its artifact is being written."""

    def __init__(self, root: Path, database: Database) -> None:
        super().__init__(root, Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
        self._database = database

    async def put(self, key: str, path: Path, content_type: str) -> None:
        await super().put(key, path, content_type)
        async with self._database.begin() as session:
            await AssetService(self._database, self).settle(session, JOB, "wsp_mine", keep=[])


@pytest.mark.threat("F07")
async def test_f07_an_attempt_that_comes_too_late_learns_it_and_leaves_no_bytes(
    database: Database, tmp_path: Path
) -> None:
    store = SlowStore(tmp_path / "slow", database)
    made = tmp_path / "out.mp4"
    made.write_bytes(b"late")
    files = AssetService(database, store).files_for(Fetcher())(Attempt(), tmp_path)
    with pytest.raises(Conflict) as caught:
        await files.publish(made, kind="render", name="out.mp4", content_type="video/mp4")
    assert caught.value.code == "artifact_discarded"
    assert await keys(store) == []
    await store.close()


@pytest.mark.parametrize("store", ["local"], indirect=True)
@pytest.mark.threat("F22")
async def test_f22_what_could_not_be_stored_is_known_by_its_row(
    attempt: Opener, database: Database, store: Store, tmp_path: Path
) -> None:
    obstacle = tmp_path / "store" / "objects" / "ws"
    obstacle.write_text("a file where a folder is needed")
    made = tmp_path / "out.mp4"
    made.write_bytes(b"content")
    with pytest.raises(Unavailable):
        await attempt().publish(made, kind="render", name="out.mp4", content_type="video/mp4")
    assert made.read_bytes() == b"content"
    async with database.begin() as session:
        assert (await session.scalars(text("SELECT status FROM artifacts"))).all() == ["writing"]


@pytest.mark.parametrize("use", ["find", "keep"])
async def test_a_blob_that_is_used_is_as_new_as_one_that_was_written(
    attempt: Opener, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    monkeypatch.setattr(nearby, "_OLD_S", -60.0)  # so that a bucket's object is old at once
    blob = "ws/wsp_mine/blobs/src/abc"

    async def keep() -> None:
        (tmp_path / "draft").write_bytes(b"hello")
        await attempt().keep("src/abc", tmp_path / "draft")

    async def written() -> datetime:
        info = await store.head(blob)
        assert info is not None
        assert info.size_bytes == 5
        return info.modified_at

    await keep()
    before = await written()
    await asyncio.sleep(1.1)  # buckets tell whole seconds
    if use == "keep":
        await keep()
    else:
        assert await attempt().find("src/abc") is not None
    assert await written() > before
    found = await attempt().find("src/abc")
    assert found is not None
    assert found.read_bytes() == b"hello"
    await store.get(blob, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"hello"


async def test_a_blob_that_was_swept_is_kept_anew(attempt: Opener, store: Store, tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "draft").write_bytes(b"hello")
        await attempt().keep("src/abc", tmp_path / "draft")
        assert await store.head("ws/wsp_mine/blobs/src/abc") is not None
        await store.delete("ws/wsp_mine/blobs/src/abc")
