"""Where the packets of a stream lie in a file.

Our own files are read here, in this process. Files of strangers are read by `media.packets`, in a child.
"""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from numpy.typing import NDArray

from cutroom.kit.errors import Internal

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

Integers = NDArray[np.int64]
AAC_FRAME: Final = 1024
"""Samples in a packet of AAC-LC (ISO/IEC 14496-3, 4.5.2.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Packets of one stream in one file, in decoding order; all arrays have one entry for each.

    Args:
        path: the file.
        offsets: where each begins in the file, in bytes; int64.
        sizes: bytes; int32.
        shown: which picture of the run each is, counted from 0 in the order of showing; for sound 0, 1, 2…; int64.
        keys: whether decoding can start there; bool.
    """

    path: Path
    offsets: Integers
    sizes: NDArray[np.int32]
    shown: Integers
    keys: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offsets)

    def part(self, first: int, last: int) -> "Run":
        """Packets [first, last) in decoding order, shown from 0 on."""
        shown = self.shown[first:last]
        shown = shown - shown.min() if len(shown) else shown
        return Run(self.path, self.offsets[first:last], self.sizes[first:last], shown, self.keys[first:last])

    def repeated(self, times: int) -> "Run":
        """This run `times` times over, each showing after the one before. Its first packet must be a key frame."""
        shifts = np.repeat(np.arange(times, dtype=np.int64) * len(self), len(self))
        return Run(
            self.path,
            np.tile(self.offsets, times),
            np.tile(self.sizes, times),
            np.tile(self.shown, times) + shifts,
            np.tile(self.keys, times),
        )

    @property
    def whole(self) -> bool:
        """Whether it shows every picture from 0 on exactly once."""
        return bool(np.array_equal(np.sort(self.shown), np.arange(len(self))))


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """A run of pictures and the record that its decoder needs: `avcC` for "h264", `hvcC` for "h265"."""

    run: Run
    config: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """A run of AAC packets, and what their decoder needs.

    Args:
        config: the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
        priming: samples before the first that is heard.
    """

    run: Run
    config: bytes
    sample_rate: int
    channels: int
    priming: int


def read_pictures(path: Path, fps: Fraction) -> Pictures:
    """Find the pictures of an MP4 that we encoded, `fps` a second from time 0 on.

    Raises:
        ValueError: when its frames lie elsewhere in time.
    """
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        table, tick = _table(path, file, stream)
        frames = Fraction(tick) * fps
        shown, rest = np.divmod(table.times * frames.numerator, frames.denominator)
        if rest.any() or (len(shown) and shown.min() < 0):
            wrong = table.times[rest.nonzero()[0][0]] if rest.any() else table.times.min()
            raise ValueError(f"has a frame at {float(int(wrong) * tick):.3f} s")
        return Pictures(table.run(path, shown), bytes(stream.codec_context.extradata or b""))


def read_sound(path: Path) -> Sounds:
    """Find the sound of an MP4 or M4A that we encoded to AAC."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        table, tick = _table(path, file, stream)
        first = int(table.times[0]) * tick if len(table.times) else Fraction(0)
        return Sounds(
            run=table.run(path, np.arange(len(table.times), dtype=np.int64)),
            config=bytes(stream.codec_context.extradata or b""),
            sample_rate=stream.sample_rate,
            channels=stream.codec_context.channels,
            priming=int(-first * stream.sample_rate),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    offsets: Integers
    sizes: NDArray[np.int32]
    times: Integers
    keys: NDArray[np.bool_]

    def run(self, path: Path, shown: Integers) -> Run:
        return Run(path, self.offsets, self.sizes, shown, self.keys)


def _table(path: Path, file: "InputContainer", stream: "VideoStream | AudioStream") -> tuple[_Table, Fraction]:
    """Every packet of a stream, and the length of a tick in seconds; the bytes at the first are compared."""
    offsets, sizes, times, keys = array("q"), array("i"), array("q"), array("b")
    with path.open("rb") as raw:
        for packet in file.demux(stream):
            if packet.size == 0:
                continue
            at = -1 if packet.pos is None else packet.pos
            if not offsets:
                raw.seek(max(at, 0))
                if raw.read(packet.size) != bytes(packet):
                    raise _unlike()
            offsets.append(at)
            sizes.append(packet.size)
            times.append(packet.pts or 0)
            keys.append(packet.is_keyframe)
    table = _Table(
        np.array(offsets, np.int64), np.array(sizes, np.int32), np.array(times, np.int64), np.array(keys, np.bool_)
    )
    if len(offsets) and (table.offsets.min() < 0 or (table.offsets + table.sizes).max() > path.stat().st_size):
        raise _unlike()
    return table, Fraction(stream.time_base or 1)


def _unlike() -> Internal:
    return Internal("segment_mismatch", "A piece of the render lies about where its packets are; render it again.")
