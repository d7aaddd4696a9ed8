"""What a clip shows or plays: the asset, told apart by `type`."""

from typing import Annotated, Literal

from pydantic import Field

from cutroom.timeline.fields import ColorText, Part
from cutroom.timeline.source import Source
from cutroom.timeline.text import TextAsset


class VideoAsset(Part):
    """A moving picture, with its sound."""

    type: Literal["video"]
    src: Source


class ImageAsset(Part):
    """A still picture."""

    type: Literal["image"]
    src: Source


class AudioAsset(Part):
    """Sound: an audio file, or the sound of a video."""

    type: Literal["audio"]
    src: Source


class ColorAsset(Part):
    """A plane of one colour."""

    type: Literal["color"]
    color: Annotated[ColorText, Field(description="The colour, such as #101418, or #10141880 with opacity.")]


MediaAsset = VideoAsset | ImageAsset | AudioAsset
Asset = Annotated[
    VideoAsset | ImageAsset | AudioAsset | TextAsset | ColorAsset,
    Field(discriminator="type", description="What the clip shows or plays."),
]
