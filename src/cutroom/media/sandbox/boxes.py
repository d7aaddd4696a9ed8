"""What each media program needs, and so what lies in its box."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cutroom.kit.fence import Box
from cutroom.media.sandbox.choice import current
from cutroom.media.sandbox.needs import of_program, of_python, unique

_GRAPHICS: Final = ("/dev/dri", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset")
_ABOUT_GRAPHICS: Final = ("/sys", "/proc", "/etc/vulkan", "/etc/OpenCL", "/usr/share/vulkan")


def for_program(
    program: Path,
    reads: Iterable[Path],
    writes: Iterable[Path],
    *,
    graphics: bool = False,
    memory_bytes: int | None = None,
) -> Box:
    """The box of a compiled program, such as ffmpeg.

    Args:
        program: the program.
        reads: files and folders that it is for.
        writes: folders in which it makes files.
        graphics: whether it uses graphics cards, which takes their nodes and what tells of them.
        memory_bytes: what it may use.
    """
    return _box(of_program(program), reads, writes, graphics, memory_bytes)


def for_python(
    reads: Iterable[Path],
    writes: Iterable[Path] = (),
    *,
    graphics: bool = False,
    memory_bytes: int | None = None,
) -> Box:
    """The box of a Python child of ours, which has the standard library, what is installed beside us, and us.

    Args:
        reads: the files that it is for.
        writes: pipes that it writes into, or folders.
        graphics: whether it uses graphics cards, which takes their nodes and what tells of them.
        memory_bytes: what it may use.
    """
    return _box(of_python(), reads, writes, graphics, memory_bytes)


def _box(
    programs: tuple[Path, ...],
    reads: Iterable[Path],
    writes: Iterable[Path],
    graphics: bool,  # noqa: FBT001 — internal
    memory_bytes: int | None,
) -> Box:
    devices = _graphics() if graphics else ()
    about = map(Path, _ABOUT_GRAPHICS) if devices else ()
    return Box(
        current().fence,
        programs=programs,
        reads=unique([*reads, *about]),
        writes=unique(writes),
        devices=devices,
        memory_bytes=memory_bytes,
    )


def _graphics() -> tuple[Path, ...]:
    """Nodes of graphics cards; those that are there."""
    cards = (*map(Path, _GRAPHICS), *Path("/dev").glob("nvidia[0-9]*"))
    return tuple(card for card in cards if card.exists())
