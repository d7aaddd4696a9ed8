"""What the command line loads, and what it does without."""

import subprocess
import sys

import pytest

SERVICE = {"sqlalchemy", "asyncpg", "alembic", "fastapi", "starlette", "uvicorn", "temporalio", "grpc"}
HEAVY = {
    "numpy",
    "av",
    "cv2",
    "PIL",
    "fontTools",
    "pydantic_settings",
    "structlog",
    "cutroom.timeline",
    "cutroom.render",
}


def loaded_by(module: str) -> set[str]:
    command = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["cutroom.app.cli", "cutroom.app.again"])
def test_what_gives_a_result_out_again_loads_no_engine(module: str) -> None:
    assert loaded_by(module) & (HEAVY | SERVICE) == set()


def test_a_render_loads_no_database_no_web_framework_and_no_painter() -> None:
    assert loaded_by("cutroom.app.render") & (SERVICE | {"cv2"}) == set()


def test_a_render_loads_nothing_that_other_workflows_need() -> None:
    others = {"structlog", "pysubs2", "fontTools", "cutroom.speech", "cutroom.highlights", "cutroom.framing"}
    assert loaded_by("cutroom.app.render") & others == set()


def test_a_render_of_files_that_are_here_loads_nothing_that_speaks_to_a_network() -> None:
    assert loaded_by("cutroom.app.cli, cutroom.app.render") & {"httpx2", "httpcore2", "h11"} == set()


def test_a_worker_and_a_command_of_the_operator_load_no_route() -> None:
    assert loaded_by("cutroom.app.serve, cutroom.app.keys") & {"cutroom.api.factory", "cutroom.api.jobs"} == set()
