"""The agent's end of the stream: questions and their answers, over one connection after another."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import grpc
import structlog

from cutroom.agents.auth import BEARER
from cutroom.agents.limits import CLIENT_OPTIONS, PROTOCOL
from cutroom.agents.outbox import Cut, Outbox
from cutroom.agents.pieces import Joiner, Room, check_whole
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs.errors import LeaseLost
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import CutroomError, Forbidden, Invalid, Unavailable
from cutroom.kit.strict_json import parse

SERVICE: Final = "/cutroom.agents.v1.Agents"
BEAT_S: Final = 2.0
SILENT_S: Final = 10.0
"""A server that does not answer beats for so long is not there: another connection is tried."""
AGAIN: Final = Backoff(base_s=0.2, factor=2.0, cap_s=10.0)
_REFUSED: Final = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
)

log = structlog.get_logger()
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server is, and how to be sure that it is the one.

    Args:
        target: `host:port`.
        plain: without TLS, for this machine alone.
        ca: file of the certificates to trust, PEM; the system's when None.
        cert: file of a certificate to show, PEM, where the server asks for one.
        key: file of its key.
    """

    target: str
    plain: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def local(self) -> bool:
        """Whether what is sent there does not leave this machine, by the text of the target."""
        if self.target.startswith("unix:"):
            return True
        host = self.target.rpartition(":")[0].removeprefix("[").removesuffix("]")
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def channel(self) -> Any:
        """A connection, which is made when it is first used.

        Raises:
            Invalid: `bad_certificate`.
        """
        if self.plain:
            return grpc.aio.insecure_channel(self.target, options=CLIENT_OPTIONS)
        try:
            ca, cert, key = (None if path is None else path.read_bytes() for path in (self.ca, self.cert, self.key))
        except OSError as error:
            raise Invalid("bad_certificate", f"Cannot read a certificate: {error}.") from error
        credentials = grpc.ssl_channel_credentials(ca, key, cert)
        return grpc.aio.secure_channel(self.target, credentials, options=CLIENT_OPTIONS)


async def enrol(address: ServerAddress, code: str, *, within_s: float = 20.0) -> wire.EnrolReply:
    """Turn a one-time code into an agent with a token.

    Raises:
        Forbidden: when the server does not take the code.
        Unavailable: `server_unreachable`.
    """
    async with address.channel() as channel:
        call = channel.unary_unary(
            f"{SERVICE}/Enrol",
            request_serializer=wire.EnrolRequest.SerializeToString,
            response_deserializer=wire.EnrolReply.FromString,
        )
        try:
            reply: wire.EnrolReply = await call(wire.EnrolRequest(code=code), timeout=within_s)
        except grpc.aio.AioRpcError as error:
            raise told(error) from error
        return reply


def told(error: Any) -> CutroomError:
    """What a refusal of the server says."""
    code, _, message = str(error.details()).partition(": ")
    if error.code() in _REFUSED:
        return Forbidden(code if message else "refused", message or code)
    return Unavailable("server_unreachable", f"The server cannot be reached: {error.details()}.")


