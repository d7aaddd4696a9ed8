"""What deliveries count."""

from typing import Final

from cutroom.kit import metrics

ATTEMPTS: Final = metrics.counter(
    "webhook_attempts", "Attempts to send an event, by what came of them: succeeded, retry, failed.", ["outcome"]
)
SECONDS: Final = metrics.histogram("webhook_answer_seconds", "Time that an attempt took, answer included.")
WAIT: Final = metrics.histogram("webhook_wait_seconds", "Time from an event to the first attempt to send it.")
PENDING: Final = metrics.gauge(
    "webhook_pending", "Deliveries that have not ended; counted to 100,000.", across="latest"
)
DISABLED: Final = metrics.counter("webhook_endpoints_disabled", "Endpoints that were switched off by us.", ["reason"])
