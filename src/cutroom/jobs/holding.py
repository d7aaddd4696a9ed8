"""A job in the hands of its worker."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal, NoReturn

from cutroom.jobs.claiming import Claimed
from cutroom.jobs.errors import Suspended, Wait
from cutroom.jobs.recorder import Recorder
from cutroom.jobs.states import Status

Reason = Literal["released", "outage", "cancelled", "lost"]
_RANK: tuple[Reason, ...] = ("released", "outage", "cancelled", "lost")


class Holding:
    """An attempt that runs here.

    Args:
        job: what was claimed.
        deadline: when the lease runs out, on this process's monotonic clock, reckoned from before the claim was sent.
        on_worked: called when the work is done and only its end is to be written.
    """

    def __init__(self, job: Claimed, deadline: float, on_worked: Callable[[], None]) -> None:
        self.job = job
        self.deadline = deadline
        self.recorder = Recorder(progress=job.progress, stage=job.stage, written=job.event_seq)
        self.writing = asyncio.Lock()
        """Held while something of this job is being written, so that its events stay in order."""
        self.reason: Reason | None = None
        self.waits: list[Wait] = []
        """What the workflow waits for: not empty when it is to be suspended, whatever it made of `Suspended`."""
        self.outcome: str | None = None
        """How the attempt ended, once its end is written: as in `Attempt`."""
        self.status: Status | None = None
        """What the end of the attempt made of the job."""
        self.code: str | None = None
        """Of the error that the attempt failed with."""
        self.worked = False
        self.concluding = False
        """The work is over, and its end is being written: only the answer can tell whether it still counts."""
        self._on_worked = on_worked
        self._work: asyncio.Task[Any] | None = None

    @property
    def expired(self) -> bool:
        """Whether the lease may have run out."""
        return time.monotonic() >= self.deadline

    def working(self, task: asyncio.Task[Any]) -> None:
        """Say what to cancel when the attempt is stopped."""
        self._work = task
        if self.reason is not None:
            task.cancel()

    def suspend(self, wait: Wait) -> NoReturn:
        """Leave the workflow: it goes on when `wait` is over.

        Raises:
            Suspended: always.
        """
        self.waits.append(wait)
        raise Suspended(wait)

    def done_working(self) -> None:
        """Give the slot to another while the end is written."""
        self.worked = True
        self._on_worked()

    def stop(self, reason: Reason) -> None:
        """End the attempt's work early. A graver reason replaces a lesser one."""
        if self.reason is None or _RANK.index(reason) > _RANK.index(self.reason):
            self.reason = reason
            if self._work is not None:
                self._work.cancel()
