"""When the frames and the sound of a finished file are, whatever its container."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from numpy.typing import NDArray

from cutroom.render.report import iso
from cutroom.render.report.riff import webp_times

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

Ticks = NDArray[np.int64]
_ISO: Final = frozenset({"mp4", "mov", "m4a"})


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a film, in ticks of 1 / `timescale` seconds and in the order of decoding.

    `rounded` says that the container's unit of time is too coarse for the frame rate. `end`, in ticks, is where the
    last frame ends, where the file says so; and then equal frames that follow each other may be stored as one.
    """

    timescale: Fraction
    decoded: Ticks
    shown: Ticks
    keys: NDArray[np.bool_]
    rounded: bool
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Sounding:
    """The sound of a film: seconds to its first sample, seconds that it lasts, and how far it ever is from even."""

    start: Fraction
    duration: Fraction
    worst_gap: Fraction


def measure(path: Path, format_: str) -> tuple[Frames | None, Sounding | None]:
    """Frames and sound of a file; reads tables where there are some, and packets elsewhere.

    Raises:
        ValueError: when its tables are cut off.
        av.FFmpegError: when it cannot be read.
    """
    if format_ in _ISO:
        return _from_tables(path)
    if format_ == "webp":
        times = webp_times(path)
        return (_listed(times[:-1], times[-1]) if len(times) > 1 else _listed([0])), None
    if format_ in {"png", "jpg"}:
        return _listed([0]), None
    with av.open(str(path)) as file:
        return _from_packets(file, format_)


def _from_tables(path: Path) -> tuple[Frames | None, Sounding | None]:
    pictures: Frames | None = None
    sound: Sounding | None = None
    for track in iso.tracks(path):
        if track.handler == "vide":
            pictures = Frames(Fraction(track.timescale), track.decoded, track.shown, track.keys, rounded=False)
        elif track.handler == "soun":
            gap = Fraction(_unevenness(track.decoded), track.timescale)
            sound = Sounding(track.start, track.duration, gap)
    return pictures, sound


def _from_packets(file: "InputContainer", format_: str) -> tuple[Frames | None, Sounding | None]:
    video = file.streams.video[0] if file.streams.video else None
    audio = file.streams.audio[0] if file.streams.audio else None
    streams: list[Stream] = [stream for stream in (video, audio) if stream is not None]
    times: dict[int, list[tuple[int, int, int, bool]]] = {stream.index: [] for stream in streams}
    for packet in file.demux(*streams):
        if packet.size and packet.pts is not None:
            decoded = packet.pts if packet.dts is None else packet.dts
            times[packet.stream.index].append((decoded, packet.pts, packet.duration or 0, packet.is_keyframe))
    pictures = None
    if video is not None:
        rows = np.array(times[video.index], np.int64).reshape(-1, 4)
        scale = 1 / Fraction(video.time_base or 1)
        rounded = format_ != "hls"
        pictures = Frames(scale, rows[:, 0], rows[:, 1], rows[:, 3] == 1, rounded=rounded)
    if audio is None:
        return pictures, None
    tick, rows = Fraction(audio.time_base or 1), np.array(times[audio.index], np.int64).reshape(-1, 4)
    first, last = (int(rows[0, 1]), int(rows[-1, 1] + rows[-1, 2])) if len(rows) else (0, 0)
    if format_ == "mp3" and audio.duration is not None:  # its lead-in is known to the header alone
        return pictures, Sounding(Fraction(0), audio.duration * tick, Fraction(0))
    gap = _unevenness(rows[:, 1]) * tick if format_ == "hls" else Fraction(0)
    return pictures, Sounding(max(first, 0) * tick, (last - max(first, 0)) * tick, gap)


def _listed(times_ms: list[int], end: int | None = None) -> Frames:
    shown = np.array(times_ms, np.int64)
    return Frames(Fraction(1000), shown, shown, np.ones(len(shown), np.bool_), rounded=True, end=end)


def _unevenness(times: Ticks) -> int:
    """The largest distance, in ticks, of a packet's time from where counting from the first would put it."""
    if len(times) < 2:
        return 0
    step = int(times[1] - times[0])
    return int(np.abs(times - times[0] - step * np.arange(len(times), dtype=np.int64)).max())
