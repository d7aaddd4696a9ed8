"""Floor 7: results leave the house. Events of a workspace, sent to where it wants them, signed, until they arrive."""

from cutroom.webhooks.catalogue import EVENT_TYPES, SUBSCRIBABLE, WEBHOOK_TEST
from cutroom.webhooks.deliver import Deliverer
from cutroom.webhooks.endpoint import (
    Attempt,
    CallbackSecret,
    Delivery,
    DeliveryRecord,
    DeliveryStatus,
    Endpoint,
    NewEndpoint,
    Replayed,
)
from cutroom.webhooks.retention import Retention
from cutroom.webhooks.sending import Sender
from cutroom.webhooks.service import WebhookService
from cutroom.webhooks.settings import DelivererSettings, WebhookSettings

__all__ = [
    "EVENT_TYPES",
    "SUBSCRIBABLE",
    "WEBHOOK_TEST",
    "Attempt",
    "CallbackSecret",
    "Deliverer",
    "DelivererSettings",
    "Delivery",
    "DeliveryRecord",
    "DeliveryStatus",
    "Endpoint",
    "NewEndpoint",
    "Replayed",
    "Retention",
    "Sender",
    "WebhookService",
    "WebhookSettings",
]
