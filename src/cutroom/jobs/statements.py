"""SQL text, with the few fragments that many statements share."""

from string import Template
from typing import Final

from sqlalchemy import TextClause, text

_JOB: Final = (
    "id, workspace_id, type, status, priority, input, output, error, progress, stage, attempt, max_attempts, run_at, "
    "created_at, started_at, finished_at, cancel_requested_at, dead_at, parent_id, correlation_id, event_seq, "
    "sandbox_level, resumes, trace, needs"
)
# `changed` is a CTE of changed job rows, whose event_seq was raised by one in the same UPDATE: the row lock which that
# took makes the order of commits the order of sequence numbers, so that a follower who has seen n cannot miss n-1.
_STATE_EVENT: Final = """
INSERT INTO job_events (job_id, seq, at, kind, data)
SELECT id, event_seq, clock_timestamp(), 'state', jsonb_strip_nulls(jsonb_build_object(
  'status', CASE status WHEN 'waiting' THEN 'running' ELSE status END, 'attempt', attempt, 'error', error - 'attempts'))
FROM changed
"""
# Whether the next attempt is the last one of a job with which a worker was lost before. Asked of few rows: nearly all
# have no attempt behind them, which is looked at first.
_SUSPECT: Final = """
(attempt > 0 AND attempt + 1 >= max_attempts
 AND EXISTS (SELECT FROM job_attempts AS tried WHERE tried.job_id = jobs.id AND tried.outcome = 'lost'))
"""
_FRAGMENTS: Final = {
    "suspect": _SUSPECT,
    "job": _JOB,
    "state_event": _STATE_EVENT,
    "ended": "('succeeded', 'failed', 'cancelled')",
}


def statement(template: str, **parts: str) -> TextClause:
    """A statement with `:parameters`.

    `$job` stands for the columns that `repository.job_of` reads, `$ended` for the list of statuses of ended jobs,
    `$suspect` for whether a job is one (see `claiming`), and `$state_event` for the insert of one state event for each
    row of the CTE `changed`. `parts` are put in first, under their names, and may hold these in turn.
    """
    return text(Template(Template(template).safe_substitute(parts)).substitute(_FRAGMENTS))
