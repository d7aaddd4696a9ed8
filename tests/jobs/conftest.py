"""Fixtures of the job engine's tests."""

from pathlib import Path

import pytest

from cutroom.db import Database
from cutroom.jobs import JobService, Registry
from tests.jobs import flows
from tests.jobs.rig import Rig


@pytest.fixture
def registry() -> Registry:
    return flows.registry()


@pytest.fixture
def jobs(registry: Registry) -> JobService:
    return JobService(registry)


@pytest.fixture
def rig(database: Database, registry: Registry, jobs: JobService, tmp_path: Path) -> Rig:
    return Rig(database, registry, jobs, tmp_path)
