"""Answers that are dear to make and may be a little old, kept for a while: in this process, or in a Redis for many.

Everything is kept under its owner, a workspace or nobody (""), so that one cannot be given what is another's, and all
that an owner has is forgotten at once. However many ask, one makes an answer and the others wait for it. What was begun
before `forget` is never kept after it: whoever forgets also takes away the right to keep what is under way.
"""

import asyncio
import contextlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from cutroom.kit import metrics
from cutroom.kit.redis_pool import AGAIN_S, open_pool

log = structlog.get_logger()
Make = Callable[[], Awaitable[bytes]]
NOBODY: Final = ""
"""The owner of what belongs to the whole server."""
MAX_OWNERS: Final = 10_000
MAX_EACH: Final = 100
MAKING_WITHIN_S: Final = 5.0
"""For so long others wait for one process's answer before another one makes it."""
LOOK_AGAIN_S: Final = 0.02
FORGET_WITHIN_S: Final = 0.02
ANSWERS: Final = metrics.counter(
    "cache_answers", "Answers that may be kept, by where they came from.", ["rule", "source"]
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a kind of answer may be kept. Rules are constants beside what they are about.

    Args:
        name: of the kind, which no other has.
        lasts_s: how old an answer may be when nobody has said that it changed.
    """

    name: str
    lasts_s: float


class Cache(Protocol):
    """Something that keeps answers."""

    async def recall(self, rule: Rule, owner: str, key: str, make: Make) -> bytes:
        """What is kept for this owner under this key; made now, and kept, when nothing is.

        Raises whatever `make` raises, to all who wait for it; that is not kept.
        """
        ...

    def forget(self, owner: str) -> None:
        """Forget all that is kept for an owner, now for who asks here, and within a moment for all others."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class MemoryCache:
    """Keeps in this process. When there are too many owners, the one that nobody has asked for longest is forgotten.

    Args:
        clock: seconds, from anywhere.
        max_owners: owners of whom something is kept.
        max_each: answers kept of one owner.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_owners: int = MAX_OWNERS,
        max_each: int = MAX_EACH,
    ) -> None:
        self._clock, self._max_owners, self._max_each = clock, max_owners, max_each
        self._kept: OrderedDict[str, OrderedDict[tuple[str, str], tuple[float, bytes]]] = OrderedDict()
        self._flights = Flights()

    async def recall(self, rule: Rule, owner: str, key: str, make: Make) -> bytes:
        """What is kept, or is made now."""
        kept = self._kept[owner].get((rule.name, key)) if owner in self._kept else None
        if kept is not None and kept[0] > self._clock():
            self._kept.move_to_end(owner)
            ANSWERS.labels(rule.name, "memory").inc()
            return kept[1]

        async def made(is_wanted: Callable[[], bool]) -> bytes:
            ANSWERS.labels(rule.name, "made").inc()
            found = await make()
            if is_wanted():
                self._keep(rule, owner, key, found)
            return found

        return await self._flights.share((owner, rule.name, key), made)

    def forget(self, owner: str) -> None:
        """Forget all that is kept for an owner."""
        self._flights.forget(owner)
        self._kept.pop(owner, None)

    async def close(self) -> None:
        """Stop what is being made."""
        await self._flights.close()

    def _keep(self, rule: Rule, owner: str, key: str, found: bytes) -> None:
        own = self._kept.setdefault(owner, OrderedDict())
        own[rule.name, key] = (self._clock() + rule.lasts_s, found)
        own.move_to_end((rule.name, key))
        self._kept.move_to_end(owner)
        for crowd, most in ((own, self._max_each), (self._kept, self._max_owners)):
            while len(crowd) > most:
                crowd.popitem(last=False)


class Flights:
    """What is being made now, each thing once; it goes on when the one who asked first has left."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, str, str], asyncio.Task[bytes]] = {}
        self._all: set[asyncio.Task[bytes]] = set()

    async def share(self, place: tuple[str, str, str], made: Callable[[Callable[[], bool]], Awaitable[bytes]]) -> bytes:
        """Make something, or wait for who is making it.

        Args:
            place: owner, rule and key.
            made: makes it; what it is given says whether it may still be kept.
        """
        task = self._under_way.get(place)
        if task is None:
            # A task of its own, so that whoever is cancelled takes nothing from those who wait for the same.
            task = asyncio.create_task(self._fly(place, made))  # noqa: TID251 — held, and waited for by `close`
            self._under_way[place] = task
            self._all.add(task)
            task.add_done_callback(self._land)
        return await asyncio.shield(task)

    def forget(self, owner: str) -> None:
        """Nobody joins what is under way for this owner any more."""
        for place in [place for place in self._under_way if place[0] == owner]:
            del self._under_way[place]

    async def close(self) -> None:
        """Stop all of it."""
        for task in self._all:
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)

    async def _fly(self, place: tuple[str, str, str], made: Callable[[Callable[[], bool]], Awaitable[bytes]]) -> bytes:
        task = asyncio.current_task()
        try:
            return await made(lambda: self._under_way.get(place) is task)
        finally:
            if self._under_way.get(place) is task:
                del self._under_way[place]

    def _land(self, task: asyncio.Task[bytes]) -> None:
        self._all.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard it, or has left


