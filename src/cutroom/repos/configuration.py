"""The file in which the owner of an agent says what tasks may do there."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema, invalid
from cutroom.repos.address import prefix_of
from cutroom.repos.policy import Command, Network, Policy, Secret

MAX_BYTES: Final = 1 << 20
_MIB: Final = 1 << 20
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
_Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,253}(:[0-9]{1,5})?$")]


class _Secret(Schema):
    file: Path
    repositories: Annotated[tuple[str, ...], Field(min_length=1)]
    workspaces: Annotated[frozenset[str], Field(min_length=1)]
    env: _Variable | None = None
    user: Annotated[str, Field(pattern=r"^[^:\x00-\x1f]{1,200}$")] = "x-access-token"


class _Command(Schema):
    name: _Name
    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    stdin: bool = False
    env: Annotated[dict[_Variable, str], Field(default_factory=dict)]
    secrets: Annotated[dict[_Variable, Path], Field(default_factory=dict)]
    reads: tuple[Path, ...] = ()
    network: Literal["none", "open"] | Annotated[list[_Host], Field(min_length=1, max_length=100)] = "none"
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 1_800.0
    memory_mib: Annotated[int, Field(ge=16)] = 4_096
    disk_mib: Annotated[int, Field(ge=1)] = 8_192
    processes: Annotated[int, Field(ge=4, le=65_536)] = 512


class _File(Schema):
    repositories: Annotated[tuple[str, ...], Field(min_length=1)]
    commands: Annotated[tuple[_Command, ...], Field(min_length=1)]
    secrets: Annotated[dict[_Name, _Secret], Field(default_factory=dict)]
    labels: tuple[_Name, ...] = ()
    submodules: bool = False
    depth: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    git_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    max_patch_mib: Annotated[int, Field(ge=1, le=1_024)] = 32


def read(path: Path) -> Policy:
    """Read a policy; relative paths in it start from its own folder.

    Raises:
        Invalid: `bad_task_configuration`, when it cannot be read, is wrong, or names what is not there.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise _bad(path, "it is larger than a mebibyte")
        data = tomllib.loads(text.decode())
        return _policy(_File.model_validate(data), path.parent.absolute())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(path, str(error)) from error
    except ValidationError as error:
        raise _bad(path, invalid(error, data, model=_File).message) from error
    except CutroomError as error:
        if error.code == "bad_task_configuration":
            raise
        raise _bad(path, error.message) from error


def _policy(given: _File, folder: Path) -> Policy:
    names = [command.name for command in given.commands]
    if len(set(names)) < len(names):
        raise Invalid("bad_task_configuration", "Two commands have one name.")
    return Policy(
        commands=tuple(_command(command, folder) for command in given.commands),
        repositories=tuple(map(prefix_of, given.repositories)),
        secrets={name: _secret(name, secret, folder) for name, secret in given.secrets.items()},
        labels=given.labels,
        submodules=given.submodules,
        depth=given.depth,
        git_timeout_s=given.git_timeout_s,
        max_patch_bytes=given.max_patch_mib * _MIB,
    )


def _command(given: _Command, folder: Path) -> Command:
    program = folder / given.argv[0]
    if not program.is_file() or not os.access(program, os.X_OK):
        sentence = f"The command '{given.name}' names no program by its path, whole or from this file's folder."
        raise Invalid("bad_task_configuration", sentence)
    network: Network = given.network if isinstance(given.network, str) else tuple(map(_with_port, given.network))
    return Command(
        name=given.name,
        argv=(str(program), *given.argv[1:]),
        stdin=given.stdin,
        env=given.env,
        secrets={variable: _value(folder / file) for variable, file in given.secrets.items()},
        reads=tuple(folder / place for place in given.reads),
        network=network,
        timeout_s=given.timeout_s,
        memory_bytes=given.memory_mib * _MIB,
        disk_bytes=given.disk_mib * _MIB,
        processes=given.processes,
    )


def _secret(name: str, given: _Secret, folder: Path) -> Secret:
    return Secret(
        name=name,
        value=_value(folder / given.file),
        repositories=tuple(map(prefix_of, given.repositories)),
        workspaces=given.workspaces,
        env=given.env,
        user=given.user,
    )


def _value(file: Path) -> str:
    """What a file holds, without the end of its line; nobody but its owner may read it."""
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        sentence = f"The secret '{file.name}' can be read by others; run `chmod 600` on it."
        raise Invalid("bad_task_configuration", sentence)
    value = file.read_text(encoding="utf-8").rstrip("\r\n")
    if len(value) < 8 or not value.isprintable():
        sentence = f"The secret '{file.name}' must be one line of at least eight characters."
        raise Invalid("bad_task_configuration", sentence)
    return value


def _with_port(host: str) -> str:
    return host.lower() if ":" in host else f"{host.lower()}:443"


def _bad(path: Path, why: Any) -> Invalid:
    return Invalid("bad_task_configuration", f"The task configuration {path.name} cannot be used: {why}")
