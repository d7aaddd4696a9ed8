"""From the layers of a segment to a filter graph; `sampling.py` says which frame is shown when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cutroom.media.expression import Expression, Function, Variable, call, var
from cutroom.media.filtergraph import Pad
from cutroom.media.info import Light
from cutroom.media.words import Color as Paint
from cutroom.media.words import Word
from cutroom.render.arrangement import Arrangement, Part, arranged, everything
from cutroom.render.blending import TOGETHER, mixed
from cutroom.render.graph import StreamGraph
from cutroom.render.painting import TICKS, PaintedLayer
from cutroom.render.plan import Box, Canvas, ColorLayer, ImageLayer, Layer, Ramp, SegmentPlan, TextLayer, VideoLayer
from cutroom.render.sampling import fielded, sampling
from cutroom.timeline.resolved import Color

Tables = Mapping[Light, Path]
"""What the colours of HDR pictures become (`light.write_tables`)."""
_NONE: Final[Tables] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where the top left corner of a drawn text goes."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Pixels:
    """Formats of pixels: of the canvas, of what is laid on it, and in which words `overlay` is told."""

    under: Word
    over: Word
    met: Word


def compose(
    plan: SegmentPlan,
    inputs: Mapping[int, int],
    drawn: Mapping[int, Drawn],
    pixels: Word = Word.YUV420P,
    ground: int | None = None,
    tables: Tables = _NONE,
) -> tuple[StreamGraph, str]:
    """Draw a segment's layers over each other.

    Args:
        plan: the segment.
        inputs: number of the command's input that brings the layer with this index.
        drawn: where the text layer with this index goes; a text without an entry is not to be seen.
        pixels: format of what comes out, one with alpha for a canvas with alpha.
        ground: number of the input with the frames that the layers are drawn on; the canvas' background when None.
        tables: for every kind of HDR among the sources.

    Returns:
        The graph and the name of its output: exactly `plan.frames` frames.
    """
    graph = StreamGraph()
    order = arranged(plan) if ground is None else Arrangement((), everything(plan.layers))
    frames = _shared(graph, plan, order, inputs)
    picture = _ground(graph, plan, order, frames, tables) if ground is None else _film(graph, ground, plan.canvas)
    for part in order.over:
        layer = _during(plan, part)
        if isinstance(layer, TextLayer):
            if (place := drawn.get(part.index or 0)) is None:
                continue
            x, y = place.x, place.y
        else:
            x, y = _corner(layer)
        shown = frames.get(part)
        if isinstance(layer, PaintedLayer) and layer.blend not in {"normal", *TOGETHER}:
            picture, over = _met(graph, picture, layer, plan.canvas, shown)
        else:
            over = _picture(graph, layer, plan.canvas, shown, Word.YUVA420P, tables)
        over = graph.add(
            "setpts", _faded(graph, over, layer, plan.canvas), expr=var(Variable.FRAME_UPPER) + layer.first
        )
        picture = _overlaid(graph, picture, over, x, y, alpha=plan.canvas.alpha)
    picture = graph.add("format", picture, pix_fmts=pixels)
    return graph, graph.output(_tagged(graph, picture))


def _during(plan: SegmentPlan, part: Part) -> Layer:
    """A layer for the frames of a part."""
    if part.index is None:
        raise ValueError("the background is no layer")
    layer = plan.layers[part.index]
    if isinstance(layer, PaintedLayer):  # what its painter sends begins with the whole layer
        return replace(layer, first=part.first, last=part.last, at=part.first - layer.first)
    return replace(layer, first=part.first, last=part.last)


def _shared(graph: StreamGraph, plan: SegmentPlan, order: Arrangement, inputs: Mapping[int, int]) -> dict[Part, Pad]:
    """The frames that each part of a layer takes from the layer's input, counted from 0."""
    found: dict[Part, Pad] = {}
    for index, number in inputs.items():
        layer, parts = plan.layers[index], order.parts(index)
        if not parts:
            continue
        pads = graph.split(_frames(graph, layer, number, plan.canvas), len(parts))
        for part, pad in zip(parts, pads, strict=True):
            whole = (part.first, part.last) == (layer.first, layer.last)
            found[part] = pad if whole or not isinstance(layer, VideoLayer) else _cut(graph, pad, part, layer.first)
    return found


