"""Crossings: what a clip's coming asks of the clip before it on the same track.

A crossing moves nothing. The earlier clip plays on (or freezes) beneath the later one while that comes in; where the
later one does not hide it, it fades out meanwhile. Their sounds cross. A dissolve is a crossing with a fade.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cutroom.timeline.facts import Known
from cutroom.timeline.geometry import Canvas, hides
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import ResolvedClip


@dataclass(frozen=True, slots=True)
class Stage:
    """What all clips of an edit share: `frames` in all, frames a second, the picture's size, the sources' facts."""

    frames: int
    fps: Fraction
    canvas: Canvas
    sources: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A clip that crosses with the one before it.

    Args:
        frames: for how many.
        field: of the document, that says so.
        pictures: whether the pictures cross too; where the clip cuts in, the sounds alone do.
    """

    frames: int
    field: str
    pictures: bool


def join(
    clips: Sequence[ResolvedClip], crossings: Mapping[str, Crossing], stage: Stage, notes: Notes
) -> list[ResolvedClip]:
    """Join the clips of one track.

    Args:
        clips: ordered by start.
        crossings: those of the clips that cross with the one before them, by pointer.
        stage: what they share.
        notes: takes the warnings.
    """
    joined = list(clips)
    picture: int | None = None
    sound: int | None = None
    for index, clip in enumerate(clips):
        before = sound if clip.kind == "audio" else picture
        crossing = crossings.get(clip.pointer)
        if crossing is not None and before is not None and _meets(joined[before], clip):
            joined[before], joined[index] = _cross(joined[before], clip, crossing, stage)
        elif crossing is not None:
            sentence = (
                "No clip of this track ends where this one starts, or the one that does leaves by a transition of its "
                "own, so this one comes in alone, with nothing to cross."
            )
            notes.warn(f"{clip.pointer}/transition/{crossing.field}", "dissolve_alone", sentence)
        elif before is not None and clip.kind != "audio" and joined[before].end > clip.start:
            sentence = "This clip starts before an earlier one on the same track has ended; it lies on top meanwhile."
            notes.warn(f"{clip.pointer}/start", "overlap", sentence)
        if clip.kind != "audio" and (picture is None or clip.end >= joined[picture].end):
            picture = index
        if clip.audio_end > clip.audio_start:
            sound = index
    return joined


def _meets(before: ResolvedClip, clip: ResolvedClip) -> bool:
    """Whether `before` is still there when `clip` comes, and does not leave by a transition of its own."""
    return before.end >= clip.start and before.fade_out == 0 and before.leave is None


def _cross(
    before: ResolvedClip, clip: ResolvedClip, crossing: Crossing, stage: Stage
) -> tuple[ResolvedClip, ResolvedClip]:
    span = crossing.frames
    seconds = Fraction(span) / stage.fps
    until = min(clip.start + span, stage.frames)
    audio_end, falling = _falling(before, clip.audio_start, seconds, stage)
    tail, fade_out = before.tail, before.fade_out
    if crossing.pictures:
        fades = before.end <= until and not hides(clip, before, stage.canvas)
        left = until - before.start - before.fade_in  # nothing goes before it has come
        tail, fade_out = max(0, until - before.end), max(0, min(span, left)) if fades else 0
    before = replace(before, tail=tail, fade_out=fade_out, audio_end=audio_end, audio_fade_out=falling)
    if clip.audio_end == clip.audio_start:
        return before, clip
    rising = min(max(clip.audio_fade_in, seconds), clip.audio_end - clip.audio_start)
    return before, replace(clip, audio_fade_in=rising)


def _falling(before: ResolvedClip, start: Fraction, seconds: Fraction, stage: Stage) -> tuple[Fraction, Fraction]:
    """End and fade of the earlier sound that crosses over `seconds` from `start`, as far as its media lasts."""
    end = before.audio_end
    until = start + seconds
    if before.src is None or end == before.audio_start or end > until:
        return end, before.audio_fade_out
    length = stage.sources[before.src].sound_s
    limit = until if length is None else before.audio_start + (length - before.trim) / before.speed
    end = max(end, min(until, limit, stage.frames / stage.fps))
    return end, min(max(before.audio_fade_out, end - start), end - before.audio_start)
