"""Agents, and jobs that only some may take"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AT = postgresql.TIMESTAMP(timezone=True)
_ID = sa.Text(collation="C")
_LABELS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("jobs", sa.Column("needs", _LABELS, nullable=True))
    op.drop_index("ix_jobs_claim", table_name="jobs", postgresql_where=sa.text("status = 'queued'"))
    _index_of_the_queue(" AND needs IS NULL")
    op.create_index(
        "ix_jobs_needy",
        "jobs",
        ["workspace_id", "needs", sa.literal_column("priority DESC"), "root_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND needs IS NOT NULL"),
    )
    _agents()


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("draining", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revoked_at", _AT, nullable=True),
        sa.Column("seen_at", _AT, nullable=True),
        sa.Column("offer", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_agents_workspace_id_workspaces"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_index("ix_agents_workspace_id_id", "agents", ["workspace_id", "id"], unique=False)
    op.create_table(
        "agent_codes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("used_at", _AT, nullable=True),
        sa.Column("agent_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_agent_codes_workspace_id_workspaces"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_codes")),
        sa.UniqueConstraint("hash", name=op.f("uq_agent_codes_hash")),
    )
    op.create_index("ix_agent_codes_workspace_id_id", "agent_codes", ["workspace_id", "id"], unique=False)
    op.create_table(
        "agent_tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("agent_id", _ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", _AT, nullable=True),
        sa.Column("revoked_at", _AT, nullable=True),
        sa.Column("used_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_tokens_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_agent_tokens_hash")),
    )
    op.create_index("ix_agent_tokens_agent_id", "agent_tokens", ["agent_id"], unique=False)
    op.create_table(
        "agent_sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("agent_id", _ID, nullable=False),
        sa.Column("token_id", _ID, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("applied", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", _AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", _AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_sessions_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_sessions")),
    )
    op.create_index("ix_agent_sessions_agent_id", "agent_sessions", ["agent_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("agent_sessions", "agent_tokens", "agent_codes", "agents"):
        op.drop_table(table)
    op.drop_index("ix_jobs_needy", table_name="jobs")
    op.drop_index("ix_jobs_claim", table_name="jobs")
    # Nobody of the earlier version could know that only some may take these.
    op.execute("DELETE FROM jobs WHERE needs IS NOT NULL")
    op.drop_column("jobs", "needs")
    _index_of_the_queue("")


def _index_of_the_queue(more: str) -> None:
    op.create_index(
        "ix_jobs_claim",
        "jobs",
        ["workspace_id", sa.literal_column("priority DESC"), "root_id", "id"],
        unique=False,
        postgresql_where=sa.text(f"status = 'queued'{more}"),
    )
