"""The sound of a render, as plain data. Samples are output samples, 48,000 a second."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.render.encoders import AudioEncoder


@dataclass(frozen=True, slots=True)
class Fade:
    """Strength that goes linearly from nothing to all (`rising`) or back.

    The k-th of its `length` units has the strength (k + 1/2) / length, or one minus that, so that a falling and a
    rising ramp over the same units always add up to one. `first` may lie before what the ramp is applied to.
    """

    first: int
    length: int
    rising: bool


@dataclass(frozen=True, slots=True)
class AudioSource:
    """The sound of a file; `zero`, `format` and `stream` as in `VideoSource`.

    `start` is the presentation time, in seconds, of the first sample.
    """

    sha256: str
    format: str
    stream: int
    zero: Rational
    start: Rational
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Voice:
    """One use of a source in the mix, heard in output samples [first, last).

    `at` is the source's second at sample `first`. `ramps` count samples of the output.
    """

    pointer: str
    first: int
    last: int
    source: AudioSource
    at: Rational
    volume: float
    ramps: tuple[Fade, ...]


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """Output samples [first, last), mixed in one go from the voices with these indices."""

    first: int
    last: int
    voices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The whole sound: `samples` of stereo; spans lie end to end and cover all of it."""

    samples: int
    encoder: AudioEncoder
    voices: tuple[Voice, ...]
    spans: tuple[AudioSpan, ...]
    inputs: tuple[str, ...]
    key: str
    kind: Literal["mix"] = "mix"

    @property
    def extension(self) -> str:
        """File name extension of what `render_audio` writes."""
        return self.encoder.extension
