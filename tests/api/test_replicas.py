"""Two APIs and a worker over one database: a job is followed at either, and where one ends the other goes on."""

import json
import statistics
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.conftest import serving, worker
from tests.api.test_streams import address, keyed, rest


@pytest.mark.threat("F03", "F18")
async def test_a_stream_that_one_api_began_is_gone_on_with_at_another(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path / "a", ApiSettings()) as other:
        job = await other.submit("slowly talk 30")
        async with serving(database, tmp_path / "b", ApiSettings()) as first:
            seen: list[Any] = []
            async with (
                worker(other, tmp_path),
                connect(address(first, job["id"]), additional_headers=keyed(other)) as socket,
            ):
                while len(seen) < 20:
                    seen.append((json.loads(await socket.recv()), time.time()))
                first.services.stopping.set()  # as at a deploy
                late, code = await rest(socket)
                assert code == 1012, "come back, with the number of the last event"
                events = [event for event, _ in seen] + late
                place = address(other, job["id"], f"?after={events[-1]['seq']}")
                async with connect(place, additional_headers=keyed(other)) as again:
                    left, code = await rest(again)
    assert code == 1000
    events += left
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), "each once, and in order"
    logs = [event for event in events if event["kind"] == "log"]
    assert [log["data"]["message"] for log in logs] == [f"line {number}" for number in range(30)]
    assert {(log["data"]["level"], log["data"]["stream"]) for log in logs} == {("info", "stdout")}
    waited = [at - datetime.fromisoformat(event["at"]).timestamp() for event, at in seen if event["kind"] == "log"]
    assert statistics.median(waited) < 1.0, "a tenth of a second is gathered; the rest is this machine's"
