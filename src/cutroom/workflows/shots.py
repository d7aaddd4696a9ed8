"""What the pictures of a recording show: looked at once, and kept with its bytes."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from cutroom.framing.shot import Shot
from cutroom.framing.sight import Seen
from cutroom.framing.watch import WATCHED, Span, Stretch, find_shots, joined, look_at
from cutroom.jobs import Context
from cutroom.kit.adapter import Adapter
from cutroom.media.origin import zero
from cutroom.media.timebase import format_rational
from cutroom.timeline import Media
from cutroom.workflows.blobs import blob_key, find

PART_S: Final = Fraction(600)
"""Seconds of recording that are looked at in one go; a longer one is spread over workers."""
_STRETCH: Final[Adapter[Stretch]] = Adapter(Stretch)
_SEEN: Final[Adapter[Seen]] = Adapter(Seen)


@dataclass(frozen=True, slots=True)
class Part:
    """A span of a recording to be looked at, as an item of a map."""

    media: Media
    span: Span


async def shots_of(
    ctx: Context, media: Media, *, span: Span | None = None, progress: tuple[float, float] | None = None
) -> list[Shot]:
    """The shots of a recording, or of a part of it; from the blobs, when somebody looked before.

    May be called once for each recording in a workflow.

    Args:
        ctx: the attempt; the recording is among its blobs.
        media: the recording.
        span: the part that is of interest; all of it when None.
        progress: the job's progress before and after.

    Returns:
        The shots in order, times in seconds of the recording; none when it has no moving pictures.
    """
    if media.info.video is None or media.info.kind == "image":
        return []
    spans = [span] if span is not None else _spans(media)
    parts = [Part(media, one) for one in spans]
    name = f"shots:{media.sha256[:16]}"
    if len(parts) == 1:
        stretches = [await ctx.step(name, watch_part, ctx, parts[0])]
    else:
        stretches = await ctx.map(name, watch_part, parts, span=progress)
    if progress is not None:
        ctx.progress(progress[1])
    return list(joined(stretches))


async def watch_part(ctx: Context, part: Part) -> Stretch:
    """Look at one part, unless that was done before."""
    key = f"shots/{_named(part)}"
    kept = await ctx.files.find(key)
    if kept is not None:
        return _STRETCH.validate_json(await asyncio.to_thread(kept.read_bytes))
    path = await find(ctx.files, blob_key(part.media.sha256))
    found = await find_shots(path, part.media.info, zero(part.media.info), span=part.span)
    draft = ctx.scratch / f"shots-{secrets.token_hex(8)}"
    await asyncio.to_thread(draft.write_bytes, _STRETCH.dump_json(found))
    await ctx.files.keep(key, draft)
    return found


async def sights_of(ctx: Context, media: Media, span: Span, progress: Callable[[float], None] | None = None) -> Seen:
    """What is to be seen in a part of a recording: shots, faces, motion. Kept with its bytes, as shots are.

    Args:
        ctx: the attempt; the recording is among its blobs.
        media: the recording.
        span: the part.
        progress: called with how much is done, in [0, 1].
    """
    key = f"sights/{_named(Part(media, span))}"
    kept = await ctx.files.find(key)
    if kept is not None:
        return _SEEN.validate_json(await asyncio.to_thread(kept.read_bytes))
    path = await find(ctx.files, blob_key(media.sha256))
    seen = await look_at(path, media.info, zero(media.info), span=span, progress=progress)
    draft = ctx.scratch / f"sights-{secrets.token_hex(8)}"
    await asyncio.to_thread(draft.write_bytes, _SEEN.dump_json(seen))
    await ctx.files.keep(key, draft)
    return seen


def _named(part: Part) -> str:
    """A part in the keys of blobs."""
    start, end = part.span.start, part.span.end
    named = f"{format_rational(start)}-{'' if end is None else format_rational(end)}".replace("/", ".")
    return f"{WATCHED}/{part.media.sha256}/{named}"


def _spans(media: Media) -> list[Span]:
    """A recording in parts of about the same length."""
    duration = media.info.duration or Fraction(0)
    count = max(1, round(duration / PART_S))
    edges = [duration * number / count for number in range(1, count)]
    starts = [Fraction(0), *edges]
    return [Span(start, end) for start, end in pairwise([*starts, None]) if start is not None]
