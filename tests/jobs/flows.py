"""Workflows that the tests run, in this process and in worker processes of their own."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from cutroom.jobs import Context, Draft, Origin, Registry, StepRetry
from cutroom.kit import process
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.schema import Schema

A, B, C = "wsp_a", "wsp_b", "wsp_c"
SOON = Backoff(base_s=0.01, cap_s=0.02)


class Number(Schema):
    value: int


class Diary(Schema):
    """Input of workflows that leave a trace: each line of `path` is something that was done."""

    path: str
    value: int = 0

    def write(self, line: str) -> int:
        """Append a line in one write, so that lines of many processes do not mix; how many equal lines there are."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
        return self.lines().count(line)

    def lines(self) -> list[str]:
        path = Path(self.path)
        return path.read_text().splitlines() if path.exists() else []


async def echo(ctx: Context, number: Number) -> Number:
    return number


async def double(ctx: Context, number: Number) -> int:
    return number.value * 2


async def three_steps(ctx: Context, diary: Diary) -> list[int]:
    """Three journalled steps, each of which is written down when it really runs."""

    async def work(name: str) -> int:
        await asyncio.sleep(diary.value / 1000)
        return diary.write(name)

    return [await ctx.step(name, work, name) for name in ("one", "two", "three")]


async def gated_steps(ctx: Context, diary: Diary) -> list[int]:
    """Three journalled steps, each of which ends when somebody writes `go NAME`."""

    async def work(name: str) -> int:
        while f"go {name}" not in diary.lines():
            await asyncio.sleep(0.02)
        return diary.write(name)

    return [await ctx.step(name, work, name) for name in ("one", "two", "three")]


async def fails_at_first(ctx: Context, diary: Diary) -> int:
    """Step `before` succeeds; then the first `value` attempts fail in a way that may pass."""

    def before() -> int:
        return diary.write("before")

    await ctx.step("before", before)
    tries = diary.write("try")
    ctx.log("info", "trying", tries=tries)
    if tries <= diary.value:
        raise Unavailable("not_now", f"Try {tries} failed.")
    return tries


async def meets_no_store(ctx: Context, diary: Diary) -> int:
    """The first `value` attempts find the store away."""
    tries = diary.write("try")
    if tries <= diary.value:
        raise Unavailable("store_unavailable", f"Away at try {tries}.")
    return tries


async def refuses(ctx: Context, number: Number) -> int:
    raise Invalid("bad_number", f"{number.value} is wrong.")


async def breaks(ctx: Context, number: Number) -> int:
    raise RuntimeError("a secret of the house")


async def leaves(ctx: Context, number: Number) -> int:
    sys.exit(3)


async def gives_nul(ctx: Context, number: Number) -> str:
    return "a\0b"


async def takes_long(ctx: Context, number: Number) -> int:
    await asyncio.sleep(3600)
    return number.value


async def waits_for(ctx: Context, diary: Diary) -> int:
    """Runs until somebody writes `go` into the diary."""
    diary.write("started")
    (ctx.scratch / "half").write_text("half done")
    while "go" not in diary.lines():
        await asyncio.sleep(0.02)
    return diary.value


async def writes(ctx: Context, diary: Diary) -> str:
    """Shows a text, and begins it again on its second attempt."""
    ctx.text("answer", "", begins=True)
    ctx.text("notes", f"Note {ctx.attempt}. ")
    for word in ("Once ", "upon ", "a time"):
        ctx.text("answer", word)
    diary.write("written")
    while f"go {ctx.attempt}" not in diary.lines():
        await asyncio.sleep(0.02)
    if ctx.attempt == 1:
        raise Unavailable("not_now", "Not at the first try.")
    return "Once upon a time"


async def has_child(ctx: Context, diary: Diary) -> int:
    """Starts a program that would run for an hour and does not mind SIGTERM."""
    script = (
        "import os, signal, sys, time; signal.signal(15, signal.SIG_IGN); "
        "print(os.getpid(), file=open(sys.argv[1], 'a')); time.sleep(3600)"
    )
    await process.run([sys.executable, "-c", script, diary.path], cwd=ctx.scratch, timeout_s=3600)
    return 0


