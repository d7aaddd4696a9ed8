"""An agent: runs attempts of jobs on a machine that sees neither the database nor the store, as a worker runs them."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx2
import structlog

from cutroom.agents import convert
from cutroom.agents.files import RemoteFiles, Shelf
from cutroom.agents.link import AGAIN, Link, ServerAddress
from cutroom.agents.outbox import Cut
from cutroom.agents.pen import RemotePen
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import AttemptRef, Draft, Files, Productions, Registry, WrittenProduction
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ending import End
from cutroom.jobs.executor import Executor
from cutroom.jobs.holding import Holding
from cutroom.kit.errors import Internal
from cutroom.kit.scratch import Scratch
from cutroom.kit.waiting import until_set
from cutroom.media.fetch import Fetcher

WATCH_S: Final = 0.25
TIDY_S: Final = 300.0
STOP_S: Final = 5.0
HTTP_S: Final = 600.0
BROKE_AGAIN_S: Final = 5.0
MOST_WAITING: Final = 8
"""So many attempts for each slot may be on their way out, and one to come."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How an agent behaves.

    Args:
        address: of the server.
        token: proves who it is.
        folder: holds all that it keeps.
        labels: jobs that need these may be given to it.
        slots: attempts at the same time.
        types: job types that it offers; all that it knows when empty.
        drain_s: seconds that running attempts get when it stops.
        shelf_bytes: disk for files kept between attempts.
        facts: what else is told of it: `cores`, `memory_bytes`, `gpus`, `versions`, `host`.
    """

    address: ServerAddress
    token: str
    folder: Path
    labels: tuple[str, ...] = ()
    slots: int = 4
    types: tuple[str, ...] = ()
    drain_s: float = 20.0
    shelf_bytes: int = 20 * 1024**3
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteProductions:
    """Fulfils `Productions` for one attempt."""

    pen: RemotePen
    holding: Holding

    async def read(self, production_id: str, version: int | None = None) -> WrittenProduction:
        """One version of a production, the latest when None; raises NotFound."""
        asked = wire.Read(id=production_id, version=version or 0)
        found: WrittenProduction = (await self.pen.ask(self.holding, read=asked)).production
        return found

    async def write(self, draft: Draft) -> int:
        """Keep a draft as the next version of its id; its number. The same job again gets the same number."""
        made_from = [wire.Made(id=origin.id, version=origin.version) for origin in draft.made_from]
        said = wire.Write(id=draft.id, kind=draft.kind, title=draft.title, body=draft.body, made_from=made_from)
        return (await self.pen.ask(self.holding, write=said)).done.number


class Agent:
    """Runs attempts that a server gives it, until told to stop.

    Args:
        settings: how to behave.
        registry: the workflows.
        fetcher: brings sources that have a URL.
    """

    def __init__(self, settings: AgentSettings, registry: Registry, fetcher: Fetcher) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self._scratch = Scratch(settings.folder / "scratch")
        self._shelf = Shelf(settings.folder / "shelf", settings.shelf_bytes)
        self._threads = ThreadPoolExecutor(4 * settings.slots, thread_name_prefix="step")
        self._http = httpx2.AsyncClient(timeout=httpx2.Timeout(HTTP_S, connect=20.0), trust_env=False)
        offer = wire.Offer(
            types=settings.types or registry.names(),
            labels=settings.labels,
            slots=settings.slots,
            **settings.facts,
        )
        self.link = Link(
            settings.address,
            settings.token,
            offer,
            held=self._held,
            hear=self._hear,
            welcomed=self._welcomed,
        )
        self._pen = RemotePen(self.link, self._fence_of)
        self._executor = Executor(
            self._pen, registry, self._files_for, self._productions_for, self._scratch, self._threads
        )
        self._types = frozenset(offer.types)
        self._slots = asyncio.Semaphore(settings.slots)
        self._attempts: dict[Holding, int] = {}
        """What it runs, and under which fence the server has it now."""
        self._group: asyncio.TaskGroup
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what runs then gets its grace, and goes back uncharged.

        Raises:
            Forbidden: when the server does not want this agent.
        """
        try:
            async with asyncio.TaskGroup() as crew:
                services = [
                    crew.create_task(service)
                    for service in (self.link.run(), self._pen.run(self.holdings), self._watch(), self._tidy())
                ]
                async with asyncio.TaskGroup() as self._group:
                    await stop.wait()
                    await self._drain()
                for service in services:
                    service.cancel()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await self._http.aclose()
            await asyncio.to_thread(self._scratch.close)
        log.info("agent.stopped")

    def holdings(self) -> list[Holding]:
        """What it runs at the moment."""
        return list(self._attempts)

    def _held(self) -> list[wire.Held]:
        """What it still goes on with: of what was given up, however long that takes to end, the server is to think."""
        return [
            wire.Held(job_id=holding.job.id, fence=fence, base=holding.job.event_seq)
            for holding, fence in self._attempts.items()
            if holding.reason != "lost"
        ]

    def _fence_of(self, holding: Holding) -> int:
        """Under which fence the server has the attempt now."""
        return self._attempts.get(holding, holding.job.fence)

    def _welcomed(self, welcome: wire.Welcome) -> None:
        """Go on with what is still ours; the rest is others'."""
        kept = {(one.job_id, one.old_fence): one for one in welcome.kept}
        for holding, fence in list(self._attempts.items()):
            one = kept.get((holding.job.id, fence))
            if one is None:
                holding.stop("lost")
            elif holding.reason == "lost":  # given up while the server was told of it: the next hello leaves it out
                raise Cut("what was given up is kept")
            else:
                self._attempts[holding] = one.fence

    def _hear(self, message: wire.ToAgent) -> None:
        kind = message.WhichOneof("kind")
        if kind == "assign":
            self._begin(convert.claimed_of(message.assign))
        elif kind == "stop":
            for holding in self.holdings():
                if holding.job.id == message.stop.job_id and self._fence_of(holding) == message.stop.fence:
                    reason = message.stop.reason
                    holding.stop("cancelled" if reason == "cancelled" else "lost" if reason == "lost" else "released")

    def _begin(self, job: Claimed) -> None:
        same = [holding for holding in self.holdings() if holding.job.id == job.id and holding.reason != "lost"]
        if any(self._fence_of(holding) == job.fence for holding in same):
            return  # told twice
        self._refuse_surplus(job)
        for holding in same:
            holding.stop("lost")  # an earlier attempt, which the server has given up
        holding = Holding(job, float("inf"), lambda: None)
        self._attempts[holding] = job.fence
        self._idle.clear()
        self._group.create_task(self._attempt(holding))

    def _refuse_surplus(self, job: Claimed) -> None:
        """Leave a server that gives what was not offered.

        More than there are slots may come while we still put away what the server knows to have ended; it waits.

        Raises:
            Cut: when it goes beyond.
        """
        if job.type not in self._types:
            raise Cut(f"the server gave a job of type '{job.type[:100]}', which was not offered")
        live = sum(holding.reason is None for holding in self.holdings())
        if live >= 2 * self._settings.slots or len(self._attempts) >= MOST_WAITING * self._settings.slots:
            raise Cut("the server gave more jobs than were offered to be taken")

    async def _attempt(self, holding: Holding) -> None:
        try:
            async with self._slots:
                await self._executor.run(holding)
        except Exception:
            log.exception("agent.attempt_broke", job_id=holding.job.id)
            await self._give_up(holding)
        finally:
            del self._attempts[holding]
            if not self._attempts:
                self._idle.set()

    async def _give_up(self, holding: Holding) -> None:
        """Tell the server that an attempt has failed: it would keep the job for us for as long as we live."""
        job, tries = holding.job, 0
        sentence = "Something went wrong on the agent; its log has the details."
        error = Internal("internal_error", sentence, retryable=True).to_json()
        while holding.reason != "lost":
            tries += 1
            try:
                await self._pen.end(
                    holding, End(job.id, job.fence, job.parent_id, "failed", error=error, again_s=BROKE_AGAIN_S)
                )
            except Exception as refused:  # noqa: BLE001 — what broke the attempt may break this too
                log.warning("agent.end_refused", job_id=job.id, error=repr(refused))
                await asyncio.sleep(AGAIN.delay_s(tries))
            else:
                return

    def _files_for(self, ref: AttemptRef, folder: Path) -> Files:
        ask = partial(self._pen.ask, self._newest(ref.job_id, ref.fence))
        return RemoteFiles(ask, self._http, self._shelf, self._fetcher, workspace_id=ref.workspace_id, scratch=folder)

    def _productions_for(self, job: Claimed) -> Productions:
        return RemoteProductions(self._pen, self._newest(job.id, job.fence))

    def _newest(self, job_id: str, fence: int) -> Holding:
        """The attempt of a claim, of several the last: one that was given up, and given again, may not have ended."""
        claim = (job_id, fence)
        return next(holding for holding in reversed(self._attempts) if (holding.job.id, holding.job.fence) == claim)

    async def _drain(self) -> None:
        log.info("agent.draining", held=len(self._attempts))
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self.link.leave()
        await until_set(self._idle, self._settings.drain_s)
        for holding in self.holdings():
            holding.stop("released")
        await until_set(self._idle, STOP_S)
        for holding in self.holdings():
            holding.stop("lost")

    async def _watch(self) -> NoReturn:
        """Stop what others may have by now: the server has not been heard of for nearly a lease."""
        while True:
            await asyncio.sleep(WATCH_S)
            if time.monotonic() - self.link.answered_at > self.link.lease_s * 2 / 3:
                for holding in self.holdings():
                    if not holding.concluding:  # else the answer will tell
                        holding.stop("lost")

    async def _tidy(self) -> NoReturn:
        while True:
            for tidy in (self._scratch.sweep, self._shelf.tidy):
                try:
                    await asyncio.to_thread(tidy)
                except Exception:
                    log.exception("agent.tidying_failed")
            await asyncio.sleep(TIDY_S)
