"""Pictures that move: gif and webp, made in a last pass from frames that lost nothing.

A gif has one palette of 256 colours for the whole film, made from all of it: with one for each segment, colours would
jump at the cuts.
"""

import asyncio
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Internal
from cutroom.media.command import Command, Input, Output
from cutroom.media.filtergraph import Graph, Pad
from cutroom.media.kinds import Value
from cutroom.media.run import RunLimits, run_ffmpeg
from cutroom.media.words import Word
from cutroom.render.plan import PlanOutput
from cutroom.timeline.resolved import Quality

_LIMITS: Final = RunLimits(timeout_s=1800)
_COLORS: Final[Mapping[Quality, int]] = {"lowest": 64, "low": 128, "medium": 256, "high": 256, "highest": 256}
_WEBP_QUALITY: Final[Mapping[Quality, float]] = {"lowest": 40, "low": 60, "medium": 75, "high": 88, "highest": 96}
_WEBP_EFFORT: Final = 4
_OPAQUE_FROM: Final = 128
"""Alpha from which on a pixel of a gif is there: it knows no half."""
_BAYER_SCALE: Final = 4


async def gif(output: PlanOutput, film: Path, *, scratch: Path, out: Path) -> None:
    """Write a gif from a film of lossless frames."""
    palette = scratch / "palette.png"
    graph = Graph()
    colors = graph.add(
        "palettegen",
        _rgb(graph, output),
        max_colors=_COLORS[output.quality],
        reserve_transparent=output.transparent,
        stats_mode=Word.FULL,
    )
    written = Output(palette, Word.IMAGE2, [graph.output(colors)], {"c:v": Word.PNG, "frames:v": 1, **_EXACT})
    await run_ffmpeg(Command([Input(film, Word.NUT)], [written], graph), scratch=scratch, limits=_LIMITS)
    graph = Graph()
    # An ordered pattern stands still where the picture does, so that only what moves is stored again.
    painted = graph.add(
        "paletteuse",
        _rgb(graph, output),
        graph.input(1, "v"),
        dither=Word.BAYER,
        bayer_scale=_BAYER_SCALE,
        diff_mode=Word.RECTANGLE,
        alpha_threshold=_OPAQUE_FROM,
    )
    # The block in a gif counts how often it is played again, and is left out for once.
    loop = {0: 0, 1: -1}.get(output.repeat, output.repeat - 1)
    written = Output(out, Word.GIF, [graph.output(painted)], {"c:v": Word.GIF, "loop": loop, **_TIMED, **_EXACT})
    feeds = [Input(film, Word.NUT), Input(palette, Word.PNG_PIPE)]
    await run_ffmpeg(Command(feeds, [written], graph), scratch=scratch, limits=_LIMITS)


async def webp(output: PlanOutput, film: Path, *, scratch: Path, out: Path) -> None:
    """Write an animated webp from a film of lossless frames; a still one where nothing moves.

    libwebp takes pictures for equal that differ by less than the quality would change them, and so lets go of what
    moves faintly. Where nothing is left of it, the film is written once more, without loss.

    Raises:
        Internal: `frame_missing` when the film moves, and the webp still does not.
    """
    await _webp(output, film, scratch, out, lossless=False)
    if await asyncio.to_thread(_stands, out) and await _moves(film, scratch):
        await _webp(output, film, scratch, out, lossless=True)
        if await asyncio.to_thread(_stands, out):
            raise Internal("frame_missing", "The film moves, and the WebP made of it does not; render it again.")


async def _webp(output: PlanOutput, film: Path, scratch: Path, out: Path, *, lossless: bool) -> None:
    graph = Graph()
    shown = graph.add("format", _rgb(graph, output), pix_fmts=Word.RGBA if output.transparent else Word.RGB24)
    options: dict[str, Value] = {
        "c:v": Word.LIBWEBP_ANIM,
        "lossless": int(lossless),
        "quality": _WEBP_QUALITY[output.quality],
        "compression_level": _WEBP_EFFORT,
        "pix_fmt": Word.BGRA,
        "loop": output.repeat,
        **_TIMED,
        **_EXACT,
    }
    written = Output(out, Word.WEBP, [graph.output(shown)], options)
    await run_ffmpeg(Command([Input(film, Word.NUT)], [written], graph), scratch=scratch, limits=_LIMITS)


def _stands(webp: Path) -> bool:
    """Whether a webp is a still picture (WebP Container Specification, "Extended File Format")."""
    with webp.open("rb") as file:
        head = file.read(21)
    return head[12:16] != b"VP8X" or not head[20] & 2


async def _moves(film: Path, scratch: Path) -> bool:
    """Whether any two frames of a film differ."""
    sums = scratch / "frames.md5"
    await run_ffmpeg(
        Command([Input(film, Word.NUT)], [Output(sums, Word.FRAMEMD5, ["0:V:0"])]), scratch=scratch, limits=_LIMITS
    )
    lines = (await asyncio.to_thread(sums.read_text, "utf-8")).splitlines()
    return len({line.rpartition(",")[2] for line in lines if not line.startswith("#")}) > 1


_EXACT: Final[Mapping[str, Value]] = {"flags:v": Word.PLUS_BITEXACT, "fflags": Word.PLUS_BITEXACT}
_TIMED: Final[Mapping[str, Value]] = {"fps_mode:v": Word.PASSTHROUGH}


def _rgb(graph: Graph, output: PlanOutput) -> Pad:
    """The film in RGB; a file of lossless frames does not say how they were made from it."""
    pad = graph.add(
        "setparams",
        graph.input(0, "v"),
        range=Word.TV,
        colorspace=Word.BT709,
        color_primaries=Word.BT709,
        color_trc=Word.BT709,
    )
    flags = (Word.BICUBIC, Word.ACCURATE_RND, Word.FULL_CHROMA_INT, Word.BITEXACT)
    pad = graph.add("scale", pad, w=output.width, h=output.height, flags=flags, in_color_matrix=Word.BT709)
    pad = graph.add("format", pad, pix_fmts=Word.RGBA if output.transparent else Word.RGB24)
    return graph.add("settb", pad, expr=Fraction(1, 1) / output.fps)
