"""Making the segments of a plan: one ffmpeg for each."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import av

from cutroom.kit.errors import Internal
from cutroom.media.command import Command, Input, Output
from cutroom.media.info import Light
from cutroom.media.kinds import Value
from cutroom.media.run import Progress, kind_of
from cutroom.media.turns import turn
from cutroom.media.words import Word
from cutroom.render.arrangement import arranged
from cutroom.render.blending import TOGETHER
from cutroom.render.feed import image_input, painted_input, text_input, video_input
from cutroom.render.lettering.raster import draw
from cutroom.render.light import write_tables
from cutroom.render.output.encode import segment_muxer, video_options
from cutroom.render.paint.crew import paint, pipes, together
from cutroom.render.paint.job import Order
from cutroom.render.painting import PaintedLayer
from cutroom.render.plan import ImageLayer, Layer, SegmentPlan, TextLayer, VideoLayer
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
        Internal: `ffmpeg_failed`; `paint_failed`; `segment_incomplete` when frames are missing.
    """
    options = video_options(plan.encoder, plan.frames)
    output = Output(out, segment_muxer(plan.encoder), (), options)
    await _make(plan, inputs, scratch, output, Word(plan.encoder.pixels), progress)
    if (made := await asyncio.to_thread(_frames, out)) != plan.frames:
        out.unlink()
        raise Internal("segment_incomplete", f"A segment came out with {made} frames instead of {plan.frames}.")
    progress(1.0)


async def _make(
    plan: SegmentPlan, inputs: Mapping[str, Path], scratch: Path, output: Output, pixels: Word, progress: Tell
) -> None:
    """Draw the layers of a segment into an output.

    A layer that mixes with what lies below as a whole needs to see it: that is drawn first, into a lossless film.
    """
    base = next((index for index in reversed(range(len(plan.layers))) if _needs_below(plan.layers[index])), None)
    if base is None:
        await _draw_on(plan, inputs, scratch, output, pixels, progress, None)
        return
    film = scratch / f"below-{base}.nut"
    kept = Word.YUVA420P if plan.canvas.alpha else Word.YUV420P
    lossless = Output(film, Word.NUT, (), _lossless(kept, plan.frames))
    below = replace(plan, layers=plan.layers[:base])
    try:
        await _make(below, inputs, scratch, lossless, kept, lambda done: progress(done / 2))
        above = replace(plan, layers=plan.layers[base:])
        await _draw_on(above, inputs, scratch, output, pixels, lambda done: progress(0.5 + done / 2), film)
    finally:
        film.unlink(missing_ok=True)


async def _draw_on(
    plan: SegmentPlan,
    inputs: Mapping[str, Path],
    scratch: Path,
    output: Output,
    pixels: Word,
    progress: Tell,
    film: Path | None,
) -> None:
    """Run one ffmpeg, and the painter beside it if there is something to paint; `film` is what lies below."""
    if film is None:
        plan = _without_hidden(plan)
    drawn = await _texts(plan, scratch)
    painted = {index: one for index, one in enumerate(plan.layers) if isinstance(one, PaintedLayer)}
    with pipes(painted, scratch) as ways:
        fed = await asyncio.to_thread(_feeds, plan, inputs, scratch, drawn, ways)
        numbers = {index: number for number, index in enumerate(fed)}
        ground = [] if film is None else [Input(film, Word.NUT)]
        tables = await _tables(plan, scratch)
        graph, name = compose(plan, numbers, drawn, pixels, len(fed) if ground else None, tables)

        def tell(done: Progress) -> None:
            progress(min(done.frame / plan.frames, 1.0))

        pointers = [plan.layers[index].pointer for index in fed]
        command = Command([*fed.values(), *ground], [replace(output, streams=[name])], graph)
        if not painted:
            await run_for(command, scratch, pointers, tell)
            return
        orders: list[Order] = []
        for index, layer in painted.items():
            below = str(film) if film is not None and _needs_below(layer) else None
            orders.append(Order(layer, str(ways[index]), below, plan.canvas.alpha))
        try:
            async with turn(kind_of(command)):
                drawing = run_for(command, scratch, pointers, tell, in_turn=False)
                await together(paint(orders, inputs, scratch), drawing)
        except BaseException:  # ffmpeg may have finished with what it got
            output.path.unlink(missing_ok=True)
            raise


def _without_hidden(plan: SegmentPlan) -> SegmentPlan:
    """The same segment without the layers of which nothing is seen, since several others hide them in turn."""
    order = arranged(plan)
    seen = {part.index for part in (*order.ground, *order.over)}
    return replace(plan, layers=tuple(layer for index, layer in enumerate(plan.layers) if index in seen))


def _needs_below(layer: Layer) -> bool:
    return isinstance(layer, PaintedLayer) and layer.blend in TOGETHER


def _lossless(pixels: Word, frames: int) -> dict[str, Value]:
    return {
        "c:v": Word.FFV1,
        "pix_fmt": pixels,
        "fps_mode:v": Word.PASSTHROUGH,
        "frames:v": frames,
        "flags:v": Word.PLUS_BITEXACT,
        "fflags": Word.PLUS_BITEXACT,
    }


async def _tables(plan: SegmentPlan, scratch: Path) -> dict[Light, Path]:
    """What the colours of HDR films become, for each kind that there is."""
    films = [layer.source for layer in plan.layers if isinstance(layer, VideoLayer)]
    lights = [film.hdr for film in films if film.hdr is not None]
    return await asyncio.to_thread(write_tables, lights, scratch) if lights else {}


async def _texts(plan: SegmentPlan, scratch: Path) -> dict[int, Drawn]:
    """Draw the plain texts into files; where those go that are to be seen."""
    drawn: dict[int, Drawn] = {}
    for index, layer in enumerate(plan.layers):
        if isinstance(layer, TextLayer):
            place = await asyncio.to_thread(_draw, layer, plan, _text_path(scratch, index))
            if place is not None:
                drawn[index] = place
    return drawn


def _feeds(
    plan: SegmentPlan,
    inputs: Mapping[str, Path],
    scratch: Path,
    drawn: Mapping[int, Drawn],
    ways: Mapping[int, Path],
) -> dict[int, Input]:
    """What ffmpeg reads, by the index of the layer that it is for, in order."""
    feeds: dict[int, Input] = {}
    for index, layer in enumerate(plan.layers):
        if isinstance(layer, TextLayer):
            if index in drawn:
                feeds[index] = text_input(_text_path(scratch, index))
        elif isinstance(layer, VideoLayer):
            feeds[index] = video_input(layer, inputs[layer.source.sha256], plan.canvas.fps)
        elif isinstance(layer, ImageLayer):
            feeds[index] = image_input(layer, inputs[layer.sha256])
        elif isinstance(layer, PaintedLayer):
            feeds[index] = painted_input(ways[index])
    return feeds


def _text_path(scratch: Path, index: int) -> Path:
    return scratch / f"text-{index}.png"


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
