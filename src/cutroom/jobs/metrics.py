"""What the job engine counts."""

from typing import Final

from cutroom.kit import metrics

WAIT: Final = metrics.histogram("job_wait_seconds", "Time that a job lay in the queue before it was claimed.", ["type"])
RUN: Final = metrics.histogram("job_run_seconds", "Time that an attempt ran.", ["type"])
ATTEMPTS: Final = metrics.counter("job_attempts", "Attempts by how they ended.", ["type", "outcome"])
RESCUED: Final = metrics.counter("job_rescues", "Jobs taken back from workers that stopped answering.")
RUNNING: Final = metrics.gauge("jobs_held", "Attempts that run in this worker.")
DEPTH: Final = metrics.gauge("jobs", "Jobs by what they wait for; counted to 100,000.", ["state"], across="latest")
