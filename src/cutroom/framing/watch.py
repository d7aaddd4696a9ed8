"""Looking at the pictures of a recording, in a child process in a box."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import structlog

from cutroom.framing.shot import Shot
from cutroom.framing.sight import Face, Motion, Seen, Sight
from cutroom.kit.errors import CutroomError, Internal, Invalid, Unavailable
from cutroom.kit.process import Limits, TimedOut, run
from cutroom.media.formats import INDEXED, MARGIN_WITHOUT_INDEX_S, UNSEEKABLE, demuxer
from cutroom.media.info import MediaInfo, VideoStream
from cutroom.media.sandbox import for_python
from cutroom.media.timebase import Rational, to_ticks
from cutroom.media.turns import turn

WATCHED: Final = 1
"""Raised whenever other shots would be found, or other things seen, in the same pictures."""
SIGHTS_EVERY_S: Final = Fraction(1, 5)
"""Seconds between two pictures in which faces are looked for. Nobody walks out of a crop in that time."""
AROUND_S: Final = Fraction(1)
"""Seconds before and after a part that are looked at too: what decides whether a change is a cut lies nearer."""
_log = structlog.get_logger(__name__)
_CHILD: Final = Path(__file__).with_name("child.py")
_TIMEOUT_S: Final = 3000.0
_PATIENCE_S: Final = 120.0
_LIMITS: Final = Limits(memory_bytes=4 << 30, file_bytes=0, cpu_s=7200, stack_bytes=2 << 20)
_ENV: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording: seconds, the end excluded, and None for all that follows."""

    start: Rational = Fraction(0)
    end: Rational | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The shots of a part of a recording, and whether the first of them began before it."""

    shots: tuple[Shot, ...]
    continues: bool


async def find_shots(
    path: Path,
    info: MediaInfo,
    zero: Fraction,
    *,
    span: Span = Span(),
    progress: Callable[[float], None] | None = None,
) -> Stretch:
    """The shots of a recording, or of a part of it; a little more is looked at, so that parts agree with the whole.

    Args:
        path: a file of ours.
        info: what its probe found.
        zero: the presentation time that is second 0 of it.
        span: the part to look at.
        progress: called with how much is done, in [0, 1].

    Returns:
        The shots in order; none when the file has no moving pictures, or none in that part.

    Raises:
        Invalid: `source_damaged`.
        Unavailable: `media_timeout`, `out_of_memory`.
        Internal: `watching_failed`.
    """
    stream = info.video
    if stream is None or info.kind == "image":
        return Stretch((), continues=False)
    order = _order(path, info, zero, stream, span)
    return _stretch(await _watched(path, order, stream, progress, None), stream, zero, span)


async def look_at(
    path: Path,
    info: MediaInfo,
    zero: Fraction,
    *,
    span: Span,
    progress: Callable[[float], None] | None = None,
) -> Seen:
    """The shots of a part of a recording, and what is to be seen in them; arguments and errors as for `find_shots`."""
    stream = info.video
    if stream is None or info.kind == "image":
        return Seen((), ())
    every = to_ticks(SIGHTS_EVERY_S, stream.time_base)
    subjects = {
        "subjects": True,
        "every": max(1, every),
        "upright": [stream.width, stream.height],
        "rotation": stream.rotation,
    }
    sights: list[Sight] = []

    def see(facts: dict[str, Any]) -> None:
        at = facts["at"] * stream.time_base - zero
        if span.start <= at and (span.end is None or at < span.end):
            sights.append(_sight(at, facts))

    order = {**_order(path, info, zero, stream, span), **subjects}
    stretch = _stretch(await _watched(path, order, stream, progress, see), stream, zero, span)
    return Seen(stretch.shots, tuple(sights))


def _sight(at: Fraction, facts: dict[str, Any]) -> Sight:
    faces = tuple(
        Face(number, left, top, width, height, found, talk, None if eyes < 0 else eyes)
        for number, left, top, width, height, found, talk, eyes in facts["faces"]
    )
    motion = Motion(*facts["motion"])
    return Sight(at, faces, motion if motion.share else None, facts["sharp"])


def joined(stretches: Sequence[Stretch]) -> tuple[Shot, ...]:
    """The shots of parts that follow each other, as those of the whole."""
    shots: list[Shot] = []
    base = 0
    for stretch in stretches:
        for place, shot in enumerate(stretch.shots):
            moved = replace(shot, first=base + shot.first, last=base + shot.last)
            if place == 0 and stretch.continues and shots:
                shots[-1] = replace(shots[-1], end=moved.end, last=moved.last)
            else:
                shots.append(moved)
        base = shots[-1].last if shots else 0
    return tuple(shots)


def _stretch(said: dict[str, Any], stream: VideoStream, zero: Fraction, span: Span) -> Stretch:
    met = iter(said["met"])
    start = next(met, None) if span.start > 0 else [0, said["first"]]
    if start is None or not said["frames"]:
        return Stretch((), continues=False)
    length = said["end"] - said["last"] or 1 / (stream.fps * stream.time_base)
    end = (next(met, None) if span.end is not None else None) or [said["frames"], said["last"] + length]
    inside = [cut for cut in said["cuts"] if start[0] < cut[0] < end[0]]
    at_start = [cut for cut in said["cuts"] if cut[0] == start[0]]
    edges = [*(at_start or [[*start, False]]), *inside, [*end, False]]

    def second(pts: int | Fraction) -> Fraction:
        return pts * stream.time_base - zero

    shots = tuple(
        Shot(second(pts), second(until), first - start[0], last - start[0], faded)
        for (first, pts, faded), (last, until, _) in pairwise(edges)
        if last > first
    )
    return Stretch(shots, continues=span.start > 0 and not at_start)


async def _watched(
    path: Path,
    order: dict[str, Any],
    stream: VideoStream,
    progress: Callable[[float], None] | None,
    see: Callable[[dict[str, Any]], None] | None,
) -> dict[str, Any]:
    """What the child says at last; `see` gets what it says of single pictures on its way."""
    said: list[dict[str, Any]] = []
    first = to_ticks(stream.start, stream.time_base) if order["first"] is None else order["first"]
    last = first + (stream.duration or Fraction(1)) / stream.time_base if order["last"] is None else order["last"]
    total = max(last - first, 1)

    def hear(line: str) -> bool:
        facts = json.loads(line)
        if "at" in facts and see is not None:
            see(facts)
        elif "reached" not in facts:
            said.append(facts)
        elif progress is not None:
            progress(float(min(max((facts["reached"] - first) / total, 0), 1)))
        return True

    try:
        async with turn("film"):
            done = await run(
                [sys.executable, "-I", str(_CHILD)],
                cwd=path.absolute().parent,
                timeout_s=_TIMEOUT_S,
                env=_ENV,
                limits=_LIMITS,
                stdin=json.dumps(order).encode(),
                on_line=hear,
                patience_s=_PATIENCE_S,
                box=for_python([path.absolute()], memory_bytes=_LIMITS.memory_bytes),
            )
    except TimedOut as error:
        sentence = "The pictures could not be looked at in time; try again later, or with a shorter recording."
        raise Unavailable("media_timeout", sentence) from error
    if done.returncode != 0 or not said or "error" in said[-1]:
        raise _failure(said[-1] if said else {}, done.returncode, done.stderr)
    return said[-1]


def _order(path: Path, info: MediaInfo, zero: Fraction, stream: VideoStream, span: Span) -> dict[str, Any]:
    """What the child is told; times in ticks of the stream."""

    def tick(second: Fraction) -> int:
        return to_ticks(zero + second, stream.time_base)

    marks = [tick(span.start)] if span.start > 0 else []
    margin = AROUND_S + (0 if info.format in INDEXED else MARGIN_WITHOUT_INDEX_S)
    return {
        "path": str(path.absolute()),
        "demuxer": demuxer(info.format).value,
        "stream": stream.index,
        "seek": tick(span.start - margin) if info.format not in UNSEEKABLE and span.start > margin else None,
        "first": tick(span.start - AROUND_S) if span.start > AROUND_S else None,
        "last": None if span.end is None else tick(span.end + AROUND_S),
        "marks": marks if span.end is None else [*marks, tick(span.end)],
        "fps": float(stream.fps),
        "subjects": False,
    }


def _failure(report: dict[str, Any], returncode: int, stderr: bytes) -> CutroomError:
    _log.error(
        "watching.failed", report=report, returncode=returncode, stderr=stderr[-4000:].decode("utf-8", "replace")
    )
    if report.get("error") == "source_damaged":
        return Invalid("source_damaged", "The pictures could not be decoded; the file is damaged.")
    if report.get("error") == "out_of_memory" or returncode == -9:
        return Unavailable("out_of_memory", "The machine ran out of memory; try again later.")
    return Internal("watching_failed", f"The pictures could not be looked at (status {returncode}); see the log.")
