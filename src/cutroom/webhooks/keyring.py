"""Secrets on their way between the tables, where they are sealed, and the signatures."""

from collections.abc import Sequence
from datetime import datetime

from cutroom.kit.vault import Vault
from cutroom.webhooks import signing


class Keyring:
    """Makes, seals and opens signing secrets.

    Args:
        vault: of the server.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def make(self, place: str) -> tuple[str, bytes]:
        """A new secret for `place`: as receivers take it, and sealed."""
        secret = signing.new_secret()
        return signing.shown(secret), self._vault.seal(secret, place)

    def shown(self, place: str, sealed: bytes) -> str | None:
        """The secret as receivers take it; None when the server's own secret is another now."""
        secret = self._vault.open(sealed, place)
        return None if secret is None else signing.shown(secret)

    def keys(
        self, place: str, sealed: bytes | None, old: bytes | None, old_until: datetime | None, now: datetime
    ) -> Sequence[bytes]:
        """What to sign with now, the present secret first; nothing when it cannot be opened."""
        present = None if sealed is None else self._vault.open(sealed, place)
        if present is None:
            return ()
        former = self._vault.open(old, place) if old is not None and old_until is not None and old_until > now else None
        return (present,) if former is None else (present, former)


def callbacks_of(workspace_id: str) -> str:
    """The place of a workspace's callback secret."""
    return f"callbacks:{workspace_id}"
