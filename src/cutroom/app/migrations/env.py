"""What Alembic runs: all tables of all packages, compared with or brought to the database of one open connection."""

from alembic import context
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

import cutroom.accounts.quotas.rows
import cutroom.accounts.rows
import cutroom.accounts.user_rows
import cutroom.assets.rows
import cutroom.fleet.rows
import cutroom.jobs.rows
import cutroom.productions.rows
import cutroom.prompts.rows
import cutroom.tasks.rows
import cutroom.templates.rows
import cutroom.webhooks.rows  # noqa: F401 — declares its tables, as those above do
from cutroom.db import Base


def number(_context: MigrationContext, _revision: object, directives: list[ops.MigrationScript]) -> None:
    """Number the new revision after the last one: 0001, 0002, …, so that the files stand in their order."""
    last = context.script.get_current_head()
    for script in directives:
        script.rev_id = f"{int(last or '0') + 1:04}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_type=True,
    compare_server_default=True,
    process_revision_directives=number,
)
with context.begin_transaction():
    context.run_migrations()
