"""The tables of the job engine.

The queries that run for every job are written as SQL text in their own modules; these classes say what the tables are.

Counters are avoided on purpose: what runs or waits is counted from partial indexes, so that nothing can drift. Columns
that change often while a job runs (`lease_until`, `progress`, `stage`, `event_seq`) are in no index, so that their
updates stay within the page (HOT); the fill factor leaves room for them.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText
from cutroom.jobs.states import Status

_BUSY: Final = {
    "fillfactor": 80,
    "autovacuum_vacuum_scale_factor": 0.02,
    "autovacuum_analyze_scale_factor": 0.05,
    "autovacuum_vacuum_cost_delay": 0,
}
_ENDED: Final = "('succeeded', 'failed', 'cancelled')"
_STATUSES: Final = ", ".join(f"'{status}'" for status in Status)


class JobRow(Base):
    """A job, which is also its own queue entry."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    type: Mapped[str]
    status: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Items of a job go before later jobs of the same priority: the queue is ordered by root, then by id.
    root_id: Mapped[str] = mapped_column(IdText)
    parent_id: Mapped[str | None] = mapped_column(IdText)
    parent_step: Mapped[str | None]
    parent_index: Mapped[int | None]
    depth: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # locks are taken by depth, then by id
    internal: Mapped[bool] = mapped_column(server_default=text("false"))
    input: Mapped[Any] = mapped_column(JSONB)
    output: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[dict[str, Any] | None]
    progress: Mapped[float] = mapped_column(REAL, server_default="0")
    stage: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(server_default="0")
    max_attempts: Mapped[int]
    run_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None]
    resumes: Mapped[bool] = mapped_column(server_default=text("false"))  # the next claim goes on with the attempt
    cancel_requested_at: Mapped[datetime | None]
    needs: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # labels of who may take it; NULL: any worker
    dedupe_key: Mapped[str | None] = mapped_column(IdText)
    pending: Mapped[int] = mapped_column(server_default="0")  # children that have not ended
    dead_at: Mapped[datetime | None]
    correlation_id: Mapped[str | None]
    trace: Mapped[str | None]
    event_seq: Mapped[int] = mapped_column(server_default="0")
    sandbox_level: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        Index(
            "ix_jobs_claim",
            "workspace_id",
            text("priority DESC"),
            "root_id",
            "id",
            postgresql_where=text("status = 'queued' AND needs IS NULL"),
        ),
        # However many wait for somebody who is not there, those who could never take them do not see them.
        Index(
            "ix_jobs_needy",
            "workspace_id",
            "needs",
            text("priority DESC"),
            "root_id",
            "id",
            postgresql_where=text("status = 'queued' AND needs IS NOT NULL"),
        ),
        Index("ix_jobs_running", "workspace_id", postgresql_where=text("status = 'running'")),
        Index(
            "ix_jobs_due",
            "run_at",
            postgresql_where=text("status IN ('scheduled', 'retrying', 'waiting') AND run_at IS NOT NULL"),
        ),
        Index(
            "uq_jobs_dedupe",
            "workspace_id",
            "dedupe_key",
            unique=True,
            postgresql_where=text(f"dedupe_key IS NOT NULL AND status NOT IN {_ENDED}"),
        ),
        Index("ix_jobs_listing", "workspace_id", text("id DESC"), postgresql_where=text("NOT internal")),
        Index(
            "uq_jobs_children",
            "parent_id",
            "parent_step",
            "parent_index",
            unique=True,
            postgresql_where=text("parent_id IS NOT NULL"),
        ),
        Index("ix_jobs_descendants", "root_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index(
            "ix_jobs_dead",
            "workspace_id",
            text("id DESC"),
            postgresql_where=text("dead_at IS NOT NULL AND NOT internal"),
        ),
        Index(
            "ix_jobs_retention",
            "finished_at",
            postgresql_where=text(f"parent_id IS NULL AND status IN {_ENDED}"),
        ),
        {"postgresql_with": _BUSY},
    )


class JobStepRow(Base):
    """A step of a job. Finished, it never runs again; a map or a timer has its row, unfinished, while it waits."""

    __tablename__ = "job_steps"

    job_id: Mapped[str] = mapped_column(IdText, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="step")  # step, map or timer
    result: Mapped[Any | None] = mapped_column(JSONB)
    attempt: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class JobAttemptRow(Base):
    """One claim-to-release execution."""

    __tablename__ = "job_attempts"

    job_id: Mapped[str] = mapped_column(IdText, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True)
    attempt: Mapped[int]
    worker: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[dict[str, Any] | None]

    __table_args__ = ({"postgresql_with": _BUSY},)


class JobEventRow(Base):
    """An appended fact. `seq` comes from the job row under its lock, so that commit order is sequence order."""

    __tablename__ = "job_events"

    job_id: Mapped[str] = mapped_column(IdText, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class JobKeyRow(Base):
    """An idempotency key and the job that it made."""

    __tablename__ = "job_keys"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(IdText, primary_key=True)
    body_hash: Mapped[str]
    job_id: Mapped[str] = mapped_column(IdText)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_job_keys_created_at", "created_at"),)


class LaneRow(Base):
    """The queue of one workspace: how many of its jobs may run at once, and when it was last served."""

    __tablename__ = "lanes"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    max_running: Mapped[int]
    served_at: Mapped[datetime]

    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)


class MaintenanceRow(Base):
    """When a recurring task last ran, on any worker."""

    __tablename__ = "maintenance"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_run_at: Mapped[datetime]
