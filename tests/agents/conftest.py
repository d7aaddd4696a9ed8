"""Fixtures of the agents' tests."""

from pathlib import Path

import pytest

from cutroom.db import Database
from cutroom.jobs import JobService, Registry
from tests.agents import works
from tests.agents.agency import Agency
from tests.assets.conftest import s3_endpoint, s3_settings
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig

__all__ = ["s3_endpoint", "s3_settings"]


@pytest.fixture
def registry() -> Registry:
    return works.registry()


@pytest.fixture
def rig(database: Database, registry: Registry, tmp_path: Path) -> Rig:
    return Rig(database, registry, JobService(registry), tmp_path)


@pytest.fixture
def agency(rig: Rig, tmp_path: Path) -> Agency:
    return Agency(rig, tmp_path)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))
