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
        micro: what language models cost, in millionths of a US dollar, for jobs that failed too.
        micro_held: what they may still cost jobs that have not ended.
    """

    month: date
    jobs: int = 0
    jobs_held: int = 0
    seconds: float = 0.0
    seconds_held: float = 0.0
    micro: int = 0
    micro_held: int = 0


@dataclass(frozen=True, slots=True)
class Amount:
    """What a job takes, beside being one job: milliseconds of media, and millionths of a US dollar."""

    ms: int = 0
    micro: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What the jobs of a month have taken or hold."""

    jobs: int
    ms: int
    micro: int
