"""Fixtures of the tests of repositories."""

from pathlib import Path

import pytest

from tests.repos.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Ground of the test's own."""
    (tmp_path / "repositories").mkdir()
    return Ground(tmp_path)
