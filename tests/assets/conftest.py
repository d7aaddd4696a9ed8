"""A real S3 server, started by the tests: OpenStack Swift, which is among the development dependencies on Linux."""

import importlib.util
import os
import secrets
import select
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config

from cutroom.assets import AssetService, LocalCache, LocalStore, S3Settings, Store, open_bucket
from cutroom.assets.s3_parts import LEAST_PART_BYTES
from cutroom.db import Database
from cutroom.kit.signing import Signer
from tests.media.sources import make_video

ACCESS_KEY: Final = "test:tester"
SECRET_KEY: Final = "testing"
START_S: Final = 60.0


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server. Without one, the tests are skipped on a developer's machine and fail in CI."""
    if importlib.util.find_spec("swift") is None:
        reason = "OpenStack Swift (PyPI: swift) is not installed, so there is no S3 server to test against"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("swift")
    program = Path(__file__).with_name("swift_server.py")
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", program, folder, ACCESS_KEY, SECRET_KEY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as server,
    ):
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], START_S)
        port = server.stdout.readline().strip().decode() if ready else ""
        if not port:
            server.kill()
            pytest.fail(f"the S3 server did not start: {log.read_text()[-2000:]}")
        yield f"http://127.0.0.1:{port}"
        server.kill()


@pytest.fixture
def s3_settings(s3_endpoint: str) -> S3Settings:
    """A fresh bucket."""
    settings = S3Settings(f"test-{secrets.token_hex(8)}", ACCESS_KEY, SECRET_KEY, endpoint=s3_endpoint)
    client = amazons_client(settings)
    client.create_bucket(Bucket=settings.bucket)
    client.close()
    return settings


@pytest.fixture(params=["local", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every store in turn."""
    if request.param == "s3":
        opened = open_bucket(request.getfixturevalue("s3_settings"))
    else:
        opened = LocalStore(tmp_path / "store", Signer(b"0123456789abcdef", "files"), "http://cutroom.test")
    yield opened
    await opened.close()


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[LocalCache]:
    """Where copies of a bucket's objects are kept."""
    opened = LocalCache(tmp_path / "cache", budget_bytes=1 << 30)
    yield opened
    await opened.close()


@pytest.fixture
def service(database: Database, store: Store, cache: LocalCache) -> AssetService:
    """The service over every store in turn."""
    return AssetService(database, store, cache=cache)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film of three parts; what follows it in the file is a box that players skip."""
    clip = make_video(tmp_path_factory.mktemp("film") / "clip.mp4").read_bytes()
    room = 2 * LEAST_PART_BYTES + 1000
    return clip + room.to_bytes(4, "big") + b"free" + bytes(room - 8)


@pytest.fixture
def honest(s3_settings: S3Settings) -> Iterator[Any]:
    """Amazon's own client for the same bucket, which knows nothing of our code."""
    client = amazons_client(s3_settings)
    yield client
    client.close()


def amazons_client(settings: S3Settings) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )
