"""What the HTTP door counts."""

from typing import Final

from cutroom.kit import metrics

_REQUESTS: Final = metrics.histogram(
    "http_request_seconds", "Time from a request's first byte to its answer's last.", ("method", "route", "status")
)
STREAMS: Final = metrics.gauge("http_streams", "Event streams that are open.", ("kind",))
REFUSED: Final = metrics.counter("rate_limited", "Requests refused because a budget was used up.", ("policy",))
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})


def observe_request(method: str, route: str, status: int, elapsed_s: float) -> None:
    """Count one request under its route's pattern, never its path; `status` 0 is a connection without an answer."""
    _REQUESTS.labels(method if method in _METHODS else "other", route, str(status)).observe(elapsed_s)
