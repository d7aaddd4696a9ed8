"""An agent that says whatever a test wants said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc

from cutroom.agents.limits import PROTOCOL
from cutroom.agents.link import SERVICE
from cutroom.agents.wire import agents_pb2 as wire


class Raw:
    """One stream."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self.welcome = wire.Welcome()
        self.count = 0

    async def say(self, message: wire.FromAgent) -> None:
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # it has ended: `ended` tells how
            await self.call.write(message)

    async def hear(self, kind: str) -> Any:
        """The next message of a kind; others are passed over."""
        while (message := await self.call.read()) is not grpc.aio.EOF:
            if message.WhichOneof("kind") == kind:
                return getattr(message, kind)
        raise EOFError(await self.call.code())

    async def ask(self, job: wire.Assign, **what: Any) -> wire.Answer:
        self.count += 1
        asked = wire.Ask(number=self.count, job_id=job.job_id, fence=job.fence, **what)
        await self.say(wire.FromAgent(ask=asked))
        answer: wire.Answer = await self.hear("answer")
        assert answer.number == self.count
        return answer

    async def ended(self) -> grpc.StatusCode:
        """How the server ends the stream."""
        with contextlib.suppress(grpc.aio.AioRpcError):
            while await self.call.read() is not grpc.aio.EOF:
                pass
        return await self.call.code()


@contextlib.asynccontextmanager
async def raw_stream(port: int, token: str) -> AsyncIterator[Raw]:
    """A stream on which nothing is said so far."""
    options = (
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        ("grpc.use_local_subchannel_pool", 1),  # a connection of its own, as every agent has
    )
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call = channel.stream_stream(
            f"{SERVICE}/Serve",
            request_serializer=wire.FromAgent.SerializeToString,
            response_deserializer=wire.ToAgent.FromString,
        )(metadata=(("authorization", f"Bearer {token}"),), timeout=60)
        try:
            yield Raw(call)
        finally:
            call.cancel()


@contextlib.asynccontextmanager
async def raw_agent(port: int, token: str, types: list[str], slots: int = 2, **hello: Any) -> AsyncIterator[Raw]:
    """A stream that was welcomed; `hello` is what else is said first."""
    async with raw_stream(port, token) as raw:
        offer = wire.Offer(types=types, slots=slots)
        await raw.say(wire.FromAgent(hello=wire.Hello(protocol=PROTOCOL, offer=offer, **hello)))
        raw.welcome = await raw.hear("welcome")
        yield raw
