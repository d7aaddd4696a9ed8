"""Sound as recognisers take it: a file of raw samples, 16 kHz, mono, signed 16 bits, little-endian, no header."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
BYTES_PER_MS: Final = 32
"""16 samples of two bytes."""
_BLOCK: Final = 60 * SAMPLE_RATE
_CANCELLED: Final = 0.05
"""A mix with less than this share of the power of one of its channels (-13 dB) is what is left of two that cancel each
other out; of one voice on one channel it has a quarter."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in milliseconds after its start; `end_ms` is not in it."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


def duration_ms(pcm: Path) -> int:
    """How long the sound in a file of samples is; a part of a millisecond at the end counts as none."""
    return pcm.stat().st_size // BYTES_PER_MS


def read(pcm: Path, span: Span) -> bytes:
    """The samples of a stretch; fewer where the sound ends earlier."""
    with pcm.open("rb") as file:
        file.seek(span.start_ms * BYTES_PER_MS)
        return file.read(span.length_ms * BYTES_PER_MS)


def mix(stereo: Path, out: Path) -> None:
    """Write the mean of two channels; the louder one alone where they cancel each other out, one being inverted.

    Args:
        stereo: samples as in all files here, but of two channels, left before right.
        out: the file to be written.
    """
    sound = np.memmap(stereo, "<i2", "r").reshape(-1, 2) if stereo.stat().st_size else np.zeros((0, 2), "<i2")
    blocks = [sound[at : at + _BLOCK] for at in range(0, len(sound), _BLOCK)]
    power = np.sum([[_power(block[:, 0]), _power(block[:, 1]), _power(_mean(block))] for block in blocks], axis=0)
    louder = None
    if blocks and power[2] < _CANCELLED * power[:2].max():
        louder = int(power[:2].argmax())
    with out.open("wb") as file:
        for block in blocks:
            file.write((_mean(block) if louder is None else block[:, louder]).astype("<i2").tobytes())


def _mean(block: NDArray[np.int16]) -> NDArray[np.int32]:
    return (block[:, 0].astype(np.int32) + block[:, 1]) // 2


def _power(samples: NDArray[np.integer]) -> float:
    return float(np.square(samples, dtype=np.float64).sum())
