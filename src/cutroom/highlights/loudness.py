"""How loud a recording is, twenty times a second."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 16_000
"""Samples a second of the sound that is listened to: one channel, 16 bit, little endian."""
STEP_MS: Final = 50
_SAMPLES: Final = RATE * STEP_MS // 1000
_STEPS_AT_ONCE: Final = 20 * 60  # one minute: 1.9 MB
_SILENT_DB: Final = -96.0  # what 16 bits can hold


@dataclass(frozen=True, slots=True)
class Loudness:
    """Root mean squares of a recording in dB of full scale, one for each `STEP_MS` milliseconds."""

    db: npt.NDArray[np.float32]

    def between(self, start_ms: int, end_ms: int) -> npt.NDArray[np.float32]:
        """Those from one time to another; at least one where the recording lasts that long."""
        first = max(0, start_ms // STEP_MS)
        return self.db[first : max(first + 1, -(-end_ms // STEP_MS))]


def loudness_of(pcm: Path) -> Loudness:
    """Measure a file of 16 kHz samples, a minute at a time: an hour takes a megabyte."""
    size = pcm.stat().st_size // 2
    if size == 0:
        return Loudness(np.zeros(0, np.float32))
    found = np.empty(-(-size // _SAMPLES), np.float32)
    with pcm.open("rb") as file:
        for first in range(0, len(found), _STEPS_AT_ONCE):
            read = np.frombuffer(file.read(_STEPS_AT_ONCE * _SAMPLES * 2)[: 2 * size], "<i2")
            samples = np.pad(read, (0, -len(read) % _SAMPLES)).astype(np.float32) / 32768
            power = np.square(samples.reshape(-1, _SAMPLES)).mean(axis=1)
            found[first : first + len(power)] = 10 * np.log10(np.maximum(power, 10 ** (_SILENT_DB / 10)))
    return Loudness(found)
