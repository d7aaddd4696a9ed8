"""Workflows whose steps are let on in many ways."""

import asyncio

from cutroom.jobs import Context, Registry
from cutroom.kit.errors import Invalid, Unavailable
from tests.jobs.flows import SOON, Diary, echo, gated_steps, tries_steps, waits_for


async def side_by_side(ctx: Context, diary: Diary) -> list[int]:
    """Steps at the same time, each of which waits for all others to have begun."""

    async def work(name: str) -> int:
        diary.write(name)
        while len({line for line in diary.lines() if line.startswith("side")}) < diary.value:
            await asyncio.sleep(0.01)
        return diary.lines().count(name)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ctx.step(f"side:{n}", work, f"side:{n}")) for n in range(diary.value)]
    return [task.result() for task in tasks]


async def late_wish(ctx: Context, diary: Diary) -> list[int]:
    """While a long step runs, another part of the function works for itself and then wants one too, which ends it."""

    async def long() -> int:
        while "short" not in diary.lines():
            await asyncio.sleep(0.01)
        return diary.write("long")

    def short() -> int:
        return diary.write("short")

    async def works_first() -> int:
        await asyncio.sleep(0.5)
        return await ctx.step("short", short)

    return list(await asyncio.gather(ctx.step("long", long), works_first()))


async def catches(ctx: Context, diary: Diary) -> int:
    """Goes on after a step that failed for good, and gives up one that takes too long for it."""

    def refuse() -> int:
        raise Invalid("not_that", "Not that.")

    async def endless() -> int:
        try:
            await asyncio.sleep(3600)
        finally:
            diary.write("stopped")
        return 0

    def after() -> int:
        return diary.write("after")

    try:
        await ctx.step("refuse", refuse)
    except Invalid as error:
        diary.write(error.code)
    try:
        async with asyncio.timeout(3.0):  # so long that Temporal has let it on, on a busy machine too
            await ctx.step("endless", endless)
    except TimeoutError:
        diary.write("too long")
    return await ctx.step("after", after)


async def first_version(ctx: Context, diary: Diary) -> str:
    def one() -> int:
        return diary.write("one")

    await ctx.step("one", one)
    await ctx.sleep(1.0)
    return "first"


async def second_version(ctx: Context, diary: Diary) -> str:
    """As a later release has it: another step before the sleep, and one after it."""

    def note(line: str) -> int:
        return diary.write(line)

    await ctx.step("zero", note, "zero")
    await ctx.step("one", note, "one")
    await ctx.sleep(1.0)
    await ctx.step("two", note, "two")
    return "second"


async def sleeps_long(ctx: Context, diary: Diary) -> int:
    diary.write("asleep")
    await ctx.sleep(3600)
    return 0


async def fails_slowly(ctx: Context, diary: Diary) -> int:
    diary.write("try")
    raise Unavailable("not_now", "Not now.", retry_after_s=3600)


async def keeps_secrets(ctx: Context, diary: Diary) -> str:
    def tell() -> str:
        return "a secret result"

    ctx.log("info", "a secret line")
    await ctx.step("tell", tell)
    raise Invalid("told", "a secret message")


def registry(*, later: bool = False) -> Registry:
    """Of this release, or of a later one."""
    known = Registry()
    known.add("side_by_side", side_by_side, retry=SOON)
    known.add("late_wish", late_wish, retry=SOON)
    known.add("catches", catches, retry=SOON)
    known.add("changes", second_version if later else first_version, retry=SOON)
    known.add("sleeps_long", sleeps_long, retry=SOON)
    known.add("fails_slowly", fails_slowly, retry=SOON)
    known.add("keeps_secrets", keeps_secrets, retry=SOON)
    known.add("waits_for", waits_for, retry=SOON)
    known.add("gated_steps", gated_steps, retry=SOON)
    known.add("tries_steps", tries_steps, retry=SOON)
    known.add("echo", echo, retry=SOON)
    return known
