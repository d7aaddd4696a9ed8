"""The pieces of a plan: what is made on its own, on any worker, and kept under its content key."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Protocol, TypeVar

from cutroom import render as engine
from cutroom.jobs import Context, Files
from cutroom.media.info import MediaInfo
from cutroom.media.turns import clocked
from cutroom.render import AudioPlan, MixPlan, RenderPlan, SegmentPlan
from cutroom.render.calibration import learn
from cutroom.render.estimate import work_of
from cutroom.render.repeat import made_for
from cutroom.timeline import CueSheet, Media
from cutroom.workflows.blobs import blob_key, find, locate


class Keyed(Protocol):
    """What has a key under which it is kept."""

    @property
    def key(self) -> str:
        """Names its bytes."""


class Planned(Protocol):
    """What is made of a plan."""

    @property
    def plan(self) -> Keyed:
        """The plan."""


P = TypeVar("P", bound=Planned)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a plan that is made on its own: a segment of pictures, the sound, or a part of the sound's mix.

    Args:
        parts: of a sound whose mix is made apart: the parts, in order.
        work: how much there is to do for a segment, as `estimate.work_of` reckons it; 0 when nobody has.
    """

    segment: SegmentPlan | None = None
    audio: AudioPlan | None = None
    mix: MixPlan | None = None
    parts: tuple[MixPlan, ...] = ()
    work: float = 0.0

    @property
    def plan(self) -> SegmentPlan | AudioPlan | MixPlan:
        """Whichever of the three it is."""
        plan = self.segment or self.audio or self.mix
        if plan is None:
            raise ValueError("a piece is a segment, sound or a mix")
        return plan


def pieces_of(*plans: RenderPlan, sources: Iterable[Media | CueSheet] | None = None) -> list[Piece]:
    """What the plans are joined from, each thing once: the sounds first, since they are long, then the segments.

    The most work comes first: what is left at the end, when processors run out of pieces, is small. How much it is can
    be told for certain where the `sources` are known.
    """
    infos = infos_of(sources or ())
    sounds = [_sound(plan.audio, plan.engine) for plan in plans if plan.audio is not None and not plan.audio.copies]
    encoded = [made_for(one) for plan in plans for one in plan.segments if one.kind != "copy"]
    weighed = sorted(((work_of(one, infos), one) for one in encoded), key=itemgetter(0), reverse=True)
    return _distinct([*sounds, *(Piece(segment=one, work=0.0 if sources is None else work) for work, one in weighed)])


def infos_of(sources: Iterable[Media | CueSheet]) -> dict[str, MediaInfo]:
    """What sources are, by SHA-256."""
    return {one.sha256: one.info for one in sources if isinstance(one, Media)}


def mixes_of(pieces: Iterable[Piece]) -> list[Piece]:
    """The parts of the mixes that sounds are made from, each once; for those that are made apart."""
    return _distinct(Piece(mix=part) for piece in pieces for part in piece.parts)


def _sound(audio: AudioPlan, engine_name: str) -> Piece:
    return Piece(audio=audio, parts=engine.pieces(audio.mix, engine_name) if audio.apart else ())


def _distinct(pieces: Iterable[Piece]) -> list[Piece]:
    return list({piece.plan.key: piece for piece in pieces}.values())


@dataclass(frozen=True, slots=True)
class Parts:
    """The files that a plan is joined from: one for each segment, and its sound or what that is copied from."""

    segments: list[Path]
    audio: Path | None
    sounds: list[Path]


async def parts_of(files: Files, plan: RenderPlan) -> Parts:
    """The files that a plan is joined from.

    What is kept for a segment lies under its key; a copied one is taken from its source.
    """
    keys = [blob_key(segment.source.sha256) if segment.kind == "copy" else segment.key for segment in plan.segments]
    parts = {key: await find(files, key) for key in dict.fromkeys(keys)}
    segments = [parts[key] for key in keys]
    if plan.audio is None:
        return Parts(segments, None, [])
    if not plan.audio.copies:
        return Parts(segments, await find(files, plan.audio.key), [])
    found = await locate(files, sorted({copy.source.sha256 for copy in plan.audio.copies}))
    return Parts(segments, None, [found[copy.source.sha256] for copy in plan.audio.copies])


