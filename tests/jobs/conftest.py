"""Fixtures of the job engine's tests."""

import pytest

from cutroom.jobs import JobService, Registry
from tests.jobs import flows


@pytest.fixture
def registry() -> Registry:
    return flows.registry()


@pytest.fixture
def jobs(registry: Registry) -> JobService:
    return JobService(registry)
