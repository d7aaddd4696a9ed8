"""HMAC signatures over a few named facts, for URLs and cursors that come back to us."""

import base64
import hashlib
import hmac
import json
from typing import Any


class Signer:
    """Signs with one secret for one purpose, so that a token of one kind is worthless as another.

    Args:
        secret: at least 16 bytes.
        purpose: a constant, mixed into the key.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        if len(secret) < 16:
            raise ValueError("a signing secret needs at least 16 bytes")
        self._key = hmac.digest(secret, purpose.encode(), hashlib.sha256)

    def sign(self, *facts: str | int) -> str:
        """A URL-safe signature of the facts, in order; no two lists of facts read the same."""
        message = json.dumps([str(fact) for fact in facts]).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, message, hashlib.sha256)).decode().rstrip("=")

    def verify(self, signature: str, *facts: str | int) -> bool:
        """Whether `signature` was made by `sign` over the same facts; takes the same time either way."""
        return hmac.compare_digest(self.sign(*facts).encode(), signature.encode("utf-8", "replace"))

    def seal(self, value: Any) -> str:
        """A readable-by-us, unforgeable token that carries a small JSON value."""
        body = base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
        return f"{body}.{self.sign(body)}"

    def unseal(self, token: str) -> Any | None:
        """The value that `seal` put in, or None when the token is not ours."""
        body, _, signature = token.partition(".")
        if not self.verify(signature, body):
            return None
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
