"""Which ffmpeg there is and what it can do. Asked once per program and process."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.errors import Unavailable
from cutroom.kit.process import run

OLDEST: Final = (8, 1)
"""CVE-2026-40962 is fixed in 8.1 (threat A97)."""

_VERSION: Final = re.compile(r"ffmpeg version (\S+)")
_NUMBERS: Final = re.compile(r"n?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """An ffmpeg program.

    Args:
        path: where it is.
        version: its numbers, `(9, 0, 2)`; empty when it was built from between two releases.
        version_text: its version as it says it: two programs that say the same make the same bytes.
    """

    path: Path
    version: tuple[int, ...]
    version_text: str

    def encoders(self) -> frozenset[str]:
        """Names of the encoders that it has."""
        return _names(self.path, "-encoders")

    def filters(self) -> frozenset[str]:
        """Names of the filters that it has."""
        return _names(self.path, "-filters")


def find(path: Path | None = None) -> Ffmpeg:
    """The ffmpeg to use: `path` when given, else the one that `use` chose, else the one in the wheel.

    The first call for a program runs it, which takes about 30 ms.

    Raises:
        Unavailable: `ffmpeg_missing` or `ffmpeg_too_old`.
    """
    return _found(path or _chosen[0])


def use(path: Path | None) -> Ffmpeg:
    """Choose the ffmpeg that `find` gives from now on in this process; None is the one in the wheel."""
    _chosen[0] = path
    return find()


_chosen: list[Path | None] = [None]


@lru_cache(maxsize=8)
def _found(path: Path | None) -> Ffmpeg:
    program = path or Path(get_ffmpeg_exe())
    said = _VERSION.search(_ask(program, "-version"))
    if said is None:
        raise Unavailable("ffmpeg_missing", f"'{program}' is not an ffmpeg.", retryable=False)
    text = said.group(1)
    numbers = _NUMBERS.match(text)
    version = tuple(int(number) for number in numbers.groups() if number is not None) if numbers else ()
    if version and version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Unavailable("ffmpeg_too_old", f"'{program}' is ffmpeg {text}; {oldest} is needed.", retryable=False)
    return Ffmpeg(program, version, text)


@lru_cache(maxsize=16)
def _names(program: Path, option: str) -> frozenset[str]:
    listed = _ask(program, option).partition("------")[2] if option == "-encoders" else _ask(program, option)
    return frozenset(re.findall(r"^ [A-Z.]{2,6} +([\w-]+) ", listed, re.MULTILINE))


def _ask(program: Path, option: str) -> str:
    async def ask() -> str:
        try:
            done = await run([program, "-hide_banner", option], cwd=Path("/"), timeout_s=30)
        except Unavailable as error:
            raise Unavailable("ffmpeg_missing", f"There is no ffmpeg at '{program}'.", retryable=False) from error
        return done.stdout.decode("utf-8", "replace")

    # In a loop of its own: whoever asks may or may not be in one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()
