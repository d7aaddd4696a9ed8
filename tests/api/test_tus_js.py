"""tus-js-client, the protocol's own client, on a running server. Needs node, and what `npm ci` in tests/js gets."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_tus import bytes_of
from tests.api.world import World
from tests.javascript import JS, node_with
from tests.media.sources import make_video


@pytest.fixture(scope="session")
async def node() -> str:
    """Node, with tus-js-client."""
    return await asyncio.to_thread(node_with, "tus-js-client")


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten megabytes that are a film of a second: what follows it in the file is a box that players skip."""
    path = make_video(tmp_path_factory.mktemp("film") / "film.mp4")
    room = 10_000_000
    with path.open("ab") as file:
        file.write(room.to_bytes(4, "big") + b"free" + (bytes(range(256)) * (room // 256 + 1))[: room - 8])
    return path


async def ran(node: str, how: str, world: World, film: Path) -> Any:
    command = [node, "tus.mjs", how, f"{world.url}/api/v1/uploads/tus", world.api_key, str(film)]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=JS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complained = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0, complained[-2000:]
    told = json.loads(said)
    assert "error" not in told, told["error"]
    return told


async def test_an_upload_is_paused_and_gone_on_with(node: str, world: World, film: Path) -> None:
    told = await ran(node, "resume", world, film)
    before, after = told["methods"][: told["pausedAfter"]], told["methods"][told["pausedAfter"] :]
    assert before[:2] == ["POST", "PATCH"]
    assert after == ["HEAD", "PATCH"]
    assert int(told["offsets"][told["pausedAfter"]]) >= 3_000_000
    assert told["status"] == "completed"
    assert await bytes_of(world, told["asset"]) == film.read_bytes()


async def test_pieces_that_were_sent_at_the_same_time_become_one_asset(node: str, world: World, film: Path) -> None:
    told = await ran(node, "parallel", world, film)
    assert told["methods"].count("POST") == 5
    assert told["status"] == "completed"
    assert await bytes_of(world, told["asset"]) == film.read_bytes()


async def test_a_stream_of_unknown_length_becomes_an_asset(node: str, world: World, film: Path) -> None:
    told = await ran(node, "deferred", world, film)
    assert told["status"] == "completed"
    assert await bytes_of(world, told["asset"]) == film.read_bytes()


async def test_bytes_may_come_with_the_creation(node: str, world: World, film: Path) -> None:
    told = await ran(node, "creation", world, film)
    assert told["methods"] == ["POST"]
    assert await bytes_of(world, told["asset"]) == film.read_bytes()


async def test_an_upload_is_given_up(node: str, world: World, film: Path) -> None:
    told = await ran(node, "terminate", world, film)
    assert told["methods"][-1] == "DELETE"
    assert told["gone"] == 404
