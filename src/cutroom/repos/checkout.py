"""A clean checkout: one commit of one repository, in a folder that is new."""

import asyncio
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cutroom.kit import trees
from cutroom.kit.errors import Conflict, CutroomError, Invalid, Unavailable
from cutroom.kit.fence import Fence
from cutroom.kit.process import Completed
from cutroom.repos.address import beneath, check_branch, folder, is_commit
from cutroom.repos.disk import DiskFull, within
from cutroom.repos.git import ATTRIBUTES, OUTPUT_BYTES, Git, password_settings, records, said
from cutroom.repos.policy import Policy, Secret

_SETTINGS: Final = (
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
)
_UNNAMED: Final = "main"
_PAGE_BYTES: Final = 4096
"""Files take whole pages on most disks."""
_LINK: Final = "160000"
_MOST_MODULES: Final = 100
_MISSING: Final = ("couldn't find remote ref", "not our ref", "unadvertised object", "no such remote ref")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to check out.

    Args:
        place: address in its one form, which the policy allows.
        branch: None for the repository's own.
        commit: which one; the newest of the branch when None.
        patch: changes to begin with, made from that commit.
        secret: what git shows to the server.
        disk_bytes: what it may take, with git's own folders.
    """

    place: str
    branch: str | None = None
    commit: str | None = None
    patch: Path | None = None
    secret: Secret | None = None
    disk_bytes: int = 8 << 30


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout.

    Args:
        home: folder of all that belongs to it.
        commit: what was checked out.
        warnings: what is not as one may think.
        modules: the submodules that came too: their paths, and our repository of each, which no command sees.
    """

    home: Path
    commit: str
    warnings: tuple[str, ...] = ()
    modules: tuple[tuple[str, Path], ...] = ()

    @property
    def tree(self) -> Path:
        """The files, with a repository for the command beside them, which we never look into."""
        return self.home / "checkout"

    @property
    def repository(self) -> Path:
        """Our own repository, which no command sees."""
        return self.home / "repository"

    def git(self, fence: Fence, timeout_s: float) -> Git:
        """A git that works on it."""
        return Git(fence, self.repository, self.tree, timeout_s)

    def folder(self, path: str) -> Path | None:
        """The folder at this path of the tree; None where there is none, or a link stands in its way."""
        place = self.tree / path
        there = place.is_dir() and Path(os.path.realpath(place)) == Path(os.path.realpath(self.tree)) / path
        return place if there else None


async def check_out(fence: Fence, policy: Policy, wanted: Wanted, home: Path) -> Checkout:
    """Fetch and check out.

    Args:
        fence: what holds git.
        policy: how much history, and whether submodules come too.
        wanted: what.
        home: an existing folder, which is empty.

    Raises:
        Invalid: `repository_not_found` where there is no such repository, branch or commit, or we may not see it;
            `repository_unsafe` where git finds in it what attacks are made of; `repository_too_large`.
        Unavailable: `repository_unreachable`, `git_failed`.
        Conflict: `patch_does_not_apply`.
    """
    try:
        return await within(_checked_out(fence, policy, wanted, home), (home,), wanted.disk_bytes)
    except DiskFull as error:
        raise _too_large(wanted) from error


async def _checked_out(fence: Fence, policy: Policy, wanted: Wanted, home: Path) -> Checkout:
    made = Checkout(home, "")
    made.tree.mkdir()
    made.repository.mkdir()
    git = made.git(fence, policy.git_timeout_s)
    branch = _UNNAMED if wanted.branch is None else check_branch(wanted.branch)
    _begin(git.repository, branch)
    settings = _secret_file(home, wanted.secret)
    try:
        await _fetch(git, policy, wanted, branch, settings)
        commit = (await git.must("rev-parse", "--verify", f"refs/heads/{branch}^{{commit}}")).decode().strip()
        await _reset(git, wanted, made)
        modules, left = await _modules(git, policy, wanted, made, settings)
    finally:
        if settings is not None:
            settings.unlink()
    if wanted.patch is not None:
        await _apply(git, wanted.patch)
    await asyncio.to_thread(shutil.copytree, made.repository, made.tree / ".git", symlinks=True)
    return replace(made, commit=commit, warnings=tuple(left), modules=tuple(modules))


