"""Tens of thousands of requests made from the API's own description: minutes of them."""

import os
import re
from pathlib import Path

import pytest

from cutroom.db import Database
from tests.api.test_schema import patient, tried

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "50"))


async def test_any_request_is_answered_as_described(database: Database, tmp_path: Path) -> None:
    async with patient(database, tmp_path) as world:
        status, said = await tried(world, tmp_path, examples=EXAMPLES, phases="examples,coverage,fuzzing,stateful")
    print(re.sub(r"(?s).*=+ SUMMARY =+", "", said))  # noqa: T201 — a figure, like those of the other soak
    assert status == 0, said[-20_000:]