# An owner's answers are the fields of one hash: what is kept (v), until when, and who is making something (l), until
# when. Only who still has the right, which goes when its owner's hash does, may keep what it made ("leases": Nishtala
# et al., Scaling Memcache at Facebook, 2013, section 3.2.1).
_NOW: Final = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
_LOOK: Final = f"""{_NOW}
local kept = redis.call('HGET', KEYS[1], 'v' .. ARGV[1])
if kept then
  local at = string.find(kept, ' ', 1, true)
  if tonumber(string.sub(kept, 1, at - 1)) > now then return string.sub(kept, at + 1) end
end
local lease = redis.call('HGET', KEYS[1], 'l' .. ARGV[1])
if lease and tonumber(string.match(lease, '^%d+')) > now then return 0 end
redis.call('HSET', KEYS[1], 'l' .. ARGV[1], string.format('%.0f %s', now + ARGV[3], ARGV[2]))
redis.call('PEXPIRE', KEYS[1], 3600000)
return 1
"""
_KEEP: Final = f"""{_NOW}
local lease = redis.call('HGET', KEYS[1], 'l' .. ARGV[1])
if not lease or string.match(lease, ' (.*)$') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'l' .. ARGV[1])
if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'v' .. ARGV[1], string.format('%.0f ', now + ARGV[3]) .. ARGV[5]) end
return 1
"""


class RedisCache:
    """Keeps in a Redis, together with every other process that uses it; in this process while it is not there.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
    """

    def __init__(self, url: str) -> None:
        self._pool: BlockingConnectionPool = open_pool(url)
        self._redis: Redis = Redis(connection_pool=self._pool)
        self._look, self._keep = self._redis.register_script(_LOOK), self._redis.register_script(_KEEP)
        self._meanwhile = MemoryCache()
        self._flights = Flights()
        self._forgotten: set[str] = set()
        self._told = asyncio.Lock()
        self._forgetting: asyncio.Task[None] | None = None
        self._again_at: float | None = None

    async def recall(self, rule: Rule, owner: str, key: str, make: Make) -> bytes:
        """What is kept, or is made now, here or in another process."""
        if self._again_at is not None and time.monotonic() < self._again_at:
            return await self._meanwhile.recall(rule, owner, key, make)
        try:
            await self._forget_now()
            found = await self._flights.share((owner, rule.name, key), lambda _: self._find(rule, owner, key, make))
        except _Away as error:
            self._leave_alone(error.__cause__ or error)
            return await self._meanwhile.recall(rule, owner, key, make)
        if self._again_at is not None:
            self._again_at = None
            log.info("cache.reachable")
        return found

    def forget(self, owner: str) -> None:
        """Forget all that is kept for an owner."""
        self._meanwhile.forget(owner)
        self._flights.forget(owner)
        self._forgotten.add(owner)
        if self._forgetting is None or self._forgetting.done():
            self._forgetting = asyncio.create_task(self._forget_soon())  # noqa: TID251 — held, and waited for by `close`

    async def close(self) -> None:
        """Close the connections."""
        if self._forgetting is not None:
            await self._forgetting
        await self._flights.close()
        await self._meanwhile.close()
        await self._redis.aclose()
        await self._pool.aclose()

    async def _find(self, rule: Rule, owner: str, key: str, make: Make) -> bytes:
        name, field, token = _name(owner), f"/{rule.name}/{key}", secrets.token_hex(8)
        while True:
            found = await _reached(self._look(keys=[name], args=[field, token, round(MAKING_WITHIN_S * 1_000)]))
            if isinstance(found, bytes):
                ANSWERS.labels(rule.name, "redis").inc()
                return found
            if found == 1:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        ANSWERS.labels(rule.name, "made").inc()
        made: bytes | None = None
        try:
            made = await make()
        finally:
            with contextlib.suppress(_Away):  # it is made, whether or not it can be kept
                arguments: list[str | bytes | int] = [
                    field,
                    token,
                    round(rule.lasts_s * 1_000),
                    int(made is not None),
                    made or b"",
                ]
                await _reached(self._keep(keys=[name], args=arguments))
        return made

    async def _forget_soon(self) -> None:
        """Tell the Redis of all that was forgotten meanwhile, at once."""
        await asyncio.sleep(FORGET_WITHIN_S)
        with contextlib.suppress(_Away):
            await self._forget_now()

    async def _forget_now(self) -> None:
        if not self._forgotten and not self._told.locked():
            return
        async with self._told:
            owners, self._forgotten = self._forgotten, set()
            if not owners:
                return
            try:
                await _reached(self._redis.unlink(*(_name(owner) for owner in owners)))
            except _Away:
                self._forgotten |= owners
                raise

    def _leave_alone(self, error: BaseException) -> None:
        if self._again_at is None:
            log.warning("cache.unreachable", error=type(error).__name__, instead="memory")
        self._again_at = time.monotonic() + AGAIN_S


class _Away(Exception):
    """The Redis does not answer."""


async def _reached(asked: Awaitable[Any]) -> Any:
    try:
        return await asked
    except (RedisError, OSError, TimeoutError) as error:
        raise _Away from error


def _name(owner: str) -> str:
    return f"cutroom/kept/{owner}"
