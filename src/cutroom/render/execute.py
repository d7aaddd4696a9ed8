"""Making the pieces of a plan: one ffmpeg for a segment, one for each span of the sound."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import av

from cutroom.kit.errors import CutroomError, Detail, Internal
from cutroom.media.command import Command, Input, Output
from cutroom.media.run import Progress, RunLimits, run_ffmpeg
from cutroom.media.words import Word
from cutroom.render.audio import loudest
from cutroom.render.feed import image_input, text_input, video_input, voice_input
from cutroom.render.lettering.raster import draw
from cutroom.render.output.encode import audio_muxer, audio_options, segment_muxer, video_options
from cutroom.render.plan import AudioPlan, AudioSpan, ColorLayer, SegmentPlan, TextLayer, VideoLayer
from cutroom.render.sound import heard, joined, mix, summed
from cutroom.render.video import Drawn, compose

_LIMITS: Final = RunLimits(timeout_s=1800)
_MIXED: Final = 0.7
"""Share of the work on the sound that is done when it is mixed and not yet encoded."""
_FILES_AT_ONCE: Final = 64
"""Files that one ffmpeg mixes: each takes two threads and their stacks. More voices are mixed in groups."""
_TEXT_COMPRESSION: Final = 1  # of zlib: the file is read once, at once

Tell = Callable[[float], None]


async def render_segment(
    plan: SegmentPlan, *, inputs: Mapping[str, Path], scratch: Path, out: Path, progress: Tell
) -> None:
    """Make a segment.

    Args:
        plan: the segment.
        inputs: a file for each SHA-256 of `plan.inputs`.
        scratch: folder for what is needed on the way.
        out: the MP4 to write.
        progress: told how much is done, from 0 to 1.

    Raises:
        Invalid: `source_damaged`, with a pointer to the clip; `output_too_large`.
        Unavailable: `out_of_memory`, `disk_full`, `media_timeout`.
        Internal: `ffmpeg_failed`; `segment_incomplete` when frames are missing.
    """
    feeds: list[Input] = []
    numbers: dict[int, int] = {}
    drawn: dict[int, Drawn] = {}
    for index, layer in enumerate(plan.layers):
        if isinstance(layer, ColorLayer):
            continue
        if isinstance(layer, TextLayer):
            path = scratch / f"text-{index}.png"
            place = await asyncio.to_thread(_draw, layer, plan, path)
            if place is None:
                continue
            drawn[index] = place
            feeds.append(text_input(path))
        elif isinstance(layer, VideoLayer):
            feeds.append(video_input(layer, inputs[layer.source.sha256]))
        else:
            feeds.append(image_input(layer, inputs[layer.sha256]))
        numbers[index] = len(feeds) - 1
    graph, name = compose(plan, numbers, drawn)
    output = Output(out, segment_muxer(plan.encoder), [name], video_options(plan.encoder, plan.frames))

    def tell(done: Progress) -> None:
        progress(min(done.frame / plan.frames, 1.0))

    pointers = [plan.layers[index].pointer for index in numbers]
    await _run(Command(feeds, [output], graph), scratch, pointers, tell)
    if (made := await asyncio.to_thread(_frames, out)) != plan.frames:
        out.unlink()
        raise Internal("segment_incomplete", f"A segment came out with {made} frames instead of {plan.frames}.")
    progress(1.0)


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

    await _run(Command(feeds, [Output(out, muxer, [name], options)], graph), scratch, (), finish)
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
    await _run(Command([Input(part, Word.W64) for part in parts], [output], graph), scratch, (), _unheard)


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
    await _run(command, scratch, [voice.pointer for voice in voices], tell)


async def _run(command: Command, scratch: Path, pointers: Sequence[str], tell: Callable[[Progress], None]) -> None:
    """Run ffmpeg; an error that names an input is made to point at the clip that it is for."""
    try:
        await run_ffmpeg(command, scratch=scratch, limits=_LIMITS, progress=tell)
    except CutroomError as error:
        places = {f"/inputs/{number}": pointer for number, pointer in enumerate(pointers)}
        details = [Detail(places.get(d.pointer, d.pointer), d.code, d.message) for d in error.details]
        if not details:
            raise
        raise type(error)(error.code, error.message, details=details, retryable=error.retryable) from error


def _raw(path: Path) -> Output:
    return Output(path, Word.W64, (), {"c:a": Word.PCM_F32LE})


def _unheard(done: Progress) -> None:
    """For work that is too short to be told of."""


def _draw(layer: TextLayer, plan: SegmentPlan, path: Path) -> Drawn | None:
    drawing = draw(layer, plan.canvas)
    if drawing is None:
        return None
    drawing.image.save(path, "PNG", compress_level=_TEXT_COMPRESSION)
    return Drawn(drawing.x, drawing.y)


def _frames(path: Path) -> int:
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        # Only MP4s say how many there are.
        return video.frames or sum(packet.size > 0 for packet in file.demux(video))


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
