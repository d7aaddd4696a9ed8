"""Fixtures of what Temporal alone does; those of the job engine, with Temporal as the engine."""

from pathlib import Path

import pytest
from temporalio.client import Client

from cutroom.jobs import Registry
from cutroom.temporal import TemporalSettings, connect
from tests.jobs.conftest import jobs, rig, temporal, temporal_address
from tests.jobs.flows import Diary
from tests.temporal import flows

__all__ = ["jobs", "rig", "temporal", "temporal_address"]


@pytest.fixture
def engine() -> str:
    return "temporal"


@pytest.fixture
def registry() -> Registry:
    return flows.registry()


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


@pytest.fixture
async def client(temporal: TemporalSettings) -> Client:
    return await connect(temporal)
