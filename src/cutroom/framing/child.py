"""Looks at the pictures of a recording: a program that `watch.py` starts and kills.

Run as `python -I child.py`, with what is wanted (`Order` below) as JSON on standard input. It answers with lines of
JSON: how far it is, now and then, and at last what it found. The demuxer gets one open file and nothing else: no name
to guess from, no protocol, and every further file that it asks for is refused.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import av
import av.container
import av.logging
import cv2
import numpy as np
from av.codec.context import ThreadType
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

sys.path.insert(0, str(Path(__file__).parents[2]))  # the very code that started us

from cutroom.framing.cutting import Cutter
from cutroom.framing.noticing import LONGER_PX, Noticer

MAX_STREAMS = 64
MAX_PIXELS = 8192 * 8192  # `media.probe` lets no more in
BUFFER_BYTES = 1 << 20
THREADS = 2
# Pixels across of what shots are told by: as fine as PySceneDetect makes large pictures itself.
SMALL = 256
TELLING_S = 0.5


class Damaged(Exception):
    """The pictures cannot be decoded."""


class Bare:
    """A file without a name."""

    def __init__(self, path: str) -> None:
        file = open(path, "rb", buffering=0)  # noqa: SIM115, PTH123 — lives as long as the program
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


class Film:
    """The pictures of one stream in a span of time.

    Args:
        order: `path`, `demuxer`, `stream`; `first` and `last`, timestamps in ticks, the last one excluded and None for
            all; `seek`, where to start reading, None for the start of the file.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        self._container = av.open(
            Bare(order["path"]),
            "r",
            format=order["demuxer"],
            container_options={
                "protocol_whitelist": "file",
                "format_whitelist": order["demuxer"],
                "max_streams": str(MAX_STREAMS),
            },
            options={"max_pixels": str(MAX_PIXELS)},
            buffer_size=BUFFER_BYTES,
            io_open=_refuse,
            metadata_errors="replace",
        )
        self._stream: Any = self._container.streams[order["stream"]]
        self._codec = self._stream.codec_context
        self._codec.options = {"max_pixels": str(MAX_PIXELS)}
        self._codec.thread_type = ThreadType.AUTO
        self._codec.thread_count = THREADS
        self._first, self._last = order["first"], order["last"]
        if order["seek"] is not None:
            self._container.seek(order["seek"], stream=self._stream, backward=True)
        self.tick = Fraction(self._stream.time_base or Fraction(1, 1000))

    def pictures(self) -> Iterator[tuple[int, VideoFrame]]:
        """Timestamps and pictures in the order they are shown; what cannot be decoded is passed over.

        Raises:
            Damaged: when there is no picture, or more than two thirds of the packets are broken.
        """
        good = broken = guess = 0
        for packet in self._packets():
            try:
                frames = self._codec.decode(packet)
            except (av.error.FFmpegError, EOFError):
                broken += 1
                continue
            for frame in frames:
                good += 1
                pts = guess if frame.pts is None else frame.pts
                guess = pts + (frame.duration or 1)
                if self._last is not None and pts >= self._last:
                    return
                if self._first is None or pts >= self._first:
                    yield pts, frame
        if good == 0 or broken > 2 * good:
            raise Damaged(f"{good} pictures could be decoded, {broken} packets could not")

    def _packets(self) -> Iterator[Any]:
        try:
            for packet in self._container.demux(self._stream):
                yield packet if packet.size else None
                if packet.size == 0:
                    return
        except av.error.FFmpegError:
            yield None  # what the decoder still holds


def main() -> None:
    """Look at what is asked for, and say what was seen."""
    av.logging.set_level(None)
    cv2.setNumThreads(1)
    order = json.load(sys.stdin)
    try:
        tell(watch(order))
    except (Damaged, av.error.FFmpegError, OSError, ValueError, IndexError, AttributeError) as error:
        tell({"error": "source_damaged", "reason": str(error)[:300]})
    except MemoryError:
        tell({"error": "out_of_memory"})
    os._exit(0)  # tearing down a hostile file's state is not our business


def watch(order: dict[str, Any]) -> dict[str, Any]:
    """Look at a span of a film: when its pictures come, and where its shots begin.

    `met` has number and timestamp of the first picture that comes no earlier than each of the order's `marks`.
    """
    film = Film(order)
    marks = list(order["marks"])
    met: list[list[int]] = []
    cutter = Cutter(order["fps"])
    witness = Witness(order) if order["subjects"] else None
    shrink = VideoReformatter()
    first = last = end = size = None
    number = 0
    told = time.monotonic()
    for pts, frame in film.pictures():
        if last is not None and pts <= last:
            continue  # a picture that comes no later than the one before is never seen
        first = pts if first is None else first
        last, end = pts, pts + (frame.duration or 0)
        while len(met) < len(marks) and pts >= marks[len(met)]:
            met.append([number, pts])
        size = size or _small(frame.width, frame.height)
        small = shrink.reformat(frame, *size, "bgr24", interpolation=Interpolation.FAST_BILINEAR)
        change = cutter.feed(number, pts, np.asarray(small.to_ndarray(), np.uint8))
        if witness is not None:
            witness.see(pts, frame, change)
        number += 1
        if time.monotonic() - told > TELLING_S:
            told = time.monotonic()
            tell({"reached": pts})
    cuts = [[cut.number, cut.pts, cut.faded] for cut in cutter.finish()]
    return {"frames": number, "first": first, "last": last, "end": end, "cuts": cuts, "met": met}


class Witness:
    """Tells, some times a second, what is to be seen.

    Args:
        order: `every`, ticks between two pictures that are looked at; `upright`, their width and height as displayed;
            `rotation`, degrees clockwise to turn what is stored.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        width, height = order["upright"]
        scale = min(1.0, LONGER_PX / max(width, height))
        width, height = max(16, round(width * scale)), max(16, round(height * scale))
        self._turns = order["rotation"] // 90
        self._stored = (height, width) if self._turns % 2 else (width, height)
        self._every = order["every"]
        self._next: int | None = None
        self._change = 0.0
        self._noticer = Noticer()
        self._shrink = VideoReformatter()

    def see(self, pts: int, frame: VideoFrame, change: float) -> None:
        """Take every picture, and how much differs from the one before."""
        self._change = max(self._change, change)
        if self._next is not None and pts < self._next:
            return
        self._next = pts + self._every if self._next is None else max(self._next + self._every, pts + 1)
        gray = self._shrink.reformat(frame, *self._stored, "gray", interpolation=Interpolation.AREA).to_ndarray()
        upright = np.ascontiguousarray(np.rot90(gray, -self._turns), np.uint8)
        tell({"at": pts, **self._noticer.look(upright, self._change)})
        self._change = 0.0


def _small(width: int, height: int) -> tuple[int, int]:
    """A size of about as many pixels for every shape; it stays, even when the pictures' own changes."""
    scale = min(1.0, SMALL / max(width, height))
    return max(2, round(width * scale)), max(2, round(height * scale))


def tell(facts: dict[str, Any]) -> None:
    """Say something, in one line."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _refuse(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError("a media file may not open another")


if __name__ == "__main__":
    main()
