"""Tens of thousands of requests made from the API's own description: minutes of them."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.conftest import serving, worker
from tests.api.test_schema import tried
from tests.api.world import World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "50"))


@pytest.fixture
async def working(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with serving(database, tmp_path, ApiSettings()) as world, worker(world, tmp_path):
        yield world


async def test_any_request_is_answered_as_described(working: World, tmp_path: Path) -> None:
    status, said = await tried(working, tmp_path, examples=EXAMPLES, phases="examples,coverage,fuzzing,stateful")
    print(re.sub(r"(?s).*=+ SUMMARY =+", "", said))  # noqa: T201 — a figure, like those of the other soak
    assert status == 0, said[-20_000:]
