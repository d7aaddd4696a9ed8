"""The keys of one identity provider, fetched when they are needed and kept when it is away."""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import httpx2
import structlog

from cutroom import __version__
from cutroom.accounts.tokens.keys import VerifyingKey, read_jwks
from cutroom.kit import strict_json
from cutroom.kit.clock import Clock
from cutroom.kit.errors import CutroomError, Unavailable

log = structlog.get_logger()
MAX_BYTES: Final = 256 << 10
DEADLINE_S: Final = 3.0
COOLDOWN_S: Final = 30.0
"""Least time between two fetches, whatever tokens come in between."""
FIRST_COOLDOWN_S: Final = 5.0
"""The same while no key has been had at all: a provider that was away at our start should not cost half a minute."""
FRESH_S: Final = 600.0
"""How long a key that its provider has withdrawn is still believed, at most, while the provider can be reached."""
UNKNOWN_S: Final = 120.0
"""How long a key id that was not there is not looked for again."""
MAX_UNKNOWN: Final = 1_000


class KeyCache:
    """The keys at one URL.

    Known keys are used without asking anybody. A key id that is not known makes one fetch, at most one per cooldown
    over all requests; a fetch that fails changes nothing.

    Args:
        url: the provider's JWK set.
        clock: measures ages.
        deadline_s: seconds that one fetch may take in all.
        cooldown_s: seconds between fetches.
    """

    def __init__(
        self, url: str, clock: Clock, *, deadline_s: float = DEADLINE_S, cooldown_s: float = COOLDOWN_S
    ) -> None:
        self._url, self._clock = url, clock
        self._deadline_s, self._cooldown_s = deadline_s, cooldown_s
        self._keys: Mapping[str | None, VerifyingKey] | None = None
        self._fetched = self._tried = float("-inf")
        self._unknown: OrderedDict[str | None, float] = OrderedDict()
        self._fetching = asyncio.Lock()
        self._tls: ssl.SSLContext | None = None
        self.fetches = self._answers = 0

    async def find(self, kid: str | None) -> VerifyingKey | None:
        """The key with this id; without an id, the only key there is. None when there is no such key.

        Raises:
            Unavailable: `issuer_unavailable`, when no keys have been had so far and none can be had now.
        """
        now = self._clock.monotonic()
        key = self._known(kid)
        if key is not None and (now - self._fetched < FRESH_S or self._fetching.locked()):
            return key
        if key is None and self._keys is not None and self._unknown.get(kid, float("-inf")) > now:
            return None
        answers = self._answers
        await self._refresh(self.fetches)
        key = self._known(kid)
        if self._keys is None:
            message = "The identity provider does not answer, and its keys are not known yet; try again in a moment."
            raise Unavailable("issuer_unavailable", message, retry_after_s=FIRST_COOLDOWN_S)
        if key is None and self._answers > answers:
            # Only if the provider was really asked: after a change of keys, the new one comes soon.
            self._note_unknown(kid)
        return key

    def _known(self, kid: str | None) -> VerifyingKey | None:
        if self._keys is None:
            return None
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _note_unknown(self, kid: str | None) -> None:
        self._unknown[kid] = self._clock.monotonic() + UNKNOWN_S
        self._unknown.move_to_end(kid)
        while len(self._unknown) > MAX_UNKNOWN:
            self._unknown.popitem(last=False)

    async def _refresh(self, fetches: int) -> None:
        """Fetch the keys, unless somebody has since there were so many fetches, or it was tried a moment ago."""
        async with self._fetching:
            now = self._clock.monotonic()
            cooldown_s = self._cooldown_s if self._keys else min(self._cooldown_s, FIRST_COOLDOWN_S)
            if self.fetches > fetches or now - self._tried < cooldown_s:
                return
            self._tried = now
            self.fetches += 1
            try:
                self._keys = read_jwks(strict_json.parse(await self._fetch()))
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, CutroomError) as error:
                log.warning("identity.keys_failed", url=self._url, error=str(error) or type(error).__name__)
                return
            self._fetched = now
            self._answers += 1

    async def _fetch(self) -> bytes:
        """The body at the URL: no redirects, no proxy, no compression, one deadline, not more than `MAX_BYTES`."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        headers = {"User-Agent": f"Cutroom/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            asyncio.timeout(self._deadline_s),
            httpx2.AsyncClient(trust_env=False, follow_redirects=False, verify=self._tls, headers=headers) as client,
            client.stream("GET", self._url) as answer,
        ):
            if answer.status_code != 200:
                raise Unavailable("issuer_unavailable", f"The answer has status {answer.status_code}.")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise Unavailable("issuer_unavailable", "The answer is compressed although it was asked not to be.")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unavailable("issuer_unavailable", f"The answer is larger than {MAX_BYTES} bytes.")
            return bytes(body)
