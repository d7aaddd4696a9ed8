"""The door of agents: enrolment, and the streams over which they are given jobs."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import grpc
import structlog

from cutroom.agents import convert
from cutroom.agents.auth import Network, Tls, check_peer, token_of
from cutroom.agents.handover import carried_of, hello_of
from cutroom.agents.limits import ASKS_AT_ONCE, JOIN_WITHIN_S, MAX_STREAMS, PROTOCOL, SERVER_OPTIONS
from cutroom.agents.outbox import Cut, Outbox
from cutroom.agents.pace import Pace, Places
from cutroom.agents.pieces import Joiner, Room
from cutroom.agents.session import Ground, Session, give_up, name_of
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.fleet import CHANNEL, Known
from cutroom.jobs import claiming
from cutroom.kit.errors import CutroomError, Forbidden, Invalid, Unavailable

T = TypeVar("T")
SERVICE: Final = "cutroom.agents.v1.Agents"
REFUSED_S: Final = 0.5
"""Seconds before a refusal: who guesses is kept waiting."""
STOP_S: Final = 2.0
LOOK_S: Final = 30.0
"""So often everybody is looked at, whether or not anything is told of them."""
LOOK_AGAIN_S: Final = 1.0
_STATUS: Final = {
    "not_found": grpc.StatusCode.NOT_FOUND,
    "conflict": grpc.StatusCode.FAILED_PRECONDITION,
    "forbidden": grpc.StatusCode.UNAUTHENTICATED,
    "invalid": grpc.StatusCode.INVALID_ARGUMENT,
    "quota_exceeded": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """Where agents come in.

    Args:
        address: `host:port`; port 0 picks a free one.
        tls: the keys; without them the door is for this machine, or for a proxy that has the keys.
        blocked: networks from which nobody is let in.
        max_streams: at the same time.
    """

    address: str
    tls: Tls | None = None
    blocked: Collection[Network] = ()
    max_streams: int = MAX_STREAMS


class AgentServer:
    """Serves agents until told to stop.

    Args:
        ground: what the sessions share.
        settings: where to listen.

    Attributes:
        port: on which it listens, once `started` is set.
    """

    def __init__(self, ground: Ground, settings: DoorSettings) -> None:
        self.port = 0
        self.started = asyncio.Event()
        self._ground = ground
        self._settings = settings
        self._places = Places(settings.max_streams)
        self._sessions: dict[str, Session] = {}
        self._joining: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._changed: set[str] = set()
        self._some_changed = asyncio.Event()
        self._group: asyncio.TaskGroup
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Agents then go to another node, or come back, and go on with what they have.

        Raises:
            Unavailable: `agents_address_taken`.
        """
        server = self._listen()
        off = self._ground.listener.on(CHANNEL, self._hear)
        try:
            async with asyncio.TaskGroup() as self._group:
                crew = [
                    self._group.create_task(service)
                    for service in (
                        self._ground.ledger.run(),
                        self._ground.parents.run(),
                        self._ground.rescuer.run(),
                        self._follow_changes(),
                    )
                ]
                await server.start()
                self.started.set()
                log.info("agents.listening", address=self._settings.address, port=self.port)
                await stop.wait()
                self._stopping = True
                for session in list(self._sessions.values()):
                    if session.outbox is not None:
                        await session.outbox.close()
                await server.stop(STOP_S)
                for session in list(self._sessions.values()):
                    session.over.set()
                for task in crew:
                    task.cancel()
        finally:
            off()
            await server.stop(0)
            await self._ground.database.close()

    @property
    def sessions(self) -> Collection[Session]:
        """Those that are served here at the moment."""
        return self._sessions.values()

    def _listen(self) -> Any:
        server = grpc.aio.server(options=SERVER_OPTIONS, maximum_concurrent_rpcs=self._settings.max_streams)
        methods = {
            "Enrol": grpc.unary_unary_rpc_method_handler(
                self._enrol,
                request_deserializer=wire.EnrolRequest.FromString,
                response_serializer=wire.EnrolReply.SerializeToString,
            ),
            "Serve": grpc.stream_stream_rpc_method_handler(
                self._serve,
                request_deserializer=wire.FromAgent.FromString,
                response_serializer=wire.ToAgent.SerializeToString,
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
        settings = self._settings
        try:
            if settings.tls is None:
                self.port = server.add_insecure_port(settings.address)
            else:
                self.port = server.add_secure_port(settings.address, settings.tls.credentials())
        except RuntimeError as error:
            message = f"Cannot listen for agents on {settings.address}; is another program there?"
            raise Unavailable("agents_address_taken", message) from error
        return server

    async def _enrol(self, request: wire.EnrolRequest, context: grpc.aio.ServicerContext) -> wire.EnrolReply:
        return await self._told(context, self._enrolled(request, context))

    async def _enrolled(self, request: wire.EnrolRequest, context: grpc.aio.ServicerContext) -> wire.EnrolReply:
        check_peer(context, self._settings.blocked)
        async with self._ground.database.begin() as session:
            made = await self._ground.fleet.enrol(session, request.code)
        log.info("agent.enrolled", agent_id=made.agent.id, workspace_id=made.agent.workspace_id)
        return wire.EnrolReply(agent_id=made.agent.id, token=made.plaintext)

    async def _serve(self, _requests: object, context: grpc.aio.ServicerContext) -> None:
        await self._told(context, self._served(context))

    async def _served(self, context: grpc.aio.ServicerContext) -> None:
        check_peer(context, self._settings.blocked)
        async with self._ground.database.begin() as transaction:
            known = await self._ground.fleet.recognise(transaction, token_of(context))
        with self._places.taken(known):
            await self._stream(known, await hello_of(context), context)
        if self._stopping:
            raise Unavailable("stopping", "This server is stopping; come back, or go to another.")

    async def _told(self, context: grpc.aio.ServicerContext, work: Awaitable[T]) -> T:
        """Do something, and say what goes wrong as gRPC says it: `abort` raises."""
        try:
            return await work
        except (CutroomError, Cut, BaseExceptionGroup) as raised:
            error = _first(raised)
            if isinstance(error, Cut):
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"cut: {error}")
            if isinstance(error, Forbidden):
                await asyncio.sleep(REFUSED_S)
            if isinstance(error, CutroomError):
                code = _STATUS.get(error.kind, grpc.StatusCode.INTERNAL)
                await context.abort(code, f"{error.code}: {error.message}")
            raise

    async def _joined(self, known: Known, hello: wire.Hello, outbox: Outbox[wire.ToAgent]) -> Session:
        """Find or make the session, welcome the agent, and go on; one stream of an agent after the other."""
        if hello.protocol != PROTOCOL:
            message = f"This server speaks protocol {PROTOCOL} and the agent {hello.protocol}; use the same version."
            raise Invalid("protocol_differs", message)
        offer = convert.offer_of(hello.offer)
        try:
            async with asyncio.timeout(JOIN_WITHIN_S), self._joining[known.agent.id]:
                return await self._join(known, hello, offer, outbox)
        except TimeoutError as error:
            raise Unavailable("joining_took_long", "You could not be let in in time; come back later.") from error

    async def _join(
        self, known: Known, hello: wire.Hello, offer: dict[str, Any], outbox: Outbox[wire.ToAgent]
    ) -> Session:
        session = await self._found(known, hello, offer) or await self._opened(known, offer)
        session.numbers.answered(hello.answered)
        welcome = wire.Welcome(
            session_id=session.lease.session_id,
            agent_id=known.agent.id,
            name=known.agent.name,
            lease_s=self._ground.lease_s,
            applied=session.numbers.applied,
            kept=session.kept(hello.held),
        )
        await outbox.put(wire.ToAgent(welcome=welcome))
        await session.attach(outbox)
        facts = {"agent_id": known.agent.id, "session_id": session.lease.session_id, "epoch": session.lease.epoch}
        log.info("agent.connected", **facts, resumed=session.lease.epoch > 1, held=len(welcome.kept))
        return session

    async def _found(self, known: Known, hello: wire.Hello, offer: dict[str, Any]) -> Session | None:
        """The session that the agent comes back to: of this node, or of another that had it so far."""
        ground = self._ground
        here = self._sessions.get(hello.session_id)
        if here is not None and (here.known.agent.id != known.agent.id or here.over.is_set()):
            here = None
        async with ground.database.begin() as transaction:
            lease = await ground.fleet.take_session(transaction, known, hello.session_id, ground.node, offer)
            if lease is None:
                return None
            if here is not None and here.lease.epoch + 1 == lease.epoch:
                here.lease, here.known = lease, known
                return here
            name = name_of(known.agent.id, lease.session_id)
            held = await claiming.adopt(transaction, worker=name, lease_s=ground.lease_s)
            begun = await claiming.begun(transaction, [job.id for job in held])
        if here is not None:
            here.over.set()  # another node had it in between
        carried = carried_of(hello.held, held, begun)
        return self._begin(Session(ground, known, lease, offer, held, carried))

    async def _opened(self, known: Known, offer: dict[str, Any]) -> Session:
        """A new session; what older ones of the agent had is for others."""
        ground = self._ground
        async with ground.database.begin() as transaction:
            lease, ended = await ground.fleet.open_session(transaction, known, ground.node, offer)
            for session_id in ended:
                await claiming.give_up(transaction, worker=name_of(known.agent.id, session_id))
        for session_id in ended:
            if (older := self._sessions.get(session_id)) is not None:
                older.over.set()
        return self._begin(Session(ground, known, lease, offer))

    def _begin(self, session: Session) -> Session:
        self._sessions[session.lease.session_id] = session
        self._group.create_task(self._keep(session))
        return session

    async def _keep(self, session: Session) -> None:
        try:
            await session.run()
        except Exception:
            log.exception("agent.session_broke", session_id=session.lease.session_id)
            session.over.set()
        finally:
            if self._sessions.get(session.lease.session_id) is session:
                del self._sessions[session.lease.session_id]

    async def _stream(self, known: Known, hello: wire.Hello, context: grpc.aio.ServicerContext) -> None:
        """Read and write until one of both ends. What is said is sent from the start: it does not wait for the rest."""
        outbox: Outbox[wire.ToAgent] = Outbox(wire.ToAgent, context.write)
        room = self._ground.room.part(known.agent.workspace_id or "").part(known.agent.id)
        joiner: Joiner[wire.FromAgent] = Joiner(wire.FromAgent, room)
        try:
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(outbox.run())
                session = await self._joined(known, hello, outbox)
                try:
                    reading = group.create_task(self._read(session, outbox, joiner, room, context))
                    await session.begin()
                    await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    session.detach(outbox)
                    await outbox.close()
                reading.cancel()
        finally:
            joiner.close()
            await outbox.close()

    async def _read(
        self,
        session: Session,
        outbox: Outbox[wire.ToAgent],
        joiner: Joiner[wire.FromAgent],
        room: Room,
        context: grpc.aio.ServicerContext,
    ) -> None:
        asks, pace = asyncio.Semaphore(ASKS_AT_ONCE), Pace()
        while (message := await context.read()) is not grpc.aio.EOF:
            session.seen()
            kind = message.WhichOneof("kind")
            await pace.keep(message.ByteSize())
            if kind == "piece":
                await room.until_free(len(message.piece.data))
                if (whole := joiner.add(message.piece)) is None:
                    continue
                message, kind = whole, whole.WhichOneof("kind")
            if kind == "ask":
                await pace.keep(convert.cost_of(message.ask), messages=0)
                await asks.acquire()
                size = message.ByteSize()
                await room.until_free(size)
                room.take(size)
                give_back = partial(room.give_back, size)
                self._group.create_task(self._answer(session, message.ask, asks, outbox, give_back))
            elif kind == "beat":
                await outbox.put(wire.ToAgent(beat=message.beat))
            elif kind == "leaving":
                session.leaving = True
                session.pause()
            else:
                raise Invalid("bad_message", "This was not to be said here.")

    async def _answer(
        self,
        session: Session,
        ask: wire.Ask,
        asks: asyncio.Semaphore,
        outbox: Outbox[wire.ToAgent],
        give_back: Callable[[], None],
    ) -> None:
        """Outlives the stream: what was begun is carried out. Whatever happens, it is this stream alone that ends."""
        try:
            await session.answer(ask)
        except Cut as error:
            log.warning("agent.cut_off", agent_id=session.known.agent.id, reason=str(error))
            await outbox.close()
        except Exception:
            log.exception("agent.answer_broke", agent_id=session.known.agent.id, what=ask.WhichOneof("what"))
            await outbox.close()
        finally:
            give_back()
            asks.release()

    def _hear(self, agent_id: str) -> None:
        self._changed.add(agent_id)
        self._some_changed.set()

    async def _follow_changes(self) -> None:
        """See who was shut out, is to drain, or has gone to another node; everybody now and then, whatever is told."""
        all_at = time.monotonic() + LOOK_S
        while True:
            due = min([all_at, *(session.proved_until for session in self._sessions.values())])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(due - time.monotonic(), 0.0)):
                    await self._some_changed.wait()
            self._some_changed.clear()
            changed, self._changed = self._changed, set()
            now = time.monotonic()
            everybody = now >= all_at or "" in changed
            if everybody:
                all_at = now + LOOK_S
            for session in list(self._sessions.values()):
                if everybody or now >= session.proved_until or session.known.agent.id in changed:
                    try:
                        await self._look_at(session)
                    except Exception as error:  # noqa: BLE001 — whatever it is, others are to be looked at
                        log.warning("agent.not_looked_at", error=str(error))
                        session.proved_until = time.monotonic() + LOOK_AGAIN_S

    async def _look_at(self, session: Session) -> None:
        ground = self._ground
        async with ground.database.begin() as transaction:
            agent = await ground.fleet.still(transaction, session.known)
            left_s = await ground.fleet.proof_left_s(transaction, session.known)
        if agent is None:
            log.info("agent.shut_out", agent_id=session.known.agent.id)
            session.proved_until = float("inf")
            session.over.set()
            await give_up(ground, session)
            return
        session.proved_until = float("inf") if left_s is None else time.monotonic() + max(left_s, 0.0) + 0.05
        session.known = Known(agent, session.known.token_id)
        session.pause()
        async with ground.database.begin() as transaction:
            if not await ground.fleet.touch_session(transaction, session.lease, agent.id, session.numbers.applied):
                session.over.set()


def _first(error: BaseException) -> BaseException:
    """The first error in a group of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
