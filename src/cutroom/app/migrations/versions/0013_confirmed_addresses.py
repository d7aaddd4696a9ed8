"""Confirmed addresses, and links that confirm them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_AT = postgresql.TIMESTAMP(timezone=True)
_ID = sa.Text(collation="C")


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Null for whoever is there already, and for whom the version before this one still makes: nobody asked them.
    op.add_column("users", sa.Column("confirmed_at", _AT, nullable=True))
    op.create_table(
        "user_links",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_links")),
        sa.UniqueConstraint("hash", name=op.f("uq_user_links_hash")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("user_links")
    op.drop_column("users", "confirmed_at")
