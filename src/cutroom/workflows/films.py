"""Finished outputs, kept under the digest of their plan: the same render again only gives them out again.

What is kept is a list, `film/<digest>`, and the files that it names, each under the hash of its bytes,
`made/<SHA-256>`. The list is written last, so whatever it names was there; since then it may have been swept, or a
command's result, which may be another name of the same bytes, may have been written to. So what is taken out is
hashed on its way, and a film of which anything is gone or changed is no film.
"""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cutroom import __version__
from cutroom.jobs import Files, PublishedFile
from cutroom.kit.adapter import Adapter
from cutroom.kit.hashes import copy_verified, hash_file
from cutroom.render import Made, RenderPlan, RenderReport
from cutroom.render.longform import LongformPlan
from cutroom.render.output.made import MadeKind

FILM: Final = 1
"""Raised whenever the same pieces would be joined to other files, or the same file measured in another way."""
_CANNOT_LINK: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES})


@dataclass(frozen=True, slots=True)
class FilmFile:
    """One file of an output as it was made, before links were written into it; fields as in `Made`."""

    kind: MadeKind
    name: str
    content_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Film:
    """An output: its files, the output itself first, and what was measured on it."""

    files: tuple[FilmFile, ...]
    report: RenderReport


_FILM: Final[Adapter[Film]] = Adapter(Film)


def digest_of(plan: RenderPlan | LongformPlan) -> str:
    """SHA-256 (hex) of everything that determines an output: its plan, and what joins, draws and measures."""
    tools = [f"{name} {version(name)}" for name in ("av", "numpy", "pillow")]
    # A plan is numbers, text and tuples all the way down: what it says of itself is all of it, and said at once.
    told = "\n".join([f"film {FILM}", __version__, *tools, repr(plan)])
    return hashlib.sha256(told.encode()).hexdigest()


def content_key(sha256: str) -> str:
    """The key under which the bytes of a finished file are kept."""
    return f"made/{sha256}"


def spared(made: Sequence[Made], folder: Path) -> list[Path]:
    """Second names, in `folder`, of files that are about to be published.

    Copies of those that will change, and where disks have no links.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    spares = [folder / str(number) for number in range(len(made))]
    for file, spare in zip(made, spares, strict=True):
        if file.refers or not _linked(file.path, spare):
            shutil.copyfile(file.path, spare)
    return spares


async def keep(
    files: Files,
    digest: str,
    made: Sequence[Made],
    spares: Sequence[Path],
    published: Sequence[PublishedFile],
    report: RenderReport,
) -> None:
    """Keep an output that was published.

    Args:
        files: where to.
        digest: that of its plan.
        made: its files.
        spares: `spared` of them; used up.
        published: what they became.
        report: what was measured on it.
    """
    listed: list[FilmFile] = []
    folder = spares[0].parent
    for file, spare, done in zip(made, spares, published, strict=True):
        sha256 = await asyncio.to_thread(hash_file, spare) if file.refers else done.sha256
        listed.append(FilmFile(file.kind, file.name, file.content_type, sha256, spare.stat().st_size))
        await files.keep(content_key(sha256), spare)
    draft = folder / "film"
    draft.write_bytes(_FILM.dump_json(Film(tuple(listed), report)))
    await files.keep(f"film/{digest}", draft)


async def find(files: Files, digest: str, folder: Path) -> tuple[list[Made], RenderReport] | None:
    """Copies, in `folder`, of the files of an output that was kept, and its report; None when it is not all there."""
    place = await files.find(f"film/{digest}")
    if place is None:
        return None
    try:
        film = _FILM.validate_json(await asyncio.to_thread(place.read_bytes))
    except ValidationError:
        return None
    made: list[Made] = []
    for file in film.files:
        kept = await files.find(content_key(file.sha256))
        path = folder / file.name
        if kept is None or not await asyncio.to_thread(copy_verified, kept, path, file.sha256):
            return None
        made.append(Made(path, file.kind, file.name, file.content_type))
    return made, film.report


def _linked(path: Path, name: Path) -> bool:
    try:
        os.link(path, name)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        return False
    return True
