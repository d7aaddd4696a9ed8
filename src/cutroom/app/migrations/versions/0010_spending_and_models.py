"""Spending, and the model of a workspace"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("workspaces", sa.Column("model", sa.Text(), nullable=True))
    op.add_column("charges", sa.Column("held_micro", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("charges", sa.Column("used_micro", sa.BigInteger(), server_default="0", nullable=False))
    op.drop_index("ix_charges_month", table_name="charges", postgresql_where=sa.text("status <> 'refunded'"))
    op.create_index(
        "ix_charges_month",
        "charges",
        ["workspace_id", "month"],
        unique=False,
        postgresql_include=["status", "held_ms", "used_ms", "held_micro", "used_micro"],
        postgresql_where=sa.text("status <> 'refunded' OR used_micro > 0"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(
        "ix_charges_month", table_name="charges", postgresql_where=sa.text("status <> 'refunded' OR used_micro > 0")
    )
    op.create_index(
        "ix_charges_month",
        "charges",
        ["workspace_id", "month"],
        unique=False,
        postgresql_include=["status", "held_ms", "used_ms"],
        postgresql_where=sa.text("status <> 'refunded'"),
    )
    op.drop_column("charges", "used_micro")
    op.drop_column("charges", "held_micro")
    op.drop_column("workspaces", "model")
