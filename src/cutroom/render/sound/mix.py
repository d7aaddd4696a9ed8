"""From the voices of a span to a filter graph, sample by sample exact.

Each voice is cut at a sample of its source, resampled from a point at which a sample of the source and one of the
output fall together (so that a voice sounds the same wherever a span starts), cut again at a sample of the output, and
put at its place. Pictures' and sounds' places come from the same seconds, so they stay together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, sqrt
from typing import Any, Final

from cutroom.media.expression import Variable, var
from cutroom.media.filtergraph import Pad
from cutroom.media.timebase import to_ticks
from cutroom.media.words import Word
from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.graph import StreamGraph
from cutroom.render.sound.plan import AudioPlan, AudioSpan, Fade, Voice

_WARM_UP_S: Final = Fraction(1, 20)
"""What a resampler or a decoder is given to hear before the first sample that counts."""
_MONO_GAIN: Final = sqrt(2)
"""FFmpeg spreads one channel over two at -3 dB each; players do so at full level."""
LOUDEST: Final = 0.97
"""Where the limiter holds the peaks of a mix that is too loud: -0.26 dBFS."""
_ATTACK_SAMPLES: Final = 240
_FILL_HOLES: Final[Mapping[str, Any]] = {"async": 1}


@dataclass(frozen=True, slots=True)
class Heard:
    """The part of a voice that is heard in a span.

    Args:
        first: sample of the span at which it starts.
        length: samples.
        origin: second of the source, on its own clock, at which decoding is cut: a whole sample of source and output.
        skip: output samples from there to the first that is heard.
    """

    voice: Voice
    first: int
    length: int
    origin: Fraction
    skip: int

    @property
    def seek_s(self) -> Fraction:
        """Second of the source, counted from its beginning, from which on it is needed."""
        return max(Fraction(0), self.origin - self.voice.source.zero)


def heard(voice: Voice, span: AudioSpan) -> Heard:
    """What of a voice lies in a span."""
    first, last = max(voice.first, span.first), min(voice.last, span.last)
    at = voice.source.zero + voice.at + Fraction(first - voice.first, SAMPLE_RATE)
    common = gcd(voice.source.sample_rate, SAMPLE_RATE)
    origin = Fraction(floor((at - _WARM_UP_S) * common), common)
    return Heard(voice, first - span.first, last - first, origin, to_ticks(at - origin, Fraction(1, SAMPLE_RATE)))


def mix(plan: AudioPlan, span: AudioSpan, inputs: Mapping[int, int]) -> tuple[StreamGraph, str]:
    """Mix a span.

    Args:
        plan: the sound.
        span: one of its spans.
        inputs: number of the command's input that brings the voice with this index.

    Returns:
        The graph and the name of its output: 32-bit floating point stereo at 48 kHz, exactly as long as the span.
    """
    graph = StreamGraph()
    silence = graph.add("anullsrc", channel_layout=Word.STEREO, sample_rate=SAMPLE_RATE)
    silence = graph.add("atrim", _stereo(graph, silence), end_sample=span.last - span.first)
    voices = [_voice(graph, heard(plan.voices[index], span), span, inputs[index]) for index in span.voices]
    mixed = graph.add("amix", silence, *voices, duration=Word.FIRST, dropout_transition=0, normalize=False)
    return graph, graph.output(mixed)


def summed(parts: int) -> tuple[StreamGraph, str]:
    """Add up the command's first inputs, which are mixes of the same span."""
    graph = StreamGraph()
    pads = [graph.input(number, "a") for number in range(parts)]
    return graph, graph.output(graph.add("amix", *pads, duration=Word.FIRST, dropout_transition=0, normalize=False))


def joined(parts: int, *, limited: bool) -> tuple[StreamGraph, str]:
    """Play the command's first inputs one after the other, with the peaks held below `LOUDEST` when `limited`."""
    graph = StreamGraph()
    (pad,) = graph.concat([[graph.input(number, "a")] for number in range(parts)])
    return graph, graph.output(_limited(graph, pad) if limited else pad)


def _limited(graph: StreamGraph, pad: Pad) -> Pad:
    """The limiter looks ahead and is late by as much: that is cut off at the start and added at the end."""
    pad = graph.add("apad", pad, pad_len=_ATTACK_SAMPLES)
    pad = graph.add(
        "alimiter", pad, limit=LOUDEST, attack=_ATTACK_SAMPLES * 1000 / SAMPLE_RATE, release=50, level=False
    )
    return _from_zero(graph, graph.add("atrim", pad, start_sample=_ATTACK_SAMPLES))


def _voice(graph: StreamGraph, part: Heard, span: AudioSpan, number: int) -> Pad:
    source = part.voice.source
    cut = to_ticks(part.origin, Fraction(1, source.sample_rate))
    late = to_ticks(source.start, Fraction(1, source.sample_rate)) - cut
    # "async" fills holes in the source with silence, so that what follows stays in its place.
    pad = graph.add("aresample", graph.stream(number, "a", source.stream), **_FILL_HOLES)
    pad = graph.add("asettb", pad, expr=Fraction(1, source.sample_rate))
    pad = graph.add("atrim", pad, start_pts=cut)
    pad = _from_zero(graph, pad)
    if late > 0:
        pad = graph.add("adelay", pad, delays=late)
    pad = graph.add("aresample", pad, sample_rate=SAMPLE_RATE)
    pad = _stereo(graph, pad)
    pad = graph.add("atrim", pad, start_sample=part.skip, end_sample=part.skip + part.length)
    pad = _from_zero(graph, pad)
    gain = part.voice.volume * (_MONO_GAIN if source.channels == 1 else 1)
    if gain != 1:
        pad = graph.add("volume", pad, volume=gain, precision=Word.FLOAT)
    for ramp in part.voice.ramps:
        pad = _ramped(graph, pad, ramp, span.first + part.first, part.length)
    return graph.add("adelay", pad, delays=part.first) if part.first else pad


def _ramped(graph: StreamGraph, pad: Pad, ramp: Fade, first: int, length: int) -> Pad:
    """Apply a fade; one that began earlier is led in by silence, since a fade cannot start before its stream."""
    if ramp.first >= first + length or ramp.first + ramp.length <= first:
        return pad
    gone = max(first - ramp.first, 0)
    if gone:
        pad = graph.add("adelay", pad, delays=gone)
    pad = graph.add(
        "afade",
        pad,
        type=Word.IN if ramp.rising else Word.OUT,
        start_sample=max(ramp.first - first, 0),
        nb_samples=ramp.length,
        curve=Word.QSIN,
    )
    if gone:
        pad = _from_zero(graph, graph.add("atrim", pad, start_sample=gone))
    return pad


def _stereo(graph: StreamGraph, pad: Pad) -> Pad:
    return graph.add("aformat", pad, sample_fmts=Word.FLTP, sample_rates=SAMPLE_RATE, channel_layouts=Word.STEREO)


def _from_zero(graph: StreamGraph, pad: Pad) -> Pad:
    return graph.add("asetpts", pad, expr=var(Variable.PTS) - var(Variable.START_PTS))
