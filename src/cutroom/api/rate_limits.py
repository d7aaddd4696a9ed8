"""How often anybody may ask: budgets per address, per principal, and for keys and passwords that are wrong.

Every door counts alike: a WebSocket is one request when it opens; what it says afterwards `streams` counts. A wrong key
is counted under its address and under its first characters. When such a budget is used up, wrong keys hear 429 instead
of 401, and right ones still pass: else anybody could lock out a neighbour, or a key of which they know the beginning.
"""

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutroom.accounts import Principal
from cutroom.accounts.api_keys import PREFIX
from cutroom.api import meters
from cutroom.api.errors import error_response, request_id_of
from cutroom.api.gate import client_of, network_of
from cutroom.kit.budget import Budget
from cutroom.kit.counters import Counters, resets_in_s
from cutroom.kit.errors import QuotaExceeded

STANDINGS: Final = "cutroom.standings"
"""Key of the scope under which the budgets are that the answer tells of."""
KEY_PREFIX_CHARS: Final = 12
_FREE: Final = frozenset({"/livez"})
_SIGNING_IN: Final = "/api/v1/auth/"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
Policy = Literal["address", "auth", "reads", "writes", "failures"]


@dataclass(frozen=True, slots=True)
class RateSettings:
    """The budgets of one deployment.

    Args:
        address: requests of one client address, all together.
        auth: attempts of one address to register, log in and the like.
        reads: GET and HEAD of one principal, and streams that it opens.
        writes: all other requests of one principal.
        failures: wrong keys and passwords of one address; also wrong keys with the same beginning.
    """

    address: Budget = field(default=Budget(12_000, 60))
    auth: Budget = field(default=Budget(120, 60))
    reads: Budget = field(default=Budget(6_000, 60))
    writes: Budget = field(default=Budget(1_200, 60))
    failures: Budget = field(default=Budget(60, 60))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one budget, `used` including this request."""

    policy: Policy
    budget: Budget
    used: int
    resets_s: float

    @property
    def remaining(self) -> int:
        """How many more are allowed in this window."""
        return max(0, self.budget.amount - self.used)


class Rates:
    """Counts requests and says who has asked too often.

    Args:
        settings: the budgets.
        counters: where is counted.
    """

    def __init__(self, settings: RateSettings, counters: Counters) -> None:
        self._settings, self._counters = settings, counters
        self._budgets: Mapping[Policy, Budget] = {
            "address": settings.address,
            "auth": settings.auth,
            "reads": settings.reads,
            "writes": settings.writes,
            "failures": settings.failures,
        }

    async def spend(self, scope: Scope, policy: Policy, who: str) -> None:
        """Count this request and have its standing told in the answer.

        Raises:
            QuotaExceeded: `rate_limited`.
        """
        budget = self._budgets[policy]
        used = await self._counters.add(f"{policy}/{who}", budget.window_s)
        standing = Standing(policy, budget, used, resets_in_s(budget.window_s, time.time()))
        if used > budget.amount:
            raise _refusal(scope, standing)
        scope.setdefault(STANDINGS, []).append(standing)

    async def spend_of(self, connection: HTTPConnection, principal: Principal) -> None:
        """Count a request of somebody who is known.

        Raises:
            QuotaExceeded: `rate_limited`.
        """
        reading = connection.scope.get("method", "GET") in _SAFE
        await self.spend(connection.scope, "reads" if reading else "writes", principal.id)

    async def admit(self, scope: Scope) -> None:
        """Count a request of an address, before anything is done for it.

        Raises:
            QuotaExceeded: `rate_limited`.
        """
        if scope["path"] in _FREE:
            return
        network = network_of(client_of(scope))
        await self.spend(scope, "address", network)
        if scope["path"].startswith(_SIGNING_IN) and scope.get("method", "GET") not in _SAFE:
            await self.spend(scope, "auth", network)

    async def fail(self, scope: Scope, key: str | None = None) -> QuotaExceeded | None:
        """Count a wrong key or password; the refusal to give instead of "wrong" when there were too many.

        Args:
            scope: the request.
            key: what was sent where the headers do not say it.
        """
        budget = self._settings.failures
        worst = 0
        for who in _suspects(scope, key):
            worst = max(worst, await self._counters.add(f"failures/{who}", budget.window_s))
        if worst <= budget.amount:
            return None
        return _refusal(scope, Standing("failures", budget, worst, resets_in_s(budget.window_s, time.time())))


class RateLimits:
    """ASGI middleware that counts requests per address, and answers 429 where too many answers were 401."""

    def __init__(self, app: ASGIApp, *, rates: Rates) -> None:
        self._app, self._rates = app, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on.

        Raises:
            QuotaExceeded: `rate_limited`.
        """
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        await self._rates.admit(scope)
        refused = False

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 401:
                refusal = await self._rates.fail(scope)
                if refusal is not None:
                    refused = True
                    await error_response(refusal, request_id_of(scope))(scope, receive, send)
            if not refused:
                await send(message)

        await self._app(scope, receive, answer)


def rate_headers(told: Sequence[Standing]) -> list[tuple[bytes, bytes]]:
    """Headers of draft-ietf-httpapi-ratelimit-headers-10, and those that came before it, for the scarcest budget."""
    if not told:
        return []
    scarcest = min(told, key=lambda standing: standing.remaining / standing.budget.amount)
    policies = ", ".join([f'"{s.policy}";q={s.budget.amount};w={s.budget.window_s}' for s in told])
    left = ", ".join([f'"{s.policy}";r={s.remaining};t={math.ceil(s.resets_s)}' for s in told])
    return [
        (b"ratelimit-policy", policies.encode()),
        (b"ratelimit", left.encode()),
        (b"x-ratelimit-limit", b"%d" % scarcest.budget.amount),
        (b"x-ratelimit-remaining", b"%d" % scarcest.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(scarcest.resets_s)),
    ]


def _refusal(scope: Scope, standing: Standing) -> QuotaExceeded:
    """The refusal, which tells of this budget alone."""
    scope[STANDINGS] = [standing]
    meters.REFUSED.labels(standing.policy).inc()
    budget = standing.budget
    message = (
        f"Too many requests: the budget '{standing.policy}' allows {budget.amount} in {budget.window_s} s. "
        "Wait as long as Retry-After says."
    )
    return QuotaExceeded("rate_limited", message, retry_after_s=standing.resets_s)


def _suspects(scope: Scope, key: str | None) -> list[str]:
    headers = Headers(scope=scope)
    found = key or headers.get("authorization", "").partition(" ")[2].strip() or headers.get("x-api-key", "")
    # Of our keys alone: all tokens of one issuer begin alike.
    beginning = hashlib.sha256(found[:KEY_PREFIX_CHARS].encode()).hexdigest()[:16]
    named = [f"key/{beginning}"] if found.startswith(PREFIX) else []
    return [f"address/{network_of(client_of(scope))}", *named]
