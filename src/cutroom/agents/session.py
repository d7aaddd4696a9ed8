"""A session of an agent on the server: its stream while there is one, and the claimant that claims jobs for it.

The session outlives its streams. While none is there, nothing is claimed and no lease is renewed; an agent that comes
back within the lease goes on, here or on another node, which takes the session over by its row (`fleet`) and the jobs
by raising their fences (`claiming.adopt`). Otherwise the jobs are lost as those of a dead worker are.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from cutroom.agents import convert
from cutroom.agents.handover import Carried
from cutroom.agents.limits import MAX_EVENTS, MAX_STRANGERS, MAX_WHOLE_BYTES, PIECE_BYTES
from cutroom.agents.numbers import Numbers
from cutroom.agents.outbox import Cut, Outbox
from cutroom.agents.pieces import Room
from cutroom.agents.posts import Post, ProductionsFor, SentFilesFor
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.db import Database, Listener
from cutroom.fleet import FleetService, Known, Lease
from cutroom.jobs import Registry, WorkerSettings, claiming
from cutroom.jobs.claimant import Claimant
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ending import End
from cutroom.jobs.errors import LeaseLost
from cutroom.jobs.holding import Holding
from cutroom.jobs.ledger import Ledger
from cutroom.jobs.parents import Parents
from cutroom.jobs.rescuer import Rescuer
from cutroom.jobs.wants import Wants
from cutroom.kit.errors import CutroomError, Internal, Invalid, Unavailable

TOUCH_S: Final = 10.0
STOP_S: Final = 4.0
"""Seconds that an agent has to stop an attempt, before its end is written for it."""
RELEASED: Final = Unavailable("agent_gave_up", "The agent that ran this job gave it back.").to_json()
RELEASED_AGAIN_S: Final = 5.0
_ENDED_KEPT: Final = 256
_HEAD_BYTES: Final = 64
"""What a message adds to the answer in it."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the sessions of one process share.

    Args:
        node: names this process.
        database: connections that nobody else keeps busy.
        lease_s: seconds after which a silent agent loses its jobs.
        poll_s: about so often a session looks for work without being told.
        room: for large messages that are not whole.
    """

    node: str
    database: Database
    listener: Listener
    fleet: FleetService
    registry: Registry
    ledger: Ledger
    parents: Parents
    rescuer: Rescuer
    sent_files_for: SentFilesFor
    productions_for: ProductionsFor
    lease_s: float
    poll_s: float
    room: Room


class Session:
    """One agent as it is served here.

    Args:
        ground: what sessions share.
        known: the agent and its token.
        lease: the session's row.
        offer: what the agent can do, checked.
        held: jobs of the session from another node, under fences that were raised just now.
        carried: those of them that the agent has, by their ids; the others it is given again.
    """

    def __init__(
        self,
        ground: Ground,
        known: Known,
        lease: Lease,
        offer: dict[str, Any],
        held: Sequence[Claimed] = (),
        carried: Mapping[str, Carried] | None = None,
    ) -> None:
        self.known = known
        self.lease = lease
        self.posts: dict[tuple[str, int], Post] = {}
        self.outbox: Outbox[wire.ToAgent] | None = None
        self.over = asyncio.Event()
        """Set when the session is in other hands, or is not to go on."""
        self.leaving = False
        self._ground = ground
        keys = {job.id: (job.id, job.fence) for job in held}
        self._carried = {keys[job_id]: one for job_id, one in (carried or {}).items()}
        self._coming = {key: asyncio.Event() for key in self._carried}
        self._has: set[tuple[str, int]] = set()
        self._ended: dict[tuple[str, int], wire.Answer] = {}
        self._seen_at = time.monotonic()
        self._strangers = 0
        self._large = asyncio.Lock()
        self.numbers = Numbers(lease.applied)
        self.proved_until = float("inf")
        """When the agent's token ends, on this process's monotonic clock."""
        self._stop = asyncio.Event()
        wanted = Wants(frozenset(offer["types"]), frozenset(offer["labels"]), known.agent.workspace_id)
        settings = WorkerSettings(
            slots=offer["slots"], lease_s=ground.lease_s, poll_s=ground.poll_s, drain_s=0.0, sandbox_level=None
        )
        self.claimant = Claimant(
            self.name,
            database=ground.database,
            listener=ground.listener,
            attempts=Remote(self),
            pen=ground.ledger,
            moved=ground.parents.moved,
            settings=settings,
            wanted=wanted,
            held=held,
            alive=self.alive,
        )
        self.claimant.pause(paused=True)

    @property
    def name(self) -> str:
        """Under which it claims jobs, on whatever node."""
        return name_of(self.known.agent.id, self.lease.session_id)

    def alive(self) -> bool:
        """Whether the agent shows life."""
        return self.outbox is not None and time.monotonic() - self._seen_at < self._ground.lease_s / 3

    @property
    def gone_s(self) -> float:
        """Seconds since the agent last showed life."""
        return time.monotonic() - self._seen_at

    def seen(self) -> None:
        """The agent has said something."""
        self._seen_at = time.monotonic()

    async def run(self) -> None:
        """Claim and have attempts run until the session is over; what the agent still has then is lost to it."""
        async with asyncio.TaskGroup() as group:
            claiming_ = group.create_task(self.claimant.run(self._stop))
            touching = group.create_task(self._touch())
            await self.over.wait()
            for task in (claiming_, touching):
                task.cancel()
            if self.outbox is not None:
                await self.outbox.close()

    async def attach(self, outbox: Outbox[wire.ToAgent]) -> None:
        """Go on over this stream; the one before it ends."""
        if self.outbox is not None:
            await self.outbox.close()
        self.outbox = outbox
        self.seen()

    async def begin(self) -> None:
        """After the welcome: give what the agent does not know of, and claim."""
        for post in list(self.posts.values()):
            if post.key not in self._has:
                await self._send(wire.ToAgent(assign=convert.assign_of(post.again())))
            elif post.holding.reason is not None:
                await self._send_stop(post.holding)
        self.pause()

    def pause(self) -> None:
        """Claim only while the agent is there and takes more."""
        idle = self.outbox is None or self.leaving or self.known.agent.draining
        self.claimant.pause(paused=idle)

    def detach(self, outbox: Outbox[wire.ToAgent]) -> None:
        """Its stream has ended."""
        if self.outbox is outbox:
            self.outbox = None
            self.pause()

    def kept(self, held: Sequence[wire.Held]) -> list[wire.Kept]:
        """Of what the agent has, what is still its own."""
        own = {key[0]: key for key in (*self._coming, *self.posts)}
        found = {}
        for one in held:
            key = own.get(one.job_id)
            if key is None:
                continue
            carried = self._carried.get(key, Carried(key[1]))
            if carried.fence <= one.fence <= key[1]:
                told = self.posts[key].told if key in self.posts else carried.told
                found[key] = wire.Kept(job_id=key[0], old_fence=one.fence, fence=key[1], told=told)
        self._has = set(found)
        return list(found.values())

    async def answer(self, ask: wire.Ask) -> None:
        """Carry out a question and answer it. Large ones are carried out, and read, one after the other.

        Raises:
            Cut: when the agent is not to be served any longer.
        """
        large = ask.WhichOneof("what") in {"recall", "items", "read"} or ask.ByteSize() > PIECE_BYTES
        async with self._large if large else nullcontext():
            answer = await self._answer(ask)
            if answer.ByteSize() > MAX_WHOLE_BYTES - _HEAD_BYTES:
                answer = wire.Answer(failed=_json(convert.too_large()))
            answer.number = ask.number
            self.numbers.note(ask.number, failed=answer.WhichOneof("what") in {"failed", "lost"})
            await self._send(wire.ToAgent(answer=answer))

    async def _answer(self, ask: wire.Ask) -> wire.Answer:
        key = (ask.job_id, ask.fence)
        if (coming := self._coming.get(key)) is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(10.0):
                    await coming.wait()
        post = self.posts.get(key)
        if post is None:
            return self._answer_stranger(key)
        try:
            answer = await self._carry_out(post, ask)
        except LeaseLost:
            return wire.Answer(lost=True)
        except CutroomError as error:
            return wire.Answer(failed=_json(error))
        except Exception:
            log.exception("agent.question_failed", session_id=self.lease.session_id, what=ask.WhichOneof("what"))
            sentence = "Something went wrong on our side; the operator's log has the details."
            return wire.Answer(failed=_json(Internal("internal_error", sentence, retryable=True)))
        if post.over.is_set():
            self._ended[key] = answer
            if len(self._ended) > _ENDED_KEPT:
                del self._ended[next(iter(self._ended))]
        return answer

    async def _carry_out(self, post: Post, ask: wire.Ask) -> wire.Answer:
        """Carry it out. What an agent gives back that does not leave costs an attempt: no job goes round for ever."""
        convert.check_size(ask)
        if ask.WhichOneof("what") == "notes":
            self._check_told(post, ask.notes)
        given_back = ask.WhichOneof("what") == "end" and ask.end.outcome == "released"
        if not given_back or self.leaving or post.holding.reason is not None:
            return await post.carry_out(ask)
        job = post.holding.job
        end = End(job.id, job.fence, job.parent_id, "failed", error=RELEASED, again_s=RELEASED_AGAIN_S)
        status = await self._ground.ledger.end(post.holding, end)
        post.over.set()
        return wire.Answer(status="" if status is None else status)

    def _check_told(self, post: Post, said: wire.Notes) -> None:
        """An attempt that was given anew on another node goes on with what it has told as well."""
        carried = self._carried.get(post.key)
        if carried is not None and max(said.first + len(said.events), post.told) + carried.spent > MAX_EVENTS:
            raise Invalid("too_many_events", f"An attempt tells {MAX_EVENTS} events at most.")

    def _answer_stranger(self, key: tuple[str, int]) -> wire.Answer:
        if (ended := self._ended.get(key)) is not None:
            again = wire.Answer()
            again.CopyFrom(ended)
            return again
        self._strangers += 1
        if self._strangers > MAX_STRANGERS:
            raise Cut("asks about what is not its own")
        return wire.Answer(lost=True)

    async def _send(self, message: wire.ToAgent) -> None:
        """Send, if there is anybody; who comes back learns it then."""
        if self.outbox is not None:
            with suppress(Cut):
                await self.outbox.put(message)

    async def _send_stop(self, holding: Holding) -> None:
        reason = {"outage": "lost"}.get(str(holding.reason), str(holding.reason))
        stop = wire.Stop(job_id=holding.job.id, fence=holding.job.fence, reason=reason)
        await self._send(wire.ToAgent(stop=stop))

    async def _touch(self) -> None:
        """Show that the session lives here; end it when the agent is gone for good, or has gone elsewhere."""
        while True:
            await asyncio.sleep(min(TOUCH_S, self._ground.lease_s / 3))
            if self.outbox is None and self.gone_s > self._ground.lease_s:
                log.warning("agent.lost", agent_id=self.known.agent.id, session_id=self.lease.session_id)
                async with self._ground.database.begin() as session:
                    await self._ground.fleet.end_session(session, self.lease)
                self.over.set()
                return
            try:
                async with self._ground.database.begin() as session:
                    still = await self._ground.fleet.touch_session(
                        session, self.lease, self.known.agent.id, self.numbers.applied
                    )
            except CutroomError as error:
                log.warning("agent.session_untouched", error=str(error))
                continue
            if not still:
                self.over.set()
                return

    async def run_one(self, holding: Holding) -> None:
        """One attempt, from being given to the agent to its end."""
        job = holding.job
        key = (job.id, job.fence)
        if (self.leaving or self.known.agent.draining) and key not in self._coming:
            with suppress(LeaseLost):  # claimed while the agent said that it leaves, or was told to take no more
                await self._ground.ledger.end(holding, End(job.id, job.fence, job.parent_id, "released"))
            return
        post = Post(
            holding,
            self._carried.get(key, Carried(job.fence)).told,
            ledger=self._ground.ledger,
            registry=self._ground.registry,
            files=self._ground.sent_files_for(job),
            productions=self._ground.productions_for(job),
        )
        self.posts[key] = post
        try:
            if (coming := self._coming.pop(key, None)) is not None:
                coming.set()  # the agent has it already
            else:
                await self._send(wire.ToAgent(assign=convert.assign_of(job)))
            await self._until_over(post)
        finally:
            del self.posts[key]
            self._carried.pop(key, None)

    async def _until_over(self, post: Post) -> None:
        holding = post.holding
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(_ended(post.over))
            holding.working(waiting)
            await asyncio.wait({waiting})
        if post.over.is_set():
            return
        await self._send_stop(holding)
        if holding.reason in {"lost", "outage"}:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await post.over.wait()
        if not post.over.is_set():
            outcome: Any = "cancelled" if holding.reason == "cancelled" else "released"
            with suppress(LeaseLost):
                await self._ground.ledger.end(
                    holding, End(holding.job.id, holding.job.fence, holding.job.parent_id, outcome)
                )


class Remote:
    """Fulfils `Attempts` by giving them to the agent of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def run(self, holding: Holding) -> None:
        """Give an attempt to the agent, and see it to its end."""
        await self._session.run_one(holding)


async def _ended(event: asyncio.Event) -> None:
    with suppress(asyncio.CancelledError):
        await event.wait()


def name_of(agent_id: str, session_id: str) -> str:
    """Under which name a session claims."""
    return f"agent:{agent_id}:{session_id}"


def _json(error: CutroomError) -> str:
    return json.dumps(error.to_json())


async def give_up(ground: Ground, session: Session) -> None:
    """Let others have what an agent had that will not come back."""
    async with ground.database.begin() as transaction:
        await claiming.give_up(transaction, worker=session.name)
        await ground.fleet.end_session(transaction, session.lease)
