"""One encoded part of a longform's sound: a filter graph, and one run of ffmpeg.

Tracks never sound together, but a part may hold many of them. Each is cut at a sample of its source, resampled from a
point at which a sample of the source and one of the output fall together, cut again at a sample of the output, and put
at its place: whatever part of it a part holds, it is the same sound.
"""

import asyncio
from collections.abc import Mapping
from fractions import Fraction
from math import floor, gcd, sqrt
from pathlib import Path
from typing import Any, Final

from cutroom.kit.errors import Internal
from cutroom.media.command import Command, Input, Output
from cutroom.media.expression import Variable, var
from cutroom.media.filtergraph import Pad
from cutroom.media.run import Progress
from cutroom.media.timebase import to_ticks
from cutroom.media.words import Word
from cutroom.render.encoders import AudioEncoder
from cutroom.render.graph import StreamGraph
from cutroom.render.longform.plan import EncodedSound
from cutroom.render.mux.samples import AAC_FRAME, read_sound
from cutroom.render.running import Tell, run_for
from cutroom.render.sound.encode import audio_options
from cutroom.render.sound.plan import Fade, Voice
from cutroom.render.sound.take import read_from, steady_s

_WARM_UP_S: Final = Fraction(1, 10)
"""What a resampler or a decoder is given to hear before the first sample that counts."""
_MONO_GAIN: Final = sqrt(2)
"""FFmpeg spreads one channel over two at -3 dB each; players do so at full level."""
_LOUDEST: Final = 0.97
_FILL_HOLES: Final[Mapping[str, Any]] = {"async": 1}
_ATTACK_SAMPLES: Final = 240


async def render_sound_part(
    plan: EncodedSound, *, inputs: Mapping[str, Path], scratch: Path, out: Path, progress: Tell
) -> None:
    """Mix and encode a part; `out` is an MP4 with sound only.

    Raises:
        Invalid: `source_damaged`, with a pointer to the track.
        Unavailable: `out_of_memory`, `disk_full`, `media_timeout`.
        Internal: `ffmpeg_failed`; `segment_incomplete` when packets are missing.
    """
    cuts = [_Cut.of(voice, plan) for voice in plan.voices]
    feeds = [cut.input(inputs[cut.voice.source.sha256], plan.sample_rate) for cut in cuts]
    graph, name = _graph(plan, cuts)
    options = audio_options(AudioEncoder("aac", plan.bit_rate, plan.sample_rate))

    def tell(done: Progress) -> None:
        progress(min(float(done.seconds) * plan.sample_rate / plan.mixed, 1.0))

    command = Command(feeds, [Output(out, Word.MP4, [name], options)], graph)
    await run_for(command, scratch, [voice.pointer for voice in plan.voices], tell)
    sound = await asyncio.to_thread(read_sound, out)
    wanted = plan.mixed // AAC_FRAME
    if len(sound.run) < wanted or sound.priming != AAC_FRAME or sound.sample_rate != plan.sample_rate:
        out.unlink()
        raise Internal("segment_incomplete", f"A part of the sound has {len(sound.run)} packets instead of {wanted}.")
    progress(1.0)


class _Cut:
    """What of a voice lies in a part.

    Args:
        first: sample of the part at which it starts.
        length: samples.
        origin: second of the source, on its own clock, at which decoding is cut: a whole sample of source and output.
        skip: output samples from there to the first that is heard.
    """

    def __init__(self, voice: Voice, first: int, length: int, origin: Fraction, skip: int) -> None:
        self.voice, self.first, self.length, self.origin, self.skip = voice, first, length, origin, skip

    @classmethod
    def of(cls, voice: Voice, plan: EncodedSound) -> "_Cut":
        """The cut of a voice of the plan."""
        first, last = max(voice.first, 0), min(voice.last, plan.mixed)
        at = voice.source.zero + voice.at + Fraction(first - voice.first, plan.sample_rate)
        common = gcd(voice.source.sample_rate, plan.sample_rate)
        origin = Fraction(floor((at - _WARM_UP_S) * common), common)
        return cls(voice, first, last - first, origin, to_ticks(at - origin, Fraction(1, plan.sample_rate)))

    def input(self, path: Path, rate: int) -> Input:
        """Where it is read from, for output of `rate` samples a second."""
        source = self.voice.source
        back = steady_s(Fraction(self.first - self.voice.first, rate), source.format)
        return read_from(source, path, self.origin - back)


