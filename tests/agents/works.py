"""Workflows of the agents' tests, besides those of the jobs'."""

import asyncio
import contextlib

from cutroom.jobs import Context, Registry
from cutroom.kit.errors import Unavailable
from cutroom.kit.schema import Schema
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


class Hoard(Schema):
    """So many steps, and as many items, of so many characters each."""

    path: str
    number: int
    characters: int


async def hoards(ctx: Context, hoard: Hoard) -> list[int]:
    """Keeps much in steps and items, and is at its end only with the second attempt, which has all of it back."""

    def make(number: int) -> str:
        Diary(path=hoard.path).write(f"step {number}")
        return str(number) * hoard.characters

    def fail_once() -> None:
        if Diary(path=hoard.path).write("try") == 1:
            raise Unavailable("at_first", "The first try fails.")

    texts = [await ctx.step(f"step:{number}", make, number) for number in range(hoard.number)]
    texts += await ctx.map("items", writes_much, [Number(value=hoard.characters)] * hoard.number)
    await ctx.step("fail", fail_once)
    return [len(text) for text in texts]


async def writes_much(ctx: Context, number: Number) -> str:
    return "é" * (number.value // 2)


async def says_more(ctx: Context, diary: Diary) -> int:
    """Tells more in one line than the server takes of an agent, and letters that are long when they are escaped."""
    ctx.log("info", "much", facts=["x" * 7_000] * 20)
    ctx.log("info", "\U0001f600" * 8_000)
    while "go" not in diary.lines():
        await asyncio.sleep(0.02)
    ctx.log("info", "the end")
    return 1


async def lingers(ctx: Context, diary: Diary) -> int:
    """The first time, it does not end before somebody writes `go`, whoever cancels it."""
    number = diary.write("try")
    ctx.log("info", f"try {number}")
    while number == 1 and "go" not in diary.lines():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.02)
    return number


def registry() -> Registry:
    known = flows.registry()
    known.add("counts", counts, retry=flows.SOON)
    known.add("long_answer", long_answer)
    known.add("says_more", says_more)
    known.add("lingers", lingers)
    known.add("hoards", hoards, retry=flows.SOON)
    known.add("writes_much", writes_much, internal=True)
    return known
