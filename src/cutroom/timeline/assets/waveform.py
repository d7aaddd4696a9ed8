"""Sound made visible."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.timeline.agreement import Agreement, given, only, when
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import ColorText, Number, Part, Share, wrong
from cutroom.timeline.paint import GradientFill
from cutroom.timeline.resolved import Media, Waveform, WaveformStyle
from cutroom.timeline.source import Source

_WHITE: Final = "#ffffff"
_ONE_PAINT: Final = "Give 'color' or 'gradient', not both."


class WaveformAsset(Part):
    """Sound as a moving picture. It is not heard: put an audio clip beside it for that.

    Without `size` its box is as wide as the picture and a quarter as high; one side alone leaves the other so.
    """

    type: Literal["waveform"]
    src: Source
    style: Annotated[
        WaveformStyle,
        Field(
            description="`bars` from below, `mirror` bars from the middle, a `line`, `dots`, the `spectrum` of "
            "frequencies as bars, or bars in a `circle`."
        ),
    ] = "bars"
    color: Annotated[
        ColorText | None, Field(description="Its colour; white when neither this nor `gradient` is given.")
    ] = None
    gradient: Annotated[
        GradientFill | None, Field(description="Colours that run over the whole of it, instead of `color`.")
    ] = None
    bars: Annotated[
        Annotated[int, Number(integer=True, at_least=4, at_most=1024)],
        Field(description="How many bars, dots or points there are over the width."),
    ] = 64
    gap: Annotated[
        Annotated[float, Number(at_least=0, at_most=0.95)],
        Field(description="Space between bars, as a fraction of the distance from bar to bar."),
    ] = 0.35
    rounded: Annotated[bool, Field(description="Whether the ends of bars and lines are round.")] = True
    smoothing: Annotated[Share, Field(description="0 follows every change of the sound, 1 hardly moves.")] = 0.5

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """One paint."""
        return [when(given("color"), {"gradient": only(None, _ONE_PAINT)})]

    @model_validator(mode="after")
    def _one_paint(self) -> Self:
        if self.color is not None and self.gradient is not None:
            raise wrong([("gradient", "conflicting_fields", _ONE_PAINT)])
        return self

    def resolved(self, media: Media, trim: Fraction) -> Waveform:
        """The waveform of this sound from second `trim` on."""
        return Waveform(
            media=media,
            trim=trim,
            style=self.style,
            paint=self.gradient.resolved() if self.gradient is not None else read_color(self.color or _WHITE),
            bars=self.bars,
            gap=self.gap,
            rounded=self.rounded,
            smoothing=self.smoothing,
        )

    @staticmethod
    def box(width: int | None, height: int | None, canvas: tuple[int, int]) -> tuple[int, int]:
        """The box in pixels, from the sides that the clip gives."""
        return width or canvas[0], height or max(1, round(canvas[1] / 4))
