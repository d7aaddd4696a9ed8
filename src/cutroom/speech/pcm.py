"""Sound as recognisers take it: a file of raw samples, 16 kHz, mono, signed 16 bits, little-endian, no header."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLE_RATE: Final = 16_000
BYTES_PER_MS: Final = 32
"""16 samples of two bytes."""


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
