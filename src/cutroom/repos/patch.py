"""What a command changed: a patch against the commit that was checked out, untracked files included."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from cutroom.kit import trees
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.repos.checkout import Checkout
from cutroom.repos.git import Git, records, said

_DIFF: Final = ("--cached", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all", "--find-renames")
_STATUS: Final = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "C": "added", "T": "modified"}
_KINDS: Final = {"120000": "link", "100755": "program"}
_MOST_FILES: Final = 20_000
_MOST_NESTED: Final = 1_000
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One changed file.

    Args:
        path: from the top of the repository.
        status: added, modified, deleted or renamed.
        kind: file, program (may be executed) or link.
        additions: lines; None for what is not text.
        deletions: lines; likewise.
        was: what it was called before, when renamed.
    """

    path: str
    status: str
    kind: str
    additions: int | None = None
    deletions: int | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """All changes.

    Args:
        path: the file that `git apply` takes.
        changes: by path.
        warnings: what whoever applies it should look at.
    """

    path: Path
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


async def take_patch(git: Git, checkout: Checkout, out: Path, *, max_bytes: int, never: Sequence[bytes]) -> Patch:
    """Compare the tree with its commit, in our own repository: what the command did to its own is of no interest.

    Args:
        git: git on the checkout.
        checkout: it.
        out: an existing folder for the patch.
        max_bytes: the largest patch that is taken.
        never: what must not stand in it: the values of secrets.

    Raises:
        Invalid: `patch_too_large`, `secret_in_patch`.
        Unavailable: `git_failed`.
    """
    nested = await asyncio.to_thread(trees.repositories, checkout.tree, _MOST_NESTED)
    if len(nested) == _MOST_NESTED:
        raise Invalid("patch_too_large", "The command left a thousand repositories or more in the checkout.")
    warnings = [f"The repository inside of {place[:200]} is no part of the patch." for place in nested[:20]]
    chosen = "\0".join([".", *(f":(exclude,literal){place}" for place in nested)])
    added = await git.run(
        "add", "--all", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=chosen.encode()
    )
    if added.returncode != 0:
        warnings.append(f"Not every file could be read: {said(added)}")
    for inner, repository in checkout.modules:
        warnings += await _changed_module(git, checkout, inner, repository)
    path = out / "changes.patch"
    await git.must("diff", *_DIFF, "--binary", "--full-index", f"--output={path}", checkout.commit, writes=(out,))
    await asyncio.to_thread(_check, path, max_bytes, never)
    raw = records(await git.must("diff", *_DIFF, "--raw", "--abbrev=40", "-z", checkout.commit))
    counts = records(await git.must("diff", *_DIFF, "--numstat", "-z", checkout.commit))
    changes = _changes(raw, _counted(counts))
    for change in changes:
        target = _target(checkout.tree, change)
        if target is not None and _leads_out(change.path, target):
            warnings.append(f"{change.path[:200]} is a link that leads out of the repository, to {target[:200]}.")
    return Patch(path, tuple(changes), tuple(warnings[:100]))


async def _changed_module(git: Git, checkout: Checkout, path: str, repository: Path) -> list[str]:
    """What to say of a submodule in which something was changed: its files are another repository's."""
    tree, shown = checkout.folder(path), path[:200]
    if tree is None:
        return [f"The submodule {shown} was removed or replaced; that is no part of the patch."]
    inner = Git(git.fence, repository, tree, git.timeout_s)
    changed = ("ls-files", "-z", "--modified", "--others", "--exclude-standard", "--deduplicate")
    try:
        told = sorted(records(await inner.must(*changed)))
    except Unavailable as error:
        return [f"Whether files of the submodule {shown} were changed could not be seen: {error.message}"]
    if not told:
        return []
    names = ", ".join(name[:200] for name in told[:_NAMED]) + (" …" if len(told) > _NAMED else "")
    return [f"Files of the submodule {shown} were changed, and are no part of the patch ({len(told)}): {names}"]


def _check(path: Path, max_bytes: int, never: Sequence[bytes]) -> None:
    try:
        if path.stat().st_size > max_bytes:
            sentence = f"The changes are larger than {max_bytes >> 20} MiB as a patch; is something built not ignored?"
            raise Invalid("patch_too_large", sentence)
        text = path.read_bytes()
    except OSError as error:
        raise Unavailable("git_failed", f"The patch could not be read: {error.strerror}.") from error
    if any(secret in text for secret in never):
        raise Invalid("secret_in_patch", "The changes hold the value of a secret of the agent; they were thrown away.")


def _counted(parts: Sequence[str]) -> dict[str, tuple[int | None, int | None]]:
    """Lines added and removed, by path; `git diff --numstat -z`: renames bring two more parts, the names."""
    found: dict[str, tuple[int | None, int | None]] = {}
    rest = iter(parts)
    for part in rest:
        more, less, path = part.split("\t", 2)
        if path == "":
            next(rest, "")
            path = next(rest, "")
        found[path] = (None if more == "-" else int(more), None if less == "-" else int(less))
    return found


def _changes(parts: Sequence[str], lines: dict[str, tuple[int | None, int | None]]) -> list[Change]:
    found: list[Change] = []
    rest = iter(parts)
    for part in rest:
        old_mode, new_mode, _, _, letter = part.removeprefix(":").split(" ")
        path = next(rest, "")
        was = path if letter[0] in {"R", "C"} else None
        path = path if was is None else next(rest, "")
        mode = old_mode if letter[0] == "D" else new_mode
        more, less = lines.get(path, (None, None))
        kind = _KINDS.get(mode, "file")
        found.append(Change(path, _STATUS.get(letter[0], "modified"), kind, more, less, was))
        if len(found) > _MOST_FILES:
            raise Invalid(
                "patch_too_large", f"More than {_MOST_FILES:,} files changed; is something built not ignored?"
            )
    return found


def _target(tree: Path, change: Change) -> str | None:
    if change.kind != "link" or change.status == "deleted":
        return None
    try:
        return str((tree / change.path).readlink())
    except OSError:
        return None


def _leads_out(path: str, target: str) -> bool:
    """Whether a link leads out of the repository, by its text."""
    if target.startswith("/"):
        return True
    depth = len(PurePosixPath(path).parts) - 1
    for step in target.split("/"):
        depth += -1 if step == ".." else 0 if step in {"", "."} else 1
        if depth < 0:
            return True
    return False
