"""Passwords: argon2id, a few at a time.

A hash takes tens of megabytes and a good part of a second on purpose. So many logins at once must not take all memory:
a fixed number of threads works, a short queue waits, and whoever comes then is told to come back.
"""

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import argon2

from cutroom.kit.errors import Detail, Invalid, Unavailable

MIN_CHARS: Final = 8
MAX_CHARS: Final = 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """What one hash costs, and how many are made at once.

    The costs are the second choice of RFC 9106, section 4: for where memory is short.

    Args:
        memory_kib: memory of one hash.
        passes: how often it is gone through.
        lanes: threads of one hash.
        at_once: hashes made at the same time.
        waiting: how many more may wait for their turn.
    """

    memory_kib: int = 64 << 10
    passes: int = 3
    lanes: int = 4
    at_once: int = 2
    waiting: int = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right; `outdated` when its hash should be made again with today's costs."""

    right: bool
    outdated: bool = False


class Passwords:
    """Makes and checks hashes.

    Args:
        settings: what they cost.
    """

    def __init__(self, settings: PasswordSettings | None = None) -> None:
        self._settings = settings or PasswordSettings()
        self._hasher = argon2.PasswordHasher(
            time_cost=self._settings.passes,
            memory_cost=self._settings.memory_kib,
            parallelism=self._settings.lanes,
            type=argon2.Type.ID,
        )
        self._threads = ThreadPoolExecutor(self._settings.at_once, thread_name_prefix="passwords")
        self._free = self._settings.at_once + self._settings.waiting
        self._counting = threading.Lock()
        self._nobodys: str | None = None

    def close(self) -> None:
        """Let the threads end once they have nothing to do."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """What to store of a password.

        Raises:
            Unavailable: `too_many_logins`.
        """
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare a password with what is stored; with None it is wrong, and that takes as long to find out.

        Raises:
            Unavailable: `too_many_logins`.
        """
        return await self._run(lambda: self._verify(password, stored))

    def _verify(self, password: str, stored: str | None) -> Verdict:
        try:
            self._hasher.verify(stored or self._hash_of_nobody(), _bytes(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return Verdict(right=False)
        if stored is None:
            return Verdict(right=False)
        return Verdict(right=True, outdated=self._hasher.check_needs_rehash(stored))

    def _hash_of_nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(b"the password of nobody")
        return self._nobodys

    async def _run(self, work: Callable[[], T]) -> T:
        with self._counting:
            if not self._free:
                message = "Too many people log in at this moment; try again in a few seconds."
                raise Unavailable("too_many_logins", message, retry_after_s=5.0)
            self._free -= 1
        future = self._threads.submit(work)
        # Of the thread's end, not the request's: a client that hangs up does not stop a hash that has begun.
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _future: Future[Any]) -> None:
        with self._counting:
            self._free += 1


def check_new(password: str, pointer: str) -> None:
    """Whether this may become a password; `pointer` says where it was sent.

    Raises:
        Invalid: `bad_password`.
    """
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        message = f"A password has {MIN_CHARS} to {MAX_CHARS} characters; this one has {len(password)}."
        raise Invalid("bad_password", message, details=[Detail(pointer, "bad_password", message)])


def _bytes(password: str) -> bytes:
    # The same letters typed on another system may come as other code points (RFC 8265, section 4.2.2).
    return unicodedata.normalize("NFC", password[: MAX_CHARS + 1]).encode("utf-8", "surrogatepass")