def _cut(graph: StreamGraph, pad: Pad, part: Part, first: int) -> Pad:
    pad = graph.add("trim", pad, start_frame=part.first - first, end_frame=part.last - first)
    return graph.add("setpts", pad, expr=var(Variable.FRAME_UPPER))


def _tagged(graph: StreamGraph, pad: Pad) -> Pad:
    """The same frames, saying what their colours are; FFmpeg would convert what does not say it."""
    return graph.add(
        "setparams",
        pad,
        range=Word.TV,
        colorspace=Word.BT709,
        color_primaries=Word.BT709,
        color_trc=Word.BT709,
    )


def _film(graph: StreamGraph, number: int, canvas: Canvas) -> Pad:
    """What was drawn beforehand, to be drawn on."""
    pad = graph.add("settb", graph.input(number, "v"), expr=1 / canvas.fps)
    return _tagged(graph, graph.add("setpts", pad, expr=var(Variable.FRAME_UPPER)))


def _ground(
    graph: StreamGraph, plan: SegmentPlan, order: Arrangement, frames: Mapping[Part, Pad], tables: Tables
) -> Pad:
    """What the others are drawn on: the parts of the ground, one after the other."""
    canvas = plan.canvas
    pads: list[Pad] = []
    for part in order.ground:
        if part.index is None:
            pads.append(_background(graph, canvas, part.last - part.first))
        else:
            pads.append(_picture(graph, _during(plan, part), canvas, frames.get(part), Word.YUV420P, tables))
    if len(pads) == 1:
        return pads[0]
    (joined,) = graph.concat([[pad] for pad in pads])
    return graph.add("setpts", graph.add("settb", joined, expr=1 / canvas.fps), expr=var(Variable.FRAME_UPPER))


def _background(graph: StreamGraph, canvas: Canvas, length: int) -> Pad:
    size = (canvas.width, canvas.height)
    still = _plain(graph, canvas.background, size, Word.YUVA420P if canvas.alpha else Word.YUV420P)
    if canvas.alpha:
        still = graph.add("lut", still, c3=0)
    return _repeated(graph, still, canvas, length)


def _overlaid(graph: StreamGraph, picture: Pad, over: Pad, x: int, y: int, *, alpha: bool) -> Pad:
    # Colours take the transparency of two rows, one of which another thread may have mixed already.
    threads: dict[str, Any] = {"threads": 1} if alpha else {}
    # Outside of its own frames an overlay leaves the picture as it is: repeatlast is off.
    return graph.add(
        "overlay",
        picture,
        over,
        x=x,
        y=y,
        eval=Word.INIT,
        format=Word.YUV420,
        alpha=Word.STRAIGHT,
        repeatlast=False,
        **threads,
    )


def _corner(layer: Layer) -> tuple[int, int]:
    if isinstance(layer, TextLayer):
        raise TypeError("where a text stands is known when it is drawn")
    if isinstance(layer, PaintedLayer):
        return layer.window.x, layer.window.y
    return layer.box.x, layer.box.y


def _frames(graph: StreamGraph, layer: Layer, number: int, canvas: Canvas) -> Pad:
    """What comes in for a layer: frames at our rate for a video, the pictures of others."""
    if isinstance(layer, VideoLayer):
        return _sampled(graph, graph.stream(number, "v", layer.source.stream), layer, canvas)
    return graph.input(number, "v")


def _picture(graph: StreamGraph, layer: Layer, canvas: Canvas, frames: Pad | None, pixels: Word, tables: Tables) -> Pad:
    """A layer as it is laid over others, without its fades: frames counted from 0."""
    length = layer.last - layer.first
    if isinstance(layer, ColorLayer):
        still = _plain(graph, layer.color, (layer.box.width, layer.box.height), pixels)
        return _repeated(graph, _dimmed(graph, still, layer.opacity * layer.color.alpha), canvas, length)
    if frames is None:
        raise ValueError(f"the layer {layer.pointer} has no input")
    if isinstance(layer, PaintedLayer):
        return _spread(graph, _dimmed(graph, _converted(graph, frames, pixels), layer.opacity), layer, canvas)
    if isinstance(layer, TextLayer):
        still = _dimmed(graph, _converted(graph, frames, pixels), layer.opacity)
        return _repeated(graph, still, canvas, length)
    if isinstance(layer, ImageLayer):
        still = _fitted(graph, frames, layer.box, Word.LANCZOS, pixels)
        return _repeated(graph, _dimmed(graph, still, layer.opacity), canvas, length)
    table = None if layer.source.hdr is None else tables[layer.source.hdr]
    if layer.box.crop_width < 1 or layer.box.crop_height < 1:
        frames = _of_one_size(graph, frames)
    return _dimmed(graph, _fitted(graph, frames, layer.box, Word.BICUBIC, pixels, table), layer.opacity)


