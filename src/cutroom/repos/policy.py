"""What the owner of an agent lets tasks do there. The agent asks this, whatever the server says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cutroom.kit.errors import Forbidden
from cutroom.repos.address import address, beneath

Network = Literal["none", "open"] | tuple[str, ...]
"""None at all; the machine's own; or through a proxy to these places alone, each `host:port`."""

EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that tasks may use, named by repositories and known here alone.

    Args:
        name: what repositories call it.
        value: the value.
        repositories: prefixes of the addresses that it may be used for.
        workspaces: ids of the workspaces that may; `*` for all, also those that strangers make.
        env: the variable in which the command finds it; None for what git shows to the repository's server.
        user: whose password it is there.
    """

    name: str
    value: str = field(repr=False)
    repositories: tuple[str, ...]
    workspaces: frozenset[str]
    env: str | None = None
    user: str = "x-access-token"


@dataclass(frozen=True, slots=True)
class Command:
    """A program that may be run in checkouts.

    Args:
        name: what tasks call it.
        argv: program and arguments; `{prompt}`, `{prompt_file}`, `{summary}` and `{checkout}` in them are filled in.
        stdin: whether it reads the prompt from its standard input.
        env: variables that it finds, besides `PATH`, `HOME`, `LANG` and `TMPDIR`.
        secrets: variables that it finds whatever the repository, such as its own key at a model's server.
        reads: files and folders that it needs beyond `/usr` and the like.
        network: what it can reach.
        timeout_s: seconds after which it is ended.
        memory_bytes: what it and all that it starts use together.
        disk_bytes: what it may write.
        processes: how many there may be of it.
    """

    name: str
    argv: tuple[str, ...]
    stdin: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    reads: tuple[Path, ...] = ()
    network: Network = "none"
    timeout_s: float = 1_800.0
    memory_bytes: int = 4 << 30
    disk_bytes: int = 8 << 30
    processes: int = 512


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it.

    Args:
        commands: what may be run; the first where a task names none.
        repositories: prefixes of the addresses that may be checked out.
        secrets: by name.
        labels: what tasks may ask of an agent, besides `task`.
        submodules: whether those are checked out whose addresses are allowed too.
        depth: how many commits of history a checkout has.
        git_timeout_s: seconds that each run of git may take.
        max_patch_bytes: the largest patch that is taken.
    """

    commands: tuple[Command, ...]
    repositories: tuple[str, ...]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    submodules: bool = False
    depth: int = 50
    git_timeout_s: float = 300.0
    max_patch_bytes: int = 32 << 20

    def place(self, url: str) -> str:
        """The address of a repository that may be checked out.

        Raises:
            Invalid: `bad_repository_url`.
            Forbidden: `repository_not_allowed`.
        """
        wanted = address(url)
        if not any(beneath(prefix, wanted) for prefix in self.repositories):
            message = "This agent's own configuration does not allow that repository."
            raise Forbidden("repository_not_allowed", message)
        return wanted

    def command(self, name: str | None) -> Command:
        """The command of this name, or the first.

        Raises:
            Forbidden: `command_not_allowed`.
        """
        for command in self.commands:
            if name is None or command.name == name:
                return command
        raise Forbidden("command_not_allowed", "This agent's own configuration has no command of that name.")

    def secrets_for(self, names: Sequence[str], place: str, workspace_id: str) -> list[Secret]:
        """The secrets that a repository names.

        Raises:
            Forbidden: `secret_not_allowed`, also for one that there is not.
        """
        found = [self.secrets[name] for name in dict.fromkeys(names) if name in self.secrets]
        allowed = [secret for secret in found if _for(secret, place, workspace_id)]
        if len(allowed) < len(set(names)):
            message = "This agent's own configuration does not give that repository every secret that it names."
            raise Forbidden("secret_not_allowed", message)
        return allowed


def _for(secret: Secret, place: str, workspace_id: str) -> bool:
    theirs = not secret.workspaces.isdisjoint({workspace_id, EVERYBODY})
    return theirs and any(beneath(prefix, place) for prefix in secret.repositories)
