"""Prefixed, time-ordered ids: `job_01k…`.

The 128 bits are a UUID version 7 (RFC 9562 section 5.7), written as 26 characters of Crockford's base 32 in lower case,
so that ids sort by time as text and can be double-clicked.
"""

import re
import secrets
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
_PATTERN: Final = re.compile(r"[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def new_id(prefix: str, *, at_ms: int | None = None, entropy: int | None = None) -> str:
    """Make an id.

    Args:
        prefix: two to eight lower-case letters that name the kind of thing.
        at_ms: milliseconds since 1970; the system clock when absent.
        entropy: 74 bits; random when absent. Given by replay-safe callers.
    """
    millis = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    bits = secrets.randbits(74) if entropy is None else entropy & ((1 << 74) - 1)
    value = (millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1)
    return f"{prefix}_{''.join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of this kind: a cheap test before asking the database."""
    return text.startswith(f"{prefix}_") and _PATTERN.fullmatch(text) is not None
