"""Tables of this package."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText


class WorkspaceRow(Base):
    """A tenant. At most one is the default, which the first start makes."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("uq_workspaces_default", "is_default", unique=True, postgresql_where=text("is_default")),)


class ApiKeyRow(Base):
    """An API key, by its hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{*}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
