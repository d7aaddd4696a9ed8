"""Text, decided: every measure in output pixels."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.media import Color
from cutroom.timeline.resolved.shapes import Gradient

Alignment = Literal["left", "center", "right"]
TextAnimationName = Literal[
    "fade", "slide", "rise", "drop", "pop", "typewriter", "blur", "wave", "bounce", "zoom", "spin", "reveal",
    "tracking", "shift", "ascend",
]  # fmt: skip
TextUnit = Literal["block", "line", "word", "letter"]


@dataclass(frozen=True, slots=True)
class TextStroke:
    """An outline drawn around the letters; `width_px` lies outside of them."""

    color: Color
    width_px: float


@dataclass(frozen=True, slots=True)
class TextShadow:
    """A shadow under the letters: moved by (`dx_px` right, `dy_px` down), softened by a Gaussian of `blur_px` sigma."""

    color: Color
    dx_px: float
    dy_px: float
    blur_px: float


@dataclass(frozen=True, slots=True)
class TextBackground:
    """A box behind the text block: `padding_*_px` around the block, corners rounded by `radius_px`.

    With `per_line` every line has a box of its own width instead.
    """

    color: Color
    padding_x_px: float
    padding_y_px: float
    radius_px: float
    per_line: bool = False


@dataclass(frozen=True, slots=True)
class TextAnimation:
    """How a text comes, and goes, piece by piece.

    Args:
        enter: how it comes; None for at once.
        leave: how it goes; None for at once.
        unit: what moves on its own.
        seconds: how long the coming takes in all, and the going.
        overlap: 0: one unit after the other; 1: all at once.
        direction: where it comes from, for those that come from a side.
    """

    enter: TextAnimationName | None
    leave: TextAnimationName | None
    unit: TextUnit
    seconds: Rational
    overlap: float
    direction: Literal["left", "right", "up", "down"]


@dataclass(frozen=True, slots=True)
class OwnFace:
    """A face of a font that the document brings; fields as of `FontFace`.

    Args:
        sha256: of the file.
        slanted: to be slanted when drawn, because the family has no italic.
    """

    sha256: str
    index: int
    color: bool
    slanted: bool
    axes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a text or captions take on the canvas, all in pixels, and what of them will not be seen as it was meant.

    Args:
        size: width and height of their pictures.
        origin: where the top left corner of the block lies inside of those.
        block: width and height of the block, which is what a position places.
        missing: characters that no font can draw.
        overflow: number and text of the cues that do not fit.
    """

    size: tuple[int, int]
    origin: tuple[int, int]
    block: tuple[int, int]
    missing: tuple[str, ...] = ()
    overflow: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TextStyle:
    """A text block, laid out in output pixels.

    `text` may hold line breaks; lines longer than `wrap_px` are wrapped at words. The block (with its background) is
    what `ResolvedClip.position` and the offsets place.

    Args:
        family: a font family name; "Inter" when the document names none.
        weight: 100 to 900.
        line_height: distance of baselines in units of `size_px`.
        letter_spacing_px: added after every letter; may be negative.
        italic: slanted letters.
        gradient: fills the letters over the block instead of `color`.
        decoration: a line under or through the letters.
        case: letters as written, or changed.
        fit_px: height of the block; the type size is lowered to `least_px` at most until the text fits. None: no limit.
        ellipsis: cut what does not fit and end it with "…".
        animation: None for a text that stands still.
        faces: of a family that the document brings, best first; they go before all other fonts.
    """

    text: str
    family: str
    size_px: float
    weight: int
    color: Color
    align: Alignment
    line_height: float
    letter_spacing_px: float
    wrap_px: int
    background: TextBackground | None = None
    stroke: TextStroke | None = None
    shadow: TextShadow | None = None
    italic: bool = False
    gradient: Gradient | None = None
    decoration: Literal["none", "underline", "line-through"] = "none"
    case: Literal["none", "upper", "lower", "title"] = "none"
    fit_px: float | None = None
    least_px: float = 0.0
    ellipsis: bool = False
    animation: TextAnimation | None = None
    faces: tuple[OwnFace, ...] = ()
