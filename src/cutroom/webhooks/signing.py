"""Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec 1.0): secrets and signatures.

`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; while a secret is being rotated
there are two of them, parted by a space, and a receiver takes either.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32  # the specification asks for 24 to 64


def new_secret() -> bytes:
    """Make a secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as receivers take it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(event_id: str, at: datetime, body: str, keys: Sequence[bytes]) -> Mapping[str, str]:
    """The three headers of one attempt.

    Args:
        event_id: the same at every attempt.
        at: when this attempt is made, in UTC; receivers refuse what is five minutes away from their own time.
        body: what is sent, to the byte.
        keys: secrets to sign with, the present one first.
    """
    second = at.astimezone(UTC).replace(microsecond=0)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(second.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(event_id, second, body) for key in keys),
    }
