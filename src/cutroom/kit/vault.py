"""Secrets that we have to be able to read again, sealed for the database.

AES-256-GCM under a key that is derived from the server's own secret, so that a copy of the tables alone opens nothing.
The place where a secret is kept is part of what is authenticated: sealed bytes that are moved to another row do not
open there.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12  # NIST SP 800-38D section 8.2.2: 96 random bits, for up to 2^32 values under one key


class Vault:
    """Seals and opens small secrets.

    Args:
        secret: at least 16 bytes; the same in every process.
        purpose: a constant, mixed into the key.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        if len(secret) < 16:
            raise ValueError("a vault's secret needs at least 16 bytes")
        self._cipher = AESGCM(hmac.digest(secret, f"vault:{purpose}".encode(), hashlib.sha256))

    def seal(self, value: bytes, place: str) -> bytes:
        """What to keep instead of `value` at `place`, an id."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """What was sealed for `place`; None when it was changed, moved, or sealed under another secret."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            return None
