"""Floor 2: Postgres, and nothing about what is kept in it."""

from cutroom.db.base import Base, IdText
from cutroom.db.embedded import EmbeddedPostgres, running_url
from cutroom.db.engine import make_engine
from cutroom.db.errors import unavailable
from cutroom.db.locks import lock, try_lock
from cutroom.db.notify import Listener, notify
from cutroom.db.quick import Quick
from cutroom.db.session import Database

__all__ = [
    "Base",
    "Database",
    "EmbeddedPostgres",
    "IdText",
    "Listener",
    "Quick",
    "lock",
    "make_engine",
    "notify",
    "running_url",
    "try_lock",
    "unavailable",
]
