"""What a worker and Temporal tell each other: ids, names and numbers, never what a job is about."""

from dataclasses import dataclass, field
from typing import Any, Final

BEGIN: Final = "cutroom.begin"
SETTLE: Final = "cutroom.settle"
DUE: Final = "cutroom.due"
CANCEL: Final = "cutroom.cancel"
ADMITTED: Final = "admitted"
ASKED: Final = "asked"


@dataclass(frozen=True)
class Admission:
    """A job that a worker has claimed: an attempt that is to be carried.

    Args:
        queue: task queue of the process that holds it.
        fence: number of the claim; a later one replaces it.
        patience_s: a silence of so many seconds is looked into.
        limit_s: wall-clock seconds that the attempt may take.
    """

    job_id: str
    workspace_id: str
    queue: str
    fence: int
    patience_s: float
    limit_s: float


@dataclass(frozen=True)
class Ask:
    """A step that the workflow function wants to run now.

    Args:
        tries: how often it may be tried in this attempt.
        first_s: seconds before the second try, at most.
        factor: by how much more with each further one.
        cap_s: longest wait between two.
    """

    name: str
    tries: int
    first_s: float
    factor: float
    cap_s: float


@dataclass(frozen=True)
class Ended:
    """How an attempt ended.

    Args:
        outcome: as in `Attempt`.
        status: of the job after it, where the attempt still held it.
        timed: the job waits for a time.
        code: of the error that it failed with.
    """

    outcome: str
    status: str | None = None
    timed: bool = False
    code: str | None = None


@dataclass(frozen=True)
class Turn:
    """What became of a workflow function that was let on: what it asks for now, or how it ended.

    Args:
        asks: steps that have not begun; none when another turn tells of what comes next.
        gone: there is no such attempt in this process.
    """

    asks: list[Ask] = field(default_factory=list)
    ended: Ended | None = None
    gone: bool = False


@dataclass(frozen=True)
class Place:
    """A step of an attempt, or the attempt itself.

    Args:
        step: None is the beginning.
        again: it was let on before and nothing was heard of it.
    """

    job_id: str
    fence: int
    step: str | None = None
    again: bool = False


def turn_of(details: Any) -> Turn:
    """A turn that came with an error."""
    ended = details["ended"]
    return Turn([Ask(**ask) for ask in details["asks"]], None if ended is None else Ended(**ended), details["gone"])


def quick_s(patience_s: float) -> float:
    """Seconds that what takes milliseconds may take: who has it after these is frozen or gone, and another gets it."""
    return min(max(patience_s, 2.0), 10.0)
