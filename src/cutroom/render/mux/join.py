"""Joining segments and sound into one file, packet by packet: nothing is decoded, nothing is rounded.

Every packet gets its place from counting: frame n of the output is shown at tick n, whatever the segment's own clock
said. Decoding times are counted too, so that they grow by one frame from packet to packet, over every join.
"""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

from cutroom.kit.errors import Internal
from cutroom.render.encoders import SAMPLE_RATE, VideoEncoder
from cutroom.render.plan import RenderPlan, SegmentPlan

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_MUXER: Final = {"movflags": "+faststart", "fflags": "+bitexact"}


async def join(plan: RenderPlan, *, segments: Sequence[Path], audio: Path | None, out: Path) -> None:
    """Write the output from its finished parts; memory does not grow with their number.

    Args:
        plan: what the parts were made from.
        segments: a file for each of `plan.segments`, in order.
        audio: the file for `plan.audio`, if the plan has one.
        out: the file to write.

    Raises:
        Internal: `segment_mismatch` when a part is not what the plan says.
    """
    if len(segments) != len(plan.segments) or (audio is None) != (plan.audio is None):
        raise Internal("segment_mismatch", "The parts to join are not those of the plan.")
    await asyncio.to_thread(_join, plan, segments, audio, out)


def _join(plan: RenderPlan, segments: Sequence[Path], audio: Path | None, out: Path) -> None:
    if not segments:
        if audio is not None:
            shutil.copyfile(audio, out)
        return
    encoder = plan.segments[0].encoder
    options = {**_MUXER, "video_track_timescale": str(encoder.timescale), "movie_timescale": str(SAMPLE_RATE)}
    with av.open(str(out), "w", format="mp4", options=options) as target:
        video = _Video(target, plan, segments)
        sound = _Sound(target, audio) if audio is not None else None
        for packet in video.packets():
            if sound is not None:
                sound.write_until(Fraction(packet.dts or 0, encoder.timescale))
            target.mux(packet)
        if sound is not None:
            sound.write_until(None)
            sound.close()


class _Video:
    """The packets of all segments as one stream."""

    def __init__(self, target: "OutputContainer", plan: RenderPlan, segments: Sequence[Path]) -> None:
        self._parts = list(zip(plan.segments, segments, strict=True))
        with av.open(str(segments[0])) as first:
            template = first.streams.video[0]
            self._headers = template.codec_context.extradata
            self._stream = target.add_stream_from_template(template)
        self._stream.time_base = Fraction(1, self._parts[0][0].encoder.timescale)

    def packets(self) -> Iterator["Packet[VideoStream]"]:
        """Packets in decoding order; one segment is open at a time."""
        written = 0
        for part, path in self._parts:
            with av.open(str(path)) as source:
                for packet in self._of(part, source):
                    packet.dts = (written - part.encoder.reorder) * part.encoder.tick
                    if packet.pts is None or packet.pts < packet.dts:
                        raise _mismatch(part, "reorders its frames too far")
                    written += 1
                    yield packet
            if written != part.start + part.frames:
                raise _mismatch(part, f"has {written - part.start} frames instead of {part.frames}")

    def _of(self, part: SegmentPlan, source: "InputContainer") -> Iterator["Packet[VideoStream]"]:
        stream = source.streams.video[0]
        if stream.codec_context.extradata != self._headers:
            raise _mismatch(part, "was encoded with other parameters than the first")
        for packet in source.demux(stream):
            if packet.size == 0:
                continue
            packet.pts = (part.start + _frame(packet, part)) * part.encoder.tick
            packet.duration = part.encoder.tick
            packet.time_base = Fraction(1, part.encoder.timescale)
            packet.stream = self._stream
            yield packet


class _Sound:
    """The packets of the sound, handed out as the pictures go on."""

    def __init__(self, target: "OutputContainer", path: Path) -> None:
        self._target = target
        self._source = av.open(str(path))
        template = self._source.streams.audio[0]
        self._stream = target.add_stream_from_template(template)
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


def _frame(packet: "Packet[VideoStream]", part: SegmentPlan) -> int:
    """Which frame of its segment a packet is."""
    encoder: VideoEncoder = part.encoder
    frame = Fraction(packet.pts or 0) * (packet.time_base or 0) * encoder.timescale / encoder.tick
    if frame.denominator != 1 or not 0 <= frame < part.frames:
        raise _mismatch(part, f"has a frame at {float(frame):.3f}")
    return int(frame)


def _mismatch(part: SegmentPlan, what: str) -> Internal:
    return Internal("segment_mismatch", f"Segment {part.index} of the render {what}; render it again.")
