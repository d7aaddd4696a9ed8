"""Plans and usage, and the trace of a job"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("jobs", sa.Column("trace", sa.Text(), nullable=True))
    op.create_table(
        "workspace_plans",
        sa.Column("workspace_id", sa.Text(collation="C"), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column(
            "since", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspace_plans")),
    )
    op.create_table(
        "charges",
        sa.Column("job_id", sa.Text(collation="C"), nullable=False),
        sa.Column("workspace_id", sa.Text(collation="C"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("status IN ('held', 'used', 'refunded')", name=op.f("ck_charges_status")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_charges")),
    )
    op.create_index("ix_charges_created_at", "charges", ["created_at"], unique=False)
    op.create_index(
        "ix_charges_month",
        "charges",
        ["workspace_id", "month"],
        unique=False,
        postgresql_include=["status", "held_ms", "used_ms"],
        postgresql_where=sa.text("status <> 'refunded'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_charges_month", table_name="charges", postgresql_where=sa.text("status <> 'refunded'"))
    op.drop_index("ix_charges_created_at", table_name="charges")
    op.drop_table("charges")
    op.drop_table("workspace_plans")
    op.drop_column("jobs", "trace")
