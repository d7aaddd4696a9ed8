"""The file that an edit becomes."""

from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.timeline.fields import Number, Part, wrong
from cutroom.timeline.rate import Rate, exact_rate
from cutroom.timeline.resolved import Format, Quality

Resolution = Literal["360p", "480p", "720p", "1080p", "1440p", "2160p"]
AspectRatio = Literal["16:9", "9:16", "1:1", "4:5", "5:4", "4:3", "3:4", "21:9"]
_DEFAULT_RESOLUTION: Final = "720p"
_DEFAULT_ASPECT: Final = "16:9"

Side = Annotated[int, Number(integer=True, even=True, at_least=16, at_most=8192, unit="pixels")]


class Output(Part):
    """What to make of the timeline: format, size, frame rate and quality."""

    format: Annotated[
        Format, Field(description="`mp4` (H.264 and AAC) or `mp3` (the sound alone; the picture fields are ignored).")
    ] = "mp4"
    width: Annotated[
        Side | None,
        Field(description="Width of the picture in pixels, even. Give `height` too, or `resolution` instead."),
    ] = None
    height: Annotated[Side | None, Field(description="Height of the picture in pixels, even.")] = None
    resolution: Annotated[
        Resolution | None,
        Field(
            description="The shorter side of the picture, instead of `width` and `height`; 720p when no size is given."
        ),
    ] = None
    aspect_ratio: Annotated[
        AspectRatio | None, Field(description="Width to height, together with `resolution`; 16:9 when not given.")
    ] = None
    fps: Annotated[
        Annotated[float | str, Rate()],
        Field(
            description="Frames a second: a number, or a fraction such as `30000/1001`. 23.976, 29.97 and 59.94 are "
            "read as the exact fractions they stand for."
        ),
    ] = 30.0
    quality: Annotated[
        Quality,
        Field(description="How much the picture may lose: `high` looks like the source, `low` is quick and small."),
    ] = "medium"
    mute: Annotated[bool, Field(description="Leave the sound out.")] = False

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = []
        for given, missing in (("width", "height"), ("height", "width")):
            if getattr(self, given) is not None and getattr(self, missing) is None:
                problems.append(
                    (missing, "missing_field", f"'{given}' needs '{missing}' beside it; give both or neither.")
                )
        if self.width is not None or self.height is not None:
            for name, value in (("resolution", self.resolution), ("aspectRatio", self.aspect_ratio)):
                if value is not None:
                    problems.append((name, "conflicting_fields", f"Give width and height, or '{name}', not both."))
        if self.format == "mp3" and self.mute:
            problems.append(("mute", "conflicting_fields", "An mp3 without sound is empty; leave 'mute' out."))
        if problems:
            raise wrong(problems)
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels; both even."""
        if self.width is not None and self.height is not None:
            return self.width, self.height
        short = int((self.resolution or _DEFAULT_RESOLUTION).removesuffix("p"))
        across, down = (int(part) for part in (self.aspect_ratio or _DEFAULT_ASPECT).split(":"))
        scale = Fraction(short, min(across, down))
        return _even(across * scale), _even(down * scale)

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return exact_rate(self.fps)


def _even(side: Fraction) -> int:
    return 2 * round(side / 2)
