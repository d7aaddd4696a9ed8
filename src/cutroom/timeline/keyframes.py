"""Numbers that may change over the life of a clip: a number, or keyframes."""

from itertools import pairwise
from typing import Annotated, Any, Final, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from cutroom.timeline.agreement import Agreed
from cutroom.timeline.fields import Forms, Number, Part, Seconds, Word, exact
from cutroom.timeline.limits import MAX_KEYFRAMES
from cutroom.timeline.resolved import Curve, Easing, EasingName
from cutroom.timeline.resolved import Keyframe as ResolvedKeyframe

_X = Annotated[float, Number(at_least=0, at_most=1)]
_Y = Annotated[float, Number(at_least=-10, at_most=10)]
_Bezier = Annotated[tuple[_X, _Y, _X, _Y], Field(strict=False)]
_EASINGS: Final = "linear, hold, ease, or easeIn, easeOut or easeInOut alone or with Sine, Quad, Cubic, Quart, Quint, "


class Keyframe(Part):
    """A value at a moment of the clip."""

    at: Annotated[Seconds, Field(description="Seconds after the clip's start; each later than the one before.")]
    value: Annotated[float, Number(at_least=-1e9, at_most=1e9), Field(description="The value at that moment.")]
    easing: Annotated[
        Easing,
        Forms(
            "the name of an easing, or four numbers [x1, y1, x2, y2]",
            text=Annotated[str, Word(get_args(EasingName), f"{_EASINGS}Expo, Circ, Back, Elastic or Bounce behind it")],
            listed=_Bezier,
        ),
        Field(
            description="How the value goes on from here to the next keyframe: a name, or the control points "
            "[x1, y1, x2, y2] of a cubic Bézier curve as in CSS. `hold` stays, then jumps."
        ),
    ] = "linear"


Keyframes = float | tuple[Keyframe, ...]
"""A number for all the time, or keyframes; use it with `Keyed`."""


class Keyed:
    """The kind of a field that holds `Keyframes`: every value is in the range of `number`, and times rise."""

    def __init__(self, number: Number) -> None:
        self._number = number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A number, or a list of keyframes."""
        values = Agreed({"items": {"properties": {"value": self._number.range_schema()}}})
        listed = Annotated[tuple[Keyframe, ...], Field(strict=False), _Rising(self._number), values]
        accepted = f"{self._number.accepted()}, or a list of keyframes"
        number = Annotated[float, self._number]
        return Forms(accepted, number=number, listed=listed).__get_pydantic_core_schema__(source, handler)


class _Rising:
    """Checks keyframes against each other, and their values."""

    def __init__(self, number: Number) -> None:
        self._number = number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check in `check`, after each keyframe has checked itself."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """How many there may be, for the published schema."""
        return {**handler(schema), "minItems": 1, "maxItems": MAX_KEYFRAMES}

    def check(self, keyframes: tuple[Keyframe, ...]) -> tuple[Keyframe, ...]:
        """The keyframes themselves, or an error at each wrong one."""
        if not keyframes:
            raise PydanticCustomError("empty", "This list of keyframes is empty; write a number, or at least one.")
        if len(keyframes) > MAX_KEYFRAMES:
            sentence = "There are {count} keyframes; at most {limit} are accepted."
            raise PydanticCustomError("too_many", sentence, {"count": len(keyframes), "limit": MAX_KEYFRAMES})
        wrong: list[InitErrorDetails] = []
        for index, keyframe in enumerate(keyframes):
            try:
                self._number.check(keyframe.value)
            except PydanticCustomError as found:
                wrong.append(InitErrorDetails(type=found, loc=(index, "value"), input=keyframe.value))
        for index, (before, after) in enumerate(pairwise(keyframes), start=1):
            if exact(after.at) <= exact(before.at):
                sentence = "Keyframes stand in the order of time; this one is not later than the one before it."
                error = PydanticCustomError("not_rising", sentence)
                wrong.append(InitErrorDetails(type=error, loc=(index, "at"), input=after.at))
        if wrong:
            raise ValidationError.from_exception_data("keyframes", wrong)
        return keyframes


def curve(value: Keyframes) -> Curve:
    """The curve of a field; keyframes that all say the same are one number."""
    if not isinstance(value, tuple):
        return value
    if all(keyframe.value == value[0].value for keyframe in value):
        return value[0].value
    return tuple(ResolvedKeyframe(exact(one.at), one.value, one.easing) for one in value)


def greatest(value: Keyframes) -> float:
    """The largest value that is written; easings that overshoot may go beyond it."""
    return max(one.value for one in value) if isinstance(value, tuple) else value
