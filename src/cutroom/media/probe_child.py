"""Opens media files with PyAV, one after the other, and prints their facts: a program that `probe.py` starts and kills.

Run as `python -I probe_child.py MAX_PIXELS BUDGET_S`, with a JSON list of `[PATH, [DEMUXER, …]]` on standard input; it
answers with a line of JSON for each. The demuxer gets one open file and nothing else: no name to guess from, no
protocol, and every further file that it asks for is refused. Imports nothing of ours, so that the child starts in the
time PyAV takes.

Times are counted, not believed: where a header may be wrong or silent, every packet is looked at, until the budget of
seconds is used up.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import av
import av.container
import av.logging
from av.audio.stream import AudioStream
from av.codec.context import ThreadType
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

MAX_STREAMS = 64
BUFFER_BYTES = 1 << 18
# Decoders that hold pictures back until they know the order in which they are shown.
ORDERED = frozenset({"h264", "hevc"})
# What is wanted of a first picture is its form: blocks need not be smoothed.
HASTY = {"skip_loop_filter": "all"}
# A first picture that does not come within so many packets does not come.
PATIENCE_PACKETS = 500
# Transfer characteristics of HDR (ITU-T H.273, table 3).
HDR = {16: "pq", 18: "hlg"}
# Orders in which the two fields of a picture come (libavcodec/defs.h, AVFieldOrder).
FIELDS = frozenset({2, 3, 4, 5})
# How many packets of an interlaced stream tell whether two of them make a picture.
FEW_PACKETS = 12
# A container that tells in which order packets are decoded and not when they are shown.
UNSHOWN = "avi"
# Smaller pictures cannot be deinterlaced (libavfilter/vf_bwdif.c).
LEAST_LINES = 4
# Encoders prime and pad an mp3 by up to three frames of 1152 samples.
MP3_TOLERANCE = Fraction(1152 * 3, 44100)


class Failure(Exception):
    """Ends the program with a code for `probe.py`."""


class Bare:
    """A file without a name."""

    def __init__(self, path: str) -> None:
        file = open(path, "rb", buffering=0)  # noqa: SIM115, PTH123 — lives as long as the program
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


class Measured:
    """What the packets of one stream say; counts in ticks, because fractions take 20 times as long."""

    def __init__(self, tick: Fraction) -> None:
        self.frames = 0
        self._tick = tick
        self._first = self._end = self._last = 0

    def add(self, pts: int, duration: int) -> None:
        """Take one packet into account."""
        if self.frames == 0 or pts < self._first:
            self._first = pts
        if self.frames == 0 or pts + duration >= self._end:
            self._end, self._last = pts + duration, duration
        self.frames += 1

    @property
    def start(self) -> Fraction | None:
        """Time of the earliest packet."""
        return self._first * self._tick if self.frames else None

    @property
    def end(self) -> Fraction | None:
        """Time at which the latest packet ends."""
        return self._end * self._tick if self.frames else None

    @property
    def last(self) -> Fraction:
        """Length of the latest packet; 0 when it does not say."""
        return self._last * self._tick


@dataclass(frozen=True)
class Scan:
    """How the packets of a file were looked at.

    Args:
        container: name of the demuxer.
        indexed: the header lists every packet, and its counts hold.
        counted: every packet was seen, and `Measured` holds.
    """

    container: str
    indexed: bool
    counted: bool


def main() -> None:
    """Probe every file that is asked for."""
    max_pixels, budget_s = int(sys.argv[1]), float(sys.argv[2])
    av.logging.set_level(av.logging.ERROR)
    for path, demuxers in json.load(sys.stdin):
        sys.stdout.write(json.dumps(answer(path, demuxers, max_pixels, time.monotonic() + budget_s)) + "\n")
        sys.stdout.flush()
    os._exit(0)  # tearing down a hostile file's state is not our business


def answer(path: str, demuxers: list[str], max_pixels: int, deadline: float) -> dict[str, Any]:
    """The facts about a file, or why there are none, as JSON data."""
    said: list[tuple[int, str, str]] = []
    try:
        with av.logging.Capture(local=False) as said:
            return examine(path, demuxers, max_pixels, deadline)
    except Failure as failure:
        return {"error": str(failure)}
    except MemoryError:
        return {"error": "too_large"}
    except (av.error.FFmpegError, OSError, ValueError) as error:
        large = any(message.startswith("Picture size") and not _is_empty(message) for _, _, message in said)
        return {"error": "too_large" if large else "unreadable", "reason": str(error)[:300]}


def _is_empty(message: str) -> bool:
    """Whether FFmpeg complains of a picture with a side of no pixels: "Picture size 0x12 is invalid"."""
    return " 0x" in message or "x0 " in message


def examine(path: str, demuxers: list[str], max_pixels: int, deadline: float) -> dict[str, Any]:
    """The facts about a file, as JSON data."""
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(demuxers), "max_streams": str(MAX_STREAMS)}
    source = av.open(
        Bare(path),
        "r",
        format=demuxers[0] if len(demuxers) == 1 else None,
        container_options=options,
        options={"max_pixels": str(max_pixels), **HASTY},
        buffer_size=BUFFER_BYTES,
        io_open=_refuse,
        metadata_errors="replace",
    )
    if len(source.streams) >= MAX_STREAMS:
        raise Failure("too_many_streams")
    pictures = [s for s in source.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    video, audio = _best(pictures), _best(list(source.streams.audio))
    if video is None and audio is None:
        raise Failure("no_streams")
    for stream in (video, audio):
        if stream is not None and stream.codec_context is None:
            raise Failure("no_decoder")
    if video is not None and video.width * video.height > max_pixels:
        raise Failure("too_large")
    name = source.format.name.split(",")[0]
    indexed = name == "mov" and all(stream.frames > 0 for stream in (video, audio) if stream is not None)
    if indexed:
        _check_index(source, os.path.getsize(path))  # noqa: PTH202 — no pathlib: its import costs milliseconds
    measured = {stream.index: Measured(stream.time_base) for stream in (video, audio) if stream is not None}
    full = not indexed and not (name in {"wav", "flac"} and audio is not None and audio.duration)
    frame, complete = _read(source, video, measured, full=full, deadline=deadline, max_pixels=max_pixels)
    if video is not None:
        _count(source, video, frame, measured[video.index], indexed=indexed)
    if name == "flac" and audio is not None and not full:
        _look_at_end(source, audio, measured[audio.index])
    scan = Scan(name, indexed, complete and full)
    heard = None if audio is None or not audio.codec.name.startswith("wma") else _first_heard(source, audio)
    return {
        "format": name,
        "video": _video(video, frame, measured[video.index], scan, _late(source, video)) if video and frame else None,
        "audio": _audio(audio, measured[audio.index], scan, heard) if audio else None,
    }


def _refuse(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError("a media file may not open another")


def _best(streams: list[Any]) -> Any:
    """The stream that players choose: the first marked as default, else the first."""
    defaults = [stream for stream in streams if stream.disposition & av.stream.Disposition.default]
    return (defaults or streams or [None])[0]


def _check_index(source: "av.container.InputContainer", size: int) -> None:
    for stream in source.streams:
        for entry in stream.index_entries:
            if entry.pos + entry.size > size:
                raise Failure("truncated")


def _read(
    source: "av.container.InputContainer",
    video: VideoStream | None,
    measured: dict[int, Measured],
    *,
    full: bool,
    deadline: float,
    max_pixels: int,
) -> tuple[VideoFrame | None, bool]:
    """Decode the first picture and, when `full`, look at every packet; also says whether it saw them all."""
    frame: VideoFrame | None = None
    waiting = video is not None
    if video is not None:
        video.codec_context.thread_type = ThreadType.NONE
        video.codec_context.options = {"max_pixels": str(max_pixels), **HASTY}
    tried = 0
    if not waiting and not full:
        return None, True
    for seen, packet in enumerate(source.demux([source.streams[index] for index in measured])):
        if waiting and video is not None and packet.stream_index == video.index:
            frame = _picture(video, packet, first=tried == 0)
            tried += 1
            waiting = frame is None and seen < PATIENCE_PACKETS
        if not waiting and not full:
            return frame, True
        stamp = packet.dts if packet.pts is None or source.format.name == UNSHOWN else packet.pts
        if stamp is None or packet.is_discard or _invisible(packet):
            continue
        measured[packet.stream_index].add(stamp, packet.duration or 0)
        if seen % 1024 == 0 and time.monotonic() > deadline:
            return frame, False
    return frame, True


def _count(
    source: "av.container.InputContainer",
    video: VideoStream,
    frame: VideoFrame | None,
    measured: Measured,
    *,
    indexed: bool,
) -> None:
    """Say how many pictures there are, not packets."""
    if frame is None:
        raise Failure("no_picture")
    if indexed:
        measured.frames = sum(1 for entry in video.index_entries if not entry.is_discard)
    if _apart(source, video, frame):
        measured.frames //= 2


def _look_at_end(source: "av.container.InputContainer", audio: AudioStream, measured: Measured) -> None:
    """Look at the last packets of a file whose header says how long it is: one that was cut off says so still."""
    second = int(1 / (audio.time_base or Fraction(1)))
    with suppress(av.error.FFmpegError):
        source.seek(max((audio.duration or 0) - second, 0), stream=audio)
        for packet in source.demux(audio):
            if packet.pts is not None:
                measured.add(packet.pts, packet.duration or 0)


def _from_start(source: "av.container.InputContainer", stream: VideoStream | AudioStream) -> "Iterator[Packet[Any]]":
    """All packets of a stream, for a decoder that begins anew."""
    stream.codec_context.flush_buffers()
    source.seek(stream.start_time or 0, stream=stream)
    return source.demux(stream)


def _first_heard(source: "av.container.InputContainer", audio: AudioStream) -> Fraction | None:
    """When the first samples come out of a decoder that keeps to itself what only primes it, as those of WMA do."""
    with suppress(av.error.FFmpegError):
        for packet in _from_start(source, audio):
            for frame in packet.decode():
                return None if frame.pts is None else frame.pts * (frame.time_base or Fraction(1))
    return None


def _picture(video: VideoStream, packet: "Packet[Any]", *, first: bool) -> VideoFrame | None:
    """The picture that comes out of a decoder when a packet is put in, if any does.

    A decoder of pictures that are sent out of order holds the first one back until it has some more, each of which
    takes as long: it is asked for what it has, and goes on from the start when that is nothing.
    """
    context = video.codec_context
    shown = context.decode(packet)
    if not shown and first and packet.is_keyframe and context.name in ORDERED:
        shown = context.decode(None)
        context.flush_buffers()
        if not shown:
            context.decode(packet)
    return next(iter(shown), None)


def _invisible(packet: "Packet[Any]") -> bool:
    """Whether a VP8 packet is never shown (RFC 6386, section 9.1: bit 4 of the frame tag)."""
    return packet.stream.codec.name.startswith("vp8") and packet.size > 0 and not bytes(packet)[0] & 0x10


def _video(
    stream: VideoStream, frame: VideoFrame, measured: Measured, scan: Scan, late: Fraction | None
) -> dict[str, Any]:
    tick = stream.time_base or Fraction(1, 1000)
    start = measured.start if scan.counted and measured.start is not None else (stream.start_time or 0) * tick
    frames = measured.frames if scan.counted or scan.indexed else stream.frames or None
    duration = None if stream.duration is None else stream.duration * tick
    if scan.counted and measured.start is not None and measured.end is not None:
        rate = stream.average_rate or stream.base_rate
        # Without a length of its own, the last picture stays as long as the rate says.
        last = Fraction(0) if measured.last or not rate else 1 / rate
        duration = measured.end - measured.start + last
    name = stream.codec.canonical_name
    return {
        "index": stream.index,
        "codec": name,
        "profile": stream.profile,
        "pixelFormat": frame.format.name,
        "width": frame.width,
        "height": frame.height,
        "rotation": -frame.rotation,
        "sampleAspect": _text(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio),
        "fps": _text(_rate(stream, frames, duration)),
        "timeBase": _text(tick),
        "start": _text(start),
        "duration": _text(duration),
        "frames": frames,
        "hasAlpha": _has_alpha(name, frame, stream.metadata.get("alpha_mode")),
        "hdr": HDR.get(int(frame.color_trc)),
        "interlaced": _interlaced(name, frame, stream),
        "late": _text(late),
    }


def _interlaced(codec: str, frame: VideoFrame, stream: VideoStream) -> bool:
    """Whether two fields lie in one picture; those of HEVC are pictures of their own."""
    if codec == "hevc" or min(frame.width, frame.height) < LEAST_LINES:
        return False
    return frame.interlaced_frame or stream.codec_context.field_order in FIELDS


def _apart(source: "av.container.InputContainer", video: VideoStream, frame: VideoFrame) -> bool:
    """Whether each field of H.264 is a packet of its own, as cameras write them (AVCHD)."""
    context = video.codec_context
    if video.codec.canonical_name != "h264" or not _interlaced("h264", frame, video):
        return False
    packets = pictures = 0
    with suppress(av.error.FFmpegError):
        for packet in _from_start(source, video):
            if packet.size == 0 or packets == FEW_PACKETS:
                break
            packets += 1
            pictures += len(context.decode(packet))
        pictures += len(context.decode(None))
    return 2 * packets > 3 * pictures > 0


def _late(source: "av.container.InputContainer", video: VideoStream) -> Fraction | None:
    """How much later than it should its first picture comes, by the timestamps; None where they tell when to show it.

    A decoder that puts pictures in order holds back some, and FFmpeg stamps each with what was put in last.
    """
    if source.format.name != UNSHOWN:
        return None
    context, first = video.codec_context, None
    with suppress(av.error.FFmpegError):
        for packet, _ in zip(_from_start(source, video), range(FEW_PACKETS), strict=False):
            first = packet.dts if first is None else first
            for frame in context.decode(packet):
                if frame.dts is None or first is None or video.time_base is None:
                    return None
                return (frame.dts - first) * video.time_base
    return None


def _rate(stream: VideoStream, frames: int | None, duration: Fraction | None) -> Fraction | None:
    """Frames per second: what the header says if it fits the count to a frame, else the average.

    A header's rate is exact where its clock is coarse (milliseconds in WebM). A rate that FFmpeg made from the same
    count says nothing new, and is wrong where a last picture is stretched: such a one comes last.
    """
    counted = frames / duration if frames and duration else None
    said = [rate for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]
    if counted is None or frames is None or duration is None:
        return said[0] if said else None
    return next((rate for rate in said if rate != counted and abs(rate * duration - frames) <= 1), counted)


def _has_alpha(codec: str, frame: VideoFrame, alpha_mode: str | None) -> bool:
    if codec in {"vp8", "vp9"}:
        return alpha_mode == "1"  # the alpha is in a side stream that only libvpx decodes
    if codec == "mjpeg":
        return False  # four channels are CMYK
    if frame.format.name == "pal8":
        return min(bytes(frame.reformat(format="rgba").planes[0])[3::4]) < 255
    return any(component.is_alpha for component in frame.format.components)


def _audio(stream: AudioStream, measured: Measured, scan: Scan, heard: Fraction | None) -> dict[str, Any]:
    tick = stream.time_base or Fraction(1, stream.sample_rate)
    header = None if stream.duration is None else stream.duration * tick
    # FFmpeg's start leaves out the samples that only prime the decoder; packets include them.
    start = measured.start or Fraction(0) if stream.start_time is None else stream.start_time * tick
    start = start if heard is None else heard
    duration = header
    if scan.counted and measured.end is not None:
        counted = measured.end - start
        # An mp3 that tells its priming also tells its length to the sample; else its length is only estimated.
        gapless = scan.container == "mp3" and bool(stream.start_time)
        if not gapless or header is None or abs(header - counted) > MP3_TOLERANCE:
            duration = counted
    elif scan.container == "flac" and header is not None and measured.end is not None:
        duration = min(header, measured.end - start)
    return {
        "index": stream.index,
        "codec": stream.codec.canonical_name,
        "sampleRate": stream.sample_rate,
        "channels": stream.codec_context.channels,
        "layout": stream.layout.name,
        "timeBase": _text(tick),
        "start": _text(start),
        "duration": _text(duration),
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else f"{Fraction(value).numerator}/{Fraction(value).denominator}"


if __name__ == "__main__":
    main()
