"""Fixtures of the job engine's tests."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cutroom.db import Database
from cutroom.jobs import JobService, Registry
from cutroom.temporal import TemporalSettings
from tests import temporal_server
from tests.jobs import flows
from tests.jobs.rig import Rig

ENGINES: Final = ("postgres", "temporal")


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The address of the run's Temporal server."""
    base = tmp_path_factory.getbasetemp()
    with temporal_server.server((base if worker_id == "master" else base.parent) / "temporal") as address:
        yield address


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests marked `both_engines` with each, but for those marked `one_engine`."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "engine" in metafunc.fixturenames and "both_engines" in marks and "one_engine" not in marks:
        metafunc.parametrize("engine", ENGINES)


@pytest.fixture
def engine() -> str:
    """Which engine runs the jobs: the embedded one, where a test is not marked `both_engines`."""
    return "postgres"


@pytest.fixture
def temporal(engine: str, request: pytest.FixtureRequest) -> TemporalSettings | None:
    """Temporal with a task queue of this test's own, when it is the engine."""
    if engine == "postgres":
        return None
    address = str(request.getfixturevalue("temporal_address"))
    return TemporalSettings(address=address, task_queue=f"test-{secrets.token_hex(4)}")


@pytest.fixture
def registry() -> Registry:
    return flows.registry()


@pytest.fixture
def jobs(registry: Registry) -> JobService:
    return JobService(registry)


@pytest.fixture
def rig(
    database: Database, registry: Registry, jobs: JobService, tmp_path: Path, temporal: TemporalSettings | None
) -> Rig:
    return Rig(database, registry, jobs, tmp_path, temporal=temporal)
