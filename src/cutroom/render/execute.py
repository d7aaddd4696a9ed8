"""Making the segments of a plan: one ffmpeg for each."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import av

from cutroom.kit.errors import Internal
from cutroom.media.command import Command, Input, Output
from cutroom.media.run import Progress
from cutroom.render.feed import image_input, text_input, video_input
from cutroom.render.lettering.raster import draw
from cutroom.render.output.encode import segment_muxer, video_options
from cutroom.render.plan import ColorLayer, SegmentPlan, TextLayer, VideoLayer
from cutroom.render.running import Tell, run_for
from cutroom.render.video import Drawn, compose

_TEXT_COMPRESSION: Final = 1  # of zlib: the file is read once, at once


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
    await run_for(Command(feeds, [output], graph), scratch, pointers, tell)
    if (made := await asyncio.to_thread(_frames, out)) != plan.frames:
        out.unlink()
        raise Internal("segment_incomplete", f"A segment came out with {made} frames instead of {plan.frames}.")
    progress(1.0)


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
