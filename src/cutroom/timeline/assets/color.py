"""Assets that are planes of colour."""

from typing import Annotated, Literal

from pydantic import Field

from cutroom.timeline.fields import ColorText, Part
from cutroom.timeline.paint import Angle, Stops, gradient
from cutroom.timeline.resolved import Gradient


class ColorAsset(Part):
    """A plane of one colour."""

    type: Literal["color"]
    color: Annotated[ColorText, Field(description="The colour, such as #101418, or #10141880 with opacity.")]


class GradientAsset(Part):
    """A plane of colours that run into each other."""

    type: Literal["gradient"]
    form: Annotated[
        Literal["linear", "radial"],
        Field(description="`linear`: along `angle`. `radial`: from the centre to the farthest corner."),
    ] = "linear"
    angle: Angle = 90.0
    stops: Stops

    def resolved(self) -> Gradient:
        """The gradient with every place decided."""
        return gradient(self.form, self.angle, self.stops)
