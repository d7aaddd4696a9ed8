"""Signed, expiring URLs of the local store, as a bucket has them: read one object, or write one of a known size.

The signature binds the method, the key, the expiry and every fact that the answer depends on, so that none of them can
be changed. The route that serves these URLs is `/api/v1/files/{key}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from cutroom.assets.store import SignedPut, checked_key, harmless_type
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Forbidden, Invalid
from cutroom.kit.signing import Signer

ROUTE: Final = "/api/v1/files/"
_GET_FACTS: Final = ("expires", "name", "type")
_PUT_FACTS: Final = ("expires", "size", "type")

Query = Sequence[tuple[str, str]]
"""The query of a URL as it came: names and values in order, decoded once."""


@dataclass(frozen=True, slots=True)
class GetGrant:
    """What a verified read link allows: this object, under this name and type, until then."""

    key: str
    file_name: str
    content_type: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PutGrant:
    """What a verified write link allows: this object, of exactly this size and type, until then."""

    key: str
    size_bytes: int
    content_type: str
    expires_at: datetime


class Links:
    """Makes and reads the links.

    Args:
        signer: signs for this purpose alone.
        base_url: where clients reach the API, without a slash at the end.
        clock: decides what is expired.
        cdn_url: where they read files, when that is another address: a cache whose origin is the API.
    """

    def __init__(
        self, signer: Signer, base_url: str, clock: Clock | None = None, *, cdn_url: str | None = None
    ) -> None:
        self._signer = signer
        self._base_url = base_url.rstrip("/")
        self._cdn_url = (cdn_url or base_url).rstrip("/")
        self._clock = clock or SystemClock()

    def to_get(self, key: str, *, expires_s: int, file_name: str, content_type: str) -> str:
        """A URL that reads the object."""
        facts = {"expires": self._expiry(expires_s), "name": file_name, "type": harmless_type(content_type)}
        return self._url(self._cdn_url, "GET", key, facts)

    def to_put(self, key: str, *, expires_s: int, size_bytes: int, content_type: str) -> SignedPut:
        """A permission to write the object once."""
        facts = {"expires": self._expiry(expires_s), "size": str(size_bytes), "type": content_type}
        return SignedPut(self._url(self._base_url, "PUT", key, facts), "PUT", {"Content-Type": content_type})

    def read_get(self, key: str, query: Query) -> GetGrant:
        """Verify a read link.

        Raises:
            Forbidden: `bad_signature` when anything in it was changed, `link_expired` when it is too old.
        """
        facts, expires_at = self._verified("GET", key, query, _GET_FACTS)
        return GetGrant(key, facts["name"], facts["type"], expires_at)

    def read_put(self, key: str, query: Query) -> PutGrant:
        """Verify a write link. Raises as `read_get`."""
        facts, expires_at = self._verified("PUT", key, query, _PUT_FACTS)
        return PutGrant(key, int(facts["size"]), facts["type"], expires_at)

    def _expiry(self, expires_s: int) -> str:
        return str(int(self._clock.now().timestamp()) + expires_s)

    def _url(self, base_url: str, method: str, key: str, facts: Mapping[str, str]) -> str:
        signature = self._signer.sign(method, checked_key(key), *facts.values())
        return f"{base_url}{ROUTE}{key}?{urlencode([*facts.items(), ('sig', signature)])}"

    def _verified(
        self, method: str, key: str, query: Query, names: Sequence[str]
    ) -> tuple[Mapping[str, str], datetime]:
        facts = dict(query)
        if len(query) != len(facts) or facts.keys() != {*names, "sig"} or not _is_key(key):
            raise _bad_signature()
        if not self._signer.verify(facts["sig"], method, key, *(facts[name] for name in names)):
            raise _bad_signature()
        expires_at = datetime.fromtimestamp(int(facts["expires"]), UTC)
        if self._clock.now() >= expires_at:
            raise Forbidden("link_expired", "This link has expired; ask for a new one.")
        return facts, expires_at


def _is_key(key: str) -> bool:
    try:
        checked_key(key)
    except Invalid:
        return False
    return True


def _bad_signature() -> Forbidden:
    return Forbidden("bad_signature", "This link was changed or is not ours; use it exactly as it was given.")
