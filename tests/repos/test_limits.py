"""A command within its limits: time, memory, disk, output; and what is left when it breaks them."""

import asyncio
from pathlib import Path

import pytest

from cutroom.kit import trees
from cutroom.kit.errors import Forbidden, Invalid
from cutroom.repos import Ended, Patch, TaskRunner
from cutroom.repos.configuration import read
from cutroom.repos.fencing import python
from cutroom.repos.output import MAX_CHARS, MAX_LINES, Output
from tests.repos.ground import Ground, git


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
    ended, taken = await ran(ground, await ground.runner(script, more="timeout_s = 3"))
    assert (ended.outcome, ended.exit_code, ended.summary) == ("timed_out", None, "begun")
    assert [change.path for change in taken.changes] == ["a.txt"]
    assert asyncio.get_running_loop().time() - started < 50  # of 60
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


def program(code: str) -> str:
    """A script that runs some Python, and changes nothing besides."""
    return f"echo 'd*' > .gitignore; cat > /tmp/x.py <<'EOF'\n{code}\nEOF\n{python()[0]} -I -S /tmp/x.py"


@pytest.mark.parametrize(
    "code",
    [
        """import os, time
files = []
for _ in range(6):
    file = open("f", "wb"); os.unlink("f"); file.write(os.urandom(3 << 20)); file.flush(); os.fsync(file.fileno())
    files.append(file)
time.sleep(20)""",
        """import os
for _ in range(25):
    os.mkdir("d" * 200); os.chdir("d" * 200)
for name in range(6):
    with open(str(name), "wb") as file:
        file.write(os.urandom(3 << 20)); file.flush(); os.fsync(file.fileno())""",
    ],
    ids=["deleted and open", "below a path that is too long"],
)
async def test_what_is_hidden_from_a_look_at_the_disk_counts_too(ground: Ground, code: str) -> None:
    ended, taken = await ran(ground, await ground.runner(program(code), more="disk_mib = 10\ntimeout_s = 60"))
    assert ended.outcome == "disk_full"
    assert [change.path for change in taken.changes] == [".gitignore"]
    assert trees.remove(ground.folder / "home")


async def test_folders_nested_without_end_are_a_result_and_go_away(ground: Ground) -> None:
    code = "import os\nfor _ in range(1500):\n    os.mkdir('d'); os.chdir('d')"
    ended, taken = await ran(ground, await ground.runner(program(code)))
    assert (ended.outcome, [change.path for change in taken.changes]) == ("done", [".gitignore"])
    assert trees.remove(ground.folder / "home")


async def test_a_small_repository_of_large_files_is_refused_before_they_are_written(ground: Ground) -> None:
    repository = ground.repository("site", {"a.txt": "one\n"})
    (repository / "big").write_bytes(bytes(3 << 20))
    name = git(repository, "hash-object", "-w", "big").strip()
    for number in range(8):
        git(repository, "update-index", "--add", "--cacheinfo", f"100644,{name},f{number}")
    git(repository, "commit", "-q", "-m", "bomb")
    runner = await ground.runner("true", more="disk_mib = 10")
    admitted = runner.admit(ground.url("site"), command=None, secrets=(), workspace_id="ws_1")
    home = ground.folder / "home"
    home.mkdir()
    with pytest.raises(Invalid) as refused:
        await runner.check_out(admitted, home, branch=None, commit=None, patch=None)
    assert refused.value.code == "repository_too_large"
    assert trees.size(home) < 1 << 20


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
    assert late < 5.0  # a heartbeat has ten


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


def test_a_secret_names_who_may_use_it(ground: Ground) -> None:
    ground.secret("gh", "ghp_secretsecret")
    secret = f'[secrets.github]\nfile = "gh"\nrepositories = ["{ground.url("site")}"]\n'
    place = ground.configuration("true")
    plain = place.read_text()
    place.write_text(plain + secret)
    with pytest.raises(Invalid, match="workspaces"):
        read(place)
    for workspaces, strangers in (('["ws_1"]', False), ('["*"]', True)):
        place.write_text(f"{plain}{secret}workspaces = {workspaces}\n")
        policy = read(place)
        url = policy.place(ground.url("site"))
        assert len(policy.secrets_for(["github"], url, "ws_1")) == 1
        if strangers:
            assert len(policy.secrets_for(["github"], url, "ws_of_a_stranger")) == 1
        else:
            with pytest.raises(Forbidden):
                policy.secrets_for(["github"], url, "ws_of_a_stranger")


def test_a_secret_that_others_can_read_is_refused(ground: Ground) -> None:
    ground.secret("key", "a-models-key").chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        read(ground.configuration("true", more='secrets = { KEY = "key" }'))


def _says(process: Path, text: str) -> bool:
    try:
        return text in (process / "cmdline").read_text()
    except OSError:
        return False
