"""Floor 7: jobs run by Temporal. The only importer of its SDK, which is there with the extra `temporal`.

The queue, the journal and the history of jobs stay in Postgres, and who may run is decided there; Temporal carries each
attempt: it lets its steps on one by one, keeps its timers, and notices when its worker is gone.
"""

from cutroom.temporal.connection import Connection, TemporalSettings, connect
from cutroom.temporal.engine import TemporalEngine

__all__ = ["Connection", "TemporalEngine", "TemporalSettings", "connect"]
