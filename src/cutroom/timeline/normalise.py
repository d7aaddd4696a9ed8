"""From a checked document and probed media to the resolved edit: every time an integer frame, every default decided."""

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final, get_args

from cutroom.media.timebase import nearest_frame
from cutroom.timeline.appearance import constant, dressed
from cutroom.timeline.assets.color import ColorAsset
from cutroom.timeline.assets.text import TextAsset
from cutroom.timeline.clip.effect import view_of
from cutroom.timeline.clip.sound import ducking_of
from cutroom.timeline.clip.transition import Transition, Way
from cutroom.timeline.colors import read_color
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.facts import check_soundtrack, gathered
from cutroom.timeline.fields import exact
from cutroom.timeline.geometry import box_of, position_of, shift_of
from cutroom.timeline.hearing import heard_of, listen, soundtrack_of, swelling
from cutroom.timeline.joins import Crossing, Stage, join
from cutroom.timeline.keyframes import curve
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Edit
from cutroom.timeline.notes import Notes
from cutroom.timeline.output import Output
from cutroom.timeline.outputs import resolve_output
from cutroom.timeline.remarks import look, remark
from cutroom.timeline.resolved import SOUNDS, ClipKind, Media, Passage, ResolvedClip, ResolvedEdit
from cutroom.timeline.schedule import Placed, end_of, schedule
from cutroom.timeline.soundtrack import loudness_of
from cutroom.timeline.sources import sources
from cutroom.timeline.typecase import lettered, typecase

_DEFAULT: Final = Limits()
_KINDS: Final[Mapping[str, ClipKind]] = {name: name for name in get_args(ClipKind)} | {
    "svg": "image",
    "html": "image",
    "timeline": "video",
}
"""What has been made of an asset by the time it is laid on the picture."""


def resolve(
    edit: Edit,
    media: Mapping[str, Media | CueSheet],
    limits: Limits = _DEFAULT,
    *,
    output: Output | None = None,
    place: str = "/output",
) -> ResolvedEdit:
    """Decide everything that the document leaves open.

    Times become frames by round(seconds x fps) in exact arithmetic, ties up, so clips that share an edge share a frame.

    Args:
        edit: a checked document.
        media: every source of `sources(edit)` by its `src`; captions as a `CueSheet`.
        limits: of which the duration is checked again here, where `auto` lengths are known.
        output: the output to decide for; `edit.output` when not given.
        place: its JSON pointer.

    Raises:
        Invalid: with a detail for each clip that its media cannot serve: `wrong_media_kind`, `no_audio`,
            `trim_beyond_end`, `unknown_length`; and `too_long`, `too_short`, `no_duration`, `nothing_audible`,
            `beyond_end`, `too_many`.
    """
    output = output or edit.output
    notes = Notes()
    found = gathered(sources(edit), media)
    tracks = schedule(edit, found, notes)
    end = end_of(edit, tracks, limits, notes)
    music_left = check_soundtrack(edit.timeline.soundtrack, found.known, notes)
    notes.check()
    fps, canvas = output.rate, output.size
    frames = nearest_frame(end, fps)
    if frames == 0:
        place = "/timeline/duration" if edit.timeline.duration is not None else "/timeline/tracks"
        notes.refuse(place, "too_short", f"The timeline is shorter than one frame of {float(1 / fps):.3f} seconds.")
        notes.check()
    stage = Stage(frames, fps, canvas, found.known)
    clips = [clip for track in reversed(tracks) for clip in _track(track, stage, notes)]
    case = typecase(edit.timeline.fonts, found.known, notes)
    if case.families:
        clips = [lettered(clip, case) for clip in clips]
    music = soundtrack_of(edit, music_left, stage, notes)
    if output.format not in SOUNDS:
        look(clips, stage, notes)
    listen(output, place, clips, music, notes)
    decided = resolve_output(edit, output, place, frames, notes)
    notes.check()
    loudness = loudness_of(edit.timeline.loudness)
    return ResolvedEdit(decided, frames, tuple(clips), music, tuple(notes.warnings), loudness, case.families)


