"""From a checked document and probed media to the resolved edit: every time an integer frame, every default decided."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from cutroom.media.timebase import nearest_frame
from cutroom.timeline.assets import ColorAsset
from cutroom.timeline.colors import read_color
from cutroom.timeline.facts import check_soundtrack, known
from cutroom.timeline.fields import exact
from cutroom.timeline.geometry import box_of, enlargement, safe_shift
from cutroom.timeline.joins import Stage, join
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Clip, Edit
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import Media, ResolvedClip, ResolvedEdit, ResolvedOutput, ResolvedSoundtrack
from cutroom.timeline.schedule import Placed, end_of, schedule
from cutroom.timeline.source import public_name
from cutroom.timeline.sources import sources
from cutroom.timeline.text import TextAsset

_DEFAULT: Final = Limits()
_NOTICEABLE: Final = Fraction(5, 4)
"""Enlargement from which a picture looks soft."""
_MUSIC_END_S: Final = Fraction(1)
"""Fade of a soundtrack that the timeline cuts off."""


def resolve(edit: Edit, media: Mapping[str, Media], limits: Limits = _DEFAULT) -> ResolvedEdit:
    """Decide everything that the document leaves open.

    Times become frames by round(seconds x fps) in exact arithmetic, ties up, so clips that share an edge share a frame.

    Args:
        edit: a checked document.
        media: every source of `sources(edit)` by its `src`.
        limits: of which the duration is checked again here, where `auto` lengths are known.

    Raises:
        Invalid: with a detail for each clip that its media cannot serve: `wrong_media_kind`, `no_audio`,
            `trim_beyond_end`, `unknown_length`; and `too_long`, `too_short`, `no_duration`, `nothing_audible`.
    """
    notes = Notes()
    found = known(sources(edit), media)
    tracks = schedule(edit, found, notes)
    end = end_of(edit, tracks, limits, notes)
    music_left = check_soundtrack(edit.timeline.soundtrack, found, notes)
    notes.check()
    fps, canvas = edit.output.rate, edit.output.size
    frames = nearest_frame(end, fps)
    if frames == 0:
        place = "/timeline/duration" if edit.timeline.duration is not None else "/timeline/tracks"
        notes.refuse(place, "too_short", f"The timeline is shorter than one frame of {float(1 / fps):.3f} seconds.")
    stage = Stage(frames, fps, canvas, found)
    clips: list[ResolvedClip] = []
    for track in reversed(tracks):
        resolved = [clip for placed in track if (clip := _clip(placed, stage, notes)) is not None]
        resolved.sort(key=lambda clip: clip.start)
        dissolving = frozenset(placed.pointer for placed in track if placed.clip.transition.enter == "dissolve")
        clips.extend(join(resolved, dissolving, stage, notes))
    music = _soundtrack(edit, music_left, stage)
    if edit.output.format != "mp3":
        _look(clips, stage, notes)
    _listen(edit, clips, music, notes)
    notes.check()
    output = ResolvedOutput(
        format=edit.output.format,
        width=canvas[0],
        height=canvas[1],
        fps=fps,
        quality=edit.output.quality,
        background=read_color(edit.timeline.background),
        mute=edit.output.mute,
    )
    return ResolvedEdit(output, frames, tuple(clips), music, tuple(notes.warnings))


def _clip(placed: Placed, stage: Stage, notes: Notes) -> ResolvedClip | None:
    """One clip in frames; None, with a warning, when nothing of it is in the output."""
    clip, asset, fps, canvas = placed.clip, placed.clip.asset, stage.fps, stage.canvas
    media = placed.source.media if placed.source is not None else None
    start, end = _frames(placed, stage)
    if start >= stage.frames:
        notes.warn(placed.pointer, "outside_timeline", "This clip starts after the timeline has ended; it is left out.")
        return None
    if start >= end:
        notes.warn(placed.pointer, "too_short", "This clip is shorter than one frame; it is left out.")
        return None
    fade_in, fade_out = _fades(clip, end - start, fps)
    shift_x, shift_y = safe_shift(clip.position, canvas) if asset.type == "text" else (Fraction(0), Fraction(0))
    width, height = box_of(clip, media, canvas)
    heard_from, heard_to = _heard(placed, start, end, stage)
    heard = heard_to - heard_from
    rise, fall = exact(clip.fade_in), exact(clip.fade_out)
    if asset.type == "audio":
        rise, fall = max(rise, fade_in / fps), max(fall, fade_out / fps)
    return ResolvedClip(
        pointer=placed.pointer,
        layer=placed.layer,
        kind=asset.type,
        media=media,
        src=None if isinstance(asset, TextAsset | ColorAsset) else asset.src,
        start=start,
        end=end,
        tail=0,
        trim=exact(clip.trim),
        fade_in=fade_in,
        fade_out=fade_out,
        text=asset.style(clip.position, canvas) if isinstance(asset, TextAsset) else None,
        color=read_color(asset.color) if isinstance(asset, ColorAsset) else None,
        fit=clip.fit,
        position=clip.position,
        offset_x=exact(clip.offset.x) + shift_x,
        offset_y=exact(clip.offset.y) + shift_y,
        width_px=width,
        height_px=height,
        opacity=clip.opacity,
        volume=clip.volume,
        audio_start=heard_from,
        audio_end=heard_to,
        audio_fade_in=min(rise, heard),
        audio_fade_out=min(fall, heard),
    )


def _frames(placed: Placed, stage: Stage) -> tuple[int, int]:
    """First frame and frame after the last. Sounds are exact in seconds, so their frames only enclose them."""
    frames, fps = stage.frames, stage.fps
    if placed.clip.asset.type == "audio":
        end = frames if placed.end is None else math.ceil(placed.end * fps)
        return math.floor(placed.start * fps), min(end, frames)
    end = frames if placed.end is None else nearest_frame(placed.end, fps)
    return nearest_frame(placed.start, fps), min(end, frames)


def _fades(clip: Clip, length: int, fps: Fraction) -> tuple[int, int]:
    """Frames of rise and fall; together never more than the clip has."""
    asked = max(1, nearest_frame(exact(clip.transition.duration), fps))
    rise = clip.transition.enter != "cut"
    fall = clip.transition.leave != "cut"
    if rise and fall:
        first = min(asked, (length + 1) // 2)
        return first, min(asked, length - first)
    return min(asked, length) if rise else 0, min(asked, length) if fall else 0


def _heard(placed: Placed, start: int, end: int, stage: Stage) -> tuple[Fraction, Fraction]:
    """Seconds of the output between which the clip is heard."""
    clip, source = placed.clip, placed.source
    is_sound = clip.asset.type == "audio"
    heard_from = placed.start if is_sound else start / stage.fps
    if source is None or source.media.info.audio is None or clip.volume == 0 or clip.asset.type == "image":
        return heard_from, heard_from
    limit = end / stage.fps
    if is_sound and placed.end is not None:
        limit = min(limit, placed.end)
    if source.sound_s is not None:
        limit = min(limit, heard_from + source.sound_s - exact(clip.trim))
    return heard_from, max(heard_from, limit)


def _soundtrack(edit: Edit, left: Fraction | None, stage: Stage) -> ResolvedSoundtrack | None:
    track = edit.timeline.soundtrack
    if track is None:
        return None
    source, duration = stage.sources[track.src], stage.frames / stage.fps
    end = duration if track.loop or left is None else min(duration, left)
    cut_off = track.loop or left is None or left > duration
    fall = (_MUSIC_END_S if cut_off else Fraction(0)) if isinstance(track.fade_out, str) else exact(track.fade_out)
    return ResolvedSoundtrack(
        media=source.media,
        src=track.src,
        volume=track.volume,
        loop=track.loop,
        trim=exact(track.trim),
        end=end,
        fade_in=min(exact(track.fade_in), end),
        fade_out=min(fall, end),
    )


def _look(clips: list[ResolvedClip], stage: Stage, notes: Notes) -> None:
    """Warn of pictures that stand still or look soft; once for each source that is enlarged."""
    soft: set[str] = set()
    for clip in clips:
        if clip.src is None:
            continue
        if clip.kind == "video":
            length = stage.sources[clip.src].picture_s
            shown = (clip.end - clip.start) / stage.fps
            missing = shown - (length - clip.trim) if length is not None else Fraction(0)
            if missing > 1 / stage.fps:
                sentence = (
                    f"{public_name(clip.src)} ends {float(missing):.2f} seconds before the clip does; "
                    "its last picture stays until then."
                )
                notes.warn(f"{clip.pointer}/length", "freezes", sentence)
        scale = enlargement(clip, stage.canvas)
        if scale > _NOTICEABLE and clip.src not in soft:
            soft.add(clip.src)
            sentence = f"{public_name(clip.src)} is enlarged {float(scale):.1f} times and will look soft."
            notes.warn(f"{clip.pointer}/asset/src", "upscaled", sentence)


def _listen(edit: Edit, clips: list[ResolvedClip], music: ResolvedSoundtrack | None, notes: Notes) -> None:
    """An mp3 needs sound; a video without any is worth a word, unless it was asked for."""
    if edit.output.mute or any(clip.audio_end > clip.audio_start for clip in clips):
        return
    if music is not None and music.volume > 0 and music.end > 0:
        return
    if edit.output.format == "mp3":
        notes.refuse("/output/format", "nothing_audible", "None of the sources has sound to make an mp3 of.")
    else:
        notes.warn("/timeline", "silent", "Nothing in this timeline makes a sound.")
