"""Finding out what a file holds: its container by its first bytes, everything else by PyAV in a child of its own.

PyAV and not `ffmpeg -i`, by measurement: a probe takes 150 ms instead of 40 ms, but gives exact rates, starts and
counts, where ffmpeg prints two decimals; and it reads from one open file, without a name or a protocol. A probe is done
once per source and kept.
"""

import asyncio
import json
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from cutroom.kit.errors import CutroomError, Internal, Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run
from cutroom.media.develop import look
from cutroom.media.fonts import read_font
from cutroom.media.info import MAX_PIXELS, AudioStream, MediaInfo, VideoStream
from cutroom.media.sandbox import for_python
from cutroom.media.sniff import Container, sniff
from cutroom.media.timebase import parse_rational
from cutroom.media.turns import SLOTS, turn

__all__ = [
    "MAX_PIXELS",
    "AudioStream",
    "MediaInfo",
    "Sniffed",
    "VideoStream",
    "probe",
    "probe_all",
    "probe_sniffed",
    "sniff_all",
]

_log = later_log()
_CHILD: Final = Path(__file__).with_name("probe_child.py")
_TIMEOUT_S: Final = 30.0
_COUNTING_S: Final = 15.0  # after which a header is believed rather than counted out
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, cpu_s=60, files=4096)
_STILLS: Final = frozenset({"png", "jpeg", "webp"})
_FILMS: Final = frozenset({"gif", "apng"})
_WEAK: Final = frozenset({"mp3", "aac", "ac3", "eac3", "mpegts"})  # told by a sync word that other files can begin with
_SANE_ASPECT: Final = (Fraction(1, 20), Fraction(20))


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A file of `size` bytes whose first ones say what it is."""

    path: Path
    size: int
    container: Container


def sniff_all(paths: Sequence[Path]) -> list[Sniffed | CutroomError]:
    """What files begin as, or why they are no media.

    Raises:
        OSError: when a file cannot be opened.
    """
    return [_sniffed(path) for path in paths]


async def probe(path: Path) -> MediaInfo:
    """Examine a media file.

    Args:
        path: a file of ours; nothing is read from its name.

    Raises:
        Invalid: `not_media`, `media_truncated` or `media_unsupported`, with a sentence about what is wrong with it; of
            a font `font_too_large`, `font_damaged` or `font_unsupported`.
        Unavailable: `probe_timeout` when the machine did not manage it in 30 seconds.
        OSError: when the file cannot be opened.
    """
    [found] = await probe_all([path])
    if isinstance(found, CutroomError):
        raise found
    return found


async def probe_all(paths: Sequence[Path]) -> list[MediaInfo | CutroomError]:
    """`probe_sniffed`, of files of which nothing is known.

    Raises:
        OSError: when a file cannot be opened.
    """
    return await probe_sniffed(await asyncio.to_thread(sniff_all, paths))


async def probe_sniffed(files: Sequence[Sniffed | CutroomError]) -> list[MediaInfo | CutroomError]:
    """Examine media files, many in one child: starting it takes ten times as long as looking at one file.

    What is said of one file must not depend on the others: only files of one job belong together. A file that kills its
    child, or takes too long, is asked for again in a child of its own, as are those after it.

    Returns:
        What `probe` returns or raises for each.
    """
    known = [file for file in files if isinstance(file, Sniffed) and file.container.demuxers]
    groups = [known[first :: SLOTS["probe"]] for first in range(SLOTS["probe"])]
    said: dict[Sniffed, dict[str, Any]] = {}

    async def ask(group: Sequence[Sniffed]) -> None:
        said.update(zip(group, await _ask(group), strict=False))

    async with asyncio.TaskGroup() as together:
        for group in groups:
            if len(known) > 1 and group:
                together.create_task(ask(group))
        looking = {
            file: together.create_task(_look_at(file))
            for file in files
            if isinstance(file, Sniffed) and not file.container.demuxers
        }
    answers: list[MediaInfo | CutroomError] = []
    for file in files:
        if isinstance(file, CutroomError):
            answers.append(file)
        elif file in looking:
            answers.append(looking[file].result())
        else:
            answers.append(_found(file, said.get(file) or await _alone(file)))
    return answers


async def _look_at(file: Sniffed) -> MediaInfo | CutroomError:
    """What a file is that FFmpeg does not read: a font, or a picture that is to be developed."""
    try:
        if file.container.developed:
            return await look(file.path, file.container)
        faces = await read_font(file.path, file.size)
        return MediaInfo("font", file.container.name, None, file.size, None, None, faces)
    except CutroomError as error:
        return error


async def _alone(file: Sniffed) -> dict[str, Any] | CutroomError:
    """What a child says that has this file only."""
    try:
        said = await _ask([file], patient=True)
    except Unavailable:
        return Unavailable("probe_timeout", "The file could not be examined in time; try again later.")
    if not said:
        message = f"Examining the file as {file.container.name} failed; it is damaged, or made to do harm."
        return Invalid("media_unsupported", message)
    return said[0]


async def _ask(files: Sequence[Sniffed], *, patient: bool = False) -> list[dict[str, Any]]:
    """What one child says of some files: of fewer than all when it died, or took too long and nobody is `patient`."""
    command = [sys.executable, "-I", str(_CHILD), str(MAX_PIXELS), str(_COUNTING_S)]
    request = [[str(file.path), list(file.container.demuxers)] for file in files]
    said: list[dict[str, Any]] = []

    def hear(line: str) -> None:
        said.append(json.loads(line))

    try:
        async with turn("probe"):
            done = await run(
                command,
                cwd=files[0].path.parent,
                timeout_s=_TIMEOUT_S,
                limits=_LIMITS,
                stdin=json.dumps(request).encode(),
                on_line=hear,
                box=for_python([_CHILD, *(file.path for file in files)], memory_bytes=_LIMITS.memory_bytes),
            )
    except Unavailable:
        if patient:
            raise
        _log.warning("probe.late", files=len(files), answered=len(said))
        return said
    if done.returncode != 0:
        _log.warning("probe.died", returncode=done.returncode, stderr=done.stderr[-2000:].decode("utf-8", "replace"))
    return said


def _found(file: Sniffed, facts: dict[str, Any] | CutroomError) -> MediaInfo | CutroomError:
    if isinstance(facts, CutroomError):
        return facts
    try:
        if "error" in facts:
            return _refusal(facts, file.container)
        return _info(facts, file.container, file.size)
    except CutroomError as error:
        return error


def _sniffed(path: Path) -> Sniffed | CutroomError:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        return Invalid("not_media", "This is no file but a folder, a pipe or a device.")
    try:
        return Sniffed(path.absolute(), about.st_size, sniff(path))
    except CutroomError as error:
        return error


_SENTENCES: Final = {
    "too_large": ("media_unsupported", f"The picture is too large; at most {MAX_PIXELS} pixels are accepted."),
    "too_many_streams": ("media_unsupported", "The file holds more than 63 streams."),
    "truncated": ("media_truncated", "The file ends before its last frame: it was cut off while it was sent."),
    "no_streams": ("not_media", "The file holds neither pictures nor sound that we can read."),
    "no_decoder": ("media_unsupported", "The file uses a codec that we do not have."),
}


def _refusal(facts: dict[str, Any], container: Container) -> Invalid:
    name, error = container.name, facts["error"]
    _log.info("probe.refused", container=name, error=error, reason=facts.get("reason"))
    if error == "unreadable" and name in _WEAK:
        error = "no_streams"
    if error in _SENTENCES:
        return Invalid(*_SENTENCES[error])
    if name in _STILLS:
        return Invalid("media_truncated", f"The {name} picture is cut off or damaged.")
    return Invalid("media_unsupported", f"The file begins as {name} but cannot be read: it is damaged or encrypted.")


def _info(facts: dict[str, Any], container: Container, size: int) -> MediaInfo:
    name = facts["format"] if facts["format"] in {"aac", "flac"} else container.name
    video = None if facts["video"] is None else _video(facts["video"])
    audio = None if facts["audio"] is None else _audio(facts["audio"])
    if video is not None and (name in _STILLS or (name in _FILMS and video.frames == 1)):
        return MediaInfo("image", name, None, size, _still(video), None)
    timed = [stream for stream in (video, audio) if stream is not None]
    spans = [(stream.start, stream.start + stream.duration) for stream in timed if stream.duration is not None]
    duration = max(end for _, end in spans) - min(start for start, _ in spans) if spans else Fraction(0)
    if duration <= 0 and name in _WEAK:
        raise Invalid(*_SENTENCES["no_streams"])
    if duration <= 0:
        raise Invalid("media_truncated", f"The {name} file holds no frame and no sample.")
    return MediaInfo("audio" if video is None else "video", name, duration, size, video, audio)


def _video(facts: dict[str, Any]) -> VideoStream:
    coded_width, coded_height = facts["width"], facts["height"]
    rotation = round(facts["rotation"] / 90) * 90 % 360
    aspect = _rational(facts["sampleAspect"]) or Fraction(1)
    if not _SANE_ASPECT[0] <= aspect <= _SANE_ASPECT[1]:
        aspect = Fraction(1)
    width, height = max(1, round(coded_width * aspect)), coded_height
    if rotation % 180:
        width, height = height, width
    fps = _rational(facts["fps"])
    return VideoStream(
        index=facts["index"],
        codec=facts["codec"],
        profile=facts["profile"],
        pixel_format=facts["pixelFormat"],
        width=width,
        height=height,
        coded_width=coded_width,
        coded_height=coded_height,
        rotation=rotation,
        sample_aspect=aspect,
        fps=fps or Fraction(25),  # FFmpeg's own rate for pictures without one
        time_base=_need(facts["timeBase"]),
        start=_need(facts["start"]),
        duration=_rational(facts["duration"]),
        frames=facts["frames"],
        has_alpha=facts["hasAlpha"],
        hdr=facts["hdr"],
        interlaced=facts["interlaced"],
        late=_rational(facts["late"]) or Fraction(0),
    )


def _still(video: VideoStream) -> VideoStream:
    fields = {name: getattr(video, name) for name in VideoStream.__slots__}
    return VideoStream(**{**fields, "duration": None, "frames": 1})


def _audio(facts: dict[str, Any]) -> AudioStream:
    channels = facts["channels"]
    layout = facts["layout"]
    if layout.endswith("channels"):  # a file that does not say how they are arranged
        layout = {1: "mono", 2: "stereo"}.get(channels, layout)
    return AudioStream(
        index=facts["index"],
        codec=facts["codec"],
        sample_rate=facts["sampleRate"],
        channels=channels,
        layout=layout,
        time_base=_need(facts["timeBase"]),
        start=_need(facts["start"]),
        duration=_rational(facts["duration"]),
    )


def _rational(text: str | None) -> Fraction | None:
    return None if text is None else parse_rational(text)


def _need(text: str | None) -> Fraction:
    if text is None:
        raise Internal("probe_incomplete", "A fact that every stream has is missing.")
    return parse_rational(text)