async def stubborn(ctx: Context, diary: Diary) -> int:
    """Does not stop when it is told to for the first time."""
    diary.write("started")
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        diary.write("ignored")
    await asyncio.sleep(3600)
    return 0


async def says_much(ctx: Context, number: Number) -> int:
    for index in range(number.value):
        ctx.log("info", f"line {index}")
        ctx.progress(index / number.value, f"part {10 * index // number.value}")
    return number.value


async def times_of(ctx: Context, diary: Diary) -> list[str]:
    """What must be the same on every attempt."""
    seen = [ctx.now().isoformat(), str(ctx.random().random()), ctx.new_id("abc"), str(ctx.random().random())]
    if diary.write("try") == 1:
        raise Unavailable("not_now", f"{seen}")
    diary.write(f"{seen}")
    return seen


async def naps(ctx: Context, diary: Diary) -> int:
    diary.write("awake")
    await ctx.sleep(diary.value / 1000)
    diary.write("awake")
    await ctx.sleep(diary.value / 1000)
    return diary.write("awake")


async def tries_steps(ctx: Context, diary: Diary) -> int:
    def work() -> int:
        tries = diary.write("try")
        if tries < 3:
            raise Unavailable("not_now", "Not yet.")
        return tries

    return await ctx.step("work", work, retry=StepRetry(max_attempts=3, backoff=SOON))


async def slow_step(ctx: Context, number: Number) -> int:
    async def work() -> int:
        await asyncio.sleep(3600)
        return 1

    return await ctx.step("work", work, timeout_s=0.05)


async def slow_thread(ctx: Context, diary: Diary) -> int:
    def work() -> int:
        while "go" not in diary.lines():
            time.sleep(0.02)
        return diary.write("done")

    return await ctx.step("work", work)


async def repeats_name(ctx: Context, number: Number) -> int:
    def work() -> int:
        return 1

    return await ctx.step("work", work) + await ctx.step("work", work)


class Fan(Schema):
    """Input of a fan-out: each item doubles its number, or does what `special` says for its index."""

    items: list[int]
    path: str
    special: dict[int, str] = Field(default_factory=dict)
    pause_ms: int = 0


class Item(Schema):
    value: int
    index: int
    path: str
    special: str = ""
    pause_ms: int = 0


async def fan(ctx: Context, given: Fan) -> list[int]:
    """A step, a fan-out, a step."""
    diary = Diary(path=given.path)

    def note(line: str) -> int:
        return diary.write(line)

    await ctx.step("before", note, "before")
    ctx.progress(0.1, "spreading")
    results = await ctx.map("items", item, items_of(given), span=(0.1, 0.9))
    ctx.progress(0.9, "gathering")
    await ctx.step("after", note, "after")
    return results


def items_of(given: Fan) -> Sequence[Item]:
    return [
        Item(
            value=value,
            index=index,
            path=given.path,
            special=given.special.get(index, ""),
            pause_ms=given.pause_ms,
        )
        for index, value in enumerate(given.items)
    ]


async def item(ctx: Context, given: Item) -> int:
    diary = Diary(path=given.path)
    diary.write(f"item {given.index}")
    ctx.progress(0.5)
    await asyncio.sleep(given.pause_ms / 1000)
    if given.special == "refuse":
        raise Invalid("bad_item", "This item is wrong.")
    if given.special == "never":
        raise Unavailable("not_now", "Never works.")
    if given.special == "once" and diary.lines().count(f"item {given.index}") == 1:
        raise Unavailable("not_now", "Works the second time.")
    if given.special == "wait":
        while "go" not in diary.lines():
            await asyncio.sleep(0.02)
    if given.special == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return given.value * 2


