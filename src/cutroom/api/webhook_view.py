"""Webhooks and deliveries as they are seen from outside."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from cutroom.api.answers import ListOut
from cutroom.api.job_view import When
from cutroom.kit.schema import Schema, is_absent
from cutroom.webhooks import Attempt, Delivery, DeliveryRecord, Endpoint, NewEndpoint

EventType = Literal["job.succeeded", "job.failed", "job.cancelled", "webhook.disabled"]
SentType = Literal["job.succeeded", "job.failed", "job.cancelled", "webhook.disabled", "webhook.test"]
ShownDeliveryStatus = Literal["pending", "succeeded", "failed", "cancelled"]
Url = Annotated[
    str, Field(min_length=1, max_length=2048, description="Where events are sent: https, on a public address.")
]
Description = Annotated[str, Field(max_length=500, description="For people.")]
Events = Annotated[
    list[EventType] | None,
    Field(min_length=1, max_length=20, description="Types of events to send; all of them when null."),
]


Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""A time that any zone can write."""


class WebhookOut(Schema):
    """An endpoint that events of the workspace are sent to."""

    id: str
    url: str
    description: str
    events: Annotated[list[str] | None, Field(description="Types of events that are sent; all when null.")]
    enabled: bool
    disabled_at: When = None
    disabled_reason: Annotated[
        Literal["asked", "gone", "failing"] | None,
        Field(
            exclude_if=is_absent,
            description="`asked` for here, `gone` (it answered 410), or `failing` (nothing but failure for five days).",
        ),
    ] = None
    failing_since: Annotated[When, Field(description="The first failure after the last success.")] = None
    old_secret_until: Annotated[When, Field(description="Until then it is signed with the old secret too.")] = None
    created_at: datetime
    updated_at: datetime


class NewWebhookOut(WebhookOut):
    """An endpoint with its secret, which is shown at this moment only."""

    secret: Annotated[str, Field(description="`whsec_…`: what signatures are verified with.")]


class WebhookList(ListOut[WebhookOut]):
    """One page of endpoints."""


class CallbackSecretOut(Schema):
    """What the workspace's callbacks are signed with."""

    secret: Annotated[str, Field(description="`whsec_…`: what signatures are verified with.")]
    created_at: datetime
    old_secret_until: Annotated[When, Field(description="Until then they are signed with the old secret too.")] = None


class DeliveryOut(Schema):
    """One event on its way to one place."""

    id: str
    event_id: Annotated[str, Field(description="The `webhook-id` of every attempt.")]
    type: Annotated[str, Field(description="Type of the event.")]
    status: ShownDeliveryStatus
    attempts: Annotated[int, Field(description="How many there have been.")]
    webhook_id: Annotated[str | None, Field(exclude_if=is_absent, description="Where to; absent for a callback.")] = (
        None
    )
    callback_url: Annotated[str | None, Field(exclude_if=is_absent, description="Where to, for a callback.")] = None
    job_id: Annotated[str | None, Field(exclude_if=is_absent)] = None
    next_attempt_at: When = None
    created_at: datetime
    ended_at: When = None


class DeliveryAttemptOut(Schema):
    """One try to send it."""

    number: int
    at: datetime
    duration_ms: Annotated[int | None, Field(exclude_if=is_absent)] = None
    status_code: Annotated[int | None, Field(exclude_if=is_absent, description="What the receiver answered.")] = None
    error: Annotated[str | None, Field(exclude_if=is_absent, description="Why it did not count; stable.")] = None
    answer: Annotated[
        str | None,
        Field(
            exclude_if=is_absent,
            description="The first kilobyte of the answer, HTML escaped; absent when it came from a private address.",
        ),
    ] = None


class DeliveryDetailOut(DeliveryOut):
    """One event on its way to one place, with what is sent and every attempt."""

    payload: Annotated[dict[str, Any], Field(description="The body, as JSON.")]
    log: Annotated[list[DeliveryAttemptOut], Field(description="Every attempt, in order.")]


class DeliveryList(ListOut[DeliveryOut]):
    """One page of deliveries."""


class ReplayOut(Schema):
    """What a replay does."""

    replayed: Annotated[int, Field(description="Deliveries that are sent anew.")]
    next_since: Annotated[When, Field(description="`since` of the next call, when there is more.")] = None


def webhook_view(endpoint: Endpoint) -> WebhookOut:
    """An endpoint on the wire."""
    return WebhookOut(**_endpoint(endpoint))


def new_webhook_view(made: NewEndpoint) -> NewWebhookOut:
    """An endpoint on the wire at the moment at which its secret is shown."""
    return NewWebhookOut(**_endpoint(made.endpoint), secret=made.secret)


def delivery_view(delivery: Delivery) -> DeliveryOut:
    """A delivery on the wire."""
    return DeliveryOut(**_delivery(delivery))


def delivery_detail(record: DeliveryRecord) -> DeliveryDetailOut:
    """A delivery on the wire with all that is known of it."""
    return DeliveryDetailOut(
        **_delivery(record.delivery), payload=json.loads(record.body), log=[_attempt(one) for one in record.attempts]
    )


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": None if endpoint.events is None else list(endpoint.events),
        "enabled": endpoint.enabled,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.failing_since,
        "old_secret_until": endpoint.old_secret_until,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "type": delivery.event_type,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "webhook_id": delivery.endpoint_id,
        "callback_url": delivery.url,
        "job_id": delivery.job_id,
        "next_attempt_at": delivery.next_at,
        "created_at": delivery.created_at,
        "ended_at": delivery.ended_at,
    }


def _attempt(attempt: Attempt) -> DeliveryAttemptOut:
    return DeliveryAttemptOut(
        number=attempt.number,
        at=attempt.at,
        duration_ms=attempt.duration_ms,
        status_code=attempt.status_code,
        error=attempt.error,
        answer=attempt.answer,
    )