def name_of(keys: Sequence[str]) -> str:
    """Names the pieces of a render in its steps: another version, which would make others, begins those anew."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:8]


async def which_are_kept(files: Files, keys: list[str]) -> list[str]:
    """Those of the keys whose bytes an earlier render left."""
    return [key for key in keys if await files.find(key) is not None]


async def render_piece(ctx: Context, piece: Piece) -> str:
    """Make one piece and keep it under its content key; the key is the result.

    Parts of a mix that are not there yet become items of this one.
    """
    plan = piece.plan
    if await ctx.files.find(plan.key) is not None:
        return plan.key
    if piece.audio is not None and piece.parts:
        return await _master(ctx, piece.audio, piece)
    inputs = await locate(ctx.files, plan.inputs)
    if piece.segment is not None:
        out = ctx.scratch / "segment"  # its container follows from its codec
        with clocked() as clock:
            await engine.render_segment(
                piece.segment, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress
            )
        await asyncio.to_thread(learn, piece.work, clock.seconds)
    elif piece.audio is not None:
        out = ctx.scratch / f"sound.{piece.audio.extension}"
        await engine.render_audio(piece.audio, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress)
    elif piece.mix is not None:
        out = ctx.scratch / f"mix.{piece.mix.extension}"
        await engine.render_mix(piece.mix, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress)
    await ctx.files.keep(plan.key, out)
    return plan.key


async def _master(ctx: Context, audio: AudioPlan, piece: Piece) -> str:
    """Make a sound out of the parts of its mix."""
    await ctx.map("parts", render_piece, await missing_of(ctx, "parts kept", mixes_of([piece])))
    mixed = [await find(ctx.files, part.key) for part in piece.parts]
    out = ctx.scratch / f"sound.{audio.extension}"
    await engine.render_audio(audio, inputs={}, scratch=ctx.scratch, out=out, progress=ctx.progress, mixed=mixed)
    await ctx.files.keep(audio.key, out)
    return audio.key


async def make(ctx: Context, pieces: Sequence[Piece], prefix: str = "", span: tuple[float, float] | None = None) -> int:
    """Make all pieces that are not there yet, spread over the workers; returns how many were there.

    Args:
        ctx: the attempt.
        pieces: what a render is joined from.
        prefix: begins the names of the steps.
        span: the job's progress before the first and after the last.
    """
    name = name_of([piece.plan.key for piece in pieces])
    missing = await missing_of(ctx, f"{prefix}kept {name}", pieces)
    late = [piece for piece in missing if piece.parts]
    mixes = await missing_of(ctx, f"{prefix}mixes kept {name}", mixes_of(late))
    first = [*mixes, *(one for one in missing if not one.parts)]
    between = None if span is None else span[0] + (span[1] - span[0]) * len(first) / max(len(first) + len(late), 1)
    await ctx.map(f"{prefix}pieces {name}", render_piece, first, span=_from(span, between, 0))
    await ctx.map(f"{prefix}sounds {name}", render_piece, late, span=_from(span, between, 1))
    await make_again(ctx, f"{prefix}{name}", render_piece, pieces)
    return len(pieces) - len(missing)


async def make_again(
    ctx: Context, name: str, maker: Callable[[Context, P], Awaitable[str]], pieces: Sequence[P]
) -> None:
    """What was swept since it was made may be what the attempt before failed of, and the journal has it yet."""
    if ctx.attempt > 1:
        now = f"{name} in attempt {ctx.attempt}"
        await ctx.map(f"made again {now}", maker, await missing_of(ctx, f"still kept {now}", pieces))


async def missing_of(ctx: Context, step: str, pieces: Sequence[P]) -> list[P]:
    """Those of the pieces that are not there, as the step of that name has seen it."""
    kept = await ctx.step(step, which_are_kept, ctx.files, [piece.plan.key for piece in pieces])
    return [piece for piece in pieces if piece.plan.key not in kept]


def _from(span: tuple[float, float] | None, between: float | None, half: int) -> tuple[float, float] | None:
    if span is None or between is None:
        return None
    return (span[0], between) if half == 0 else (between, span[1])
