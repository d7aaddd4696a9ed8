import pytest

from tests.render.studio import Studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """Sources made by ourselves, each once in a test run."""
    return Studio(tmp_path_factory.mktemp("studio"))