async def tree(ctx: Context, given: Fan) -> int:
    """A fan-out of fan-outs: the number of leaves below."""
    if not given.items:
        return 1
    below = [given.model_copy(update={"items": given.items[1:]}) for _ in range(given.items[0])]
    return sum(await ctx.map("below", tree, below, span=(0.0, 1.0)))


async def two_maps(ctx: Context, given: Fan) -> list[list[int]]:
    """Two fan-outs and a nap at the same time."""
    async with asyncio.TaskGroup() as group:
        left = group.create_task(ctx.map("left", item, items_of(given)))
        right = group.create_task(ctx.map("right", item, items_of(given)))
        group.create_task(ctx.sleep(0.3))
    return [left.result(), right.result()]


async def gathers(ctx: Context, given: Fan) -> list[list[int]]:
    """Catches everything, even what ends it while it waits."""
    found = await asyncio.gather(
        ctx.map("left", item, items_of(given)), ctx.map("right", item, items_of(given)), return_exceptions=True
    )
    return [part for part in found if isinstance(part, list)]


async def changes_its_mind(ctx: Context, given: Fan) -> list[int]:
    """Brings another number of items when it is replayed."""
    extra = Diary(path=given.path).write("asked")
    return await ctx.map("items", item, items_of(given.model_copy(update={"items": [1] * extra})))


async def forgives(ctx: Context, given: Fan) -> str:
    try:
        await ctx.map("items", item, items_of(given))
    except Invalid as error:
        return error.message
    return "nothing to forgive"


async def uses_files(ctx: Context, number: Number) -> bool:
    return await ctx.files.find("nothing") is None


async def talks_on(ctx: Context, number: Number) -> int:
    while True:
        ctx.log("info", "and another thing")
        await asyncio.sleep(0.05)


async def poison(ctx: Context, diary: Diary) -> int:
    diary.write("swallowed")
    await asyncio.sleep(diary.value / 1000)
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


class Making(Schema):
    """Input of a workflow that writes a production."""

    body: str = "{}"
    made_from: str | None = None
    into: str | None = None
    fails: bool = False


async def makes(ctx: Context, making: Making) -> dict[str, Any]:
    """Writes a transcript, or a post made from the latest version of another production; by wish fails once, after."""
    prefix, kind = ("trn", "transcript") if making.made_from is None else ("pst", "post")
    production_id = making.into or ctx.new_id(prefix)
    origins = []
    if making.made_from is not None:
        read = await ctx.productions.read(making.made_from)
        origins.append(Origin(read.id, read.version))
    version = await ctx.productions.write(Draft(production_id, kind, "Made", making.body, origins))
    if making.fails and ctx.attempt == 1:
        raise Unavailable("once", "Not at the first try.")
    return {"id": production_id, "version": version}


def registry() -> Registry:
    known = Registry()
    known.add("echo", echo)
    known.add("same", double, deterministic=True)
    known.add("times_out", takes_long, timeout_s=0.1, max_attempts=1)
    known.add("item", item, internal=True, retry=SOON)
    known.add("tree", tree)
    quick: dict[str, Any] = {
        "breaks": breaks,
        "changes_its_mind": changes_its_mind,
        "fails_at_first": fails_at_first,
        "gated_steps": gated_steps,
        "gathers": gathers,
        "fan": fan,
        "forgives": forgives,
        "gives_nul": gives_nul,
        "has_child": has_child,
        "leaves": leaves,
        "makes": makes,
        "meets_no_store": meets_no_store,
        "naps": naps,
        "poison": poison,
        "refuses": refuses,
        "repeats_name": repeats_name,
        "says_much": says_much,
        "slow_step": slow_step,
        "slow_thread": slow_thread,
        "stubborn": stubborn,
        "talks_on": talks_on,
        "three_steps": three_steps,
        "times_of": times_of,
        "tries_steps": tries_steps,
        "two_maps": two_maps,
        "uses_files": uses_files,
        "waits_for": waits_for,
        "writes": writes,
    }
    for name, function in quick.items():
        known.add(name, function, retry=SOON)
    return known
