"""Tables of this package.

A delivery is its own queue entry. While it is sent, `next_at` lies ahead as far as its lease: when its sender dies, it
is due again by itself. `attempts` is also the fence: what a sender reports about an older attempt changes nothing.

Deliveries name their endpoint and their job without a foreign key: the end of a job must neither wait for nor fail over
an endpoint that is being deleted. Deleting an endpoint deletes its deliveries; a straggler is never sent and goes with
its event.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")
_BUSY: Final = {
    "fillfactor": 80,
    "autovacuum_vacuum_scale_factor": 0.02,
    "autovacuum_analyze_scale_factor": 0.05,
}


class EndpointRow(Base):
    """Where a workspace wants its events sent. `events` is null for all of them, those of later versions included."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    url: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    events: Mapped[list[str] | None]
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # sealed by the vault, as is the one before it
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]  # first failure after the last success
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        CheckConstraint("disabled_reason IN ('asked', 'gone', 'failing')", name="disabled_reason"),
        Index("ix_webhook_endpoints_listing", "workspace_id", text("id DESC")),
    )


class CallbackSecretRow(Base):
    """What a workspace's callbacks are signed with."""

    __tablename__ = "callback_secrets"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class CallbackRow(Base):
    """Where one job's end is to be told. The foreign key's lock keeps the job from ending while this is written."""

    __tablename__ = "webhook_callbacks"

    job_id: Mapped[str] = mapped_column(IdText, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class EventRow(Base):
    """What happened; `body` is what is sent, to the byte, at every attempt."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    type: Mapped[str]
    job_id: Mapped[str | None] = mapped_column(IdText)
    body: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_webhook_events_replay", "workspace_id", "created_at", "id"),
        Index("ix_webhook_events_created_at", "created_at"),
    )


class DeliveryRow(Base):
    """One event on its way to one place: an endpoint, or the callback of one job (`url`)."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    event_id: Mapped[str] = mapped_column(IdText, ForeignKey("webhook_events.id", ondelete="CASCADE"))
    event_type: Mapped[str]
    job_id: Mapped[str | None] = mapped_column(IdText)
    endpoint_id: Mapped[str | None] = mapped_column(IdText)
    url: Mapped[str | None]
    target: Mapped[str] = mapped_column(IdText)  # what is slow or dead together: an endpoint, or a callback's host
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")  # attempts since it was last sent anew
    next_at: Mapped[datetime]
    leased_at: Mapped[datetime | None]  # set while an attempt is under way
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ('pending', 'succeeded', 'failed', 'cancelled')", name="status"),
        CheckConstraint("(endpoint_id IS NULL) <> (url IS NULL)", name="one_place"),
        Index("ix_webhook_deliveries_due", "target", "next_at", "id", postgresql_where=text("status = 'pending'")),
        Index(
            "uq_webhook_deliveries_event",
            "endpoint_id",
            "event_id",
            unique=True,
            postgresql_where=text("endpoint_id IS NOT NULL"),
        ),
        Index(
            "ix_webhook_deliveries_listing",
            "endpoint_id",
            text("id DESC"),
            postgresql_where=text("endpoint_id IS NOT NULL"),
        ),
        Index("ix_webhook_deliveries_job", "job_id", text("id DESC"), postgresql_where=text("job_id IS NOT NULL")),
        Index("ix_webhook_deliveries_event_id", "event_id"),
        {"postgresql_with": _BUSY},
    )


class AttemptRow(Base):
    """One try to send a delivery."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    duration_ms: Mapped[int | None]
    status_code: Mapped[int | None]
    error: Mapped[str | None]
    answer: Mapped[str | None]
