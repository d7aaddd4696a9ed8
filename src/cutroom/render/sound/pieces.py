"""Files that hold a mix: FLAC with 24 bits, which loses nothing that can be heard and takes half of the room.

They are ours, written and read in the process that mixes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import av
import numpy as np
from av.audio.frame import AudioFrame

from cutroom.kit.errors import Internal
from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.heard import Sound

_BLOCK: Final = 4608
_BITS: Final = 24
_UNUSED: Final = 8  # of the 32 bits in which PyAV hands samples over
_FAST: Final = "2"


class Writer:
    """Writes a mix, divided by two to the power of `bits`; a context manager."""

    def __init__(self, path: Path, bits: int) -> None:
        self._scale = np.float32(2 ** (_BITS - 1 - bits))
        self._file = av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"})
        self._stream = self._file.add_stream("flac", rate=SAMPLE_RATE, options={"compression_level": _FAST})
        self._stream.layout = "stereo"
        self._stream.format = "s32"
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.mux(self._stream.encode(None))
        self._file.close()

    def write(self, sound: Sound) -> None:
        """Add samples; those that are too large even so are cut off."""
        limit = 2 ** (_BITS - 1) - 1
        whole = np.clip(np.rint(sound * self._scale), -limit, limit).astype(np.int32) << _UNUSED
        for first in range(0, len(whole), _BLOCK):
            block = np.ascontiguousarray(whole[first : first + _BLOCK]).reshape(1, -1)
            frame = AudioFrame.from_ndarray(block, format="s32", layout="stereo")
            frame.sample_rate = SAMPLE_RATE
            frame.pts = self._written
            self._written += block.shape[1] // 2
            self._file.mux(self._stream.encode(frame))


def read(path: Path, bits: int) -> Sound:
    """All samples of a file that `Writer` wrote."""
    with av.open(str(path), format="flac") as file:
        blocks: list[Any] = [frame.to_ndarray().reshape(-1, 2) for frame in file.decode(audio=0)]
    if not blocks:
        return np.zeros((0, 2), np.float32)
    whole: Any = np.concatenate(blocks)
    sound: Sound = (whole >> _UNUSED).astype(np.float32) * np.float32(2 ** (bits + 1 - _BITS))
    return sound


class Reel:
    """The files of a mix one after the other; what was read last is kept at hand."""

    def __init__(self, paths: Sequence[Path], lengths: Sequence[int], bits: int) -> None:
        self._paths = paths
        self._bits = bits
        self._firsts = np.concatenate([[0], np.cumsum(lengths)]).astype(int).tolist()
        self._near: dict[int, Sound] = {}

    @property
    def samples(self) -> int:
        """Length of all."""
        return int(self._firsts[-1])

    def spans(self) -> Iterator[tuple[int, int]]:
        """First and last sample of each file."""
        yield from zip(self._firsts[:-1], self._firsts[1:], strict=True)

    def read(self, first: int, last: int) -> Sound:
        """Samples [first, last), with silence before the first and after the last of all."""
        sound = np.zeros((last - first, 2), np.float32)
        for number, (begin, end) in enumerate(self.spans()):
            low, high = max(first, begin), min(last, end)
            if low < high:
                sound[low - first : high - first] = self._part(number)[low - begin : high - begin]
        return sound

    def _part(self, number: int) -> Sound:
        if number not in self._near:
            for old in [known for known in self._near if abs(known - number) > 1]:
                del self._near[old]
            part = read(self._paths[number], self._bits)
            if len(part) != self._firsts[number + 1] - self._firsts[number]:
                raise Internal(
                    "mix_incomplete", f"Part {number} of the sound has {len(part)} samples; render it again."
                )
            self._near[number] = part
        return self._near[number]
