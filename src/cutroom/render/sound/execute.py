"""Making the sound of a plan: one ffmpeg for each span, and one to put them together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import av

from cutroom.media.command import Command, Input, Output
from cutroom.media.run import Progress
from cutroom.media.words import Word
from cutroom.render.running import Tell, run_for
from cutroom.render.sound.compile import loudest
from cutroom.render.sound.encode import audio_muxer, audio_options
from cutroom.render.sound.feed import voice_input
from cutroom.render.sound.mix import heard, joined, mix, summed
from cutroom.render.sound.plan import AudioPlan, AudioSpan

_MIXED: Final = 0.7
"""Share of the work on the sound that is done when it is mixed and not yet encoded."""
_FILES_AT_ONCE: Final = 64
"""Files that one ffmpeg mixes: each takes two threads and their stacks. More voices are mixed in groups."""


async def render_audio(
    plan: AudioPlan, *, inputs: Mapping[str, Path], scratch: Path, out: Path, progress: Tell
) -> None:
    """Mix and encode the sound; arguments and errors as `render_segment`, `out` is an MP4 with sound only or an MP3."""
    options = audio_options(plan.encoder)
    muxer = audio_muxer(plan.encoder)
    if len(plan.spans) == 1 and len(plan.voices) <= _FILES_AT_ONCE and loudest(plan) <= 1:
        await _mix(plan, plan.spans[0], Output(out, muxer, (), options), inputs, scratch, progress)
        progress(1.0)
        return
    parts: list[Path] = []
    for number, span in enumerate(plan.spans):
        parts.append(scratch / f"span-{number}.w64")

        def tell(done: float, number: int = number) -> None:
            progress(_MIXED * (number + done) / len(plan.spans))

        await _mix_in_groups(plan, span, parts[-1], inputs, scratch, tell)
    limited = loudest(plan) > 1 and await asyncio.to_thread(_peak, parts) > 1
    graph, name = joined(len(parts), limited=limited)
    feeds = [Input(part, Word.W64) for part in parts]

    def finish(done: Progress) -> None:
        progress(_MIXED + (1 - _MIXED) * min(float(done.seconds) * plan.encoder.sample_rate / plan.samples, 1.0))

    await run_for(Command(feeds, [Output(out, muxer, [name], options)], graph), scratch, (), finish)
    progress(1.0)


async def _mix_in_groups(
    plan: AudioPlan, span: AudioSpan, out: Path, inputs: Mapping[str, Path], scratch: Path, progress: Tell
) -> None:
    """Mix a span to a file of floating point sound, with no more than `_FILES_AT_ONCE` files open."""
    groups = [span.voices[first : first + _FILES_AT_ONCE] for first in range(0, len(span.voices), _FILES_AT_ONCE)]
    if len(groups) <= 1:
        await _mix(plan, span, _raw(out), inputs, scratch, progress)
        return
    parts: list[Path] = []
    for number, voices in enumerate(groups):
        parts.append(out.with_suffix(f".{number}.w64"))

        def tell(done: float, number: int = number) -> None:
            progress((number + done) / len(groups))

        await _mix(plan, replace(span, voices=voices), _raw(parts[-1]), inputs, scratch, tell)
    graph, name = summed(len(parts))
    output = replace(_raw(out), streams=[name])
    await run_for(Command([Input(part, Word.W64) for part in parts], [output], graph), scratch, (), _unheard)


async def _mix(
    plan: AudioPlan, span: AudioSpan, output: Output, inputs: Mapping[str, Path], scratch: Path, progress: Tell
) -> None:
    voices = [plan.voices[index] for index in span.voices]
    feeds = [voice_input(heard(voice, span), inputs[voice.source.sha256]) for voice in voices]
    graph, name = mix(plan, span, {index: number for number, index in enumerate(span.voices)})
    length_s = (span.last - span.first) / plan.encoder.sample_rate

    def tell(done: Progress) -> None:
        progress(min(float(done.seconds) / length_s, 1.0))

    command = Command(feeds, [replace(output, streams=[name])], graph)
    await run_for(command, scratch, [voice.pointer for voice in voices], tell)


def _raw(path: Path) -> Output:
    return Output(path, Word.W64, (), {"c:a": Word.PCM_F32LE})


def _unheard(done: Progress) -> None:
    """For work that is too short to be told of."""


def _peak(parts: Sequence[Path]) -> float:
    """The largest sample of files of 32-bit floating point sound, whatever its sign."""
    peak = 0.0
    for part in parts:
        with av.open(str(part)) as file:
            for packet in file.demux(audio=0):
                if packet.size:
                    samples = memoryview(bytes(packet)).cast("f")
                    low, high = min(samples), max(samples)
                    peak = max(peak, high, -low)
    return peak
