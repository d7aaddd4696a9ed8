"""Workflows of the agents' tests, besides those of the jobs'."""

import asyncio

from cutroom.jobs import Context, Registry
from tests.jobs import flows
from tests.jobs.flows import Diary, Number


async def counts(ctx: Context, diary: Diary) -> int:
    """Logs numbers until somebody writes `go`; the steps before and after are written down when they run."""

    def note(line: str) -> int:
        return diary.write(line)

    await ctx.step("before", note, "before")
    number = 0
    while "go" not in diary.lines():
        ctx.log("info", f"line {number}")
        number += 1
        await asyncio.sleep(0.01)
    await ctx.step("after", note, "after")
    return number


async def long_answer(ctx: Context, number: Number) -> str:
    """A step and an output that are too large for one message."""

    def make() -> str:
        return "x" * number.value

    text = await ctx.step("make", make)
    return await ctx.step("again", lambda: text + "y")


def registry() -> Registry:
    known = flows.registry()
    known.add("counts", counts, retry=flows.SOON)
    known.add("long_answer", long_answer)
    return known
