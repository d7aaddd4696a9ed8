"""The sound of a render, as plain data. Samples are output samples, 48,000 a second.

The mix is cut into spans that lie end to end on a fixed grid. Each is a mix of its own (`pieces`), made from whatever
is heard in it; all of them together, mastered and encoded, are the sound of a file. Several files with the same sound
share the same pieces, since those have the same keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from cutroom.kit.adapter import Adapter
from cutroom.kit.schema import is_absent
from cutroom.media.formats import ROUNDED
from cutroom.media.timebase import Rational
from cutroom.render.digest import digest
from cutroom.render.encoders import AudioEncoder
from cutroom.timeline.resolved.curve import Curve
from cutroom.timeline.resolved.sound import Ducking, Loudness


@dataclass(frozen=True, slots=True)
class Fade:
    """Sound that comes from nothing (`rising`) or goes to nothing, at equal power.

    The k-th of its `length` samples has the strength sin((k + 1/2) / length * pi/2), or the cosine, so that the powers
    of a falling and a rising fade over the same samples always add up to one. It may reach beyond its voice.
    """

    first: int
    length: int
    rising: bool


@dataclass(frozen=True, slots=True)
class AudioSource:
    """The sound of a file; `zero`, `format` and `stream` as in `VideoSource`.

    Args:
        start: presentation time, in seconds, of the first sample.
        pictures: second of the file at which its pictures begin, when that is later than second 0: where they are not
            yet, FFmpeg does not find its way. Left out where it is None, so that no other sound has another key.
    """

    sha256: str
    format: str
    stream: int
    zero: Rational
    start: Rational
    sample_rate: int
    channels: int
    pictures: Annotated[Rational | None, Field(exclude_if=is_absent)] = None


@dataclass(frozen=True, slots=True)
class Voice:
    """One use of a source in the mix, heard in output samples [first, last); `first` may lie before the mix.

    Args:
        at: the source's second at sample `first`.
        ramps: how it comes and goes.
        speed: seconds of source in one second of output; the pitch stays.
        swell: further changes of volume, whose keyframes count seconds from sample `swell_first`.
        ducking: how it makes room for the voices that have none.
    """

    pointer: str
    first: int
    last: int
    source: AudioSource
    at: Rational
    volume: float
    ramps: tuple[Fade, ...]
    speed: Rational = Fraction(1)
    swell: Curve = 1.0
    swell_first: int = 0
    ducking: Ducking | None = None

    def shifted(self, samples: int) -> "Voice":
        """The same voice `samples` earlier."""
        return replace(
            self,
            first=self.first - samples,
            last=self.last - samples,
            ramps=tuple(replace(ramp, first=ramp.first - samples) for ramp in self.ramps),
            swell_first=self.swell_first - samples,
        )


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """Output samples [first, last), and the indices of the voices that decide how they sound.

    Where a voice is ducked, those that are heard shortly before and after the span and duck it are among them.
    """

    first: int
    last: int
    voices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MixPlan:
    """Voices added up: `samples` of stereo; spans lie end to end and cover all of it.

    Args:
        bits: the mix is kept divided by two to this power, so that no sum of voices is too large.
    """

    samples: int
    voices: tuple[Voice, ...]
    spans: tuple[AudioSpan, ...]
    bits: int
    inputs: tuple[str, ...]
    key: str

    @property
    def extension(self) -> str:
        """File name extension of what `render_mix` writes."""
        return "flac"


@dataclass(frozen=True, slots=True)
class SoundCopy:
    """Packets of AAC that are taken from a source as they are.

    Args:
        pointer: JSON pointer of the clip.
        first: the source's packet that comes first.
        packets: how many are taken.
    """

    pointer: str
    source: AudioSource
    first: int
    packets: int


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The sound of a file: a mix, made as loud as wanted, encoded.

    Args:
        loudness: how loud; None leaves the mix as it is, but for peaks beyond full scale.
        apart: whether the pieces of the mix are worth being made and kept on their own: because they are many, or
            because loudness is decided from all of them.
        copies: packets that are the sound, end to end; then nothing is mixed and nothing is kept under `key`.
        priming: samples of the first of them that are not heard.
    """

    mix: MixPlan
    loudness: Loudness | None
    encoder: AudioEncoder
    apart: bool
    key: str
    copies: tuple[SoundCopy, ...] = ()
    priming: int = 0

    @property
    def samples(self) -> int:
        """Length of the sound."""
        return self.mix.samples

    @property
    def voices(self) -> tuple[Voice, ...]:
        """What is heard."""
        return self.mix.voices

    @property
    def spans(self) -> tuple[AudioSpan, ...]:
        """The parts in which it is mixed."""
        return self.mix.spans

    @property
    def inputs(self) -> tuple[str, ...]:
        """SHA-256 of every source that is heard."""
        return self.mix.inputs

    @property
    def extension(self) -> str:
        """File name extension of what `render_audio` writes."""
        return self.encoder.extension


_STRETCHER: Final = "stretch 1"
"""What makes slow sound; raised whenever `stretch` would make other samples of it."""
_READER: Final = "steady 1"
"""What reads sound from containers that round; raised whenever it would begin elsewhere."""
_LEVELLED: Final = "level 1"
"""What makes up for encoders that make sound quieter; raised whenever it would do so in another way."""
_MIX: Final[Adapter[MixPlan]] = Adapter(MixPlan)
_AUDIO: Final[Adapter[AudioPlan]] = Adapter(AudioPlan)


def mix_of(samples: int, voices: tuple[Voice, ...], spans: tuple[AudioSpan, ...], bits: int, engine: str) -> MixPlan:
    """A mix with its inputs and its key."""
    plan = MixPlan(samples, voices, spans, bits, sources(voices), "")
    slow = any(voice.speed < 1 for voice in voices)
    rounded = any(voice.source.format in ROUNDED for voice in voices)
    made_by = [engine, *[_STRETCHER] * slow, *[_READER] * rounded]
    return replace(plan, key=digest(_MIX.dump_python(plan, mode="json"), ", ".join(made_by)))


def audio_of(mix: MixPlan, loudness: Loudness | None, encoder: AudioEncoder, *, apart: bool, engine: str) -> AudioPlan:
    """The sound of a file with its key."""
    return keyed(AudioPlan(mix, loudness, encoder, apart, ""), engine)


def keyed(plan: AudioPlan, engine: str) -> AudioPlan:
    """The same sound with its key."""
    made_by = [engine, *[_LEVELLED] * (plan.encoder.scale != 1)]
    return replace(plan, key=digest(_AUDIO.dump_python(replace(plan, key=""), mode="json"), ", ".join(made_by)))


def pieces(mix: MixPlan, engine: str) -> tuple[MixPlan, ...]:
    """Each span as a mix of its own, in order; `engine` is that of the render plan.

    A piece counts samples from its own start, so the same sound later has the same key.
    """
    made: list[MixPlan] = []
    for span in mix.spans:
        voices = tuple(mix.voices[index].shifted(span.first) for index in span.voices)
        length = span.last - span.first
        whole = AudioSpan(0, length, tuple(range(len(voices))))
        made.append(mix_of(length, voices, (whole,), mix.bits, engine))
    return tuple(made)


def sources(voices: Iterable[Voice]) -> tuple[str, ...]:
    """SHA-256 of every source that some voices use, in order."""
    return tuple(sorted({voice.source.sha256 for voice in voices}))
