"""What the package hands out and takes in: frozen values, never rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from cutroom.jobs.states import Status

JOB_PREFIX: Final = "job"
EventKind = Literal["state", "progress", "log", "text"]


@dataclass(frozen=True, slots=True)
class Job:
    """One durable request to run a workflow with one input.

    Args:
        status: where it stands; show `shown` to users.
        input: JSON, as the workflow's input type writes it.
        output: JSON, when succeeded.
        error: `CutroomError.to_json()` data, and in `attempts` that of every failed attempt; when failed or retrying.
        progress: fraction in [0, 1].
        attempt: number of the current or last attempt, 0 before the first.
        run_at: when a scheduled, retrying or sleeping job goes on.
        dead_at: when it became a dead letter: its attempts were used up.
        cancel_requested_at: when a cancel was asked for that its worker has not yet carried out.
        event_seq: sequence number of its newest event.
        resumes: it waited, and its next claim goes on with the same attempt.
        trace: the W3C `traceparent` of the request that caused it, if there was one.
        needs: labels that whoever takes it has; None is any worker.
    """

    id: str
    workspace_id: str
    type: str
    status: Status
    priority: int
    input: Any
    output: Any
    error: Mapping[str, Any] | None
    progress: float
    stage: str | None
    attempt: int
    max_attempts: int
    run_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    dead_at: datetime | None
    parent_id: str | None
    correlation_id: str | None
    event_seq: int
    sandbox_level: int | None
    resumes: bool
    trace: str | None = None
    needs: tuple[str, ...] | None = None

    @property
    def shown(self) -> Status:
        """The status for users: a job that waits for its items, or to go on after them, is running."""
        return Status.RUNNING if self.resumes and self.status is Status.QUEUED else self.status.shown


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An appended fact on a job.

    Args:
        seq: grows by one per event of the job.
        kind: `state` (data: status, attempt, and error where there is one), `progress` (data: progress in percent,
            stage), `log` (data: level, message, and the facts given) or `text` (data: stream, text, begins), which is
            there until the job has succeeded.
    """

    seq: int
    at: datetime
    kind: EventKind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claim-to-release execution of a job.

    Args:
        number: from 1; an attempt that was released or suspended and goes on keeps its number.
        outcome: None while it runs; succeeded, failed, cancelled, lost (its worker died), released (its worker drained)
            or suspended (it waits).
    """

    number: int
    fence: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key under which a client repeats a request without repeating its effect, for 24 hours.

    Args:
        route: which operation; keys of different routes do not meet.
        key: what the client sent.
        body_hash: a hash of what else it sent; the same key with another body is refused.
    """

    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to be made.

    Args:
        type: name of the workflow.
        input: an instance of the workflow's input type, or JSON data that it accepts.
        priority: higher goes first, above 0 among all workspaces, below among the jobs of its own; from -100 to 100.
        run_at: not before this time; at once when None or past.
        max_attempts: the workflow's own when None.
        correlation_id: id of the request that caused it.
        idempotency: without one, a deterministic workflow is deduplicated by content.
        seconds: the most seconds of media that it may make, which its workspace is charged for; None costs nothing.
        micro: the most that it may spend on language models, in millionths of a US dollar; counts with `seconds` alone.
        needs: labels that an agent must have to take it; ordinary workers take only jobs without.
    """

    type: str
    input: Any
    priority: int = 0
    run_at: datetime | None = None
    max_attempts: int | None = None
    correlation_id: str | None = None
    idempotency: Idempotency | None = None
    seconds: float | None = None
    micro: int = 0
    needs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submission: a new job, or the one that the same request made before."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """Which attempt is asking, for those who act on its behalf."""

    workspace_id: str
    job_id: str
    attempt: int
    fence: int
