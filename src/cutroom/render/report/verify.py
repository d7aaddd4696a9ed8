"""A render proves itself: the finished file is measured against its plan before anybody gets it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Final

import av

from cutroom.render.output import hls
from cutroom.render.plan import RenderPlan
from cutroom.render.report.checks import Checks, check_cuts, check_loudness, compare, count, cuts, unreadable
from cutroom.render.report.expected import expected, moves
from cutroom.render.report.facts import Facts, facts, seconds
from cutroom.render.report.glance import MOST, Glance, glances
from cutroom.render.report.loudness import listen, name_of
from cutroom.render.report.model import Cuts, Level, RenderReport, Suspicion, Tally

_COLOR_OFF: Final = 16.0
"""By how much, of 255, compression and a palette may change a plain colour."""
_PLAYLIST_OFF: Final = Fraction(1, 100)


def sound_name(plan: RenderPlan, out: Path) -> str | None:
    """A name for the sound of a finished file: the same for the same packets. None where measuring is soon done."""
    if plan.audio is None:
        return None
    try:
        return name_of(_film(plan, out), plan.duration)
    except (av.FFmpegError, OSError):
        return None  # `verify` says what is wrong with it


async def verify(
    plan: RenderPlan,
    out: Path,
    *,
    reused: int = 0,
    timings: Mapping[str, float] | None = None,
    level: Level | None = None,
) -> RenderReport:
    """Measure a finished file.

    Args:
        plan: what it was made from.
        out: the file; for HLS the playlist, with its media beside it.
        reused: how many pieces were found finished.
        timings: seconds that earlier stages took, for the report.
        level: what was measured before of a sound with the same `sound_name`.

    Raises:
        Internal: `render_check_failed`, with details that name the checks, when it is not what the plan says.
    """
    started = perf_counter()
    report = await asyncio.to_thread(_measured, plan, out, reused, level)
    return replace(report, timings={**(timings or {}), "verify": round(perf_counter() - started, 3)})


def _film(plan: RenderPlan, out: Path) -> Path:
    return out.parent / hls.MEDIA if plan.output.format == "hls" else out


def _measured(plan: RenderPlan, out: Path, reused: int, known: Level | None) -> RenderReport:
    checks = Checks()
    checks.add("readable", passed=True, wanted="a file that can be read", found="one")
    film = _film(plan, out)
    found = _read(plan, film)
    compare(plan, found, checks)
    worst = check_cuts(plan, found, checks)
    if film is not out:
        _playlist(plan, out, checks)
    checks.settle()  # what follows looks into the film, and asks of frames that must be there
    with ThreadPoolExecutor(1) as ear:  # decoding and adding up leave Python's lock alone
        hearing = ear.submit(_hear, film, found, known)
        suspicions = _look(plan, film, checks) if found.frames is not None else ()
        level = hearing.result()
    if level is not None:
        check_loudness(plan, level, checks)
    checks.settle()
    return _report(plan, found, checks, reused, Cuts(len(cuts(plan)), worst), level, suspicions)


def _read(plan: RenderPlan, film: Path) -> Facts:
    try:
        return facts(film, plan.output.format)
    except av.FFmpegError as error:
        raise unreadable(str(error.strerror)) from error
    except (ValueError, KeyError, OSError) as error:
        raise unreadable(str(error)) from error


def _playlist(plan: RenderPlan, playlist: Path, checks: Checks) -> None:
    length = sum(hls.segment_lengths(playlist), Fraction(0))
    passed = abs(length - plan.duration) <= max(_PLAYLIST_OFF, 1 / plan.output.fps)
    checks.add("playlist", passed, f"{float(plan.duration):.3f} s", f"{float(length):.3f} s")


def _look(plan: RenderPlan, film: Path, checks: Checks) -> tuple[Suspicion, ...]:
    """Look at some frames: their colours are checked, and what is black or still without reason is found."""
    try:
        seen = glances(film, plan.output.format, plan.output.fps, chosen(plan))
    except (av.FFmpegError, OSError) as error:
        raise unreadable(str(error.strerror)) from error
    found: list[Suspicion] = []
    wrong = next((glance for glance in seen if not _as_expected(plan, glance)), None)
    where = "as planned" if wrong is None else f"another at frame {wrong.frame}"
    checks.add("colors", wrong is None, "the plain colours of the plan", where)
    for glance, after in pairwise([*seen, None]):
        if glance is not None:
            found += _suspicions(plan, glance, after)
    return tuple(found)


def chosen(plan: RenderPlan) -> list[int]:
    """Frames to look at: where what was made here begins, and others all over the film; fewer where all is copied."""
    made = [part.start for part in plan.segments if part.kind != "copy"]
    most = MOST if made else MOST // 2
    starts = made[:: max(-(-2 * len(made) // most), 1)]
    evenly = most - len(starts)
    return sorted({*starts, *(plan.frames * number // evenly for number in range(evenly))})


def _as_expected(plan: RenderPlan, glance: Glance) -> bool:
    wanted = expected(plan, glance.frame).color
    if wanted is None:
        return True
    # A gif mixes a colour that its palette has not out of dots of others.
    found = glance.mean if plan.output.format == "gif" else glance.color
    return found is not None and all(abs(a - b) <= _COLOR_OFF for a, b in zip(wanted, found, strict=True))


def _suspicions(plan: RenderPlan, glance: Glance, after: Glance | None) -> list[Suspicion]:
    end = after.frame if after is not None else plan.frames
    there = expected(plan, glance.frame)
    span = (glance.frame / plan.output.fps, end / plan.output.fps)
    if glance.black and there.pointers and not plan.output.transparent:
        return [Suspicion("black", *span, there.pointers)]
    if after is not None and glance.same(after) and moves(plan, glance.frame, end):
        return [Suspicion("frozen", *span, there.pointers)]
    return []


def _hear(film: Path, found: Facts, known: Level | None) -> Level | None:
    if found.sound is None or known is not None:
        return known
    try:
        return listen(film, found.sound.duration)
    except av.FFmpegError as error:
        raise unreadable(f"its sound: {error.strerror}") from error


def _report(
    plan: RenderPlan,
    found: Facts,
    checks: Checks,
    reused: int,
    joins: Cuts,
    level: Level | None,
    suspicions: tuple[Suspicion, ...],
) -> RenderReport:
    frames, sound, fps = found.frames, found.sound, plan.output.fps
    parts = [*plan.segments, *([plan.audio] if plan.audio is not None else [])]
    return RenderReport(
        format=plan.output.format,
        size_bytes=found.size_bytes,
        duration=seconds(frames, fps) if frames is not None else sound.duration if sound is not None else Fraction(0),
        frames=count(frames, fps),
        width=found.width,
        height=found.height,
        fps=fps if frames is not None else None,
        video_codec=found.video_codec,
        audio_codec=found.audio_codec,
        audio_duration=sound.duration if sound is not None else None,
        audio_offset=sound.start if sound is not None and frames is not None else None,
        faststart=found.faststart,
        pixels=found.pixels,
        key_frames=int(frames.keys.sum()) if frames is not None else None,
        audio_rate=found.audio_rate,
        audio_channels=found.audio_channels,
        cuts=joins if frames is not None else None,
        level=level,
        suspicions=suspicions,
        checks=tuple(checks.made),
        warnings=plan.warnings,
        sources=tuple(sorted({source for part in parts for source in part.inputs})),
        tally=Tally(len(plan.segments), dict(Counter(part.kind for part in plan.segments)), reused),
        engine=plan.engine,
    )
