"""How the letters of a text come and go."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from cutroom.timeline.agreement import Agreement, one_given
from cutroom.timeline.fields import Forms, Number, Part, Share, Word, exact, wrong
from cutroom.timeline.resolved import TextAnimation, TextAnimationName, TextUnit

NAMES: Final[tuple[TextAnimationName, ...]] = get_args(TextAnimationName)
Direction = Literal["left", "right", "up", "down"]
_UNITS: Final[Mapping[TextAnimationName, TextUnit]] = {
    "typewriter": "letter", "wave": "letter", "bounce": "letter", "spin": "letter",
    "rise": "word", "drop": "word", "pop": "word", "shift": "word", "zoom": "word", "blur": "word",
    "ascend": "line", "reveal": "line",
}  # fmt: skip
"""What moves on its own when `by` is not given; the whole block for all that are not in the list."""
_FROM: Final[Mapping[TextAnimationName, Direction]] = {"rise": "down", "ascend": "down", "wave": "down", "drop": "up"}
"""Where letters come from when `direction` is not given; the left for all that are not in the list."""


class Animation(Part):
    """How the letters of a text come, and go."""

    enter: Annotated[
        Annotated[TextAnimationName, Word(NAMES)] | None,
        Field(alias="in", description="How the letters come; at once when not given."),
    ] = None
    leave: Annotated[
        Annotated[TextAnimationName, Word(NAMES)] | None,
        Field(alias="out", description="How the letters go; at once when not given."),
    ] = None
    by: Annotated[
        TextUnit | None, Field(description="What moves on its own; when not given, what suits the animation.")
    ] = None
    duration: Annotated[
        Annotated[float, Number(more_than=0, at_most=60, unit="seconds")],
        Field(description="Seconds that the coming takes in all, and the going."),
    ] = 1.0
    overlap: Annotated[
        Share, Field(description="0: each part comes when the one before is there; 1: all come at once.")
    ] = 0.5
    direction: Annotated[
        Direction | None,
        Field(description="Where the letters come from, and go to; when not given, as the animation's name says."),
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """It moves at one end at least."""
        return [one_given("in", "out")]

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.enter is None and self.leave is None:
            raise wrong(
                [("in", "missing_field", "An animation says how letters come ('in'), how they go ('out'), or both.")]
            )
        return self


AnimationValue = TextAnimationName | Animation
"""The name of an animation that brings a text in, or all of it; use it with `ANIMATION`."""
ANIMATION: Final[Any] = Forms(
    'the name of an animation, or {"in": …, "out": …}', text=Annotated[str, Word(NAMES)], fields=Animation
)


def animation_of(value: AnimationValue) -> TextAnimation:
    """The animation with every default decided."""
    asked = value if isinstance(value, Animation) else Animation.model_validate({"in": value})
    first = asked.enter or asked.leave or "fade"
    return TextAnimation(
        enter=asked.enter,
        leave=asked.leave,
        unit=asked.by or _UNITS.get(first, "block"),
        seconds=exact(asked.duration),
        overlap=asked.overlap,
        direction=asked.direction or _FROM.get(first, "left"),
    )
