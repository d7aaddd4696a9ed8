"""Dissolves: what a clip's coming asks of the clip before it on the same track.

A dissolve moves nothing. The earlier clip plays on (or freezes) beneath the later one while that fades in; where the
later one does not hide it, it fades out meanwhile. Their sounds cross.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from cutroom.timeline.facts import sound_length
from cutroom.timeline.geometry import Canvas, hides_all_below
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import ResolvedClip


def join(
    clips: Sequence[ResolvedClip], dissolving: frozenset[str], frames: int, fps: Fraction, canvas: Canvas, notes: Notes
) -> list[ResolvedClip]:
    """Join the clips of one track.

    Args:
        clips: ordered by start; `fade_in` (pictures) or `audio_fade_in` (sounds) holds the length of a dissolve.
        dissolving: pointers of the clips that dissolve in.
        frames: length of the timeline.
        fps: frames a second.
        canvas: width and height of the picture.
        notes: takes the warnings.
    """
    joined = list(clips)
    picture: int | None = None
    sound: int | None = None
    for index in range(len(joined)):
        clip = joined[index]
        before = sound if clip.kind == "audio" else picture
        dissolves = clip.pointer in dissolving
        if dissolves and before is not None and _meets(joined[before], clip):
            joined[before], joined[index] = _dissolve(joined[before], clip, frames, fps, canvas)
        elif dissolves:
            sentence = "No clip of this track ends where this one starts, so it fades in instead of dissolving."
            notes.warn(f"{clip.pointer}/transition/in", "dissolve_alone", sentence)
        elif before is not None and clip.kind != "audio" and joined[before].end > clip.start:
            sentence = "This clip starts before the one below it on the same track has ended; it lies on top meanwhile."
            notes.warn(f"{clip.pointer}/start", "overlap", sentence)
        if clip.kind != "audio":
            picture = _later(joined, picture, index)
        if clip.audio_end > clip.audio_start:
            sound = index
    return joined


def _later(clips: Sequence[ResolvedClip], known: int | None, index: int) -> int:
    return index if known is None or clips[index].end >= clips[known].end else known


def _meets(before: ResolvedClip, clip: ResolvedClip) -> bool:
    """Whether `before` is still there when `clip` comes, and does not leave by a fade of its own."""
    return before.end >= clip.start and before.fade_out == 0


def _dissolve(
    before: ResolvedClip, clip: ResolvedClip, frames: int, fps: Fraction, canvas: Canvas
) -> tuple[ResolvedClip, ResolvedClip]:
    span = clip.fade_in
    until = min(clip.start + span, frames)
    tail = max(0, until - before.end)
    fades = before.kind != "audio" and before.end <= until and not hides_all_below(clip, canvas)
    before = replace(before, tail=tail, fade_out=min(span, until - before.start) if fades else 0)
    return _cross(before, clip, Fraction(span) / fps)


def _cross(before: ResolvedClip, clip: ResolvedClip, seconds: Fraction) -> tuple[ResolvedClip, ResolvedClip]:
    """Cross the sounds over `seconds` from the start of `clip`."""
    start = clip.audio_start
    if before.audio_end > before.audio_start and before.audio_end <= start + seconds:
        length = sound_length(before.media) if before.media is not None else None
        limit = start + seconds if length is None else before.audio_start + length - before.trim
        end = max(before.audio_end, min(start + seconds, limit))
        falling = max(before.audio_fade_out, end - start, Fraction(0))
        before = replace(before, audio_end=end, audio_fade_out=min(falling, end - before.audio_start))
    rising = min(max(clip.audio_fade_in, seconds), clip.audio_end - clip.audio_start)
    return before, replace(clip, audio_fade_in=rising)
