"""Uploads in parts, and deleted assets that can come back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BEFORE = "status IN ('pending', 'verifying', 'completed', 'failed')"
_NOW = "status IN ('pending', 'received', 'verifying', 'completed', 'failed', 'aborted')"


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_uploads_status"), "uploads", type_="check")
    op.create_check_constraint(op.f("ck_uploads_status"), "uploads", _NOW)
    # What exists was announced for a single PUT; that is what the defaults say.
    op.add_column("uploads", sa.Column("method", sa.Text(), server_default="single", nullable=False))
    op.create_check_constraint(op.f("ck_uploads_method"), "uploads", "method IN ('single', 'multipart', 'tus')")
    op.alter_column("uploads", "size_bytes", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("uploads", sa.Column("part_size_bytes", sa.BigInteger(), nullable=True))
    op.add_column("uploads", sa.Column("handle", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("offset_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("uploads", sa.Column("numbers_used", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("uploads", sa.Column("writer", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("tail", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("tail_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("uploads", sa.Column("tus_metadata", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("partial", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "uploads", sa.Column("joins", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.create_index(
        "ix_uploads_open",
        "uploads",
        ["workspace_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'received', 'verifying')"),
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id_uploads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "upload_keys",
        sa.Column("workspace_id", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_upload_keys")),
    )
    op.create_index("ix_upload_keys_created_at", "upload_keys", ["created_at"], unique=False)
    op.create_index(
        "ix_assets_workspace",
        "assets",
        ["workspace_id", sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=["size_bytes"],
    )
    op.create_index(
        "ix_artifacts_workspace", "artifacts", ["workspace_id"], unique=False, postgresql_include=["size_bytes"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_artifacts_workspace", table_name="artifacts")
    op.drop_index("ix_assets_workspace", table_name="assets")
    op.drop_index("ix_upload_keys_created_at", table_name="upload_keys")
    op.drop_table("upload_keys")
    op.drop_table("upload_parts")
    # Uploads in parts mean nothing to the version before; what they had become are assets, and stay.
    op.execute("DELETE FROM uploads WHERE method <> 'single' OR status IN ('received', 'aborted')")
    op.drop_index("ix_uploads_open", table_name="uploads")
    for column in (
        "joins",
        "partial",
        "tus_metadata",
        "tail_bytes",
        "tail",
        "writer",
        "numbers_used",
        "offset_bytes",
        "handle",
        "part_size_bytes",
    ):
        op.drop_column("uploads", column)
    op.alter_column("uploads", "size_bytes", existing_type=sa.BigInteger(), nullable=False)
    op.drop_constraint(op.f("ck_uploads_method"), "uploads", type_="check")
    op.drop_column("uploads", "method")
    op.drop_constraint(op.f("ck_uploads_status"), "uploads", type_="check")
    op.create_check_constraint(op.f("ck_uploads_status"), "uploads", _BEFORE)
