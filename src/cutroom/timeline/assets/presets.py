"""The looks of captions, by name: sizes follow the picture, so that a name fits a phone held upright and a television.

Sizes are shares of the picture's shorter side: 5.2 % in a landscape picture are 56 px at 1080p (about what broadcasters
use), 6.6 % in an upright one 71 px at 1080x1920, where lines are short and the screen is small.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal, TypeVar, get_args

from pydantic import Field

from cutroom.timeline.assets.lettering import (
    DEFAULT_FAMILY,
    PLAIN_SHADOW,
    Background,
    FontFamily,
    Shadow,
    Stroke,
    shadow_of,
)
from cutroom.timeline.colors import is_light, read_color
from cutroom.timeline.fields import ColorText, Number, Part
from cutroom.timeline.resolved import Alignment, CaptionAnimation, Color, TextStyle

PresetName = Literal[
    "plain", "outline", "box", "karaoke", "highlight", "pop", "bounce", "word", "typewriter", "minimal"
]
PRESET_NAMES: Final[tuple[PresetName, ...]] = get_args(PresetName)
_SIZE: Final = {"landscape": Fraction(52, 1000), "upright": Fraction(66, 1000)}
_WRAP: Final = {"landscape": Fraction(74, 100), "upright": Fraction(86, 100)}
Kind = TypeVar("Kind")
_Weight = Literal[100, 200, 300, 400, 500, 600, 700, 800, 900]


class CaptionFont(Part):
    """How the letters of captions look; what is not said is as the style has it."""

    family: Annotated[
        FontFamily | None, Field(description="Name of a font family: one of the timeline's `fonts`, or a bundled one.")
    ] = None
    size: Annotated[
        Annotated[float, Number(at_least=4, at_most=1000, unit="pixels")] | None,
        Field(description="Type size in pixels of the output."),
    ] = None
    weight: Annotated[_Weight | None, Field(description="Thickness: 400 is regular, 700 bold.")] = None
    style: Annotated[Literal["normal", "italic"] | None, Field(description="Upright or slanted letters.")] = None
    color: Annotated[ColorText | None, Field(description="Colour of the letters.")] = None
    line_height: Annotated[
        Annotated[float, Number(at_least=0.5, at_most=4)] | None,
        Field(description="Distance from line to line, in units of the type size."),
    ] = None
    letter_spacing: Annotated[
        Annotated[float, Number(at_least=-0.5, at_most=2)] | None,
        Field(description="Space added between letters, in units of the type size."),
    ] = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A look of captions.

    Args:
        family: of the letters.
        size: type size, in units of the usual one.
        weight: of the letters.
        stroke: width of the outline in units of the type size; 0 for none.
        hairline: whether light letters have a thin outline that is half seen, and sets them off from light pictures.
        box: opacity of the box behind the lines; 0 for none.
        shadow: the shadow; None for none.
        active: colour of the word that is spoken.
        active_background: colour of a box behind it; None for none.
        active_scale: how much larger it is.
        spoken: colour of words already spoken; None leaves them.
        animation: how words or cues come.
        lines: how many there are at most.
        case: letters as written, or changed.
    """

    family: str = DEFAULT_FAMILY
    size: float = 1.0
    weight: int = 700
    color: str = "#ffffff"
    stroke: float = 0.0
    hairline: bool = False
    box: float = 0.0
    shadow: Shadow | None = None
    active: str = "#ffffff"
    active_background: str | None = None
    active_scale: float = 1.0
    spoken: str | None = None
    animation: CaptionAnimation = "none"
    lines: int = 2
    case: Literal["none", "upper", "lower", "title"] = "none"


_SOFT: Final = Shadow(opacity=0.6)
_HAIR, _HAIRLINE = "#00000099", 0.038
"""Colour of a hairline, and its width in units of the type size: white letters stay readable over snow."""
PRESETS: Final[Mapping[PresetName, Preset]] = {
    "plain": Preset(weight=600, hairline=True, shadow=_SOFT),
    "outline": Preset(stroke=0.09, shadow=Shadow(opacity=0.35)),
    "box": Preset(size=0.92, weight=600, box=0.78),
    "karaoke": Preset(stroke=0.09, active="#ffd54a", spoken="#ffd54a", animation="karaoke"),
    "highlight": Preset(family="Montserrat", weight=700, stroke=0.09, active="#ffd54a", animation="highlight"),
    "pop": Preset(
        family="Montserrat",
        size=1.15,
        weight=900,
        stroke=0.11,
        active="#5cf28c",
        active_scale=1.12,
        animation="pop",
        case="upper",
    ),
    "bounce": Preset(
        family="Fredoka", size=1.15, weight=600, stroke=0.1, active="#ff7ad9", active_scale=1.08, animation="bounce"
    ),
    "word": Preset(
        family="Anton", size=1.9, weight=400, stroke=0.1, shadow=_SOFT, animation="single", lines=1, case="upper"
    ),
    "typewriter": Preset(family="JetBrains Mono", size=0.85, weight=400, box=0.72, animation="typewriter"),
    "minimal": Preset(size=0.78, weight=500, hairline=True, shadow=_SOFT, animation="fade"),
}


def base_size(canvas: tuple[int, int]) -> float:
    """The usual type size of captions in a picture of `canvas` (width, height), in pixels."""
    return float(min(canvas) * _SIZE["upright" if canvas[1] > canvas[0] else "landscape"])


def base_wrap(canvas: tuple[int, int]) -> int:
    """The usual room of a line, in pixels."""
    return max(1, round(canvas[0] * _WRAP["upright" if canvas[1] > canvas[0] else "landscape"]))


def style_of(
    preset: Preset,
    font: CaptionFont,
    *,
    stroke: Stroke | bool | None,
    background: Background | bool | None,
    shadow: Shadow | bool | None,
    case: Literal["none", "upper", "lower", "title"] | None,
    wrap_px: int | None,
    align: Alignment,
    canvas: tuple[int, int],
) -> TextStyle:
    """The letters of captions: what is said, else what the preset has. True is the usual thing, False none."""
    size = font.size or round(base_size(canvas) * preset.size, 2)
    ink = read_color(font.color or preset.color)
    box = _asked(background, Background(), Background(opacity=preset.box) if preset.box else None)
    line = _asked(stroke, Stroke(), _outline(preset, ink, size))
    shade = _asked(shadow, PLAIN_SHADOW, preset.shadow)
    spacing = 0.0 if font.letter_spacing is None else font.letter_spacing
    return TextStyle(
        text="",
        family=font.family or preset.family,
        size_px=size,
        weight=font.weight or preset.weight,
        color=ink,
        align=align,
        line_height=font.line_height or 1.2,
        letter_spacing_px=spacing * size,
        wrap_px=wrap_px or base_wrap(canvas),
        background=None if box is None else box.resolved(size),
        stroke=None if line is None else line.resolved(size),
        shadow=None if shade is None else shadow_of(shade, ink, box, size),
        italic=font.style == "italic",
        case=case or preset.case,
    )


def _outline(preset: Preset, ink: Color, size: float) -> Stroke | None:
    if preset.hairline and is_light(ink):
        return Stroke(color=_HAIR, width=round(_HAIRLINE * size, 2))
    return Stroke(width=round(preset.stroke * size, 2)) if preset.stroke else None


def _asked(
    value: Kind | bool | None,  # noqa: FBT001 — as the document has it
    usual: Kind,
    preset: Kind | None,
) -> Kind | None:
    if value is None:
        return preset
    if isinstance(value, bool):
        return usual if value else None
    return value
