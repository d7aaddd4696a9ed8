"""The same command again, with nothing changed: its result is given out of the cache, and no engine is started.

A render leaves a note in its cache: what it depended on, and which files it made. The next command with the same
document, options, environment and programs (the note's name is a digest of those) looks whether every source still is
the file that it was, and copies the results out. Whatever cannot be told from the outside of files is never noted:
sources from the network, pages drawn by a browser, what a graphics card encoded, results with links written into them.

The engine looks deeper, by the digest of the plan (`workflows.films`); this is the quicker look before.
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from cutroom.app.environment import Mark, mark, surroundings
from cutroom.kit.hashes import copy_verified

NOTE: Final = 1
"""Raised whenever notes hold something else."""
_SETTLED_NS: Final = 2_000_000_000
"""A file that changed so shortly before it was looked at may change again without its times telling."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A command, and everything that its result depends on but the sources.

    Args:
        digest: SHA-256 (hex) over all of it.
        cache: the folder of the cache.
    """

    digest: str
    cache: Path

    @property
    def note(self) -> Path:
        """Where the note for it is."""
        return self.cache / "again" / self.digest


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was at a moment, in nanoseconds since 1970."""

    mark: Mark
    at_ns: int

    @property
    def settled(self) -> bool:
        """Whether it had not changed for so long that its next change will show in its mark."""
        return max(self.mark[1:3]) <= self.at_ns - _SETTLED_NS


def look(path: Path) -> Seen | None:
    """A file as it is now; None when there is none."""
    now, found = time.time_ns(), mark(path)
    return None if found is None else Seen(found, now)


@dataclass(frozen=True, slots=True)
class Result:
    """A file that a command made: how it is named after the target (see `place_of`), and the hash of its bytes."""

    kind: str
    name: str
    sha256: str


class Told(NamedTuple):
    """A warning."""

    code: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Given:
    """What was given out: the target, the other files, and what the first command said of them."""

    target: Path
    others: tuple[Path, ...]
    facts: Mapping[str, str]
    warnings: tuple[Told, ...]


def wish_of(document: Path, raw: bytes, cache: Path) -> Wish:
    """The wish for the document `raw` that lies at `document`."""
    told = [NOTE, hashlib.sha256(raw).hexdigest(), str(document.parent.absolute()), surroundings()]
    text = json.dumps(told, separators=(",", ":"), default=str)
    return Wish(hashlib.sha256(text.encode()).hexdigest(), cache.absolute())


def place_of(target: Path, kind: str, name: str) -> Path:
    """Where a file of a result goes: the first to the target, others beside it.

    For `film.mp4`, what is published as `render.mp4` becomes `film.mp4` and `poster.jpg` `film.poster.jpg`.
    """
    first = kind == "storyboard" or (kind == "render" and Path(name).stem in {"render", "index"})
    return target if first else target.with_name(f"{target.stem}.{name}")


def kept_at(cache: Path, sha256: str) -> Path:
    """Where the bytes of a finished file are in a cache (`workflows.films.content_key`)."""
    return cache / "made" / sha256


def remember(
    wish: Wish,
    sources: Mapping[Path, Seen],
    results: Sequence[Result],
    *,
    facts: Mapping[str, str],
    warnings: Sequence[Told],
) -> None:
    """Leave a note for a command that has ended well, unless something may have changed meanwhile.

    Args:
        wish: what it was.
        sources: every file that was read, as it was before it was hashed.
        results: what it made, the target first.
        facts: what is shown of the target.
        warnings: what was said of the document.
    """
    steady = all(seen.settled and mark(path) == seen.mark for path, seen in sources.items())
    if not steady or not all(kept_at(wish.cache, one.sha256).is_file() for one in results):
        return
    note = {
        "sources": [[str(path), list(seen.mark)] for path, seen in sources.items()],
        "results": [[one.kind, one.name, one.sha256] for one in results],
        "facts": dict(facts),
        "warnings": [list(warning) for warning in warnings],
    }
    wish.note.parent.mkdir(parents=True, exist_ok=True)
    draft = wish.note.with_name(f"{wish.digest}.{secrets.token_hex(4)}.part")
    draft.write_text(json.dumps(note), "utf-8")
    draft.replace(wish.note)


def give(wish: Wish, document: Path, output: Path | None) -> Given | None:
    """Give out the result of an earlier command; None when there is none that is surely the same.

    Args:
        wish: the command.
        document: where its document lies.
        output: the file or folder that it names for its result.
    """
    try:
        note = json.loads(wish.note.read_bytes())
    except (OSError, ValueError):
        return None
    sources = {Path(path): tuple(seen) for path, seen in note["sources"]}
    results = [Result(*fields) for fields in note["results"]]
    target = _target(document, output, Path(results[0].name).suffix)
    if target is None or any(mark(path) != seen for path, seen in sources.items()):
        return None
    places = [place_of(target, one.kind, one.name) for one in results]
    if _lie(places, sources):
        return None
    drafts = [place.with_name(f".{place.name}.{secrets.token_hex(4)}.part") for place in places]
    try:
        for one, draft in zip(results, drafts, strict=True):
            kept = kept_at(wish.cache, one.sha256)
            if not copy_verified(kept, draft, one.sha256):
                return None
            os.utime(kept)  # the cache forgets first what was not used for longest
        for draft, place in zip(drafts, places, strict=True):
            draft.replace(place)
    except OSError:  # the long way says what is wrong with the place
        return None
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    os.utime(wish.note)
    warnings = tuple(Told(*warning) for warning in note["warnings"])
    return Given(target, tuple(places[1:]), note["facts"], warnings)


def _target(document: Path, output: Path | None, suffix: str) -> Path | None:
    """The file that a command's result goes to; None when it may not, which the long way explains."""
    place = output or document.with_suffix(suffix)
    if output is not None and output.is_dir() and output.suffix.lower() != suffix:
        place = output / f"{document.stem}{suffix}"
    target = place.resolve()
    fits = target.suffix.lower() == suffix and not target.is_dir() and os.access(target.parent, os.W_OK)
    return target if fits else None


def _lie(places: Sequence[Path], sources: Mapping[Path, Mark]) -> bool:
    """Whether any of the places is one of the sources."""
    return any(there is not None and there in sources.values() for there in map(mark, places))