async def _reset(git: Git, wanted: Wanted, made: Checkout) -> None:
    """Write the files, if they fit: a small pack may hold many large ones, and git itself knows no limit of all."""
    told = await git.must("ls-tree", "-r", "--format=%(objectsize)", "HEAD")
    sizes = [int(size) for size in told.split() if size.isdigit()]
    files = sum(-(-size // _PAGE_BYTES) * _PAGE_BYTES for size in sizes)
    there = await asyncio.to_thread(trees.size, made.home)
    if len(told) >= OUTPUT_BYTES or there + files > wanted.disk_bytes:
        raise _too_large(wanted)
    await git.must("reset", "--hard", "--quiet", "--no-recurse-submodules")


def _too_large(wanted: Wanted) -> Invalid:
    sentence = f"The checkout takes more than the {wanted.disk_bytes >> 20} MiB that the agent's command may use."
    return Invalid("repository_too_large", sentence)


def _begin(place: Path, branch: str) -> None:
    """An empty repository (gitrepository-layout(5)), with nothing in it that anybody's defaults could add."""
    for name in ("objects", "refs/heads", "info"):
        (place / name).mkdir(parents=True)
    (place / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (place / "config").write_text(_SETTINGS)
    (place / "info" / "attributes").write_text(ATTRIBUTES)


def _secret_file(home: Path, secret: Secret | None) -> Path | None:
    if secret is None:
        return None
    place = home / "settings"
    place.touch(mode=0o600)
    place.write_text(password_settings(secret.user, secret.value))
    return place


async def _fetch(git: Git, policy: Policy, wanted: Wanted, branch: str, settings: Path | None) -> None:
    """Bring the commit, and some before it, into our repository, as the tip of the branch."""
    scheme = wanted.place.partition("://")[0]
    source = "HEAD" if wanted.branch is None else f"refs/heads/{wanted.branch}"
    if wanted.commit is not None:
        if not is_commit(wanted.commit):
            raise Invalid("repository_not_found", "A commit is named by its 40 hexadecimal digits.")
        source = wanted.commit
    local = (folder(wanted.place),) if scheme == "file" else ()
    shown = f"file://{local[0]}" if local else wanted.place
    done = await git.run(
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--update-head-ok",
        f"--depth={policy.depth}",
        "--",
        shown,
        f"+{source}:refs/heads/{branch}",
        reads=local,
        allow=scheme,
        settings=settings,
    )
    if done.returncode != 0:
        raise _refused(done, shown, local)


def _refused(done: Completed, shown: str, local: tuple[Path, ...]) -> CutroomError:
    """Whether asking again helps, by what git complains of, and not by the address, which it says too."""
    told, lower = said(done), done.stderr.decode("utf-8", "replace").lower()
    for address in (shown, *map(str, local)):
        lower = lower.replace(address.lower(), "")
    if "fsck error" in lower:
        return Invalid("repository_unsafe", f"The repository holds what git takes for an attack: {told}")
    gone = any(sign in lower for sign in (*_MISSING, "not found", "authentication failed", "terminal prompts disabled"))
    if gone or "error: 403" in lower or "http 403" in lower or (local and not local[0].exists()):
        return Invalid("repository_not_found", f"There is no such repository, branch or commit for us: {told}")
    return Unavailable("repository_unreachable", f"The repository could not be fetched: {told}")


async def _apply(git: Git, patch: Path) -> None:
    done = await git.run("apply", "--index", "--whitespace=nowarn", "--", patch, reads=(patch,))
    if done.returncode != 0:
        raise Conflict("patch_does_not_apply", f"The earlier changes do not fit the commit any more: {said(done)}")


async def _modules(
    git: Git, policy: Policy, wanted: Wanted, made: Checkout, settings: Path | None
) -> tuple[list[tuple[str, Path]], list[str]]:
    """Bring in the submodules that may come, of this repository and not of theirs; say which are left out."""
    entries = [entry.split("\t", 1) for entry in records(await git.must("ls-files", "--stage", "-z"))]
    links = {path: about.split()[1] for about, path in entries if about.startswith(_LINK)}
    if not links:
        return [], []
    addresses = await _addresses(git, wanted.place)
    came: list[tuple[str, Path]] = []
    left: list[str] = []
    for number, (path, commit) in enumerate(links.items()):
        place = addresses.get(path)
        if not policy.submodules or place is None or number >= _MOST_MODULES:
            left.append(f"The submodule {path[:200]} is left out.")
            continue
        try:
            inner = replace(wanted, place=policy.place(place), branch=None, commit=commit, patch=None)
            repository = made.home / "modules" / str(number)
            await _module(git, policy, inner, made, path, repository, settings)
            came.append((path, repository))
        except CutroomError as error:
            left.append(f"The submodule {path[:200]} is left out: {error.message}")
    return came, left


async def _addresses(git: Git, place: str) -> dict[str, str]:
    """The address of each submodule by its path, as `.gitmodules` of the commit has them."""
    done = await git.run("config", "--blob=HEAD:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.(path|url)$")
    found: dict[str, dict[str, str]] = {}
    for record in records(done.stdout):
        key, _, value = record.partition("\n")
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        found.setdefault(name, {})[what] = value
    return {one["path"]: _resolved(place, one["url"]) for one in found.values() if {"path", "url"} <= one.keys()}


def _resolved(place: str, url: str) -> str:
    """An address that may be relative to the repository's (gitmodules(5))."""
    if not url.startswith(("./", "../")):
        return url
    scheme, _, rest = place.partition("://")
    steps = rest.split("/")
    for step in url.split("/"):
        if step == ".." and len(steps) > 1:
            steps.pop()
        elif step not in {"", ".", ".."}:
            steps.append(step)
    return f"{scheme}://{'/'.join(steps)}"


async def _module(
    git: Git, policy: Policy, wanted: Wanted, made: Checkout, path: str, repository: Path, settings: Path | None
) -> None:
    """Check one submodule out, as files alone."""
    tree = made.folder(path)
    if tree is None:
        raise Invalid("repository_not_found", "Its folder is not where it should be.")
    repository.mkdir(parents=True)
    try:
        inner = Git(git.fence, repository, tree, git.timeout_s)
        _begin(repository, _UNNAMED)
        ours = wanted.secret is not None and any(beneath(prefix, wanted.place) for prefix in wanted.secret.repositories)
        await _fetch(inner, policy, wanted, _UNNAMED, settings if ours else None)
        await _reset(inner, wanted, made)
    except CutroomError:
        await asyncio.to_thread(trees.remove, repository)
        raise
