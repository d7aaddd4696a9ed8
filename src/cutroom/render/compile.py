"""From a resolved edit to a plan. Pure: the same edit gives the same plan, on any machine."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from cutroom.media.ffmpeg import find
from cutroom.media.mp4 import Integers, read_keys
from cutroom.media.packets import PacketIndex
from cutroom.render.copied_sound import copied_sound
from cutroom.render.copying import Candidate, Copy, can_copy, find_candidates, find_copies, free_sets, index_candidates
from cutroom.render.encoders import VideoEncoder
from cutroom.render.keys import segment_key
from cutroom.render.layers import Picture, inputs_of, keyed_source, layer, live, opaque_color, picture, uncovered
from cutroom.render.lettering.warnings import lettering_warnings
from cutroom.render.mux.aac import Packets, read_packets
from cutroom.render.output.encode import audio_encoder, video_encoder
from cutroom.render.plan import (
    Canvas,
    CopySegment,
    PlanOutput,
    RenderPlan,
    Segment,
    SegmentPlan,
)
from cutroom.render.repeat import skip_segment
from cutroom.render.segments import cuts, worth_cutting
from cutroom.render.sound.compile import compile_audio
from cutroom.render.source import video_source
from cutroom.timeline.resolved import SOUNDS, ResolvedEdit

ENGINE: Final = 4
"""Raised whenever the same plan would give other bytes."""
_TABLES: Final = frozenset({"mp4", "mov"})
_SKIPPING: Final = frozenset({"mp4", "hls"})
"""Formats whose files are written by our own muxer, which knows skipped pictures."""


def compile_plan(
    edit: ResolvedEdit,
    *,
    indexes: Mapping[str, PacketIndex] | None = None,
    keys: Mapping[str, Integers] | None = None,
    sounds: Mapping[str, Packets] | None = None,
    engine: str | None = None,
    shared: bool = False,
) -> RenderPlan:
    """Decide everything that is to be done for an edit.

    Args:
        edit: the edit; its sources have been probed.
        indexes: the packets of sources, by SHA-256, as `index_copies` lists them; without them nothing is copied.
        keys: the key frames of sources, by SHA-256, as `index_keys` finds them; without them cuts lie anywhere.
        sounds: the packets of their sounds, as `index_sounds` finds them; without them no sound is copied.
        engine: what makes the bytes, mixed into every key; this engine and the ffmpeg at hand when None.
        shared: whether other outputs are made of the same edit, whose sound is then mixed once for all.
    """
    made_by = engine or f"cutroom {ENGINE}, ffmpeg {find().version_text}"
    output, span = edit.output, _span(edit)
    segments = () if output.format in SOUNDS else _segments(edit, indexes or {}, keys or {}, made_by)
    audio = compile_audio(edit, audio_encoder(output), made_by, shared=shared)
    # Sound is copied where pictures are: an edit that is encoded all over pays little for exact sound.
    if audio is not None and sounds and segments and all(segment.kind == "copy" for segment in segments):
        audio = copied_sound(audio, sounds, output.fps, made_by) or audio
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
        frames=span[1] - span[0],
        segments=segments,
        audio=audio,
        warnings=(*edit.warnings, *lettering_warnings(edit.clips, edit.output.height, edit.families)),
        engine=made_by,
    )


def copy_candidates(edit: ResolvedEdit) -> list[Candidate]:
    """Where clips might be copied from their sources instead of being encoded, if their packets allow it."""
    if edit.output.format in SOUNDS or not can_copy(edit.output, video_encoder(edit.output)):
        return []
    canvas = _canvas(edit)
    return find_candidates(_pictures(edit, canvas), canvas, _span(edit))


def copy_sources(edit: ResolvedEdit) -> tuple[str, ...]:
    """SHA-256 of every source of `copy_candidates`: the inputs of `index_copies`."""
    media = (candidate.clip.media for candidate in copy_candidates(edit))
    return tuple(sorted({one.sha256 for one in media if one is not None}))


async def index_copies(edit: ResolvedEdit, inputs: Mapping[str, Path]) -> dict[str, PacketIndex]:
    """List the packets that decide what is copied, for `compile_plan`; the same sources give the same lists.

    Args:
        edit: the edit.
        inputs: a file for each SHA-256 of `copy_sources`.
    """
    return await index_candidates(copy_candidates(edit), edit.output.fps, inputs)


def index_sounds(edit: ResolvedEdit, inputs: Mapping[str, Path]) -> dict[str, Packets]:
    """Find the packets of sounds that may be copied beside the pictures, for `compile_plan`.

    Args:
        edit: the edit.
        inputs: a file for each SHA-256 of `copy_sources`.
    """
    media = {clip.media.sha256: clip.media.info for clip in edit.clips if clip.media is not None}
    found = {sha256: read_packets(path, media[sha256]) for sha256, path in inputs.items()}
    return {sha256: packets for sha256, packets in found.items() if packets is not None}


def key_sources(edit: ResolvedEdit) -> tuple[str, ...]:
    """SHA-256 of every source whose key frames say where to cut: the inputs of `index_keys`."""
    return tuple(sorted(_keyed(edit)))


def index_keys(edit: ResolvedEdit, inputs: Mapping[str, Path]) -> dict[str, Integers]:
    """Find the key frames of sources, for `compile_plan`; those whose tables do not tell are left out.

    Args:
        edit: the edit.
        inputs: a file for each SHA-256 of `key_sources`.
    """
    found = {sha256: read_keys(inputs[sha256], stream) for sha256, stream in _keyed(edit).items()}
    return {sha256: keys for sha256, keys in found.items() if keys is not None}


def _keyed(edit: ResolvedEdit) -> dict[str, int]:
    """The stream of each source that is long enough in the edit to be cut within."""
    if edit.output.format in SOUNDS:
        return {}
    long = [clip for clip in edit.clips if clip.end + clip.tail - clip.start >= worth_cutting(edit.output.fps)]
    canvas = _canvas(edit)
    shown = (picture(clip, canvas) for clip in long)
    sources = [source for one in shown if one is not None and (source := keyed_source(one)) is not None]
    return {source.sha256: source.stream for source in sources if source.format in _TABLES}


def _segments(
    edit: ResolvedEdit, indexes: Mapping[str, PacketIndex], keys: Mapping[str, Integers], engine: str
) -> tuple[Segment, ...]:
    canvas = _canvas(edit)
    copies = find_copies(copy_candidates(edit), indexes, canvas) if indexes else []
    pictures = [live(shown, canvas, keys) for shown in _pictures(edit, canvas)]
    copied = [(copy.start, copy.start + copy.frames) for copy in copies]
    edges = cuts(_span(edit), pictures, canvas.fps, copied)
    segments = segments_at(edges, edit, engine, copies)
    if edit.output.format not in _SKIPPING:
        return segments
    return tuple(
        skip_segment(segment, engine) or segment if isinstance(segment, SegmentPlan) else segment
        for segment in segments
    )


def _span(edit: ResolvedEdit) -> tuple[int, int]:
    """The frames [first, last) of the edit that go into the file."""
    first, frames = edit.output.first, edit.output.frames
    return first, edit.frames if frames is None else min(edit.frames, first + frames)


def segments_at(
    edges: Sequence[int], edit: ResolvedEdit, engine: str, copies: Sequence[Copy] = ()
) -> tuple[Segment, ...]:
    """The segments of an edit that is cut at the frames `edges`, of which the first and the last are its ends.

    The frames of the output are the same wherever it is cut, but for those that are copied.
    """
    canvas = _canvas(edit)
    encoder = video_encoder(edit.output)
    if copies:
        encoder = replace(encoder, sets=free_sets(copies))
    copied = {copy.start: copy for copy in copies}
    segments: list[Segment] = []
    there = _there(_pictures(edit, canvas), edges)
    for index, ((start, end), shown) in enumerate(zip(pairwise(edges), there, strict=True)):
        if start in copied:
            segments.append(_copied(copied[start], index, edges[0], encoder, engine))
            continue
        layers = uncovered([layer(one, canvas, start, end) for one in shown], canvas)
        plan = SegmentPlan(
            index=index,
            start=start - edges[0],
            frames=end - start,
            canvas=canvas,
            encoder=encoder,
            layers=layers,
            inputs=tuple(sorted(inputs_of(layers))),
            key="",
        )
        segments.append(replace(plan, key=segment_key(plan, engine)))
    return tuple(segments)


def _copied(copy: Copy, index: int, zero: int, encoder: VideoEncoder, engine: str) -> CopySegment:
    media = copy.clip.media
    if media is None or media.info.video is None:
        raise ValueError(f"{copy.clip.pointer} has no moving pictures")
    plan = CopySegment(
        index=index,
        start=copy.start - zero,
        frames=copy.frames,
        encoder=encoder,
        pointer=copy.clip.pointer,
        source=video_source(media.sha256, media.info, media.info.video),
        first_pts=copy.first_pts,
        inputs=(media.sha256,),
        key="",
    )
    return replace(plan, key=segment_key(plan, engine))


def _canvas(edit: ResolvedEdit) -> Canvas:
    output = edit.output
    return Canvas(output.width, output.height, output.fps, opaque_color(output.background), alpha=output.transparent)


def _pictures(edit: ResolvedEdit, canvas: Canvas) -> list[Picture]:
    return [shown for clip in edit.clips if (shown := picture(clip, canvas)) is not None]


def _there(pictures: Sequence[Picture], edges: Sequence[int]) -> list[list[Picture]]:
    """The pictures of each segment, bottom to top."""
    there: list[list[Picture]] = [[] for _ in edges[1:]]
    for shown in pictures:
        first = max(0, bisect_right(edges, shown.first) - 1)
        for index in range(first, min(bisect_left(edges, shown.last), len(there))):
            there[index].append(shown)
    return there
