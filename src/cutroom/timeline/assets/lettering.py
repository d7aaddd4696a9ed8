"""How letters look: font, outline, shadow, box. Every measure has a default that follows the type size."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from cutroom.kit.wording import shown
from cutroom.timeline.colors import is_light, read_color
from cutroom.timeline.fields import ColorText, Number, Part, Share, did_you_mean
from cutroom.timeline.limits import limits_of
from cutroom.timeline.resolved import Color, TextBackground, TextShadow, TextStroke

DEFAULT_FAMILY: Final = "Inter"

Pixels = Annotated[float, Number(at_least=0, at_most=2000, unit="pixels")]
Shift = Annotated[float, Number(at_least=-2000, at_most=2000, unit="pixels")]


def _family(value: str, info: ValidationInfo) -> str:
    limits = limits_of(info)
    if limits is None or limits.fonts is None:
        return value
    known = {name.casefold(): name for name in limits.fonts}
    if value.casefold() not in known:
        raise PydanticCustomError(
            "unknown_font",
            "There is no font family {value}{hint}; use one of {known}.",
            {
                "value": shown(value),
                "hint": did_you_mean(value, limits.fonts),
                "known": ", ".join(sorted(limits.fonts)),
            },
        )
    return known[value.casefold()]


FontFamily = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_family)]


class Font(Part):
    """How letters look."""

    family: Annotated[
        FontFamily | None,
        Field(
            description="Name of a font family: one of the timeline's `fonts`, or a bundled one; Inter when not given."
        ),
    ] = None
    size: Annotated[
        Annotated[float, Number(at_least=4, at_most=1000, unit="pixels")] | None,
        Field(description="Type size in pixels of the output; 8.5 % of the picture's shorter side when not given."),
    ] = None
    weight: Annotated[
        Literal[100, 200, 300, 400, 500, 600, 700, 800, 900],
        Field(description="Thickness of the letters: 400 is regular, 700 bold."),
    ] = 600
    style: Annotated[Literal["normal", "italic"], Field(description="Upright or slanted letters.")] = "normal"
    color: Annotated[ColorText, Field(description="Colour of the letters.")] = "#ffffff"
    line_height: Annotated[
        Annotated[float, Number(at_least=0.5, at_most=4)],
        Field(description="Distance from line to line, in units of the type size."),
    ] = 1.2
    letter_spacing: Annotated[
        Annotated[float, Number(at_least=-0.5, at_most=2)],
        Field(description="Space added between letters, in units of the type size."),
    ] = 0.0


class Background(Part):
    """A box behind the text."""

    color: Annotated[ColorText, Field(description="Colour of the box.")] = "#101418"
    opacity: Annotated[Share, Field(description="Opacity of the box, from 0 to 1.")] = 0.72
    padding: Annotated[
        Pixels | None, Field(description="Space in pixels around the text; 0.45 of the type size when not given.")
    ] = None
    radius: Annotated[
        Pixels | None, Field(description="Radius of the corners in pixels; 0.25 of the type size when not given.")
    ] = None
    per_line: Annotated[bool, Field(description="Every line gets a box of its own width instead of one for all.")] = (
        False
    )

    def resolved(self, size: float) -> TextBackground:
        """The box behind letters of `size` pixels."""
        padding = given(self.padding, 0.45 * size)
        across = padding if self.padding is not None else 1.4 * padding
        return TextBackground(
            color=read_color(self.color, self.opacity),
            padding_x_px=across,
            padding_y_px=padding,
            radius_px=given(self.radius, 0.25 * size),
            per_line=self.per_line,
        )


class Stroke(Part):
    """A line around the letters."""

    color: Annotated[ColorText, Field(description="Colour of the line.")] = "#000000"
    width: Annotated[
        Pixels | None, Field(description="Thickness of the line in pixels; 0.05 of the type size when not given.")
    ] = None

    def resolved(self, size: float) -> TextStroke:
        """The line around letters of `size` pixels."""
        return TextStroke(color=read_color(self.color), width_px=given(self.width, 0.05 * size))


class Shadow(Part):
    """A shadow under the letters."""

    color: Annotated[ColorText, Field(description="Colour of the shadow.")] = "#000000"
    opacity: Annotated[Share, Field(description="Opacity of the shadow, from 0 to 1.")] = 0.5
    x: Annotated[Shift, Field(description="Pixels to the right.")] = 0.0
    y: Annotated[Shift | None, Field(description="Pixels down; 0.04 of the type size when not given.")] = None
    blur: Annotated[Pixels | None, Field(description="Softness in pixels; 0.12 of the type size when not given.")] = (
        None
    )


PLAIN_SHADOW: Final = Shadow()
"""The shadow that nobody asked for: it is there only where it helps."""


def shadow_of(shadow: Shadow | None, ink: Color, background: Background | None, size: float) -> TextShadow | None:
    """The shadow under letters of `size` pixels and the colour `ink`; None for none."""
    unasked = shadow == PLAIN_SHADOW
    if shadow is None or (unasked and (background is not None or not is_light(ink))):
        return None
    return TextShadow(
        color=read_color(shadow.color, shadow.opacity),
        dx_px=shadow.x,
        dy_px=given(shadow.y, 0.04 * size),
        blur_px=given(shadow.blur, 0.12 * size),
    )


def given(value: float | None, otherwise: float) -> float:
    """The value, or what follows from the type size where there is none."""
    return round(otherwise, 2) if value is None else value
