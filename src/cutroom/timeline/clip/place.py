"""Where the picture of a clip stands, how it is turned, and what of it is left out."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cutroom.timeline.fields import Number, Part, Share, wrong
from cutroom.timeline.keyframes import Keyed, Keyframes

_SHIFT = Keyed(Number(at_least=-10, at_most=10))
_SKEW = Keyed(Number(at_least=-85, at_most=85, unit="degrees"))
Side = Annotated[int, Number(integer=True, at_least=1, at_most=16384, unit="pixels")]


class Offset(Part):
    """A shift away from `position`."""

    x: Annotated[
        Keyframes, _SHIFT, Field(description="To the right, as a fraction of the picture's width; or keyframes.")
    ] = 0.0
    y: Annotated[Keyframes, _SHIFT, Field(description="Down, as a fraction of the picture's height; or keyframes.")] = (
        0.0
    )


class Size(Part):
    """The box that the picture is fitted into. One side alone keeps the proportions of the source."""

    width: Annotated[Side | None, Field(description="Width of the box in pixels.")] = None
    height: Annotated[Side | None, Field(description="Height of the box in pixels.")] = None


class Skew(Part):
    """How far the box leans, in degrees; the middle stays where it is."""

    x: Annotated[
        Keyframes, _SKEW, Field(description="Horizontal lines stay level, upright ones lean; or keyframes.")
    ] = 0.0
    y: Annotated[Keyframes, _SKEW, Field(description="Upright lines stay upright, level ones lean; or keyframes.")] = (
        0.0
    )


class Crop(Part):
    """What is left out of the source at each side, before it is fitted."""

    top: Annotated[Share, Field(description="At the top, as a fraction of the source's height.")] = 0.0
    right: Annotated[Share, Field(description="At the right, as a fraction of the source's width.")] = 0.0
    bottom: Annotated[Share, Field(description="At the bottom, as a fraction of the source's height.")] = 0.0
    left: Annotated[Share, Field(description="At the left, as a fraction of the source's width.")] = 0.0

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        problems = [
            (far, "nothing_left", f"'{near}' and '{far}' together leave nothing of the picture; keep them below 1.")
            for near, far in (("top", "bottom"), ("left", "right"))
            if getattr(self, near) + getattr(self, far) > 0.999
        ]
        if problems:
            raise wrong(problems)
        return self
