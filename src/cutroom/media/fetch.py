"""Bringing a source from a URL that a stranger wrote, to a file.

Nothing is sent but a plain GET: no credentials, no cookies, no proxy from the environment. Nothing is believed: the
size is counted while reading, the whole fetch has one deadline, redirects are followed by hand and each is checked
like the first URL.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Final, NoReturn

import httpcore2

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.media.guard import GuardedNetwork, Refused, Target, canonical_allow, parse
from cutroom.media.guarded_http import GuardedHttp, Trouble, trouble
from cutroom.media.shown import show

MAX_REDIRECTS: Final = 5
IDLE_TIMEOUT_S: Final = 30.0
MAX_RETRY_AFTER_S: Final = 300
_WRITE_BYTES: Final = 1 << 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MISSING: Final = frozenset({404, 410})
_FORBIDDEN: Final = frozenset({401, 402, 403, 407, 451})
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524})

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, and how many there will be when the server said so."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched: its SHA-256 in hexadecimal, the type its server claimed, and where it lay in the end."""

    sha256: str
    size_bytes: int
    content_type: str | None
    final_url: str


class Fetcher:
    """Fetches public http and https URLs; safe for many fetches at once.

    Args:
        allow: (host, port) pairs that may be fetched although they are private, or on another port than 80 and 443.
        max_bytes: the largest file taken.
        deadline_s: seconds that one fetch may take, from the first lookup to the last byte.
        network: opens connections; given by tests.
        tls: verifies servers; the system's roots when absent.
    """

    def __init__(
        self,
        allow: frozenset[tuple[str, int]] = frozenset(),
        max_bytes: int = 2 * 1024**3,
        deadline_s: float = 600.0,
        *,
        idle_s: float = IDLE_TIMEOUT_S,
        network: GuardedNetwork | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._http = GuardedHttp(network or GuardedNetwork(canonical_allow(allow)), idle_s=idle_s, tls=tls)
        self._max_bytes = max_bytes
        self._deadline_s = deadline_s

    def check(self, url: str) -> None:
        """Refuse, without any network, what `fetch` would refuse for its form or its literal address.

        Raises:
            Invalid: `url_not_allowed`.
        """
        try:
            self._http.check(url)
        except Refused as refused:
            raise _not_allowed(show(url), refused) from None

    async def fetch(self, url: str, path: Path, *, progress: Progress | None = None) -> Fetched:
        """Fetch `url` to `path`, which appears only when it is whole.

        Raises:
            Invalid: `url_not_allowed`; `source_not_found`, `source_forbidden`, `source_refused` by the server's
                answer; `source_host_unknown`, `source_tls_failed`, `source_too_large`, `source_redirects`,
                `source_encoded`, `source_bad_response`. Asking again would not help.
            Unavailable: `source_server_error`, `source_unreachable`, `source_truncated`, `source_timeout`. Asking
                again may help, except when the whole time was used up.
        """
        part = path.with_name(f"{path.name}.part")
        try:
            async with asyncio.timeout(self._deadline_s) as clock:
                with part.open("wb") as file:
                    fetched = await self._follow(url, file, progress)
            part.replace(path)
        except TimeoutError as error:
            if not clock.expired():
                raise
            message = f"{show(url)} took longer than {self._deadline_s:g} seconds."
            raise Unavailable("source_timeout", message, retryable=False) from error
        finally:
            part.unlink(missing_ok=True)
        return fetched

    async def _follow(self, url: str, file: IO[bytes], progress: Progress | None) -> Fetched:
        here, base, shown = url, None, show(url)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                target = parse(here, base)
                outcome = await self._hop(target, shown, file, progress)
            except Refused as refused:
                raise _not_allowed(shown, refused) from None
            except CutroomError:
                raise
            except Exception as error:  # noqa: BLE001 — _explain raises what it does not know again
                _explain(shown, error)
            if isinstance(outcome, Fetched):
                return outcome
            here, base = outcome, target.url
            shown = f"{show(url)} (redirected to {show(here)})"
        raise Invalid("source_redirects", f"{show(url)} redirects more than {MAX_REDIRECTS} times.")

    async def _hop(self, target: Target, shown: str, file: IO[bytes], progress: Progress | None) -> Fetched | str:
        """Make one request; returns the file, or the Location of a redirect."""
        async with self._http.ask("GET", target, {}) as exchange:
            response, headers = exchange.response, exchange.headers
            if response.status in _REDIRECTS and b"location" in headers:
                return _location(headers[b"location"])
            _check_status(shown, response.status, headers)
            sha256, size_bytes = await self._body(shown, response, headers, file, progress)
            claimed = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
            return Fetched(sha256, size_bytes, claimed or None, show(str(target.url)))

    async def _body(
        self,
        shown: str,
        response: httpcore2.Response,
        headers: Mapping[bytes, bytes],
        file: IO[bytes],
        progress: Progress | None,
    ) -> tuple[str, int]:
        if headers.get(b"content-encoding", b"identity").strip().lower() not in {b"identity", b""}:
            raise Invalid("source_encoded", f"{shown} came compressed although the plain file was asked for.")
        length = headers.get(b"content-length", b"")
        total = int(length) if length.isdigit() else None
        if total is not None and total > self._max_bytes:
            raise self._too_large(shown)
        sink = _Sink(file)
        try:
            async for chunk in response.aiter_stream():
                if sink.size_bytes + len(chunk) > self._max_bytes:
                    raise self._too_large(shown)
                await sink.take(chunk)
                if progress is not None:
                    progress(sink.size_bytes, total)
        except httpcore2.RemoteProtocolError as error:
            raise Unavailable("source_truncated", f"{shown} broke off after {sink.size_bytes} bytes.") from error
        return await sink.finish(), sink.size_bytes

    def _too_large(self, shown: str) -> Invalid:
        return Invalid("source_too_large", f"{shown} is larger than {self._max_bytes} bytes.")


class _Sink:
    """Hashes and writes in a thread, in pieces large enough to be worth the trip."""

    def __init__(self, file: IO[bytes]) -> None:
        self.size_bytes = 0
        self._file = file
        self._digest = hashlib.sha256()
        self._waiting = bytearray()

    async def take(self, chunk: bytes) -> None:
        self._waiting += chunk
        self.size_bytes += len(chunk)
        if len(self._waiting) >= _WRITE_BYTES:
            await self._flush()

    async def finish(self) -> str:
        await self._flush()
        return self._digest.hexdigest()

    async def _flush(self) -> None:
        data, self._waiting = self._waiting, bytearray()
        await asyncio.to_thread(self._write, data)

    def _write(self, data: bytearray) -> None:
        self._digest.update(data)
        self._file.write(data)


def _not_allowed(shown: str, refused: Refused) -> Invalid:
    return Invalid("url_not_allowed", f"{shown} is not allowed: {refused}.")


def _location(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("its redirect cannot be read") from None


def _check_status(shown: str, status: int, headers: Mapping[bytes, bytes]) -> None:
    if status in {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
        return
    if status in _MISSING:
        raise Invalid("source_not_found", f"{shown} does not exist (status {status}).")
    if status in _FORBIDDEN:
        raise Invalid("source_forbidden", f"{shown} may not be read without permission (status {status}).")
    if status in _LATER:
        wait = headers.get(b"retry-after", b"")
        after_s = min(int(wait), MAX_RETRY_AFTER_S) if wait.isdigit() and len(wait) < 10 else None
        message = f"The server of {shown} cannot answer at present (status {status})."
        raise Unavailable("source_server_error", message, retry_after_s=after_s)
    raise Invalid("source_refused", f"The server of {shown} answered with status {status} instead of the file.")


def _explain(shown: str, error: Exception) -> NoReturn:
    """Raise our error for one of the network's."""
    match trouble(error):
        case Trouble.HOST_UNKNOWN:
            raise Invalid("source_host_unknown", f"The host of {shown} does not exist.") from error
        case Trouble.LOOKUP_FAILED:
            raise Unavailable("source_unreachable", f"The host of {shown} cannot be looked up at present.") from error
        case Trouble.TIMEOUT:
            raise Unavailable("source_timeout", f"The server of {shown} does not answer in time.") from error
        case Trouble.TLS_FAILED:
            raise Invalid("source_tls_failed", f"The certificate of {shown} cannot be verified.") from error
        case Trouble.BAD_RESPONSE:
            raise Invalid("source_bad_response", f"The answer of {shown} is not valid HTTP.") from error
        case Trouble.UNREACHABLE:
            raise Unavailable("source_unreachable", f"The server of {shown} cannot be reached.") from error
    raise error
