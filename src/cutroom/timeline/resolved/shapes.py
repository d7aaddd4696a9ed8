"""Pictures that are drawn rather than read: shapes, gradients, and sound made visible."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.media import Color, Media

ShapeForm = Literal["rectangle", "ellipse", "line", "polygon", "star", "path"]
WaveformStyle = Literal["bars", "line", "mirror", "dots", "spectrum", "circle"]


@dataclass(frozen=True, slots=True)
class ColorStop:
    """`color` at `at` (0 to 1) along a gradient."""

    at: float
    color: Color


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours that run into each other: along `angle` degrees (0 = to the right, 90 = down), or from the centre out."""

    form: Literal["linear", "radial"]
    angle: float
    stops: tuple[ColorStop, ...]


Paint = Color | Gradient


@dataclass(frozen=True, slots=True)
class Shape:
    """A figure that fills its box.

    Args:
        fill: None for an outline only.
        stroke: None for no outline; `stroke_px` wide, inside of the box.
        radius_px: of a rectangle's corners.
        points: of a polygon or star.
        path: SVG path data (SVG 2, 9.3) in units of `view` (width, height), for `form` "path".
    """

    form: ShapeForm
    fill: Paint | None
    stroke: Color | None
    stroke_px: float
    radius_px: float
    points: int
    path: str | None
    view: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Waveform:
    """Sound as a moving picture, drawn into the clip's box from second `trim` of the source on.

    Args:
        bars: how many bars, dots or points there are over the width.
        gap: share of a bar's pitch that stays empty.
        smoothing: 0 follows every change, 1 hardly moves.
    """

    media: Media
    trim: Rational
    style: WaveformStyle
    paint: Paint
    bars: int
    gap: float
    rounded: bool
    smoothing: float