def _track(track: list[Placed], stage: Stage, notes: Notes) -> list[ResolvedClip]:
    """The clips of one track, in the order of their starts."""
    resolved = [clip for placed in track if (clip := _clip(placed, stage, notes)) is not None]
    resolved.sort(key=lambda clip: clip.start)
    placed_at = {placed.pointer: placed for placed in track}
    crossings = {
        clip.pointer: _crossing(placed_at[clip.pointer].clip.transition, clip, stage.fps)
        for clip in resolved
        if placed_at[clip.pointer].clip.transition.crosses
    }
    return [
        _moved(clip, placed_at[clip.pointer].clip.effect, stage.fps) for clip in join(resolved, crossings, stage, notes)
    ]


def _moved(clip: ResolvedClip, effect: str | None, fps: Fraction) -> ResolvedClip:
    """The clip with its effect, which lasts as long as the clip is seen, its tail included."""
    if effect is None:
        return clip
    return replace(clip, view=view_of(effect, (clip.end + clip.tail - clip.start) / fps))


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
    coming, going = clip.transition.coming, clip.transition.going
    comes, goes = _changes(clip.transition, coming, going, end - start, fps)
    position = position_of(clip)
    shift_x, shift_y = shift_of(clip, canvas)
    width, height = box_of(clip, media, canvas)
    heard_from, heard_to = heard_of(placed, start, end, stage)
    heard = heard_to - heard_from
    rise, fall = exact(clip.fade_in), exact(clip.fade_out)
    if asset.type == "audio":
        rise, fall = max(rise, comes / fps), max(fall, goes / fps)
    volume, swell = swelling(clip.volume)
    resolved = ResolvedClip(
        pointer=placed.pointer,
        layer=placed.layer,
        kind=_KINDS[asset.type],
        media=None if asset.type == "waveform" else media,
        src=placed.src,
        start=start,
        end=end,
        tail=0,
        trim=exact(clip.trim),
        fade_in=comes if coming.form == "fade" else 0,
        fade_out=goes if going.form == "fade" else 0,
        text=asset.style(position, canvas) if isinstance(asset, TextAsset) else None,
        color=read_color(asset.color) if isinstance(asset, ColorAsset) else None,
        fit=clip.fit,
        position=position,
        offset_x=exact(constant(curve(clip.offset.x))) + shift_x,
        offset_y=exact(constant(curve(clip.offset.y))) + shift_y,
        width_px=width,
        height_px=height,
        opacity=1.0,
        volume=volume,
        audio_start=heard_from,
        audio_end=heard_to,
        audio_fade_in=min(rise, heard),
        audio_fade_out=min(fall, heard),
        speed=exact(clip.speed),
        swell=swell,
        ducking=ducking_of(clip.ducking),
        enter=None if coming.passage is None or not comes else Passage(coming.passage, comes),
        leave=None if going.passage is None or not goes else Passage(going.passage, goes),
    )
    remark(placed, resolved, stage, notes)
    return dressed(resolved, placed, stage)


def _frames(placed: Placed, stage: Stage) -> tuple[int, int]:
    """First frame and frame after the last. Sounds are exact in seconds, so their frames only enclose them."""
    frames, fps = stage.frames, stage.fps
    if placed.clip.asset.type == "audio":
        end = frames if placed.end is None else math.ceil(placed.end * fps)
        return math.floor(placed.start * fps), min(end, frames)
    end = frames if placed.end is None else nearest_frame(placed.end, fps)
    return nearest_frame(placed.start, fps), min(end, frames)


def _changes(transition: Transition, coming: Way, going: Way, length: int, fps: Fraction) -> tuple[int, int]:
    """Frames of coming and going, together never more than the clip has; 0 for a cut, and where none is left."""
    comes = 0 if coming.form == "cut" else max(1, nearest_frame(transition.seconds(coming), fps))
    goes = 0 if going.form == "cut" else max(1, nearest_frame(transition.seconds(going), fps))
    if comes and goes:
        comes = min(comes, (length + 1) // 2)
        return comes, min(goes, length - comes)
    return min(comes, length), min(goes, length)


def _crossing(transition: Transition, clip: ResolvedClip, fps: Fraction) -> Crossing:
    """For how long a clip crosses with the one before: as long as it comes in, or the duration when it cuts in."""
    field = "cross" if transition.cross else "in"
    if clip.enter is not None or clip.fade_in:
        frames = clip.enter.frames if clip.enter is not None else clip.fade_in
        return Crossing(frames, field, pictures=clip.kind != "audio")
    asked = max(1, nearest_frame(exact(transition.duration), fps))
    return Crossing(min(asked, clip.end - clip.start), field, pictures=False)
