"""What the package hands out and takes in: frozen values, never rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

ENDPOINT_PREFIX: Final = "whk"
EVENT_PREFIX: Final = "evt"
DELIVERY_PREFIX: Final = "dlv"

DisabledReason = Literal["asked", "gone", "failing"]


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # until its next attempt; the deliverer of any worker takes it when `next_at` has passed
    SUCCEEDED = "succeeded"  # ended: the receiver answered with 2xx
    FAILED = "failed"  # ended: the last attempt failed, or the receiver said 410
    CANCELLED = "cancelled"  # ended: its endpoint was disabled; `replay` sends it anew


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a workspace wants its events sent.

    Args:
        events: the types that are sent; None for all of them.
        disabled_at: since when nothing is sent.
        disabled_reason: `asked` by the workspace, `gone` (the receiver said 410) or `failing` (nothing but failure for
            five days).
        failing_since: the first failure after the last success.
        old_secret_until: for how long it is also signed with the secret before the present one.
    """

    id: str
    workspace_id: str
    url: str
    description: str
    events: Sequence[str] | None
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def enabled(self) -> bool:
        """Whether events are sent to it."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint at a moment at which its secret is shown: when it was made, or its secret changed."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallbackSecret:
    """What a workspace's callbacks are signed with."""

    secret: str = field(repr=False)
    created_at: datetime
    old_secret_until: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one place.

    Args:
        event_id: the event's id, which is the `webhook-id` of every attempt.
        endpoint_id: where to; None for the callback of a job, whose `url` then says it.
        attempts: how many there have been.
        next_at: when the next attempt is due, while pending.
        sending: an attempt is under way, or its sender has died within the last minute.
    """

    id: str
    workspace_id: str
    event_id: str
    event_type: str
    job_id: str | None
    endpoint_id: str | None
    url: str | None
    status: DeliveryStatus
    attempts: int
    next_at: datetime | None
    sending: bool
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send a delivery.

    Args:
        number: from 1; goes on when a delivery is sent anew.
        duration_ms: from the lookup of the host to the end of the answer; None when the sender died.
        status_code: what the receiver answered.
        error: why there was no answer, or none that counts; stable.
        answer: the first characters of what it answered, made harmless; None unless it came from a public address.
    """

    number: int
    at: datetime
    duration_ms: int | None
    status_code: int | None
    error: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery with everything that is known of it; `body` is what is sent, to the byte."""

    delivery: Delivery
    body: str
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Args:
        count: deliveries that were sent anew.
        next_since: where the next call goes on, when there was more than one call takes.
    """

    count: int
    next_since: datetime | None
