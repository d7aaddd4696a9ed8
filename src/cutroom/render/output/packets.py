"""Joining parts of any codec into one file, packet by packet, for the containers that `mux` does not write.

Every packet gets its place from counting, as there: frame n of the film is shown at tick n, whatever the clock of its
part said. Only the last step, into the container's own unit of time, rounds: to milliseconds, in WebM.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

from cutroom.kit.errors import Internal
from cutroom.render.encoders import SAMPLE_RATE, VideoEncoder

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

_ISO: Final = frozenset({"mp4", "mov", "ipod"})
_OFF_AT_MOST: Final = Fraction(1, 4)
"""How far, in frames, a time may be from its frame's: WebM rounds to milliseconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """The file of one segment, which begins at output frame `start` and has `frames`."""

    path: Path
    start: int
    frames: int


@dataclass(frozen=True, slots=True)
class Container:
    """How a file is written: FFmpeg's muxer, and its options."""

    muxer: str
    options: dict[str, str] = field(default_factory=dict)


def write(
    out: Path, container: Container, *, parts: Sequence[Part], encoder: VideoEncoder | None, audio: Path | None
) -> None:
    """Write one file from its parts and its sound; memory does not grow with their number.

    Args:
        out: the file to write.
        container: how it is written.
        parts: in order, without gaps; empty for sound alone.
        encoder: how the pictures were compressed; None for sound alone.
        audio: file of the sound, if there is any.

    Raises:
        Internal: `segment_mismatch` when a part is not what it should be.
    """
    with av.open(str(out), "w", format=container.muxer, options=_options(container, encoder)) as target:
        video = _Video(target, parts, encoder) if encoder is not None else None
        sound = Sound(target, audio) if audio is not None else None
        if video is not None:
            for packet in video.packets():
                if sound is not None:
                    sound.write_until(Fraction(packet.dts or 0) * Fraction(packet.time_base or 1))
                target.mux(packet)
        if sound is not None:
            sound.write_until(None)
            sound.close()


def rewrap(film: Path, out: Path, container: Container) -> None:
    """Write the packets of a finished MP4, as they are and at the times they have, into another container."""
    with av.open(str(film)) as source:
        streams = (*source.streams.video, *source.streams.audio)
        options = _options(container, None)
        if container.muxer in _ISO and source.streams.video:
            scale = 1 / Fraction(source.streams.video[0].time_base or 1)
            options["video_track_timescale"] = str(scale)
        with av.open(str(out), "w", format=container.muxer, options=options) as target:
            written: dict[int, Stream] = {}
            for stream in streams:
                written[stream.index] = target.add_stream_from_template(stream, opaque=True)
                written[stream.index].codec_context.codec_tag = stream.codec_context.codec_tag
            for packet in source.demux(*streams):
                if packet.size:
                    packet.stream = written[packet.stream.index]
                    target.mux(packet)


def _options(container: Container, encoder: VideoEncoder | None) -> dict[str, str]:
    options = {"fflags": "+bitexact", **container.options}
    if container.muxer in _ISO:
        options.setdefault("movflags", "+faststart")
        options["movie_timescale"] = str(SAMPLE_RATE)
        if encoder is not None:
            options["video_track_timescale"] = str(encoder.timescale)
    return options


class _Video:
    """The packets of all parts as one stream."""

    def __init__(self, target: "OutputContainer", parts: Sequence[Part], encoder: VideoEncoder) -> None:
        self._parts, self._encoder = parts, encoder
        with av.open(str(parts[0].path)) as first:
            template = first.streams.video[0]
            self._headers = template.codec_context.extradata
            self._stream = target.add_stream_from_template(template, opaque=True)
            if target.format.name in _ISO:  # it tells profiles of ProRes apart, and where H.265 has its headers
                self._stream.codec_context.codec_tag = template.codec_context.codec_tag
        self._stream.time_base = Fraction(1, encoder.timescale)
        if encoder.alpha and encoder.codec == "vp9":
            self._stream.metadata["alpha_mode"] = "1"

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Packets in decoding order; one part is open at a time."""
        written = 0
        for part in self._parts:
            if written != part.start:
                raise mismatch(part, f"starts at frame {part.start} instead of {written}")
            with av.open(str(part.path)) as source:
                for packet in self._of(part, source):
                    packet.dts = (written - self._encoder.reorder) * self._encoder.tick
                    if packet.pts is None or packet.pts < packet.dts:
                        raise mismatch(part, "reorders its frames too far")
                    written += 1
                    yield packet

    def _of(self, part: Part, source: "InputContainer") -> "Iterator[Packet[VideoStream]]":
        stream = source.streams.video[0]
        if stream.codec_context.extradata != self._headers:
            raise mismatch(part, "was encoded with other parameters than the first")
        seen: set[int] = set()
        for packet in source.demux(stream):
            if packet.size == 0:
                continue
            frame = self._frame(packet, part)
            seen.add(frame)
            packet.pts = (part.start + frame) * self._encoder.tick
            packet.duration = self._encoder.tick
            packet.time_base = Fraction(1, self._encoder.timescale)
            packet.stream = self._stream
            yield packet
        if len(seen) != part.frames:
            raise mismatch(part, f"has {len(seen)} frames instead of {part.frames}")

    def _frame(self, packet: "Packet[VideoStream]", part: Part) -> int:
        """Which frame of its part a packet is."""
        seconds = Fraction(packet.pts or 0) * Fraction(packet.time_base or 0)
        place = seconds * self._encoder.timescale / self._encoder.tick
        frame = round(place)
        if abs(place - frame) > _OFF_AT_MOST or not 0 <= frame < part.frames:
            raise mismatch(part, f"has a frame at {float(place):.3f}")
        return frame


class Sound:
    """The packets of a sound, handed out as the pictures go on."""

    def __init__(self, target: "OutputContainer", path: Path) -> None:
        self._target = target
        self._source = av.open(str(path))
        template = self._source.streams.audio[0]
        self._stream = target.add_stream_from_template(template, opaque=True)
        self._packets = (packet for packet in self._source.demux(template) if packet.size > 0)
        self._next = next(self._packets, None)

    def write_until(self, seconds: Fraction | None) -> None:
        """Write the packets that are decoded up to a time; all that are left when it is None."""
        while (packet := self._next) is not None:
            if seconds is not None and packet.dts is not None and packet.dts * packet.time_base > seconds:
                return
            packet.stream = self._stream
            self._target.mux(packet)
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Close the source."""
        self._source.close()


def mismatch(part: Part, what: str) -> Internal:
    """The error for a part that is not what the plan says."""
    return Internal("segment_mismatch", f"The part at frame {part.start} of the render {what}; render it again.")