def _of_one_size(graph: StreamGraph, frames: Pad) -> Pad:
    """Does nothing until a film changes its size: what cuts, or compares lines, would then do so where nothing is."""
    return graph.add("scale", frames, w=var(Variable.IN_WIDTH), h=var(Variable.IN_HEIGHT), eval=Word.INIT)


def _spread(graph: StreamGraph, pictures: Pad, layer: PaintedLayer, canvas: Canvas) -> Pad:
    """The pictures of a painter, each for as many frames as it stays; a tick of theirs is a frame."""
    length = layer.last - layer.first
    if layer.painting.still:
        return _repeated(graph, pictures, canvas, length)
    pad = graph.add("fps", pictures, fps=TICKS, start_time=0)
    pad = graph.add("trim", pad, start_frame=layer.at, end_frame=layer.at + length)
    pad = graph.add("setpts", graph.add("settb", pad, expr=1 / canvas.fps), expr=var(Variable.FRAME_UPPER))
    # Changes no frame. It says again how many there are in a second, which the encoder takes from its first input.
    return graph.add("fps", pad, fps=canvas.fps, start_time=0)


def _met(graph: StreamGraph, picture: Pad, layer: PaintedLayer, canvas: Canvas, frames: Pad | None) -> tuple[Pad, Pad]:
    """What is below, and what a layer becomes where it meets that in its blend mode."""
    if frames is None:
        raise ValueError(f"the layer {layer.pointer} has no input")
    below, seen = graph.split(picture, 2)
    window = layer.window
    seen = graph.add("trim", seen, start_frame=layer.first, end_frame=layer.last)
    seen = graph.add("setpts", seen, expr=var(Variable.FRAME_UPPER))
    seen = graph.add("crop", seen, w=window.width, h=window.height, x=window.x, y=window.y, exact=True)
    made = mixed(
        graph,
        seen,
        _spread(graph, frames, layer, canvas),
        layer.blend,
        below_alpha=canvas.alpha,
        alpha=not layer.painting.opaque,
    )
    return below, _dimmed(graph, _converted(graph, made, Word.YUVA420P), layer.opacity)


def _sampled(graph: StreamGraph, source: Pad, layer: VideoLayer, canvas: Canvas) -> Pad:
    """The source's frames that output frames show; the last one stays when the source has ended."""
    rule = sampling(layer.source, layer.at, layer.speed, canvas.fps)
    if layer.source.interlaced:
        mode = Word.SEND_FIELD if fielded(layer.source, layer.speed, canvas.fps) else Word.SEND_FRAME
        source = graph.add("bwdif", _of_one_size(graph, source), mode=mode, deint=Word.INTERLACED)
    pad = graph.add("settb", source, expr=Fraction(1, rule.ticks))
    stamp = var(Variable.PTS)
    if rule.speed != 1:
        stamp = call(Function.ROUND, stamp * rule.speed.denominator / rule.speed.numerator)
    pad = graph.add("setpts", pad, expr=stamp - rule.shift)
    pad = graph.add("tpad", pad, stop=-1, stop_mode=Word.CLONE)
    pad = graph.add("fps", pad, fps=canvas.fps, start_time=0, round=Word.UP)
    pad = graph.add("trim", pad, end_frame=layer.last - layer.first)
    return graph.add("setpts", pad, expr=var(Variable.FRAME_UPPER))


def _fitted(graph: StreamGraph, pad: Pad, box: Box, scaler: Word, pixels: Word, table: Path | None = None) -> Pad:
    if box.crop_width < 1 or box.crop_height < 1:
        pad = graph.add(
            "crop",
            pad,
            w=_part(Variable.IN_WIDTH, box.crop_width),
            h=_part(Variable.IN_HEIGHT, box.crop_height),
            x=_from(Variable.IN_WIDTH, box.crop_x),
            y=_from(Variable.IN_HEIGHT, box.crop_y),
        )
    if table is not None:
        pad = _looked_up(graph, pad, box, scaler, table)
    return _converted(graph, pad, pixels, box, scaler)


