"""What was used in a month."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Usage:
    """One calendar month (UTC) of one workspace.

    Args:
        month: its first day.
        jobs: jobs that succeeded.
        jobs_held: jobs that were accepted and have not ended.
        seconds: seconds of media that were made.
        seconds_held: seconds that jobs which have not ended may still take.
    """

    month: date
    jobs: int = 0
    jobs_held: int = 0
    seconds: float = 0.0
    seconds_held: float = 0.0
