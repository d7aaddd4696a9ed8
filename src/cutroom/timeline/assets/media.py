"""Assets that are files: moving pictures, still pictures, sound."""

from typing import Literal

from cutroom.timeline.fields import Part
from cutroom.timeline.source import Source


class VideoAsset(Part):
    """A moving picture, with its sound."""

    type: Literal["video"]
    src: Source


class ImageAsset(Part):
    """A still picture; or a GIF that moves, which starts again until the clip ends."""

    type: Literal["image"]
    src: Source


class AudioAsset(Part):
    """Sound: an audio file, or the sound of a video."""

    type: Literal["audio"]
    src: Source


MediaAsset = VideoAsset | ImageAsset | AudioAsset
