"""The environment as it lies about this process, for what must name everything that a result depends on.

Kept apart from `settings`, which reads the same variables into values: that takes a tenth of a second of imports, and
a command that finds its result finished does not need them.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_NAMES: Final = ("CUTROOM_", "IMAGEIO_", "LD_", "PYTHON", "LANG", "LC_", "PATH")
_VARIABLES: Final = {name: value for name, value in os.environ.items() if name.startswith(_NAMES)}
"""As they were at the start: OpenCV changes some when it is imported."""
_PACKAGE: Final = Path(__file__).parents[1]
_INSTALLED: Final = frozenset({".dist-info", ".pth"})
_CARDS: Final = ("/dev/nvidia0", "/dev/dxg", "/dev/dri/renderD128")
_SKIPPED: Final = frozenset({"__pycache__"})

Mark = tuple[int, ...]
"""Size, times of the last changes of content and of inode in nanoseconds, device and inode of a file."""


def mark(path: Path) -> Mark | None:
    """What changes whenever the bytes under a name do; None when there is no file."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return None
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_dev, about.st_ino


def surroundings() -> list[object]:
    """Everything outside of a document and its sources that what is made of it may depend on, as plain data.

    Our own files and the programs and fonts of the operator by their marks, libraries by their versions, graphics
    cards, and the variables that any of them reads.
    """
    variables = _VARIABLES
    libraries: list[str] = []
    packages = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    for folder in packages:
        libraries += sorted(one.name for one in Path(folder).iterdir() if one.suffix in _INSTALLED)
    named = [variables.get(f"CUTROOM_{name}") for name in ("FFMPEG", "CHROMIUM", "FONTS")]
    programs = [*(f"{folder}/imageio_ffmpeg/binaries" for folder in packages), shutil.which("ffmpeg")]
    marked = [_marks(Path(place)) for place in (*named, *programs, variables.get("IMAGEIO_FFMPEG_EXE")) if place]
    cards = [card for card in _CARDS if Path(card).exists()]
    return [sys.version, sorted(variables.items()), libraries, marked, cards, _marks(_PACKAGE)]


def _marks(place: Path) -> list[object]:
    """The marks of a file, or of all files in a folder."""
    if not place.is_dir():
        return [str(place), mark(place)]
    return [str(place), *sorted(_within(place, ""))]


def _within(folder: Path, prefix: str) -> Iterator[tuple[str, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _SKIPPED:
                continue
            if entry.is_dir():
                yield from _within(Path(entry.path), f"{prefix}{entry.name}/")
            else:
                about = entry.stat()
                yield f"{prefix}{entry.name}", about.st_size, about.st_mtime_ns, about.st_ctime_ns
