"""What a start waits for, on children that are slow, stuck or dead."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cutroom.app import stack
from cutroom.app.stack import Kept, free_port, waiting_for
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Unavailable

SLOW = """
import http.server, sys, time
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
door = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Door, bind_and_activate=False)
door.server_bind()  # before another takes the port
end = time.monotonic() + 5
while time.monotonic() < end:
    pass
door.server_activate()
door.serve_forever()
"""


@contextlib.asynccontextmanager
async def kept(folder: Path, program: str, port: int) -> AsyncIterator[Kept]:
    """A child that runs this program, kept alive."""
    child = Kept("api", (sys.executable, "-c", program, str(port)), {"PROMETHEUS_MULTIPROC_DIR": str(folder)})
    keeping = asyncio.ensure_future(child.run())
    try:
        yield child
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


async def test_an_api_that_is_slow_and_works_is_waited_for_beyond_the_time_for_one_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "STILL_S", 4.0)
    monkeypatch.setattr(stack, "WORKS_S", 0.01)
    port = free_port("127.0.0.1")
    async with kept(tmp_path, SLOW, port) as api:
        await stack._ready(f"http://127.0.0.1:{port}", api)
    assert api.failures == 0


async def test_an_api_that_stands_still_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "STILL_S", 0.5)
    port = free_port("127.0.0.1")
    async with kept(tmp_path, "import time; time.sleep(60)", port) as api:
        with pytest.raises(Unavailable, match="stands still") as caught:
            await stack._ready(f"http://127.0.0.1:{port}", api)
    assert caught.value.code == "not_ready"


async def test_an_api_that_dies_is_told_of_at_once_and_given_up_when_it_goes_on_dying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "STARTS", 3)
    monkeypatch.setattr(stack, "Backoff", lambda **_: Backoff(base_s=0.01, cap_s=0.01))
    port = free_port("127.0.0.1")
    with capture_logs() as told:
        async with kept(tmp_path, "raise SystemExit(3)", port) as api:
            with pytest.raises(Unavailable, match="died each time"):
                await stack._ready(f"http://127.0.0.1:{port}", api)
    ends = [(one["child"], one["exit_code"], one["failures"]) for one in told if one["event"] == "child.ended"]
    assert ends[:3] == [("api", 3, 1), ("api", 3, 2), ("api", 3, 3)]


async def test_what_is_waited_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "TOLD_EVERY_S", 0.01)
    with capture_logs() as told:
        with waiting_for("Postgres"):
            while len(told) < 2:
                await asyncio.sleep(0.01)
        count = len(told)
        await asyncio.sleep(0.05)
    assert {one["waits_for"] for one in told} == {"Postgres"}
    assert len(told) == count
