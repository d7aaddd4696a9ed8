"""Uploads that are joined from others are found by themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration that waits for a lock makes everyone behind it wait too: give up early, and try again later.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_uploads_joined", "uploads", ["workspace_id"], postgresql_where=sa.text("joins IS NOT NULL"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_uploads_joined", table_name="uploads")