def _looked_up(graph: StreamGraph, pad: Pad, box: Box, scaler: Word, table: Path) -> Pad:
    """HDR pictures as a screen for BT.709 shows them; they get their size first, which is fewer pixels to look up."""
    flags = (scaler, Word.ACCURATE_RND, Word.FULL_CHROMA_INT, Word.BITEXACT)
    pad = graph.add("scale", pad, w=box.width, h=box.height, flags=flags)
    pad = graph.add("lut3d", graph.add("format", pad, pix_fmts=Word.GBRP10LE), file=table)
    return graph.add("setparams", pad, color_primaries=Word.BT709, color_trc=Word.BT709)


def _part(side: Variable, share: Fraction) -> Expression:
    """An even number of pixels, two at least, or all that there are of an odd number.

    A hair less is asked for, since ffmpeg counts in floating point.
    """
    if share == 1:
        return var(side)
    half = var(side) * share.numerator / (2 * share.denominator)
    return call(Function.MIN, 2 * call(Function.FLOOR, half + (1 - Fraction(1, 1000))), var(side))


def _from(side: Variable, share: Fraction) -> Expression:
    return 2 * call(Function.ROUND, var(side) * share.numerator / (2 * share.denominator))


def _converted(graph: StreamGraph, pad: Pad, pixels: Word, box: Box | None = None, scaler: Word = Word.BICUBIC) -> Pad:
    """Size, BT.709 in limited range, square pixels."""
    width = var(Variable.IN_WIDTH) if box is None else box.width
    height = var(Variable.IN_HEIGHT) if box is None else box.height
    flags = (scaler, Word.ACCURATE_RND, Word.BITEXACT)
    pad = graph.add("scale", pad, w=width, h=height, flags=flags, out_color_matrix=Word.BT709, out_range=Word.TV)
    pad = graph.add("setsar", pad, sar=1)
    return graph.add("format", pad, pix_fmts=pixels)


def _plain(graph: StreamGraph, color: Color, size: tuple[int, int], pixels: Word) -> Pad:
    """One frame of one colour, made in RGB so that its conversion is the same as everywhere."""
    paint = Paint(color.red, color.green, color.blue)
    pad = graph.add("color", color=paint, size=size)
    pad = graph.add("format", pad, pix_fmts=Word.GBRP)
    return _converted(graph, graph.add("trim", pad, end_frame=1), pixels)


def _repeated(graph: StreamGraph, still: Pad, canvas: Canvas, length: int) -> Pad:
    """A still picture for `length` frames; it is decoded and scaled once."""
    pad = graph.add("settb", still, expr=1 / canvas.fps)
    pad = graph.add("loop", pad, loop=-1, size=1)
    pad = graph.add("setpts", pad, expr=var(Variable.FRAME_UPPER))
    return graph.add("trim", graph.add("fps", pad, fps=canvas.fps), end_frame=length)


def _dimmed(graph: StreamGraph, pad: Pad, opacity: float) -> Pad:
    return pad if opacity >= 1 else graph.add("lut", pad, c3=var(Variable.VALUE) * opacity)


def _faded(graph: StreamGraph, pad: Pad, layer: Layer, canvas: Canvas) -> Pad:
    """Apply the ramps to the transparency; times count half frames, so that each frame's middle is an integer."""
    if not layer.ramps:
        return pad
    pad = graph.add("settb", pad, expr=1 / (2 * canvas.fps))
    for ramp in layer.ramps:
        pad = _ramped(graph, pad, ramp, layer.first, canvas.fps)
    return graph.add("settb", pad, expr=1 / canvas.fps)


def _ramped(graph: StreamGraph, pad: Pad, ramp: Ramp, first: int, fps: Fraction) -> Pad:
    gone, ahead = max(first - ramp.first, 0), max(ramp.first - first, 0)
    pad = graph.add("setpts", pad, expr=2 * var(Variable.FRAME_UPPER) + (2 * gone + 1))
    direction = Word.IN if ramp.rising else Word.OUT
    return graph.add("fade", pad, type=direction, alpha=True, start_time=ahead / fps, duration=ramp.length / fps)
