"""The pieces of a plan: what is made on its own, on any worker, and kept under its content key."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cutroom import render as engine
from cutroom.jobs import Context, Files
from cutroom.render import AudioPlan, RenderPlan, SegmentPlan
from cutroom.render.plan import Segment
from cutroom.workflows.blobs import blob_key, find, locate


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a plan that is made on its own: a segment of pictures, or the sound."""

    segment: SegmentPlan | None
    audio: AudioPlan | None

    @property
    def plan(self) -> SegmentPlan | AudioPlan:
        """Whichever of the two it is."""
        plan = self.segment or self.audio
        if plan is None:
            raise ValueError("a piece is a segment or sound")
        return plan


def pieces_of(*plans: RenderPlan) -> list[Piece]:
    """What there is to make, each thing once: the sounds first, since they are long, then the segments in order."""
    sounds = [Piece(None, plan.audio) for plan in plans if plan.audio is not None]
    segments = [Piece(made, None) for plan in plans for made in _made(plan.segments)]
    return list({piece.plan.key: piece for piece in [*sounds, *segments]}.values())


def _made(segments: Iterable[Segment]) -> Iterable[SegmentPlan]:
    """What is encoded for the segments; a copied one needs nothing."""
    for segment in segments:
        if segment.kind == "encode":
            yield segment
        elif segment.kind == "repeat":
            yield segment.cycle
        elif segment.kind == "skip":
            yield segment.still


async def parts_of(files: Files, plan: RenderPlan) -> tuple[list[Path], Path | None]:
    """The files that a plan is joined from: one for each segment, and its sound.

    What is kept for a segment lies under its key; a copied one is taken from its source.
    """
    keys = [blob_key(segment.source.sha256) if segment.kind == "copy" else segment.key for segment in plan.segments]
    parts = {key: await find(files, key) for key in dict.fromkeys(keys)}
    return [parts[key] for key in keys], None if plan.audio is None else await find(files, plan.audio.key)


async def which_are_kept(files: Files, keys: list[str]) -> list[str]:
    """Those of the keys whose bytes an earlier render left."""
    return [key for key in keys if await files.find(key) is not None]


async def render_piece(ctx: Context, piece: Piece) -> str:
    """Make one piece and keep it under its content key; the key is the result."""
    plan = piece.plan
    if await ctx.files.find(plan.key) is not None:
        return plan.key
    inputs = await locate(ctx.files, plan.inputs)
    if piece.segment is not None:
        out = ctx.scratch / "segment"  # its container follows from its codec
        await engine.render_segment(piece.segment, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress)
    elif piece.audio is not None:
        out = ctx.scratch / f"sound.{piece.audio.extension}"
        await engine.render_audio(piece.audio, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress)
    await ctx.files.keep(plan.key, out)
    return plan.key
