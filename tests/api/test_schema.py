"""What the API says of itself holds for requests that nobody thought of, made from its description."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cutroom.api import ApiSettings, openapi_document
from cutroom.api.rate_limits import RateSettings
from cutroom.db import Database
from cutroom.kit.budget import Budget
from tests.api.conftest import serving, worker
from tests.api.world import World

# `negative_data_rejection` and `positive_data_acceptance` hold a schema to more than JSON Schema can say of a document:
# that a source exists, that a clip fits. What is refused, and how, has tests of its own.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)


# tus has a status of its own for a request without its version (1.0.0, "Tus-Version").
# Fabric's clients know by a 500, with a sentence that is checked against its schema, that there is no such thing.
PECULIAR = """
[[operations]]
include-path-regex = "^/api/v1/uploads/tus"
checks.missing_required_header.expected-statuses = ["400", "401", "403", "412", "415", "422"]

[[operations]]
include-path-regex = "^/fabric/"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "500"]
"""


async def tried(world: World, folder: Path, *, examples: int, phases: str) -> tuple[int, str]:
    """How schemathesis ends, and what it says, after so many examples of each operation in each phase."""
    described = folder / "openapi.json"
    described.write_text(json.dumps(openapi_document()))
    (folder / "schemathesis.toml").write_text(PECULIAR)
    arguments = [
        *("-m", "schemathesis.cli", "run", str(described), "--url", world.url),
        *("--header", f"Authorization: Bearer {world.api_key}", "--checks", ",".join(CHECKS)),
        *("--max-examples", str(examples), "--continue-on-failure", "--phases", phases),
        # Their media type is one of its own; tus has tests with a client of its own.
        *("--exclude-operation-id", "createTusUpload", "--exclude-operation-id", "appendToTusUpload"),
        *("--suppress-health-check", "all", "--no-color", "--seed", "7", "--warnings", "off"),
    ]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160"},
    )
    said, _ = await child.communicate()
    return child.returncode or 0, said.decode()


@asynccontextmanager
async def patient(database: Database, folder: Path) -> AsyncIterator[World]:
    """A world with a worker, in which nobody is held back for asking too often."""
    plenty = Budget(10**9, 60)
    rates = RateSettings(address=plenty, auth=plenty, reads=plenty, writes=plenty, failures=plenty)
    async with serving(database, folder, ApiSettings(rates=rates)) as world, worker(world, folder):
        yield world


@pytest.mark.timeout(300)
async def test_a_few_requests_of_every_kind_are_answered_as_described(database: Database, tmp_path: Path) -> None:
    async with patient(database, tmp_path) as world:
        status, said = await tried(world, tmp_path, examples=3, phases="fuzzing")
    assert status == 0, said[-20_000:]
