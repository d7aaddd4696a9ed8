"""Developing: pictures that FFmpeg reads in part or not at all become PNGs of the same pixels, in a child process.

HEIC and AVIF come as tiles, with an alpha of their own, turned, cropped and in colours of the phone's; a WebP that
moves is read by the newest FFmpeg alone; an SVG is no pixels at all. What comes out is a PNG, or an APNG of whole
pictures which stay for as long as they did: upright, in sRGB, with eight bits a channel. See docs/decisions/0066 and
0072.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run
from cutroom.media.info import MAX_PIXELS, MediaInfo, VideoStream
from cutroom.media.sandbox import for_python
from cutroom.media.sniff import Container
from cutroom.media.svg import WRONG_SVG
from cutroom.media.turns import turn

MOST_PIXELS: Final = 1 << 28
"""Pixels of all pictures of a film together: a minute of 480 x 270 at 30 a second, or 4 seconds of 1080p. They are
decoded twice, and deflated once, at some 20 million a second."""

_log = later_log()
_CHILD: Final = Path(__file__).with_name("develop_child.py")
_TIMEOUT_S: Final = 200.0  # of which a busy machine may give us little; less than an upload's claim lasts
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, cpu_s=120, stack_bytes=2 << 20, files=256)
_WRITING: Final = replace(_LIMITS, file_bytes=2 << 30)
_ENV: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_NAMES: Final = {"heic": "HEIC", "avif": "AVIF", "webp": "WebP", "svg": "SVG"}
_EXPORT: Final = "export it as JPEG or PNG"


async def look(path: Path, container: Container) -> MediaInfo:
    """What a picture is that has to be developed; all of it is decoded.

    Raises:
        Invalid: `media_unsupported`, `media_truncated`, with a sentence that says what to do.
        Unavailable: `probe_timeout`.
    """
    size, facts = (await asyncio.to_thread(path.stat)).st_size, await _child(path, container, None, ())
    lengths = [Fraction(length, 1000) for length in facts["lengths_ms"]]
    frames, moves = len(lengths), len(lengths) > 1
    duration = sum(lengths, Fraction(0)) if moves else None
    width, height = facts["width"], facts["height"]
    video = VideoStream(
        index=0,
        codec=facts["codec"],
        profile=None,
        pixel_format="rgba" if facts["alpha"] else "rgb24",
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        rotation=0,
        sample_aspect=Fraction(1),
        fps=Fraction(25) if duration is None else frames / duration,
        time_base=Fraction(1, 1000),
        start=Fraction(0),
        duration=duration,
        frames=frames,
        has_alpha=facts["alpha"],
    )
    return MediaInfo("video" if moves else "image", container.name, duration, size, video, None)


async def develop(path: Path, container: Container, out: Path, fonts: Sequence[Path] = ()) -> None:
    """Write the PNG that a picture becomes.

    Args:
        path: a file of ours.
        container: what it is, one that is `developed`.
        out: the file to write; it is not there when this fails.
        fonts: folders with those that the letters of an SVG are drawn with; without any they are left out.

    Raises:
        CutroomError: as `look`.
    """
    try:
        await _child(path, container, out, fonts)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


async def _child(path: Path, container: Container, out: Path | None, fonts: Sequence[Path]) -> dict[str, Any]:
    """The facts that a child finds, and the file that it writes when there is to be one."""
    source = path.absolute()
    how = "drawn" if container.name == "svg" else "moving" if container.moves else "still"
    command = [sys.executable, "-I", str(_CHILD), str(source), how, str(MAX_PIXELS), str(MOST_PIXELS)]
    writes = () if out is None else (out.absolute().parent,)
    try:
        async with turn("develop"):
            done = await run(
                [*command, "" if out is None else str(out.absolute()), *map(str, fonts)],
                cwd=source.parent,
                timeout_s=_TIMEOUT_S,
                env=_ENV,
                limits=_LIMITS if out is None else _WRITING,
                box=for_python([_CHILD, source, *fonts], writes, memory_bytes=_LIMITS.memory_bytes),
            )
    except Unavailable as error:
        raise Unavailable("probe_timeout", "The file could not be examined in time; try again later.") from error
    try:
        facts: dict[str, Any] = json.loads(done.stdout)
    except ValueError:  # it died
        facts = {"error": "unreadable", "reason": f"the child ended with {done.returncode}"}
    if "error" in facts:
        said = done.stderr[-2000:].decode("utf-8", "replace")
        _log.info("develop.refused", container=container.name, stderr=said, **facts)
        raise _refusal(facts["error"], _NAMES[container.name])
    return facts


def _refusal(error: str, name: str) -> Invalid:
    match error:
        case "truncated":
            return Invalid("media_truncated", f"The {name} file is cut off; send it again, or {_EXPORT}.")
        case "too_large":
            message = f"The picture is too large; at most {MAX_PIXELS} pixels are accepted."
        case "too_long":
            message = (
                f"This moving {name} has too many pictures: at most {MOST_PIXELS} pixels in all of them are accepted; "
                "make it an MP4 or a WebM."
            )
        case "no_root" | "elsewhere" | "no_size":
            message = WRONG_SVG[error]
        case "hdr":
            message = f"The {name} is in HDR (PQ or HLG), which is not supported; {_EXPORT}, or as {name} without HDR."
        case "other_kind":
            message = f"The {name} is put together in a way that we do not read; {_EXPORT}."
        case _:
            message = f"The {name} picture is damaged and cannot be read; {_EXPORT}."
    return Invalid("media_unsupported", message)
