"""Captions, decided: which cues a clip shows and when, and how they look."""

from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.assets.presets import PRESETS, style_of
from cutroom.timeline.assets.text import alignment_at
from cutroom.timeline.colors import read_color
from cutroom.timeline.cueing import shifted
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.joins import Stage
from cutroom.timeline.resolved import Captions, ResolvedClip


def captions_of(asset: CaptionsAsset, sheet: CueSheet, clip: ResolvedClip, stage: Stage) -> Captions:
    """The captions of a clip whose own times are decided; what comes after its end is left out."""
    seconds = (clip.end - clip.start) / stage.fps
    preset = PRESETS[asset.style]
    style = style_of(
        preset,
        asset.font,
        stroke=asset.stroke,
        background=asset.background,
        shadow=asset.shadow,
        case=asset.case,
        wrap_px=asset.width,
        align=alignment_at(clip.position),
        canvas=stage.canvas,
    )
    # A letter colour of one's own is the colour of the spoken word too, unless the style marks that word.
    marks = preset.active != preset.color
    active = asset.active.color or (preset.active if marks else asset.font.color or preset.active)
    behind = asset.active.background or preset.active_background
    spoken = asset.spoken_color or preset.spoken
    return Captions(
        cues=tuple(cue for cue in shifted(sheet, clip.trim, clip.speed) if cue.start < seconds),
        style=style,
        active=read_color(active),
        active_background=None if behind is None else read_color(behind),
        active_scale=asset.active.scale or preset.active_scale,
        spoken=None if spoken is None else read_color(spoken),
        animation=asset.animation or preset.animation,
        most_lines=asset.max_lines or preset.lines,
    )
