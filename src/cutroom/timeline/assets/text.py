"""Text clips. Every measure has a default that follows the type size, so that three words alone look designed."""

import re
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from cutroom.timeline.colors import is_light, read_color
from cutroom.timeline.fields import ColorText, Number, Part, Share, did_you_mean, shown
from cutroom.timeline.limits import limits_of
from cutroom.timeline.resolved import (
    Alignment,
    Color,
    Position,
    TextBackground,
    TextShadow,
    TextStroke,
    TextStyle,
)

DEFAULT_FAMILY: Final = "Inter"
_DEFAULT_SIZE: Final = 0.085
"""Type size as a share of the shorter side of the picture: about 61 px at 720p, a title that a phone can read."""
_DEFAULT_WRAP: Final = 0.84
"""Width of the text block as a share of the picture's: inside the title-safe area (EBU R 95: 5 % on each side)."""
_CONTROL: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]")
SAFE_MARGIN: Final = Fraction(1, 20)
"""Distance that text keeps from the edges, as a share of the picture's shorter side (EBU R 95)."""

Pixels = Annotated[float, Number(at_least=0, at_most=2000, unit="pixels")]
Shift = Annotated[float, Number(at_least=-2000, at_most=2000, unit="pixels")]


def _characters(value: str, info: ValidationInfo) -> str:
    limits = limits_of(info)
    if limits is not None and len(value) > limits.text_length:
        raise PydanticCustomError(
            "text_too_long",
            "The text has {length} characters; at most {limit} are accepted.",
            {"length": len(value), "limit": limits.text_length},
        )
    if _CONTROL.search(value):
        raise PydanticCustomError("bad_text", "The text holds a control character; only line breaks and tabs are kept.")
    if not value.strip():
        raise PydanticCustomError("empty", "The text is empty; write at least one visible character.")
    return value


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


class Font(Part):
    """How letters look."""

    family: Annotated[
        Annotated[str, AfterValidator(_family)] | None,
        Field(min_length=1, max_length=100, description="Name of a bundled font family; Inter when not given."),
    ] = None
    size: Annotated[
        Annotated[float, Number(at_least=4, at_most=1000, unit="pixels")] | None,
        Field(description="Type size in pixels of the output; 8.5 % of the picture's shorter side when not given."),
    ] = None
    weight: Annotated[
        Literal[100, 200, 300, 400, 500, 600, 700, 800, 900],
        Field(description="Thickness of the letters: 400 is regular, 700 bold."),
    ] = 600
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


class Stroke(Part):
    """A line around the letters."""

    color: Annotated[ColorText, Field(description="Colour of the line.")] = "#000000"
    width: Annotated[
        Pixels | None, Field(description="Thickness of the line in pixels; 0.05 of the type size when not given.")
    ] = None


class Shadow(Part):
    """A shadow under the letters."""

    color: Annotated[ColorText, Field(description="Colour of the shadow.")] = "#000000"
    opacity: Annotated[Share, Field(description="Opacity of the shadow, from 0 to 1.")] = 0.5
    x: Annotated[Shift, Field(description="Pixels to the right.")] = 0.0
    y: Annotated[Shift | None, Field(description="Pixels down; 0.04 of the type size when not given.")] = None
    blur: Annotated[Pixels | None, Field(description="Softness in pixels; 0.12 of the type size when not given.")] = (
        None
    )


_PLAIN_SHADOW: Final = Shadow()


class TextAsset(Part):
    """Words on the picture. They keep 5 % of the picture's shorter side from its edges."""

    type: Literal["text"]
    text: Annotated[
        str,
        AfterValidator(_characters),
        Field(min_length=1, description="The words. Line breaks are kept; long lines are wrapped at `width`."),
    ]
    font: Annotated[Font, Field(description="How the letters look.")] = Font()
    alignment: Annotated[
        Alignment | None,
        Field(
            description="How lines stand to each other; when not given, as the clip's `position` says: left, right or "
            "center."
        ),
    ] = None
    width: Annotated[
        Annotated[int, Number(integer=True, at_least=16, at_most=8192, unit="pixels")] | None,
        Field(description="Pixels after which lines are wrapped; 84 % of the picture's width when not given."),
    ] = None
    background: Annotated[Background | None, Field(description="A box behind the text; none when not given.")] = None
    stroke: Annotated[Stroke | None, Field(description="A line around the letters; none when not given.")] = None
    shadow: Annotated[
        Shadow | None,
        Field(
            description="A shadow under the letters. When not given: a soft one under light letters that have no "
            "background. `null`: none."
        ),
    ] = _PLAIN_SHADOW

    def style(self, position: Position, canvas: tuple[int, int]) -> TextStyle:
        """Everything about the text in pixels of a picture of `canvas` (width, height)."""
        width, height = canvas
        size = self.font.size or round(min(width, height) * _DEFAULT_SIZE, 2)
        return TextStyle(
            text=_lines(self.text),
            family=self.font.family or DEFAULT_FAMILY,
            size_px=size,
            weight=self.font.weight,
            color=read_color(self.font.color),
            align=self.alignment or _alignment(position),
            line_height=self.font.line_height,
            letter_spacing_px=self.font.letter_spacing * size,
            wrap_px=self.width or max(1, round(width * _DEFAULT_WRAP)),
            background=self._background(size),
            stroke=self._stroke(size),
            shadow=self._shadow(size),
        )

    def _background(self, size: float) -> TextBackground | None:
        if self.background is None:
            return None
        box = self.background
        padding = _given(box.padding, 0.45 * size)
        across = padding if box.padding is not None else 1.4 * padding
        return TextBackground(
            color=read_color(box.color, box.opacity),
            padding_x_px=across,
            padding_y_px=padding,
            radius_px=_given(box.radius, 0.25 * size),
        )

    def _stroke(self, size: float) -> TextStroke | None:
        if self.stroke is None:
            return None
        return TextStroke(color=read_color(self.stroke.color), width_px=_given(self.stroke.width, 0.05 * size))

    def _shadow(self, size: float) -> TextShadow | None:
        unasked = self.shadow == _PLAIN_SHADOW
        if self.shadow is None or (unasked and (self.background is not None or not is_light(self._ink()))):
            return None
        return TextShadow(
            color=read_color(self.shadow.color, self.shadow.opacity),
            dx_px=self.shadow.x,
            dy_px=_given(self.shadow.y, 0.04 * size),
            blur_px=_given(self.shadow.blur, 0.12 * size),
        )

    def _ink(self) -> Color:
        return read_color(self.font.color)


def _given(value: float | None, otherwise: float) -> float:
    return round(otherwise, 2) if value is None else value


def _alignment(position: Position) -> Alignment:
    if position.endswith("left"):
        return "left"
    return "right" if position.endswith("right") else "center"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
