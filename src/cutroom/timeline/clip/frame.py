"""What a picture is set into: a border along the edges of its box, a shadow below it."""

from typing import Annotated, Final

from pydantic import Field

from cutroom.timeline.assets.lettering import Shift, given
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import ColorText, Number, Part, Share
from cutroom.timeline.resolved import Border as ResolvedBorder
from cutroom.timeline.resolved import Color
from cutroom.timeline.resolved import Shadow as ResolvedShadow

_DOWN: Final = 0.01
_SOFT: Final = 0.02
"""As shares of the picture's shorter side: the shadow of a card that lies a little above what is below it."""


class Border(Part):
    """A line along the edges of a clip's box, inside of it; it follows round corners."""

    color: Annotated[ColorText, Field(description="Colour of the line.")] = "#ffffff"
    width: Annotated[
        Annotated[float, Number(more_than=0, at_most=1000, unit="pixels")],
        Field(description="Thickness of the line in pixels."),
    ] = 4.0

    def resolved(self) -> ResolvedBorder:
        """The border with its colour read."""
        return ResolvedBorder(read_color(self.color), self.width)


class ClipShadow(Part):
    """The shadow of what is seen of a clip. It moves and turns with the picture."""

    color: Annotated[ColorText, Field(description="Colour of the shadow.")] = "#000000"
    opacity: Annotated[Share, Field(description="Opacity of the shadow, from 0 to 1.")] = 0.5
    x: Annotated[Shift, Field(description="Pixels to the right.")] = 0.0
    y: Annotated[Shift | None, Field(description="Pixels down; 1 % of the picture's shorter side when not given.")] = (
        None
    )
    blur: Annotated[
        Annotated[float, Number(at_least=0, at_most=200, unit="pixels")] | None,
        Field(description="Softness in pixels; 2 % of the picture's shorter side when not given."),
    ] = None

    def resolved(self, canvas: tuple[int, int]) -> ResolvedShadow | None:
        """The shadow on a picture of `canvas` (width, height); None for one that is not seen."""
        color: Color = read_color(self.color, self.opacity)
        if color.alpha == 0:
            return None
        side = min(canvas)
        return ResolvedShadow(color, self.x, given(self.y, _DOWN * side), given(self.blur, _SOFT * side))
