"""Ground for tests of tasks: real repositories, real commands in real boxes, one policy."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import Unavailable
from cutroom.repos import TaskRunner
from cutroom.repos.configuration import read
from cutroom.repos.fencing import fence_of_tools

_NAMED = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENV = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", **_NAMED}


def git(folder: Path, *words: str | Path, **env: str) -> str:
    """What git answers in a folder."""
    done = subprocess.run(  # as whoever applies a patch would
        ["/usr/bin/git", "-c", "protocol.file.allow=always", *map(str, words)],
        cwd=folder,
        env=ENV | env,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode()


def repository(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository with one commit on its branch `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


class Ground:
    """A folder with repositories in it, commands, and a runner that allows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repositories = folder / "repositories"
        self.said: list[tuple[str, str]] = []

    def url(self, name: str) -> str:
        """The address of a repository here."""
        return f"file://{self.repositories / name}"

    def repository(self, name: str, files: Mapping[str, str | bytes]) -> Path:
        """Make a repository."""
        return repository(self.repositories / name, files)

    def script(self, text: str, name: str = "command") -> Path:
        """Make a shell script that can be run."""
        place = self.folder / f"{name}.sh"
        place.write_text(f"#!/bin/sh\n{text}\n")
        place.chmod(0o755)
        return place

    def secret(self, name: str, value: str) -> Path:
        """Keep a secret as its owner would."""
        place = self.folder / name
        place.touch(mode=0o600)
        place.write_text(value + "\n")
        return place

    def configuration(self, script: str, more: str = "", top: str = "", argv: str = '"{prompt}"') -> Path:
        """A policy with one command, the script; `more` is added to it, `top` to the file."""
        place = self.folder / "tasks.toml"
        command = self.script(script)
        place.write_text(
            f'repositories = ["file://{self.repositories}"]\n{top}\n'
            f'[[commands]]\nname = "test"\nargv = ["{command}", {argv}]\n{more}\n'
        )
        return place

    async def runner(self, script: str, more: str = "", top: str = "", argv: str = '"{prompt}"') -> TaskRunner:
        """A runner by that policy."""
        return await runner_of(self.configuration(script, more, top, argv))

    def say(self, stream: str, line: str) -> None:
        """Take a line of a command."""
        self.said.append((stream, line))


_fence: list[Any] = []


async def runner_of(configuration: Path) -> TaskRunner:
    """A runner of this machine, which is tried once for all tests."""
    if not _fence:
        try:
            _fence.append(await fence_of_tools())
        except Unavailable as error:
            if "CI" in os.environ:
                raise
            pytest.skip(error.message)
    return TaskRunner(read(configuration), _fence[0])


def applied(origin: Path, folder: Path, patch: Path, commit: str) -> Path:
    """A clone of a repository with a patch applied to it, as a person would."""
    shutil.rmtree(folder, ignore_errors=True)
    git(origin.parent, "clone", "-q", origin, folder)
    git(folder, "checkout", "-q", commit)
    git(folder, "apply", "--index", patch)
    return folder
