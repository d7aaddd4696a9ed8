"""From a resolved edit to a plan. Pure: the same edit gives the same plan, on any machine."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from cutroom.media.ffmpeg import find
from cutroom.render.keys import segment_key
from cutroom.render.layers import Picture, layer, live, opaque_color, picture, uncovered
from cutroom.render.lettering import typefaces
from cutroom.render.lettering.layout import missing
from cutroom.render.output.encode import audio_encoder, video_encoder
from cutroom.render.plan import Canvas, ImageLayer, Layer, PlanOutput, RenderPlan, SegmentPlan, VideoLayer
from cutroom.render.segments import cuts
from cutroom.render.sound.compile import compile_audio
from cutroom.timeline.resolved import SOUNDS, ResolvedClip, ResolvedEdit, Warning  # noqa: A004 — the word of the document

ENGINE: Final = 2
"""Raised whenever the same plan would give other bytes."""


def compile_plan(edit: ResolvedEdit, *, engine: str | None = None) -> RenderPlan:
    """Decide everything that is to be done for an edit.

    Args:
        edit: the edit; its sources have been probed.
        engine: what makes the bytes, mixed into every key; this engine and the ffmpeg at hand when None.
    """
    made_by = engine or f"cutroom {ENGINE}, ffmpeg {find().version_text}"
    output = edit.output
    return RenderPlan(
        output=PlanOutput(
            format=output.format,
            width=output.width,
            height=output.height,
            fps=output.fps,
            quality=output.quality,
            repeat=output.repeat,
            transparent=output.transparent,
            posters=output.posters,
            sprites=output.sprites,
        ),
        frames=edit.frames,
        segments=() if output.format in SOUNDS else _segments(edit, made_by),
        audio=compile_audio(edit, audio_encoder(output), made_by),
        warnings=(*edit.warnings, *_text_warnings(edit.clips)),
        engine=made_by,
    )


def _segments(edit: ResolvedEdit, engine: str) -> tuple[SegmentPlan, ...]:
    canvas = _canvas(edit)
    edges = cuts(edit.frames, [live(shown, canvas) for shown in _pictures(edit, canvas)], canvas.fps)
    return segments_at(edges, edit, engine)


def segments_at(edges: Sequence[int], edit: ResolvedEdit, engine: str) -> tuple[SegmentPlan, ...]:
    """The segments of an edit that is cut at the frames `edges`, of which the first is 0 and the last its length.

    The frames of the output are the same wherever it is cut.
    """
    canvas = _canvas(edit)
    encoder = video_encoder(edit.output)
    segments: list[SegmentPlan] = []
    there = _there(_pictures(edit, canvas), edges)
    for index, ((start, end), shown) in enumerate(zip(pairwise(edges), there, strict=True)):
        layers = uncovered([layer(one, canvas, start, end) for one in shown], canvas)
        plan = SegmentPlan(
            index=index,
            start=start,
            frames=end - start,
            canvas=canvas,
            encoder=encoder,
            layers=layers,
            inputs=tuple(sorted(_inputs(layers))),
            key="",
        )
        segments.append(replace(plan, key=segment_key(plan, engine)))
    return tuple(segments)


def _canvas(edit: ResolvedEdit) -> Canvas:
    output = edit.output
    return Canvas(output.width, output.height, output.fps, opaque_color(output.background))


def _pictures(edit: ResolvedEdit, canvas: Canvas) -> list[Picture]:
    return [shown for clip in edit.clips if (shown := picture(clip, canvas)) is not None]


def _there(pictures: Sequence[Picture], edges: Sequence[int]) -> list[list[Picture]]:
    """The pictures of each segment, bottom to top."""
    there: list[list[Picture]] = [[] for _ in edges[1:]]
    for shown in pictures:
        for index in range(bisect_right(edges, shown.first) - 1, min(bisect_left(edges, shown.last), len(there))):
            there[index].append(shown)
    return there


def _inputs(layers: Iterable[Layer]) -> set[str]:
    videos = {one.source.sha256 for one in layers if isinstance(one, VideoLayer)}
    return videos | {one.sha256 for one in layers if isinstance(one, ImageLayer)}


def _text_warnings(clips: Iterable[ResolvedClip]) -> list[Warning]:
    """Texts that will not look as their author meant."""
    warnings: list[Warning] = []
    for clip in clips:
        if clip.text is None:
            continue
        if not typefaces.known(clip.text.family):
            sentence = f"There is no font named '{clip.text.family}' here; {typefaces.DEFAULT_FAMILY} is used instead."
            warnings.append(Warning("font_unknown", clip.pointer, sentence))
        if lost := missing(clip.text):
            shown = ", ".join(f"'{char}' (U+{ord(char):04X})" for char in lost[:8])
            sentence = f"No font here can draw {shown}{' and others' if len(lost) > 8 else ''}; left out."
            warnings.append(Warning("glyph_missing", clip.pointer, sentence))
    return warnings
