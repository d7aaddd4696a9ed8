"""Text clips. Every measure has a default that follows the type size, so that three words alone look designed."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from cutroom.timeline.agreement import Agreed, Agreement, absent, only, when
from cutroom.timeline.assets.animation import ANIMATION, AnimationValue, animation_of
from cutroom.timeline.assets.lettering import (
    DEFAULT_FAMILY,
    PLAIN_SHADOW,
    Background,
    Font,
    Shadow,
    Stroke,
    shadow_of,
)
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import Number, Part, wrong
from cutroom.timeline.limits import limits_of
from cutroom.timeline.paint import GradientFill
from cutroom.timeline.resolved import Alignment, Position, TextStyle

_DEFAULT_SIZE: Final = 0.085
"""Type size as a share of the shorter side of the picture: about 61 px at 720p, a title that a phone can read."""
_DEFAULT_WRAP: Final = 0.84
"""Width of the text block as a share of the picture's: inside the title-safe area (EBU R 95: 5 % on each side)."""
_LEAST: Final = 0.4
"""Type size down to which a text is fitted into its height, as a share of the size asked for."""
_CONTROL: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]")
SAFE_MARGIN: Final = Fraction(1, 20)
"""Distance that text keeps from the edges, as a share of the picture's shorter side (EBU R 95)."""

VISIBLE: Final = "[\\S\\uFEFF]"
"""A pattern of JSON Schema for text that is more than spaces; to JavaScript U+FEFF is one of them."""
_FITTED: Final = {"min_size": "minSize", "ellipsis": "ellipsis"}
"""What has no effect without a height: names and aliases."""

Case = Literal["none", "upper", "lower", "title"]


def written_text(value: str, info: ValidationInfo) -> str:
    """The text itself, or an error: it is not too long, has something to see, and no control characters."""
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


def _needs_height(alias: str) -> str:
    return f"'{alias}' has no effect without 'height'; set that too."


class TextAsset(Part):
    """Words on the picture. They keep 5 % of the picture's shorter side from its edges."""

    type: Literal["text"]
    text: Annotated[
        str,
        AfterValidator(written_text),
        Agreed({"pattern": VISIBLE}),
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
    height: Annotated[
        Annotated[float, Number(at_least=8, at_most=8192, unit="pixels")] | None,
        Field(description="Pixels that the lines may be high together; without limit when not given."),
    ] = None
    auto_fit: Annotated[
        bool, Field(description="Lower the type size, down to `minSize`, until the text fits into `height`.")
    ] = True
    min_size: Annotated[
        Annotated[float, Number(at_least=4, at_most=1000, unit="pixels")] | None,
        Field(description="Smallest type size in pixels for `autoFit`; 40 % of the font's size when not given."),
    ] = None
    ellipsis: Annotated[
        bool, Field(description="Cut what does not fit into `height` and end it with an ellipsis (…).")
    ] = False
    background: Annotated[Background | None, Field(description="A box behind the text; none when not given.")] = None
    stroke: Annotated[Stroke | None, Field(description="A line around the letters; none when not given.")] = None
    shadow: Annotated[
        Shadow | None,
        Field(
            description="A shadow under the letters. When not given: a soft one under light letters that have no "
            "background. `null`: none."
        ),
    ] = PLAIN_SHADOW
    gradient: Annotated[
        GradientFill | None,
        Field(description="Colours that run over the letters instead of the font's colour; none when not given."),
    ] = None
    decoration: Annotated[
        Literal["none", "underline", "line-through"], Field(description="A line under or through the letters.")
    ] = "none"
    case: Annotated[Case, Field(description="Letters as written, or all large, all small, or each word large.")] = (
        "none"
    )
    animation: Annotated[
        Annotated[AnimationValue, ANIMATION] | None,
        Field(
            description="How the letters come and go: a name, which says how they come, or an object; none by default."
        ),
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """What a height is needed for."""
        fields = {alias: only(cls.model_fields[name].default, _needs_height(alias)) for name, alias in _FITTED.items()}
        return [when(absent("height"), fields)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = []
        for name, alias in _FITTED.items():
            if self.height is None and getattr(self, name):
                problems.append((alias, "not_applicable", _needs_height(alias)))
        if self.min_size is not None and self.font.size is not None and self.min_size > self.font.size:
            sentence = "The smallest type size is larger than the font's own; lower 'minSize'."
            problems.append(("minSize", "conflicting_fields", sentence))
        if problems:
            raise wrong(problems)
        return self

    def style(self, position: Position, canvas: tuple[int, int]) -> TextStyle:
        """Everything about the text in pixels of a picture of `canvas` (width, height)."""
        width, height = canvas
        size = self.font.size or round(min(width, height) * _DEFAULT_SIZE, 2)
        ink = read_color(self.font.color)
        least = min(size, self.min_size or round(size * _LEAST, 2)) if self.auto_fit else size
        return TextStyle(
            text=_lines(self.text),
            family=self.font.family or DEFAULT_FAMILY,
            size_px=size,
            weight=self.font.weight,
            color=ink,
            align=self.alignment or alignment_at(position),
            line_height=self.font.line_height,
            letter_spacing_px=self.font.letter_spacing * size,
            wrap_px=self.width or max(1, round(width * _DEFAULT_WRAP)),
            background=None if self.background is None else self.background.resolved(size),
            stroke=None if self.stroke is None else self.stroke.resolved(size),
            shadow=shadow_of(self.shadow, ink, self.background, size),
            italic=self.font.style == "italic",
            gradient=None if self.gradient is None else self.gradient.resolved(),
            decoration=self.decoration,
            case=self.case,
            fit_px=self.height,
            least_px=0.0 if self.height is None else least,
            ellipsis=self.ellipsis,
            animation=None if self.animation is None else animation_of(self.animation),
        )


def alignment_at(position: Position) -> Alignment:
    """How lines stand to each other in a block at this position."""
    if position.endswith("left"):
        return "left"
    return "right" if position.endswith("right") else "center"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
