"""Malicious repositories, servers and commands (threats A84 and A85): each attack is tried for real, with a canary."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from cutroom.kit.errors import CutroomError, Forbidden, Invalid
from cutroom.repos import Checkout, Ended, Patch, TaskRunner
from cutroom.repos.fencing import python
from tests.repos.ground import Ground, applied, git

MODULES = '[submodule "x"]\n\tpath = lib\n\turl = {url}\n'


class Canary:
    """Tells whether something ran that must not have: outside of every box, or in the tree in one."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "canary"
        self.script = folder / "evil.sh"
        self.script.write_text(f"#!/bin/sh\ntouch {self.place} canary-in-tree\ncat\n")
        self.script.chmod(0o755)

    def sings(self, tree: Path) -> bool:
        return self.place.exists() or bool(list(tree.rglob("canary-in-tree")))

    @property
    def config(self) -> str:
        """Every key of git's configuration that names a program, and one that leads elsewhere."""
        evil = self.script
        return (
            f"[core]\n\thooksPath = {evil.parent}/hooks\n\tfsmonitor = {evil}\n\tsshCommand = {evil}\n"
            f"\tpager = {evil}\n\teditor = {evil}\n\taskPass = {evil}\n\tattributesFile = {evil.parent}/attributes\n"
            f'[filter "lfs"]\n\tclean = {evil}\n\tsmudge = {evil}\n\trequired = true\n'
            f'[filter "evil"]\n\tclean = {evil}\n\tsmudge = {evil}\n\tprocess = {evil}\n'
            f'[diff]\n\texternal = {evil}\n[diff "evil"]\n\ttextconv = {evil}\n\tcommand = {evil}\n'
            f'[merge "evil"]\n\tdriver = {evil}\n[credential]\n\thelper = {evil}\n'
            f"[uploadpack]\n\tpackObjectsHook = {evil}\n"
            f'[protocol "ext"]\n\tallow = always\n[url "ext::sh -c {evil}"]\n\tinsteadOf = file://\n'
        )

    def hooks(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("post-checkout", "post-merge", "reference-transaction", "post-index-change", "pre-auto-gc"):
            (folder / name).write_text(self.script.read_text())
            (folder / name).chmod(0o755)


@pytest.fixture
def canary(ground: Ground) -> Canary:
    made = Canary(ground.folder)
    made.hooks(ground.folder / "hooks")
    (ground.folder / "attributes").write_text("* filter=evil diff=evil\n")
    return made


async def carried_out(
    ground: Ground, runner: TaskRunner, name: str, prompt: str = "# Task\n\nx", *, secrets: tuple[str, ...] = ()
) -> tuple[Checkout, Ended, Patch]:
    """A task from beginning to end."""
    admitted = runner.admit(ground.url(name), command=None, secrets=secrets, workspace_id="ws_1")
    home, out = ground.folder / f"home-{name}", ground.folder / f"out-{name}"
    home.mkdir()
    out.mkdir()
    checkout = await runner.check_out(admitted, home, branch="main", commit=None, patch=None)
    ended = await runner.run(admitted, checkout, prompt, ground.say)
    return checkout, ended, await runner.take(admitted, checkout, out)


@pytest.mark.threat("A85")
async def test_nothing_that_a_repository_or_the_agents_user_has_configured_is_run(
    ground: Ground, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks, fsmonitor, filters, LFS, diff drivers, an upload-pack hook, a rewritten address."""
    lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    attributes = (
        "* filter=evil diff=evil merge=evil ident text eol=crlf working-tree-encoding=UTF-16\n*.bin filter=lfs\n"
    )
    origin = ground.repository(
        "evil",
        {".gitattributes": "", "a.txt": "one\r\n$Id$\n", "big.bin": lfs, ".lfsconfig": "[lfs]\n\turl=http://x\n"},
    )
    (origin / ".gitattributes").write_text(attributes)
    (origin / ".git" / "info" / "attributes").write_text("* !working-tree-encoding !filter -text\n")
    git(origin, "commit", "-q", "-a", "-m", "evil")
    (origin / ".git" / "config").write_text((origin / ".git" / "config").read_text() + canary.config)
    canary.hooks(origin / ".git" / "hooks")
    theirs = ground.folder / "gitconfig"
    theirs.write_text(canary.config)
    for name, value in (
        ("GIT_CONFIG_GLOBAL", theirs),
        ("GIT_TEMPLATE_DIR", origin / ".git"),
        ("GIT_EXTERNAL_DIFF", canary.script),
        ("GIT_SSH_COMMAND", canary.script),
        ("GIT_DIR", origin / ".git"),
    ):
        monkeypatch.setenv(name, str(value))
    runner = await ground.runner("cat a.txt big.bin; echo two >> a.txt")
    checkout, ended, taken = await carried_out(ground, runner, "evil")
    assert not canary.sings(checkout.tree)
    assert ended.outcome == "done"
    assert (checkout.tree / "a.txt").read_bytes() == b"one\r\n$Id$\ntwo\n"
    assert (checkout.tree / "big.bin").read_text() == lfs
    assert [change.path for change in taken.changes] == ["a.txt"]


@pytest.mark.threat("A85")
async def test_what_the_command_does_to_git_is_never_run_afterwards(ground: Ground, canary: Canary) -> None:
    """The code of a repository runs in the box, and prepares everything for a git that comes to look."""
    ground.repository("site", {"a.txt": "one\n"})
    prepared = ground.folder / "prepared"
    prepared.write_text(canary.config)
    script = f"""
        cat {prepared} >> .git/config; mkdir -p .git/hooks .git/info
        for h in post-index-change pre-commit reference-transaction; do cp {canary.script} .git/hooks/$h; done
        echo '* filter=evil diff=evil' > .git/info/attributes; cp .git/info/attributes .gitattributes
        echo 'ext::sh -c "touch {canary.place}"' > .git/objects/info/alternates
        rm -f .git/index; echo two >> a.txt
        mkdir -p inner deeper/empty/.git && git init -q inner && cat {prepared} >> inner/.git/config
        git -C inner commit -q --allow-empty -m x; echo y > inner/y
        ln -s .git sneaky; echo x > sneaky/x
    """
    runner = await ground.runner(script, more=f'reads = ["{prepared}", "{canary.script}"]')
    checkout, _, taken = await carried_out(ground, runner, "site")
    canary.place.unlink(missing_ok=True)
    for made in checkout.tree.rglob("canary-in-tree"):
        made.unlink()
    out = ground.folder / "again"
    out.mkdir()
    admitted = runner.admit(ground.url("site"), command=None, secrets=(), workspace_id="ws_1")
    taken = await runner.take(admitted, checkout, out)
    assert not canary.sings(checkout.tree)
    assert {change.path for change in taken.changes} == {"a.txt", ".gitattributes", "sneaky"}
    assert sorted(warning for warning in taken.warnings if "repository inside" in warning) == [
        "The repository inside of deeper/empty is no part of the patch.",
        "The repository inside of inner is no part of the patch.",
    ]


@pytest.mark.threat("A85")
async def test_submodules_come_only_where_they_are_allowed_and_never_by_a_program(
    ground: Ground, canary: Canary
) -> None:
    inner = ground.repository("inner", {"lib.txt": "lib\n"})
    outer = ground.repository("outer", {"a.txt": "one\n"})
    commit = git(inner, "rev-parse", "HEAD").strip()
    git(outer, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    for submodules, url, comes in (
        ("false", "../inner", False),
        ("true", "../inner", True),
        ("true", f"ext::sh -c touch% {canary.place}", False),
        ("true", f"file://{ground.folder}/elsewhere", False),
    ):
        (outer / ".gitmodules").write_text(MODULES.format(url=url))
        git(outer, "add", ".gitmodules")
        git(outer, "commit", "--allow-empty", "-q", "-m", "link")
        runner = await ground.runner("true", top=f"submodules = {submodules}")
        admitted = runner.admit(ground.url("outer"), command=None, secrets=(), workspace_id="ws_1")
        home = ground.folder / f"home{len(list(ground.folder.iterdir()))}"
        home.mkdir()
        checkout = await runner.check_out(admitted, home, branch="main", commit=None, patch=None)
        assert (checkout.tree / "lib" / "lib.txt").exists() is comes, url
        assert not (checkout.tree / "lib" / ".git").exists()
        assert ("left out" in "".join(checkout.warnings)) is not comes
        assert not canary.sings(checkout.tree)
    (outer / ".gitmodules").write_text(MODULES.format(url="--upload-pack=touch"))
    git(outer, "commit", "-q", "-a", "-m", "an option")
    (ground.folder / "last").mkdir()
    with pytest.raises(Invalid, match="disallowed submodule url") as refused:
        await runner.check_out(admitted, ground.folder / "last", branch="main", commit=None, patch=None)
    assert refused.value.code == "repository_unsafe"


@pytest.mark.threat("A85")
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("cat lib/lib.txt > a.txt", []),
        (
            "echo more >> lib/lib.txt; rm lib/old.txt; echo new > lib/new.txt; echo no > lib/built.o",
            ["Files of the submodule lib were changed, and are no part of the patch (3): lib.txt, new.txt, old.txt"],
        ),
        (
            "git init -q lib; git -C lib config core.fsmonitor 'touch sung'; echo x > lib/lib.txt",
            [
                "The repository inside of lib is no part of the patch.",
                "Files of the submodule lib were changed, and are no part of the patch (1): lib.txt",
            ],
        ),
        ("rm -r lib; ln -s /etc lib", ["The submodule lib was removed or replaced; that is no part of the patch."]),
    ],
    ids=["read", "changed", "prepared", "replaced"],
)
async def test_what_is_changed_in_a_submodule_is_named(ground: Ground, script: str, told: list[str]) -> None:
    _, taken = await with_submodule(ground, script)
    patch = await taken()
    assert [warning for warning in patch.warnings if "lib" in warning and "leads out" not in warning] == told
    assert not list(ground.folder.rglob("sung"))


async def test_a_submodule_that_cannot_be_read_is_named_and_the_rest_is_taken(ground: Ground) -> None:
    checkout, taken = await with_submodule(ground, "echo two > a.txt; echo x > lib/lib.txt")
    ((_, repository),) = checkout.modules
    (repository / "index").write_bytes(b"no index")
    patch = await taken()
    assert [change.path for change in patch.changes] == ["a.txt"]
    (told,) = [warning for warning in patch.warnings if "lib" in warning]
    assert told.startswith("Whether files of the submodule lib were changed could not be seen: ")


async def with_submodule(ground: Ground, script: str) -> tuple[Checkout, Callable[[], Awaitable[Patch]]]:
    """A checkout with a submodule in which a command has run, and what takes its patch."""
    files = {"lib.txt": "lib\n", "old.txt": "old\n", ".gitignore": "*.o\n"}
    commit = git(ground.repository("inner", files), "rev-parse", "HEAD").strip()
    outer = ground.repository("outer", {"a.txt": "one\n", ".gitmodules": MODULES.format(url="../inner")})
    git(outer, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    git(outer, "commit", "-q", "-m", "link")
    runner = await ground.runner(script, top="submodules = true")
    admitted = runner.admit(ground.url("outer"), command=None, secrets=(), workspace_id="ws_1")
    home, out = ground.folder / "home", ground.folder / "out"
    home.mkdir()
    out.mkdir()
    checkout = await runner.check_out(admitted, home, branch="main", commit=None, patch=None)
    ended = await runner.run(admitted, checkout, "go", ground.say)
    assert ended.outcome == "done", ground.said
    return checkout, partial(runner.take, admitted, checkout, out)


@pytest.mark.threat("A85")
async def test_links_lead_nowhere_and_nothing_is_read_or_written_through_them(ground: Ground) -> None:
    secret = ground.folder / "secret.txt"
    secret.write_text("the canary of the agent")
    origin = ground.repository("links", {"a.txt": "one\n"})
    for name, target in (("key", secret), ("up", "../../.."), ("etc", "/etc"), ("host", "/proc/1/environ")):
        (origin / name).symlink_to(target)
    git(origin, "add", "--all")
    git(origin, "commit", "-q", "-m", "links")
    script = f"""
        cat key host etc/shadow up/secret.txt 2>&1; ls up; echo x > up/written; echo x > key
        rm -f "$CUTROOM_SUMMARY_FILE"; ln -s {secret} "$CUTROOM_SUMMARY_FILE"; ln -s {secret} mine; echo end
    """
    checkout, ended, taken = await carried_out(ground, await ground.runner(script), "links")
    shown = "\n".join(line for _, line in ground.said) + ended.summary + taken.path.read_text()
    assert "canary" not in shown.replace(str(secret), "")
    assert secret.read_text() == "the canary of the agent"
    assert not list(ground.folder.rglob("written"))
    assert ended.summary.endswith("end")
    assert [change.kind for change in taken.changes] == ["link"]
    assert taken.warnings == (f"mine is a link that leads out of the repository, to {secret}.",)
    clone = applied(origin, ground.folder / "clone", taken.path, checkout.commit)
    assert (clone / "mine").is_symlink()


@pytest.mark.threat("A84")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc", "repository_not_allowed"),
        ("{root}-evil/x", "repository_not_allowed"),
        ("{root}/leads-out", "repository_not_allowed"),
        ("{root}/../secret", "bad_repository_url"),
        ("{root}/%2e%2e/secret", "bad_repository_url"),
        ("https://example.com/site", "repository_not_allowed"),
        ("ext::sh -c touch% x", "bad_repository_url"),
        ("ssh://-oProxyCommand=touch/x", "bad_repository_url"),
        ("git@example.com:x/y", "bad_repository_url"),
        ("--upload-pack=touch x", "bad_repository_url"),
        ("https://user:password@example.com/x", "bad_repository_url"),
        ("https://example.com/x?y=z", "bad_repository_url"),
        ("https://example.com/x\nhttps://example.com/y", "bad_repository_url"),
        ("/etc", "bad_repository_url"),
    ],
)
async def test_the_agent_refuses_repositories_outside_of_its_own_policy(ground: Ground, url: str, code: str) -> None:
    (ground.repositories / "leads-out").symlink_to("/etc")
    runner = await ground.runner("true")
    with pytest.raises(CutroomError) as refused:
        runner.admit(url.replace("{root}", f"file://{ground.repositories}"), command=None, secrets=(), workspace_id="w")
    assert refused.value.code == code


@pytest.mark.threat("A84")
async def test_the_agent_refuses_commands_branches_commits_and_secrets_outside_of_its_own_policy(
    ground: Ground, canary: Canary
) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    ground.secret("npm", "npm-secret-value")
    top = f'[secrets.npm]\nfile = "npm"\nenv = "NPM"\nrepositories = ["{ground.url("site")}"]\nworkspaces = ["ws_1"]\n'
    runner = await ground.runner("true", more=top)
    for name in ("/bin/sh", "test; touch x", "Test", ""):
        with pytest.raises(Forbidden, match="no command of that name"):
            runner.admit(ground.url("site"), command=name, secrets=(), workspace_id="ws_1")
    for names, workspace, where in ((["aws"], "ws_1", "site"), (["npm"], "ws_2", "site"), (["npm"], "ws_1", "other")):
        with pytest.raises(Forbidden, match="every secret"):
            runner.admit(ground.url(where), command=None, secrets=names, workspace_id=workspace)
    admitted = runner.admit(ground.url("site"), command=None, secrets=["npm"], workspace_id="ws_1")
    assert "npm-secret-value" not in repr(admitted)
    for number, (branch, commit) in enumerate(
        [("--upload-pack=touch x", None), ("../main", None), ("main", f"main:{canary.place}"), ("a..b", None)]
    ):
        home = ground.folder / f"home{number}"
        home.mkdir()
        with pytest.raises(Invalid):
            await runner.check_out(admitted, home, branch=branch, commit=commit, patch=None)


@pytest.mark.threat("A84")
async def test_a_prompt_is_one_word_of_the_command_line_whatever_is_in_it(ground: Ground, canary: Canary) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    prompt = f"# Task\n\n--yolo $(touch {canary.place}) `id`; touch x | '{{summary}}' \"\n"
    runner = await ground.runner('printf "%s|" "$#" "$@" > told.txt', argv='"--prompt={prompt}", "end"')
    checkout, _, _ = await carried_out(ground, runner, "site", prompt)
    assert (checkout.tree / "told.txt").read_text() == f"2|--prompt={prompt}|end|"
    assert not canary.place.exists()


@pytest.mark.threat("A84", "A85")
async def test_a_command_sees_nothing_of_the_agent_and_reaches_nobody(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_TOKEN", "of-the-agent")
    ground.repository("site", {"a.txt": "one\n"})
    ground.secret("key", "a-models-key")
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        script = f"""
import os, socket, subprocess
print(sorted(name for name in os.environ if "TOKEN" in name), os.environ["KEY"][:2] + "|" + os.environ["KEY"])
for place in ("{ground.folder}/tasks.toml", "{ground.folder}/key", "/etc/shadow", "/var/log", "/var/lib"):
    try: print("saw", os.stat(place).st_size, os.listdir(place))
    except OSError: pass
try: socket.create_connection(("127.0.0.1", {port}), 1); print("reached")
except OSError: pass
print("alone", len([name for name in os.listdir("/proc") if name.isdigit()]) < 8)
print("orders", [line for line in open("/proc/self/cmdline").read().split("\\0") if "a-models" in line])
"""
        (ground.folder / "cli.py").write_text(script)
        runner = await ground.runner(
            f"exec {python()[0]} -I -S {ground.folder}/cli.py",
            more=f'secrets = {{ KEY = "key" }}\nreads = ["{ground.folder}/cli.py"]',
        )
        await carried_out(ground, runner, "site")
        door.setblocking(False)
        with pytest.raises(BlockingIOError):
            door.accept()
    assert [line for _, line in ground.said] == ["[] a-|***", "alone True", "orders []"]


@pytest.mark.threat("A84")
async def test_a_command_reaches_the_places_that_are_named_through_the_proxy_and_no_others(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    served = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        writer.write(b"hello " + await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    (ground.folder / "cli.py").write_text(f"""
import os, socket
proxy = os.environ["HTTPS_PROXY"].removeprefix("http://").split(":")
for place in ("127.0.0.1:{port}", "127.0.0.1:22", "169.254.169.254:80"):
    with socket.create_connection((proxy[0], int(proxy[1]))) as way:
        way.sendall(f"CONNECT {{place}} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
        print(way.recv(4096).split(b"\\r\\n")[0].decode())
        if place.endswith(":{port}"):
            way.sendall(b"you\\n")
            print(way.recv(4096).decode())
""")
    more = f'network = ["127.0.0.1:{port}"]\nreads = ["{ground.folder}/cli.py"]'
    runner = await ground.runner(f"exec {python()[0]} -I -S {ground.folder}/cli.py", more=more)
    async with server:
        await carried_out(ground, runner, "site")
    out = [line for stream, line in ground.said if stream == "stdout" and line]
    assert out == ["HTTP/1.1 200 Connected", "hello you", "HTTP/1.1 403 Forbidden", "HTTP/1.1 403 Forbidden"]
    refused = [line for stream, line in ground.said if stream == "stderr"]
    assert [line.rsplit(" ", 1)[1] for line in refused] == ["127.0.0.1:22.", "169.254.169.254:80."]
    assert served == 1


@pytest.mark.threat("A84")
async def test_a_secret_in_the_changes_throws_them_away(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    ground.secret("key", "a-models-key")
    runner = await ground.runner('echo "$KEY" > stolen; echo "$KEY"', more='secrets = { KEY = "key" }')
    with pytest.raises(Invalid) as refused:
        await carried_out(ground, runner, "site")
    assert refused.value.code == "secret_in_patch"
    assert ("stdout", "***") in ground.said
