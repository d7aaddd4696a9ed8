"""Tasks on repositories"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_AT = postgresql.TIMESTAMP(timezone=True)
_ID = sa.Text(collation="C")
_NOW = sa.text("clock_timestamp()")
_NAMES = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "repositories",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("name", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.Column("labels", _NAMES, server_default="{}", nullable=False),
        sa.Column("secrets", _NAMES, server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", _AT, server_default=_NOW, nullable=False),
        sa.Column("updated_at", _AT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
    )
    op.create_index("uq_repositories_name", "repositories", ["workspace_id", "name"], unique=True)
    op.create_index(
        "ix_repositories_listing", "repositories", ["workspace_id", sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "tasks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("repository_id", _ID, nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("rework_of", _ID, nullable=True),
        sa.Column("created_at", _AT, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["jobs.id"], name=op.f("fk_tasks_id_jobs"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repositories.id"],
            name=op.f("fk_tasks_repository_id_repositories"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_listing", "tasks", ["workspace_id", sa.literal_column("id DESC")], unique=False)
    op.create_index("ix_tasks_board", "tasks", ["workspace_id", "queue", sa.literal_column("id DESC")], unique=False)
    op.create_index("ix_tasks_repository", "tasks", ["repository_id", sa.literal_column("id DESC")], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("tasks")
    op.drop_table("repositories")
