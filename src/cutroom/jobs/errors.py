"""What ends an attempt early, never shown to users, and the one error that is.

Suspended (BaseException)  the workflow waits; its attempt ends and is replayed later
LeaseLost                  another worker may hold the job by now: stop, write nothing
ItemFailed                 why a map failed; the cause of the error that the workflow sees
"""

from dataclasses import dataclass
from typing import Final

from cutroom.kit.errors import NotFound

AWAY: Final = frozenset({"store_unavailable"})
"""Codes of what no job is to blame for and no other worker can mend: an attempt that meets it costs none."""
AWAY_AGAIN_S: Final = 30.0
"""The longest pause before it is looked whether that is over."""
AWAY_CLAIMS: Final = 64
"""So often it is looked: some half an hour. What is away for longer is perhaps set wrongly, and its jobs may say so."""


@dataclass(frozen=True, slots=True)
class NewItems:
    """A map: `inputs` are the JSON texts of items that are to become child jobs, None when they exist already."""

    step: str
    workflow: str
    inputs: tuple[str, ...] | None
    span: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Timer:
    """A sleep: of `seconds` when it is new, else `until` a time in seconds since 1970 on the database's clock."""

    step: str
    seconds: float
    until: float | None = None


Wait = NewItems | Timer


class Suspended(BaseException):
    """The workflow cannot go on before something else has happened.

    Not an `Exception`, so that a workflow's own `except Exception` lets it through.
    """

    def __init__(self, wait: Wait) -> None:
        super().__init__(wait.step)
        self.wait = wait


class LeaseLost(Exception):
    """A write was refused because its fence is old."""


class ItemFailed(Exception):
    """A child job of a map ended without success.

    Args:
        dead: its attempts were used up, so that its parent is a dead letter too.
    """

    def __init__(self, step: str, index: int, job_id: str | None, *, dead: bool) -> None:
        super().__init__(f"item {index} of {step}")
        self.step = step
        self.index = index
        self.job_id = job_id
        self.dead = dead


def is_dead(error: BaseException | None) -> bool:
    """Whether an error came from an item that used up its attempts."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ItemFailed):
            return error.dead
        seen.add(id(error))
        error = error.__cause__
    return False


def not_found() -> NotFound:
    """The same for a job that never was, for another workspace's, and for an item of a map."""
    return NotFound("job_not_found", "There is no job with this id.")
