"""What is done to the picture of a clip, decided."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.assets.color import GradientAsset
from cutroom.timeline.assets.shape import ShapeAsset
from cutroom.timeline.assets.waveform import WaveformAsset
from cutroom.timeline.clip.filters import looks_of
from cutroom.timeline.facts import Known
from cutroom.timeline.fields import exact
from cutroom.timeline.geometry import crop_of
from cutroom.timeline.joins import Stage
from cutroom.timeline.keyframes import curve
from cutroom.timeline.lettered import captions_of
from cutroom.timeline.model import Clip
from cutroom.timeline.resolved import Curve, Matte, Motion, ResolvedClip
from cutroom.timeline.schedule import Placed

_STILL: Final = Motion()


def dressed(resolved: ResolvedClip, placed: Placed, stage: Stage) -> ResolvedClip:
    """The resolved clip with everything that the document says about its picture."""
    clip, asset = placed.clip, placed.clip.asset
    source = placed.source
    opacity = curve(clip.opacity)
    return replace(
        resolved,
        opacity=1.0 if isinstance(opacity, tuple) else opacity,
        crop=crop_of(clip),
        motion=motion_of(clip),
        looks=looks_of(clip.filters),
        chroma=None if clip.chroma_key is None else clip.chroma_key.resolved(),
        matte=_matte(clip, stage.sources),
        blend=clip.blend,
        radius_px=clip.radius,
        border=None if clip.border is None else clip.border.resolved(),
        shadow=None if clip.shadow is None else clip.shadow.resolved(stage.canvas),
        flip_x=clip.flip in {"horizontal", "both"},
        flip_y=clip.flip in {"vertical", "both"},
        shape=asset.resolved() if isinstance(asset, ShapeAsset) else None,
        gradient=asset.resolved() if isinstance(asset, GradientAsset) else None,
        waveform=asset.resolved(source.media, resolved.trim)
        if isinstance(asset, WaveformAsset) and source is not None
        else None,
        captions=captions_of(asset, placed.sheet, resolved, stage)
        if isinstance(asset, CaptionsAsset) and placed.sheet is not None
        else None,
    )


def motion_of(clip: Clip) -> Motion | None:
    """How the box moves, or is turned and scaled; None when it only stands where it was placed.

    An offset without keyframes places the box, an opacity without them is the clip's own: neither is motion.
    """
    motion = Motion(
        scale=curve(clip.scale),
        rotation=curve(clip.rotation),
        skew_x=curve(clip.skew.x),
        skew_y=curve(clip.skew.y),
        move_x=_only_keyframes(curve(clip.offset.x), 0.0),
        move_y=_only_keyframes(curve(clip.offset.y), 0.0),
        opacity=_only_keyframes(curve(clip.opacity), 1.0),
    )
    return None if motion == _STILL else motion


def constant(found: Curve) -> float:
    """The value of a curve that does not change; 0 for one that does."""
    return 0.0 if isinstance(found, tuple) else found


def _only_keyframes(found: Curve, otherwise: float) -> Curve:
    return found if isinstance(found, tuple) else otherwise


def _matte(clip: Clip, sources: Mapping[str, Known]) -> Matte | None:
    if clip.matte is None:
        return None
    return Matte(sources[clip.matte.src].media, clip.matte.mode, exact(clip.matte.trim))
