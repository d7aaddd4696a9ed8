"""What an agent says when it comes, and what it still has of the jobs that its session held on another node."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import grpc

from cutroom.agents.limits import HELLO_WITHIN_S, MAX_SLOTS
from cutroom.agents.outbox import Cut
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs.claiming import Begun, Claimed
from cutroom.kit.errors import Invalid

MAX_HELD: Final = 2 * MAX_SLOTS
"""Attempts that an agent may say it has: as many as it has slots, and as many that are about to stop."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An attempt that the agent has and goes on with.

    Args:
        fence: under which the agent knows it; each node that took the session over has raised the job's own by one.
        told: its events that are written.
        spent: events of the same attempt from before the agent was given it; they count as its own.
    """

    fence: int
    told: int = 0
    spent: int = 0


async def hello_of(context: grpc.aio.ServicerContext) -> wire.Hello:
    """The message with which a stream begins.

    Raises:
        Cut: when nothing is said.
        Invalid: `bad_message`, `too_many_held`.
    """
    try:
        async with asyncio.timeout(HELLO_WITHIN_S):
            message = await context.read()
    except TimeoutError:
        raise Cut("said nothing") from None
    if message is grpc.aio.EOF or message.WhichOneof("kind") != "hello":
        raise Invalid("bad_message", "A stream begins with a hello.")
    hello: wire.Hello = message.hello
    if len(hello.held) > MAX_HELD:
        raise Invalid("too_many_held", f"An agent has at most {MAX_HELD} attempts at once.")
    return hello


def carried_of(held: Sequence[wire.Held], jobs: Sequence[Claimed], begun: Mapping[str, Begun]) -> dict[str, Carried]:
    """Of the jobs that were taken over, those that the agent has, by their ids; the others are to be given to it again.

    Args:
        held: what the agent says it has.
        jobs: with the fences that were raised just now.
        begun: with which event the attempt of each began.
    """
    said: dict[str, wire.Held] = {}
    for one in held:
        if one.job_id not in said or said[one.job_id].fence < one.fence:
            said[one.job_id] = one
    found = {}
    for job in jobs:
        has, began = said.get(job.id), begun[job.id]
        # An attempt before this one began with an earlier event. Its agent was never told of this one.
        if has is None or not has.fence <= job.fence or not began.seq <= has.base <= job.event_seq:
            continue
        spent = 0 if began.resumed else has.base - began.seq
        found[job.id] = Carried(has.fence, job.event_seq - has.base, spent)
    return found
