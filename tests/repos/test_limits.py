"""A command within its limits: time, memory, disk, output; and what is left when it breaks them."""

import asyncio
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid
from cutroom.repos import Ended, Patch, TaskRunner
from cutroom.repos.configuration import read
from cutroom.repos.fencing import python
from cutroom.repos.output import MAX_CHARS, MAX_LINES, Output
from tests.repos.ground import Ground


async def ran(ground: Ground, runner: TaskRunner) -> tuple[Ended, Patch]:
    ground.repository("site", {"a.txt": "one\n"})
    admitted = runner.admit(ground.url("site"), command=None, secrets=(), workspace_id="ws_1")
    home, out = ground.folder / "home", ground.folder / "out"
    home.mkdir()
    out.mkdir()
    checkout = await runner.check_out(admitted, home, branch=None, commit=None, patch=None)
    ended = await runner.run(admitted, checkout, "# Task\n\nx", ground.say)
    return ended, await runner.take(admitted, checkout, out)


async def test_one_that_takes_too_long_is_ended_with_all_it_started_and_its_changes_are_kept(ground: Ground) -> None:
    script = "echo two >> a.txt; (sleep 60; echo late >> a.txt) & echo begun; trap '' TERM; sleep 60"
    started = asyncio.get_running_loop().time()
    ended, taken = await ran(ground, await ground.runner(script, more="timeout_s = 1"))
    assert (ended.outcome, ended.exit_code, ended.summary) == ("timed_out", None, "begun")
    assert [change.path for change in taken.changes] == ["a.txt"]
    assert asyncio.get_running_loop().time() - started < 30
    assert not [name for name in Path("/proc").iterdir() if name.name.isdigit() and _says(name, str(ground.folder))]


async def test_one_that_takes_too_much_memory_is_ended(ground: Ground) -> None:
    code = "x = bytearray(400 << 20); print(len(x))"
    ended, _ = await ran(ground, await ground.runner(f"{python()[0]} -I -S -c '{code}'", more="memory_mib = 128"))
    assert ended.outcome != "done"
    assert ("stdout", str(400 << 20)) not in ground.said


async def test_one_that_fills_the_disk_is_ended(ground: Ground) -> None:
    script = "echo f > .gitignore; while true; do head -c 1000000 /dev/zero >> f; sleep 0.05; done"
    ended, taken = await ran(ground, await ground.runner(script, more="disk_mib = 3\ntimeout_s = 60"))
    assert ended.outcome in {"disk_full", "failed"}  # by us, or by the kernel's limit of one file
    assert [change.path for change in taken.changes] == [".gitignore"]


async def test_changes_that_are_too_large_are_refused(ground: Ground) -> None:
    runner = await ground.runner("head -c 3000000 /dev/urandom > noise", top="max_patch_mib = 1")
    with pytest.raises(Invalid) as refused:
        await ran(ground, runner)
    assert refused.value.code == "patch_too_large"


async def test_a_flood_of_output_leaves_the_agent_its_breath(ground: Ground) -> None:
    runner = await ground.runner("yes | head -c 3000000; echo end")
    late = 0.0

    async def breathe() -> None:
        nonlocal late
        while True:
            before = asyncio.get_running_loop().time()
            await asyncio.sleep(0.01)
            late = max(late, asyncio.get_running_loop().time() - before)

    async with asyncio.TaskGroup() as group:
        breathing = group.create_task(breathe())
        ended, _ = await ran(ground, runner)
        breathing.cancel()
    assert (ended.outcome, ended.summary.splitlines()[-1]) == ("done", "end")
    assert len(ground.said) == MAX_LINES
    assert late < 2.0  # a heartbeat has ten


async def test_a_command_that_is_killed_says_by_what(ground: Ground) -> None:
    ended, _ = await ran(ground, await ground.runner("kill -9 $$"))
    assert (ended.outcome, ended.signal) == ("killed", 9)


async def test_a_prompt_that_is_too_long_for_an_argument_is_refused_and_fits_through_stdin(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    long = "x" * 200_000
    for argv, more in (('"{prompt}"', ""), ('"-"', "stdin = true")):
        runner = await ground.runner("wc -c", more=more, argv=argv)
        admitted = runner.admit(ground.url("site"), command=None, secrets=(), workspace_id="ws_1")
        home = ground.folder / f"home{len(more)}"
        home.mkdir()
        checkout = await runner.check_out(admitted, home, branch=None, commit=None, patch=None)
        if not more:
            with pytest.raises(Invalid) as refused:
                await runner.run(admitted, checkout, long, ground.say)
            assert refused.value.code == "prompt_too_long"
        else:
            ended = await runner.run(admitted, checkout, long, ground.say)
            assert ended.summary == "200000"


def test_output_is_shown_without_codes_secrets_and_floods() -> None:
    said: list[tuple[str, str]] = []
    output = Output(lambda stream, line: said.append((stream, line)), ["s3cret-value", "s3cret-value-2"])
    output.line("stdout", "\x1b[31mred\x1b[0m \x1b]0;title\x07 s3cret-value-2 10%\r20%\x00")
    output.line("stderr", "y" * 10_000)
    for _ in range(MAX_LINES + 50):
        output.line("stdout", "more")
    assert said[0] == ("stdout", "20%")
    assert len(said[1][1]) == MAX_CHARS + 1
    assert len(said) == MAX_LINES
    assert said[-1] == ("stderr", f"The output is cut here: {MAX_LINES:,} lines are shown.")
    assert output.clean("a s3cret-value-2 b") == "a *** b"
    assert output.last.endswith("more")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("repositories", "repository"), "repositories"),
        (('name = "test"', 'name = "te st"'), "name"),
        (("argv = [", 'colour = "red"\nargv = ['), "not a known field"),
        (('argv = ["/', 'argv = ["x/'), "names no program"),
        (("file://", "ext::"), "https://"),
        (("[[commands]]", "[[commands"), "line"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused_by_name(ground: Ground, change: tuple[str, str], says: str) -> None:
    place = ground.configuration("true")
    place.write_text(place.read_text().replace(*change))
    with pytest.raises(Invalid, match=says) as refused:
        read(place)
    assert refused.value.code == "bad_task_configuration"


def test_a_secret_that_others_can_read_is_refused(ground: Ground) -> None:
    ground.secret("key", "a-models-key").chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        read(ground.configuration("true", more='secrets = { KEY = "key" }'))


def _says(process: Path, text: str) -> bool:
    try:
        return text in (process / "cmdline").read_text()
    except OSError:
        return False
