"""What the package hands out: frozen values, never rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

REPOSITORY_PREFIX: Final = "rep"
Queue = Literal["backlog", "rework"]
BACKLOG: Final = "backlog"
REWORK: Final = "rework"
QUEUES: Final[tuple[Queue, ...]] = (BACKLOG, REWORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a workspace says of a repository.

    Args:
        name: for people; each is used once.
        url: address, checked by whoever registers it.
        branch: None for the repository's own.
        command: which of an agent's commands its tasks run; the agent's first when None.
        labels: which agents may take its tasks: those that have all of them.
        secrets: names of secrets, whose values only agents know.
    """

    name: str
    url: str
    branch: str | None = None
    command: str | None = None
    labels: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository(Written):
    """A repository that a workspace has registered."""

    id: str
    workspace_id: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt to be carried out in a repository; the job of the same id does it.

    Args:
        repository_id: None once the repository was deleted.
        rework_of: the task that it makes better.
    """

    id: str
    workspace_id: str
    repository_id: str | None
    queue: Queue
    rework_of: str | None
    created_at: datetime
