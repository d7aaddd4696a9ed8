"""When a delivery is tried again."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS_S: Final = (0.0, 5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""Standard Webhooks, "Deliverability and reliability": eight attempts over about 27.6 hours."""
JITTER: Final = 0.1
MAX_RETRY_AFTER_S: Final = DELAYS_S[-1]
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing


def delay_s(tries: int, retry_after_s: float | None = None) -> float | None:
    """Seconds from a failed attempt to the next one; None when it was the last.

    Args:
        tries: attempts made so far.
        retry_after_s: what the receiver asked for; it can make the pause longer, within bounds, and never shorter.
    """
    if tries >= len(DELAYS_S):
        return None
    pause = DELAYS_S[tries] * _jitter.uniform(1 - JITTER, 1 + JITTER)
    return max(pause, min(retry_after_s or 0.0, MAX_RETRY_AFTER_S))


def retry_after_s(header: bytes | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 section 10.2.3); None when it says nothing that we read."""
    text = (header or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    # A date in the obsolete form without a zone is in GMT too.
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
