"""What a clip shows or plays: assets, told apart by `type`. One more, the timeline in a timeline, is in `model`."""

from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.assets.color import ColorAsset, GradientAsset
from cutroom.timeline.assets.html import HtmlAsset
from cutroom.timeline.assets.media import AudioAsset, ImageAsset, MediaAsset, VideoAsset
from cutroom.timeline.assets.shape import ShapeAsset
from cutroom.timeline.assets.svg import SvgAsset
from cutroom.timeline.assets.text import TextAsset
from cutroom.timeline.assets.waveform import WaveformAsset

__all__ = [
    "AudioAsset",
    "CaptionsAsset",
    "ColorAsset",
    "GradientAsset",
    "HtmlAsset",
    "ImageAsset",
    "MediaAsset",
    "ShapeAsset",
    "SvgAsset",
    "TextAsset",
    "VideoAsset",
    "WaveformAsset",
]
