"""One attempt: a POST to a URL that a stranger wrote, and what came back.

Only a 2xx counts; a redirect is not followed. The whole attempt has one deadline, the answer is read no further than
64 KB, and of what is read the first characters are kept, unless they came from inside our own network: what an
internal server says must not be readable through us.
"""

import asyncio
import html
import re
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog

from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Detail, Invalid
from cutroom.media.guard import GuardedNetwork, Refused, Target, canonical_allow, is_public
from cutroom.media.guarded_http import Exchange, GuardedHttp, trouble
from cutroom.media.shown import show
from cutroom.webhooks.schedule import retry_after_s

DEADLINE_S: Final = 15.0
MAX_ANSWER_BYTES: Final = 64 << 10
SHOWN_BYTES: Final = 1 << 10
LOOKUP_S: Final = 3.0
MAX_URL_CHARS: Final = 2048
_REMOVED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt.

    Args:
        at: when it began.
        duration_ms: how long it took.
        status_code: what the receiver answered, if it did.
        error: None when it succeeded; else a stable code.
        text: the first characters of the answer, made harmless, where they may be shown.
        retry_after_s: what the receiver asked for.
    """

    at: datetime
    duration_ms: int = 0
    status_code: int | None = None
    error: str | None = None
    text: str | None = None
    retry_after_s: float | None = None

    @property
    def gone(self) -> bool:
        """The receiver says that it wants no more, ever."""
        return self.status_code == HTTPStatus.GONE


class Sender:
    """Sends events; safe for many at once.

    Args:
        allow: (host, port) pairs that may be sent to although they are private, on another port, or without TLS.
        https_only: refuse other URLs without TLS.
        deadline_s: seconds for one attempt, from the lookup to the end of the answer.
        network: opens connections; given by tests.
        tls: verifies receivers; the system's roots when absent.
        clock: what receivers compare a timestamp with.
    """

    def __init__(
        self,
        allow: frozenset[tuple[str, int]] = frozenset(),
        *,
        https_only: bool = True,
        deadline_s: float = DEADLINE_S,
        network: GuardedNetwork | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._http = GuardedHttp(network or GuardedNetwork(canonical_allow(allow)), idle_s=deadline_s, tls=tls)
        self._https_only = https_only
        self._deadline_s = deadline_s
        self._clock = clock or SystemClock()

    async def check(self, url: str, pointer: str) -> None:
        """Refuse now what would be refused at each attempt: its form, its literal address, or what its name leads to.

        A name that cannot be looked up at present is let in: each attempt asks again.

        Args:
            url: where events are to go.
            pointer: of the URL in what was sent.

        Raises:
            Invalid: `url_not_allowed`.
        """
        try:
            target = self._target(url)
            with suppress(socket.gaierror, TimeoutError):
                async with asyncio.timeout(LOOKUP_S):
                    await self._http.network.addresses(target.host, target.port)
        except Refused as refused:
            message = f"{show(url)} is not allowed: {refused}."
            raise Invalid("url_not_allowed", message, details=[Detail(pointer, "url_not_allowed", message)]) from None

    def target_of(self, url: str) -> str:
        """What fails together with this URL: its origin; the URL itself when it cannot be read."""
        try:
            target = self._target(url)
        except Refused:
            return url[:200]
        return f"{target.scheme}://{target.host}:{target.port}"

    async def send(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Make one attempt; never raises."""
        began, answer = time.monotonic(), Answer(self._clock.now())
        reading = _Reading()
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._post(self._target(url), headers, body.encode(), reading)
            answer = replace(answer, error=_verdict(reading.status_code))
        except TimeoutError:
            answer = replace(answer, error="timeout")
        except Refused:
            answer = replace(answer, error="url_not_allowed")
        except Exception as error:
            found = trouble(error)
            if found is None:
                log.exception("webhook.send_failed", url=show(url))
            answer = replace(answer, error="internal_error" if found is None else found.value)
        wait = retry_after_s(reading.retry_after, self._clock.now()) if reading.retry_after else None
        return replace(
            answer,
            duration_ms=round(1000 * (time.monotonic() - began)),
            status_code=reading.status_code,
            text=harmless(reading.kept) if reading.public else None,
            retry_after_s=wait,
        )

    def _target(self, url: str) -> Target:
        if len(url) > MAX_URL_CHARS:
            raise Refused(f"it is longer than {MAX_URL_CHARS} characters")
        target = self._http.check(url)
        named = self._http.network.is_allowed(target.host, target.port)
        if self._https_only and target.scheme != "https" and not named:
            raise Refused("only https is accepted")
        return target

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes, reading: "_Reading") -> None:
        sent = {"Content-Type": "application/json", "Accept": "*/*", **headers}
        async with self._http.ask("POST", target, sent, body) as exchange:
            await reading.take(exchange)


class _Reading:
    """What has come of an answer so far, also when the rest never does."""

    def __init__(self) -> None:
        self.status_code: int | None = None
        self.retry_after: bytes | None = None
        self.kept = b""
        self.public = False

    async def take(self, exchange: Exchange) -> None:
        self.status_code = exchange.response.status
        self.retry_after = exchange.headers.get(b"retry-after")
        self.public = exchange.address is not None and is_public(exchange.address)
        size = 0
        async for chunk in exchange.response.aiter_stream():
            self.kept += chunk[: SHOWN_BYTES - len(self.kept)]
            size += len(chunk)
            if size >= MAX_ANSWER_BYTES:
                return


def harmless(data: bytes) -> str:
    """Bytes of a stranger as text: what is no UTF-8 replaced, controls and marks of direction gone, HTML escaped."""
    return html.escape(_REMOVED.sub("", data.decode("utf-8", "replace")), quote=False)


def _verdict(status_code: int | None) -> str | None:
    if status_code is not None and 200 <= status_code < 300:
        return None
    if status_code is not None and 300 <= status_code < 400:
        return "redirected"
    return "gone" if status_code == HTTPStatus.GONE else "bad_status"
