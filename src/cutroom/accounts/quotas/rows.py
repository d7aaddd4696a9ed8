"""The tables of quotas: which plan a workspace has, and a line of the ledger for each job that counts."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, Date, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


class PlanRow(Base):
    """The plan that a workspace was given; without a row it has the default."""

    __tablename__ = "workspace_plans"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    plan: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=_NOW)


class ChargeRow(Base):
    """What one job takes from its workspace's month: held while it runs, then used, or given back.

    What was paid to others is not given back: the spending of a job that failed stays in its line.
    A job has one line, and no line is ever shared: jobs that end together cannot wait for each other here.
    """

    __tablename__ = "charges"

    job_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    month: Mapped[date] = mapped_column(Date)  # its first day
    status: Mapped[str]
    held_ms: Mapped[int]  # what it may take at most
    used_ms: Mapped[int] = mapped_column(server_default="0")
    held_micro: Mapped[int] = mapped_column(server_default="0")  # what models may cost it: millionths of a dollar
    used_micro: Mapped[int] = mapped_column(server_default="0")  # what they did cost: of refunded jobs too
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        CheckConstraint("status IN ('held', 'used', 'refunded')", name="status"),
        Index(
            "ix_charges_month",
            "workspace_id",
            "month",
            postgresql_include=["status", "held_ms", "used_ms", "held_micro", "used_micro"],
            postgresql_where=text("status <> 'refunded' OR used_micro > 0"),
        ),
        Index("ix_charges_created_at", "created_at"),
    )