def _graph(plan: EncodedSound, cuts: list[_Cut]) -> tuple[StreamGraph, str]:
    graph = StreamGraph()
    layout = Word.MONO if plan.channels == 1 else Word.STEREO
    silence = graph.add("anullsrc", channel_layout=layout, sample_rate=plan.sample_rate)
    silence = graph.add("atrim", _shaped(graph, silence, plan), end_sample=plan.mixed)
    voices = [_voice(graph, cut, plan, number) for number, cut in enumerate(cuts)]
    mixed = graph.add("amix", silence, *voices, duration=Word.FIRST, dropout_transition=0, normalize=False)
    return graph, graph.output(mixed)


def _voice(graph: StreamGraph, cut: _Cut, plan: EncodedSound, number: int) -> Pad:
    source = cut.voice.source
    edge = to_ticks(cut.origin, Fraction(1, source.sample_rate))
    late = to_ticks(source.start, Fraction(1, source.sample_rate)) - edge
    # "async" fills holes in the source with silence, so that what follows stays in its place.
    pad = graph.add("aresample", graph.stream(number, "a", source.stream), **_FILL_HOLES)
    pad = graph.add("asettb", pad, expr=Fraction(1, source.sample_rate))
    pad = _from_zero(graph, graph.add("atrim", pad, start_pts=edge))
    if late > 0:
        pad = graph.add("adelay", pad, delays=late)
    pad = _shaped(graph, graph.add("aresample", pad, sample_rate=plan.sample_rate), plan)
    pad = _from_zero(graph, graph.add("atrim", pad, start_sample=cut.skip, end_sample=cut.skip + cut.length))
    gain = cut.voice.volume * (_MONO_GAIN if source.channels == 1 and plan.channels == 2 else 1)
    if gain != 1:
        pad = graph.add("volume", pad, volume=gain, precision=Word.FLOAT)
    if cut.voice.volume > 1:
        pad = _limited(graph, pad, plan.sample_rate)
    for fade in cut.voice.ramps:
        pad = _faded(graph, pad, fade, cut)
    return graph.add("adelay", pad, delays=cut.first) if cut.first else pad


def _faded(graph: StreamGraph, pad: Pad, fade: Fade, cut: _Cut) -> Pad:
    """Apply a fade; one that began earlier is led in by silence, since a fade cannot start before its stream."""
    if fade.first >= cut.first + cut.length or fade.first + fade.length <= cut.first:
        return pad
    gone = max(cut.first - fade.first, 0)
    if gone:
        pad = graph.add("adelay", pad, delays=gone)
    pad = graph.add(
        "afade",
        pad,
        type=Word.IN if fade.rising else Word.OUT,
        start_sample=max(fade.first - cut.first, 0),
        nb_samples=fade.length,
        curve=Word.QSIN,
    )
    return _from_zero(graph, graph.add("atrim", pad, start_sample=gone)) if gone else pad


def _limited(graph: StreamGraph, pad: Pad, rate: int) -> Pad:
    """The limiter looks ahead and is late by as much: that is cut off at the start and added at the end."""
    pad = graph.add("apad", pad, pad_len=_ATTACK_SAMPLES)
    attack = _ATTACK_SAMPLES * 1000 / rate
    pad = graph.add("alimiter", pad, limit=_LOUDEST, attack=attack, release=50, level=False)
    return _from_zero(graph, graph.add("atrim", pad, start_sample=_ATTACK_SAMPLES))


def _shaped(graph: StreamGraph, pad: Pad, plan: EncodedSound) -> Pad:
    layout = Word.MONO if plan.channels == 1 else Word.STEREO
    return graph.add("aformat", pad, sample_fmts=Word.FLTP, sample_rates=plan.sample_rate, channel_layouts=layout)


def _from_zero(graph: StreamGraph, pad: Pad) -> Pad:
    return graph.add("asetpts", pad, expr=var(Variable.PTS) - var(Variable.START_PTS))
