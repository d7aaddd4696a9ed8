"""Floor 6: durable jobs. A job's row is its queue entry, its journal and its history.

`Context` and its neighbours know no database; what needs one is imported when it is first asked for, so that the
command line tool, which runs workflows alone, starts without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cutroom.jobs.alone import run_alone
from cutroom.jobs.calls import StepRetry
from cutroom.jobs.context import Context
from cutroom.jobs.job import Attempt, AttemptRef, Idempotency, Job, JobEvent, Submission, Submitted
from cutroom.jobs.registry import Registry, Workflow
from cutroom.jobs.remembered import Remembered
from cutroom.jobs.seams import (
    Draft,
    Files,
    Origin,
    Productions,
    Published,
    PublishedFile,
    Taken,
    TakenFile,
    WrittenProduction,
)
from cutroom.jobs.states import ENDED, Status

if TYPE_CHECKING:
    from cutroom.jobs.claimant import WorkerSettings
    from cutroom.jobs.ending import OnEnd
    from cutroom.jobs.follow import Followers
    from cutroom.jobs.live import forget_texts, live_texts
    from cutroom.jobs.retention import Retention
    from cutroom.jobs.scheduler import Scheduler
    from cutroom.jobs.service import MAX_RUNNING, JobService
    from cutroom.jobs.telling import tell_parent, told_sum
    from cutroom.jobs.worker import Worker

_LATER: Final = {
    "Scheduler": "scheduler",
    "Retention": "retention",
    "Followers": "follow",
    "forget_texts": "live",
    "live_texts": "live",
    "JobService": "service",
    "MAX_RUNNING": "service",
    "OnEnd": "ending",
    "Worker": "worker",
    "WorkerSettings": "claimant",
    "tell_parent": "telling",
    "told_sum": "telling",
}

__all__ = [
    "ENDED",
    "MAX_RUNNING",
    "Attempt",
    "AttemptRef",
    "Context",
    "Draft",
    "Files",
    "Followers",
    "Idempotency",
    "Job",
    "JobEvent",
    "JobService",
    "OnEnd",
    "Origin",
    "Productions",
    "Published",
    "PublishedFile",
    "Registry",
    "Remembered",
    "Retention",
    "Scheduler",
    "Status",
    "StepRetry",
    "Submission",
    "Submitted",
    "Taken",
    "TakenFile",
    "Worker",
    "WorkerSettings",
    "Workflow",
    "WrittenProduction",
    "forget_texts",
    "live_texts",
    "run_alone",
    "tell_parent",
    "told_sum",
]


def __getattr__(name: str) -> Any:
    """Import what stands on the database when it is first used (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"cutroom.jobs.{_LATER[name]}"), name)