class Link:
    """Keeps a stream to the server for as long as the agent lives.

    Args:
        address: of the server.
        token: proves who we are.
        offer: what we can do.
        held: what we have at the moment, for the server to compare.
        hear: told of everything but answers and beats; must be quick.
        welcomed: told of each welcome.
    """

    def __init__(
        self,
        address: ServerAddress,
        token: str,
        offer: wire.Offer,
        *,
        held: Callable[[], list[wire.Held]],
        hear: Callable[[wire.ToAgent], None],
        welcomed: Callable[[wire.Welcome], None],
    ) -> None:
        self.lease_s = 30.0
        self.session_id = ""
        self.answered_at = time.monotonic()
        """When the last beat that was answered was sent."""
        self.connected = asyncio.Event()
        self._address = address
        self._token = token
        self._offer = offer
        self._held = held
        self._hear = hear
        self._welcomed = welcomed
        self._outbox: Outbox[wire.FromAgent] | None = None
        self._count = 0
        self._asked: dict[int, tuple[wire.Ask, asyncio.Future[wire.Answer]]] = {}
        self._beats: dict[int, float] = {}
        self._beat_count = 0
        self._leaving = False
        self._left = asyncio.Event()
        self._left_at_beat = 0
        """The first beat after we said that we leave: with its answer, all that was given to us before has come."""

    async def run(self) -> None:
        """Connect, again and again, until cancelled.

        Raises:
            Forbidden: when the server does not want us.
        """
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._once()
                reason = "ended"
            except grpc.aio.AioRpcError as error:
                if error.code() in _REFUSED:
                    raise told(error) from error
                reason = f"{error.code().name}: {error.details()}"
            except Cut as cut:
                reason = str(cut)
            except CutroomError:
                raise
            except Exception as error:
                log.exception("agent.connection_broke")  # what runs here is not to end with it
                reason = repr(error)
            finally:
                self.connected.clear()
            failures = 1 if time.monotonic() - began > AGAIN.cap_s else failures + 1
            log.warning("agent.disconnected", reason=reason, failures=failures)
            await asyncio.sleep(AGAIN.delay_s(failures))

    async def ask(self, ask: wire.Ask) -> wire.Answer:
        """Ask, and wait for the answer, over as many connections as it takes.

        Raises:
            Invalid: `message_too_large`.
            CutroomError: what the server says went wrong.
            LeaseLost: when the attempt is not ours any more.
        """
        self._count += 1
        ask.number = self._count
        message = wire.FromAgent(ask=ask)
        check_whole(message)  # now, and not when it is asked again over another connection, which it would end
        future: asyncio.Future[wire.Answer] = asyncio.get_running_loop().create_future()
        self._asked[ask.number] = (ask, future)
        try:
            await self._send(message)
            answer = await future
        finally:
            if self._asked.get(ask.number, (None, None))[1] is future:
                del self._asked[ask.number]
        if answer.WhichOneof("what") == "failed":
            raise CutroomError.from_json(parse(answer.failed.encode()))
        if answer.WhichOneof("what") == "lost":
            raise LeaseLost(ask.job_id)
        return answer

    async def leave(self) -> None:
        """Say that nothing more is wanted; if anybody hears it, wait until nothing more will come."""
        self._leaving = True
        if self._outbox is not None:
            with suppress(Cut):
                await self._say_leaving(self._outbox)
                await self._left.wait()

    async def _say_leaving(self, outbox: Outbox[wire.FromAgent]) -> None:
        await outbox.put(wire.FromAgent(leaving=wire.Leaving()))
        self._left_at_beat = self._beat_count + 1
        await self._say_beat(outbox)

    async def _say_beat(self, outbox: Outbox[wire.FromAgent]) -> None:
        self._beat_count += 1
        number = self._beat_count
        self._beats[number] = time.monotonic()
        await outbox.put(wire.FromAgent(beat=wire.Beat(number=number)))

    async def _send(self, message: wire.FromAgent) -> None:
        if self._outbox is not None:
            try:
                await self._outbox.put(message)
            except Cut:
                return  # what is asked is asked again over the next connection

    async def _once(self) -> None:
        async with self._address.channel() as channel:
            call = channel.stream_stream(
                f"{SERVICE}/Serve",
                request_serializer=wire.FromAgent.SerializeToString,
                response_deserializer=wire.ToAgent.FromString,
            )(metadata=(("authorization", f"{BEARER}{self._token}"),))
            hello = wire.Hello(
                protocol=PROTOCOL,
                session_id=self.session_id,
                held=self._held(),
                offer=self._offer,
                answered=min(self._asked, default=self._count + 1) - 1,
            )
            await call.write(wire.FromAgent(hello=hello))
            outbox: Outbox[wire.FromAgent] = Outbox(wire.FromAgent, partial(_write, call))
            try:
                async with asyncio.TaskGroup() as group:
                    reading = group.create_task(self._read(call, outbox, group))
                    await asyncio.wait({reading})
                    group.create_task(_cancelled(group))
            except BaseExceptionGroup as errors:
                raise _gravest(errors) from errors
            finally:
                self._outbox = None
                await outbox.close()
                call.cancel()

    async def _read(self, call: Any, outbox: Outbox[wire.FromAgent], group: asyncio.TaskGroup) -> None:
        joiner: Joiner[wire.ToAgent] = Joiner(wire.ToAgent, Room())
        while (message := await call.read()) is not grpc.aio.EOF:
            kind = message.WhichOneof("kind")
            if kind == "piece":
                try:
                    whole = joiner.add(message.piece)
                except CutroomError as error:
                    raise Cut(f"the server sends what is not taken: {error.message}") from error
                if whole is None:
                    continue
                message, kind = whole, whole.WhichOneof("kind")
            if kind == "welcome":
                await self._on_welcome(message.welcome, outbox, group)
            elif kind == "beat":
                self.answered_at = self._beats.pop(message.beat.number, self.answered_at)
                if 0 < self._left_at_beat <= message.beat.number:
                    self._left.set()
            elif kind == "answer":
                found = self._asked.get(message.answer.number)
                if found is not None and not found[1].done():
                    found[1].set_result(message.answer)
            else:
                self._hear(message)
        raise Cut("the server closed the stream")

    async def _on_welcome(
        self, welcome: wire.Welcome, outbox: Outbox[wire.FromAgent], group: asyncio.TaskGroup
    ) -> None:
        resumed = self.session_id == welcome.session_id
        self.session_id, self.lease_s = welcome.session_id, welcome.lease_s
        self.answered_at = time.monotonic()
        self._beats.clear()
        self._outbox = outbox
        group.create_task(outbox.run())
        if not resumed:
            self._forget()
        self._give_up()
        fences = {(kept.job_id, kept.old_fence): kept.fence for kept in welcome.kept}
        self._welcomed(welcome)
        log.info("agent.connected", session_id=welcome.session_id, resumed=resumed, kept=len(fences))
        group.create_task(self._resume(outbox, fences))
        group.create_task(self._beat(outbox))

    def _forget(self) -> None:
        """Nothing of the session before goes on: numbers begin again."""
        for ask, future in self._asked.values():
            if not future.done():
                future.set_exception(LeaseLost(ask.job_id))
        self._asked.clear()
        self._count = 0

    def _give_up(self) -> None:
        """Ask no more for attempts that were given up: they may begin anew under the same fence."""
        going_on = {(one.job_id, one.fence) for one in self._held()}
        for ask, future in self._asked.values():
            if (ask.job_id, ask.fence) not in going_on and not future.done():
                future.set_exception(LeaseLost(ask.job_id))

    async def _resume(self, outbox: Outbox[wire.FromAgent], fences: dict[tuple[str, int], int]) -> None:
        """Ask again what was not answered: that something was carried out does not say how it ended."""
        for _, (ask, future) in sorted(self._asked.items(), key=lambda item: item[0]):
            if future.done():
                continue
            ask.fence = fences.get((ask.job_id, ask.fence), ask.fence)
            await outbox.put(wire.FromAgent(ask=ask))
        if self._leaving:
            await self._say_leaving(outbox)
        self.connected.set()

    async def _beat(self, outbox: Outbox[wire.FromAgent]) -> None:
        while True:
            if time.monotonic() - self.answered_at > min(SILENT_S, self.lease_s / 2):
                raise Cut("the server does not answer")
            await self._say_beat(outbox)
            await asyncio.sleep(min(BEAT_S, self.lease_s / 6) * _jitter.uniform(0.8, 1.0))


async def _write(call: Any, message: wire.FromAgent) -> None:
    try:
        await call.write(message)
    except asyncio.InvalidStateError as error:  # it has ended, and who reads has not been told yet
        raise Cut("the stream is over") from error


async def _cancelled(group: asyncio.TaskGroup) -> None:
    raise Cut("ended")


def _gravest(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """What ended the connection: what gRPC says, before what we noticed."""
    flat: list[BaseException] = []
    waiting: list[BaseException] = [errors]
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseExceptionGroup):
            waiting += error.exceptions
        else:
            flat.append(error)
    return min(flat, key=lambda error: not isinstance(error, grpc.aio.AioRpcError))
