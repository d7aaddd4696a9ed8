"""The source of an earlier version, for programs of it to run beside today's."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEFORE = "816ee5a"
"""The last commit before agents, tasks and Temporal: its database ends at migration 0010."""


def source(folder: Path, commit: str = BEFORE) -> Path:
    """The folder to name in PYTHONPATH for programs of that commit; skips where the history is not at hand."""
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", commit, "src"], capture_output=True, check=False
    )
    if asked.returncode != 0:
        reason = f"the source of {commit} is not here: {asked.stderr.decode(errors='replace').strip()}"
        pytest.skip(reason)
    with tarfile.open(fileobj=io.BytesIO(asked.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"
