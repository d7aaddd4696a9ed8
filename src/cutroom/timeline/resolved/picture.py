"""What may be done to a picture before it is laid on the others."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.curve import Curve, Keyframe
from cutroom.timeline.resolved.media import Color, Media

BlendMode = Literal[
    "normal", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light",
    "soft-light", "difference", "exclusion", "add", "subtract", "divide", "hue", "saturation", "color", "luminosity",
]  # fmt: skip
LookName = Literal[
    "blur", "boost", "contrast", "darken", "greyscale", "lighten", "muted", "negative", "sepia", "brightness",
    "saturation", "hue", "gamma", "sharpen", "vignette", "grain", "pixelate",
]  # fmt: skip
PassageName = Literal[
    "reveal",
    "wipe-left", "wipe-right", "wipe-up", "wipe-down",
    "slide-left", "slide-right", "slide-up", "slide-down",
    "carousel-left", "carousel-right", "carousel-up", "carousel-down",
    "shuffle-top-right", "shuffle-right-top", "shuffle-right-bottom", "shuffle-bottom-right",
    "shuffle-bottom-left", "shuffle-left-bottom", "shuffle-left-top", "shuffle-top-left",
    "zoom", "circle", "iris", "clock", "barn-door", "blinds", "diagonal", "pixelate", "blur", "spin", "flip", "pop",
    "glitch",
]  # fmt: skip
MatteMode = Literal["luma", "luma-inverted", "alpha", "alpha-inverted"]


def _is_none(keyframes: tuple[Keyframe, ...]) -> bool:
    return not keyframes


@dataclass(frozen=True, slots=True)
class Crop:
    """What is left out at each side, as a fraction of the source's width or height; before fitting."""

    top: Rational
    right: Rational
    bottom: Rational
    left: Rational


@dataclass(frozen=True, slots=True)
class View:
    """The window through which the fitted picture is seen inside its box (Ken Burns).

    `zoom` 1 shows all of it, 2 half its width and height. (`x`, `y`) is where the window stands in the room that
    zooming leaves: 0 left or top, 0.5 in the middle, 1 right or bottom.
    """

    zoom: Curve
    x: Curve
    y: Curve


@dataclass(frozen=True, slots=True)
class Motion:
    """How the placed box moves around its own centre.

    `scale` 1 is the box as placed; `rotation` and the skews are degrees, clockwise; `move_x` (right) and `move_y`
    (DOWN) are fractions of the canvas, added to the clip's offset; `opacity` is multiplied with the clip's own.
    """

    scale: Curve = 1.0
    rotation: Curve = 0.0
    skew_x: Curve = 0.0
    skew_y: Curve = 0.0
    move_x: Curve = 0.0
    move_y: Curve = 0.0
    opacity: Curve = 1.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A way of coming or going other than a plain fade, over `frames` frames of the clip's start or end."""

    name: PassageName
    frames: int


@dataclass(frozen=True, slots=True)
class Look:
    """A filter on the picture; `amount` 0 to 1 for most (hue: degrees; brightness, saturation, gamma: factors).

    Where there is a `course`, that is the amount, from moment to moment.
    """

    name: LookName
    amount: float
    course: Annotated[tuple[Keyframe, ...], Field(exclude_if=_is_none)] = ()

    @property
    def changes(self) -> bool:
        """Whether it differs from frame to frame on the same picture."""
        return self.name == "grain" or bool(self.course)


@dataclass(frozen=True, slots=True)
class ChromaKey:
    """A colour that becomes transparent.

    `threshold` 0 to 1: distance of chroma (as a share of the largest there is) up to which a pixel vanishes altogether;
    `softness` 0 to 1: distance over which it comes back. What is left is freed of the key's spill when `despill`.
    """

    color: Color
    threshold: float
    softness: float
    despill: bool


@dataclass(frozen=True, slots=True)
class Border:
    """A line of `width_px` inside of the box, along its edges and corners, over the picture."""

    color: Color
    width_px: float


@dataclass(frozen=True, slots=True)
class Shadow:
    """What is seen of a clip, in one colour, moved right and DOWN and blurred (`blur_px` is the sigma), below it."""

    color: Color
    dx_px: float
    dy_px: float
    blur_px: float


@dataclass(frozen=True, slots=True)
class Matte:
    """A picture that decides how opaque the clip is: its lightness or its transparency, stretched over the clip's box.

    `trim` is the matte's second at the clip's start; a video matte plays with the clip and stays on its last picture.
    """

    media: Media
    mode: MatteMode
    trim: Rational
