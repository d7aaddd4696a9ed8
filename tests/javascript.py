"""Programs from npm that tests talk to: what tests/js/package-lock.json names, got once."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).parent / "js"


def node_with(package: str) -> str:
    """Node, once this package is there; skips the test where there is no node, and fails it in CI.

    Takes seconds the first time: for a thread.
    """
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        reason = f"node and npm are not installed, so there is no {package} to test with"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Only one of several test processes may get the packages.
    with (JS / "package.json").open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        if not (JS / "node_modules" / package).is_dir():
            subprocess.check_output([npm, "ci", "--ignore-scripts"], cwd=JS, stderr=subprocess.STDOUT, timeout=100)
    return found
