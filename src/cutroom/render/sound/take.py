"""Decoding what a voice needs of its source, sample by sample exact.

A take is cut at a sample of its source, resampled from a point at which a sample of the source and one of the output
fall together (so that it sounds the same wherever it starts), and cut again at a sample of the output. Pictures' and
sounds' places come from the same seconds, so they stay together.

More channels than two are mixed down as ITU-R BS.775-3 says (annex 4): left + 0.707 centre + 0.707 left surround, the
same on the right, without the LFE; with 7.1, the back channels count as surrounds too. Dialogue stays as loud as it was
meant to be. Where all channels are loud at once, the sum goes beyond full scale, up to 2.41 for 5.1 and 3.12 for 7.1;
it is floating point, so nothing is cut off, and the limiter takes it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd
from pathlib import Path
from typing import Any, Final

from cutroom.media.command import Command, Input, Output
from cutroom.media.expression import Variable, var
from cutroom.media.filtergraph import Pad
from cutroom.media.formats import ROUNDED, demuxer
from cutroom.media.timebase import to_ticks
from cutroom.media.words import Word
from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.graph import StreamGraph
from cutroom.render.seek import Exact, seek_s
from cutroom.render.sound.plan import AudioSource

_WARM_UP_S: Final = Fraction(1, 20)
"""What a resampler or a decoder is given to hear before the first sample that counts."""
_MARGIN_S: Final = Fraction(1, 2)
_STEADY_S: Final = Fraction(300)
"""For how long a voice is read from one place on, whichever part of it is wanted, where places are not exact."""
_FILL_HOLES: Final[Mapping[str, Any]] = {"async": 1}
_FASTEST: Final = Fraction(2)
"""Up to where `atempo` leaves nothing out."""
_TEMPO_TAIL_S: Final = Fraction(1, 4)
"""What a change of tempo is given to hear after the last sample that counts."""


@dataclass(frozen=True, slots=True)
class Take:
    """Part of a source: `length` samples of stereo at 48 kHz, from second `at` of the source on.

    It is read from `back` seconds earlier on.
    """

    source: AudioSource
    at: Fraction
    length: int
    speed: Fraction = Fraction(1)
    back: Fraction = Fraction(0)

    @property
    def origin(self) -> Fraction:
        """Second of the source, on its own clock, at which decoding is cut: a whole sample of source and output."""
        return self._origin(self.at)

    def _origin(self, at: Fraction) -> Fraction:
        common = gcd(self.source.sample_rate, SAMPLE_RATE)
        return Fraction(floor((self.source.zero + at - _WARM_UP_S) * common), common)

    @property
    def skip(self) -> int:
        """Output samples from the origin to the first that counts."""
        return to_ticks(self.source.zero + self.at - self.origin, Fraction(1, SAMPLE_RATE))

    @property
    def needed(self) -> int:
        """Samples of the source, at 48 kHz, that are heard."""
        if self.speed <= 1:
            return ceil(self.length * self.speed)
        return to_ticks(self.length * self.speed / SAMPLE_RATE + _TEMPO_TAIL_S, Fraction(1, SAMPLE_RATE))

    def input(self, path: Path) -> Input:
        """What ffmpeg reads, and from where on."""
        return read_from(self.source, path, self._origin(self.at - self.back))


def read_from(source: AudioSource, path: Path, begin: Fraction) -> Input:
    """What ffmpeg reads to have a source's sound from a second of its own clock on."""
    seek = seek_s(max(Fraction(0), begin - source.zero), source.format, _MARGIN_S)
    if seek is not None and source.pictures is not None and seek < source.pictures:
        seek = None
    return Exact(path, demuxer(source.format), seek=seek)


def steady_s(gone: Fraction, name: str) -> Fraction:
    """How long before a part of a voice its source is read, in seconds, so that it goes on from the part before it.

    Args:
        gone: seconds of the source from the voice's start to the part's.
        name: the source's format.
    """
    return gone % _STEADY_S if name in ROUNDED else Fraction(0)


def takes(wanted: Sequence[Take], inputs: Mapping[str, Path], outs: Sequence[Path]) -> Command:
    """The command that decodes takes into files of raw 32-bit floating point stereo.

    A file is shorter than its take when the source ends earlier. Fast takes are made fast; slow ones are as they are,
    `needed` samples, and are made slow by `stretched`.
    """
    graph = StreamGraph()
    outputs: list[Output] = []
    for number, (take, out) in enumerate(zip(wanted, outs, strict=True)):
        name = graph.output(_taken(graph, take, number))
        outputs.append(Output(out, Word.F32LE, [name], {"c:a": Word.PCM_F32LE}))
    return Command([take.input(inputs[take.source.sha256]) for take in wanted], outputs, graph)


def _taken(graph: StreamGraph, take: Take, number: int) -> Pad:
    source = take.source
    cut = to_ticks(take.origin, Fraction(1, source.sample_rate))
    late = to_ticks(source.start, Fraction(1, source.sample_rate)) - cut
    # "async" fills holes in the source with silence, so that what follows stays in its place.
    pad = graph.add("aresample", graph.stream(number, "a", source.stream), **_FILL_HOLES)
    pad = graph.add("asettb", pad, expr=Fraction(1, source.sample_rate))
    pad = graph.add("atrim", pad, start_pts=cut)
    pad = _from_zero(graph, pad)
    if late > 0:
        pad = graph.add("adelay", pad, delays=late)
    pad = graph.add("aresample", pad, sample_rate=SAMPLE_RATE)
    pad = graph.add("aformat", pad, sample_fmts=Word.FLTP, sample_rates=SAMPLE_RATE, channel_layouts=Word.STEREO)
    pad = graph.add("atrim", pad, start_sample=take.skip, end_sample=take.skip + take.needed)
    pad = _from_zero(graph, pad)
    if take.speed > 1:
        for tempo in _tempos(take.speed):
            pad = graph.add("atempo", pad, tempo=tempo)
        pad = _from_zero(graph, graph.add("atrim", pad, end_sample=take.length))
    # A take from beyond the end of its source would be no sound at all, of which ffmpeg can make no file.
    pad = graph.add("apad", pad, whole_len=1)
    return graph.add("aformat", pad, sample_fmts=Word.FLT, sample_rates=SAMPLE_RATE, channel_layouts=Word.STEREO)


def _tempos(speed: Fraction) -> list[Fraction]:
    """Factors that make up a speed above 1, each within what one filter does well."""
    factors: list[Fraction] = []
    while speed > _FASTEST:
        factors.append(_FASTEST)
        speed /= _FASTEST
    return [*factors, speed]


def _from_zero(graph: StreamGraph, pad: Pad) -> Pad:
    return graph.add("asetpts", pad, expr=var(Variable.PTS) - var(Variable.START_PTS))
