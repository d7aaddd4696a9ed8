"""The events that there are, and their bodies: `{"type", "timestamp", "data"}`, under 20 kB, each with an example."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cutroom.jobs import Status

MAX_BODY_BYTES: Final = 20_000  # Standard Webhooks, "Payload size": less than 20 kB

JOB_EVENTS: Final[Mapping[Status, str]] = {
    Status.SUCCEEDED: "job.succeeded",
    Status.FAILED: "job.failed",
    Status.CANCELLED: "job.cancelled",
}
WEBHOOK_DISABLED: Final = "webhook.disabled"
WEBHOOK_TEST: Final = "webhook.test"
EVENT_TYPES: Final[Mapping[str, str]] = {
    "job.succeeded": "A job has ended well; `data` is the job, with signed URLs of its artifacts.",
    "job.failed": "A job has failed for good; `data` is the job, `data.error` says why.",
    "job.cancelled": "A job was cancelled; `data` is the job.",
    WEBHOOK_DISABLED: "Another endpoint of the workspace was switched off because it was gone or kept failing.",
    WEBHOOK_TEST: "Sent by `POST /webhooks/{id}/test` alone, whatever the endpoint's filter says.",
}
SUBSCRIBABLE: Final = tuple(name for name in EVENT_TYPES if name != WEBHOOK_TEST)

_AT: Final = "2026-11-21T09:30:00Z"
_JOB: Final[dict[str, Any]] = {
    "id": "job_01kb0000000000000000000000",
    "type": "render",
    "status": "succeeded",
    "progress": 100.0,
    "stage": "publishing",
    "attempt": 1,
    "maxAttempts": 3,
    "priority": 0,
    "output": {"artifacts": ["art_01kb0000000000000000000000"]},
    "artifacts": [
        {
            "id": "art_01kb0000000000000000000000",
            "kind": "render",
            "name": "film.mp4",
            "url": "https://cutroom.example/api/v1/files/…",
            "contentType": "video/mp4",
            "sizeBytes": 1048576,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "expiresAt": "2026-11-28T09:30:00Z",
        }
    ],
    "warnings": [],
    "createdAt": "2026-11-21T09:29:42Z",
    "startedAt": "2026-11-21T09:29:42Z",
    "finishedAt": _AT,
    "sandboxLevel": 1,
}
_FAILURE: Final = {"code": "source_not_found", "message": "The source does not exist (status 404).", "retryable": False}
_WITHOUT_RESULT: Final[dict[str, Any]] = {"output": None, "artifacts": []}
_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "job.succeeded": _JOB,
    "job.failed": {**_JOB, "status": "failed", "progress": 40.0, **_WITHOUT_RESULT, "error": _FAILURE},
    "job.cancelled": {**_JOB, "status": "cancelled", "progress": 40.0, **_WITHOUT_RESULT},
    WEBHOOK_DISABLED: {
        "id": "whk_01kb0000000000000000000000",
        "url": "https://hooks.example/cutroom",
        "reason": "failing",
        "failingSince": "2026-11-16T09:30:00Z",
        "disabledAt": _AT,
    },
    WEBHOOK_TEST: {"message": "This is a test of your webhook."},
}
_KEPT: Final[tuple[str, ...]] = (
    "id",
    "type",
    "status",
    "progress",
    "attempt",
    "maxAttempts",
    "createdAt",
    "startedAt",
    "finishedAt",
)
_LARGE: Final = ("input", "output", "warnings", "artifacts", "error")


def example(event_type: str, at: datetime) -> str:
    """A body such as this type of event has."""
    return body(event_type, at, _EXAMPLES[event_type])


def body(event_type: str, at: datetime, data: Mapping[str, Any]) -> str:
    """What is sent for an event: less than `MAX_BODY_BYTES` as UTF-8.

    A job is sent without its input. Of one that is too large its output goes first, then its warnings and artifacts,
    until it fits; `data.trimmed` names what is missing, which `GET /jobs/{id}` still has.
    """
    text = _text(event_type, at, data)
    trimmed: list[str] = []
    shortened = dict(data)
    for name in _LARGE:
        if len(text.encode()) < MAX_BODY_BYTES:
            return text
        if name not in shortened:
            continue
        del shortened[name]
        trimmed.append(name)
        text = _text(event_type, at, {**shortened, "trimmed": trimmed})
    if len(text.encode()) < MAX_BODY_BYTES:
        return text
    least = {name: shortened[name] for name in _KEPT if name in shortened}
    return _text(event_type, at, {**least, "trimmed": [*trimmed, "rest"]})


def _text(event_type: str, at: datetime, data: Mapping[str, Any]) -> str:
    message = {"type": event_type, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
