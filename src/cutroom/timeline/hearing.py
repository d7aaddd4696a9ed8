"""What is heard of clips and of the soundtrack, in exact seconds."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from cutroom.timeline.clip.sound import ducking_of
from cutroom.timeline.fields import exact
from cutroom.timeline.joins import Stage
from cutroom.timeline.keyframes import Keyframes, curve, greatest
from cutroom.timeline.model import Edit
from cutroom.timeline.notes import Notes
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import SILENT, SOUNDS, Curve, ResolvedClip, ResolvedSoundtrack
from cutroom.timeline.resolved.sound import SHORTEST_LOOP_S
from cutroom.timeline.schedule import Placed

_MUSIC_END_S: Final = Fraction(1)
"""Fade of a soundtrack that the timeline cuts off."""
_PLAYING: Final = frozenset({"video", "audio", "timeline"})


def heard_of(placed: Placed, start: int, end: int, stage: Stage) -> tuple[Fraction, Fraction]:
    """Seconds of the output between which a clip that is shown from frame `start` to `end` is heard."""
    clip, source = placed.clip, placed.source
    is_sound = clip.asset.type == "audio"
    heard_from = placed.start if is_sound else start / stage.fps
    silent = clip.asset.type not in _PLAYING or greatest(clip.volume) == 0
    if silent or source is None or source.media.info.audio is None:
        return heard_from, heard_from
    limit = end / stage.fps
    if is_sound and placed.end is not None:
        limit = min(limit, placed.end)
    if source.sound_s is not None:
        limit = min(limit, heard_from + (source.sound_s - exact(clip.trim)) / exact(clip.speed))
    return heard_from, max(heard_from, limit)


def swelling(volume: Keyframes) -> tuple[float, Curve]:
    """The constant and the changing part of a volume; one of them is 1."""
    found = curve(volume)
    return (1.0, found) if isinstance(found, tuple) else (found, 1.0)


def soundtrack_of(edit: Edit, left: Fraction | None, stage: Stage, notes: Notes) -> ResolvedSoundtrack | None:
    """The soundtrack, of which `left` seconds are there after its trim; None when that is unknown."""
    track = edit.timeline.soundtrack
    if track is None:
        return None
    source, duration = stage.sources[track.src], stage.frames / stage.fps
    if track.loop and source.sound_s is not None and source.sound_s < SHORTEST_LOOP_S:
        sentence = f"This sound is shorter than {float(SHORTEST_LOOP_S):g} seconds, so it is played once."
        notes.warn("/timeline/soundtrack/loop", "too_short_to_loop", sentence)
    end = duration if track.loop or left is None else min(duration, left)
    cut_off = track.loop or left is None or left > duration
    fall = (_MUSIC_END_S if cut_off else Fraction(0)) if isinstance(track.fade_out, str) else exact(track.fade_out)
    seam = exact(track.crossfade) if track.loop else Fraction(0)
    if source.sound_s is not None:
        seam = min(seam, source.sound_s / 2, left or Fraction(0))
    volume, swell = swelling(track.volume)
    return ResolvedSoundtrack(
        media=source.media,
        src=track.src,
        volume=volume,
        loop=track.loop,
        trim=exact(track.trim),
        end=end,
        fade_in=min(exact(track.fade_in), end),
        fade_out=min(fall, end),
        seam=seam,
        swell=swell,
        ducking=ducking_of(track.ducking),
    )


def listen(
    output: Output, place: str, clips: Sequence[ResolvedClip], music: ResolvedSoundtrack | None, notes: Notes
) -> None:
    """A file of sound needs some; a video without any is worth a word, unless it was asked for."""
    if output.mute or output.format in SILENT or any(clip.audio_end > clip.audio_start for clip in clips):
        return
    if music is not None and (music.volume > 0 and music.swell != 0) and music.end > 0:
        return
    if output.format in SOUNDS:
        sentence = (
            f"None of the sources has sound to make {'a' if output.format == 'wav' else 'an'} {output.format} of."
        )
        notes.refuse(f"{place}/format", "nothing_audible", sentence)
    else:
        notes.warn("/timeline", "silent", "Nothing in this timeline makes a sound.")
