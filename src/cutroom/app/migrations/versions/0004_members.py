"""Members, invitations, and keys with scopes"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.Text(collation="C")
_TIME = postgresql.TIMESTAMP(timezone=True)
_ROLES = "role IN ('owner', 'admin', 'editor', 'viewer')"
_KEY_COLUMNS = ("created_by", "expires_at", "rotated_at", "previous_hash", "previous_until")


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "memberships",
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(_ROLES, name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_memberships_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("accepted_at", _TIME, nullable=True),
        sa.Column("accepted_by", _ID, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.CheckConstraint(_ROLES, name=op.f("ck_invitations_role")),
        sa.CheckConstraint("mail IN ('off', 'pending', 'sent', 'failed')", name=op.f("ck_invitations_mail")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_invitations_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("hash", name=op.f("uq_invitations_hash")),
    )
    op.create_index(
        "ix_invitations_listing", "invitations", ["workspace_id", sa.literal_column("id DESC")], unique=False
    )
    op.add_column("workspaces", sa.Column("deleted_at", _TIME, nullable=True))
    # Keys that are there already were made by the command line, never expire, and keep their scopes.
    op.add_column("api_keys", sa.Column("created_by", _ID, nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", _TIME, nullable=True))
    op.add_column("api_keys", sa.Column("rotated_at", _TIME, nullable=True))
    op.add_column("api_keys", sa.Column("previous_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_until", _TIME, nullable=True))
    op.create_unique_constraint(op.f("uq_api_keys_previous_hash"), "api_keys", ["previous_hash"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # The older version asks for no scope and knows no end: in it, keys that are less than whole would be more than
    # they were, and those of closed workspaces would come back to life.
    op.execute("DELETE FROM api_keys WHERE expires_at IS NOT NULL OR NOT '*' = ANY (scopes)")
    op.execute("DELETE FROM api_keys USING workspaces AS w WHERE w.id = workspace_id AND w.deleted_at IS NOT NULL")
    op.drop_constraint(op.f("uq_api_keys_previous_hash"), "api_keys", type_="unique")
    for column in _KEY_COLUMNS:
        op.drop_column("api_keys", column)
    op.drop_column("workspaces", "deleted_at")
    op.drop_index("ix_invitations_listing", table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
