"""The states of a job, and who moves a job on when its owner dies."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where a job stands."""

    SCHEDULED = "scheduled"  # until `run_at`; then the rescuer of any worker queues it
    QUEUED = "queued"  # until a worker claims it: NOTIFY wakes workers, their poll is the backstop
    RUNNING = "running"  # held under a lease; the rescuer takes it back when the lease has passed
    WAITING = "waiting"  # for map items (the transaction that ends the last one queues it) or a timer (the rescuer)
    RETRYING = "retrying"  # an attempt failed; the rescuer queues it when `run_at` has passed
    SUCCEEDED = "succeeded"  # ended
    FAILED = "failed"  # ended; a dead letter when its attempts are used up; `retry` and `redrive` queue it again
    CANCELLED = "cancelled"  # ended; `retry` queues it again

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self in ENDED

    @property
    def shown(self) -> "Status":
        """What the outside sees: that a running job gave up its slot while it waits is nobody's business."""
        return Status.RUNNING if self is Status.WAITING else self


ENDED: Final = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})
