"""What is done to the colours and the sharpness of a picture, and which parts of it vanish."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from cutroom.timeline.agreement import Agreement, equals, when, within
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import Forms, Number, OpaqueColorText, Part, Seconds, Share, Word, wrong
from cutroom.timeline.keyframes import Keyed, Keyframes, curve
from cutroom.timeline.limits import MAX_FILTERS
from cutroom.timeline.resolved import ChromaKey as ResolvedChromaKey
from cutroom.timeline.resolved import Look, LookName, MatteMode
from cutroom.timeline.source import Source

FILTERS: Final[tuple[LookName, ...]] = get_args(LookName)
_FACTOR: Final = Number(at_least=0, at_most=4)
_RANGES: Final = {
    "hue": Number(at_least=-360, at_most=360, unit="degrees"),
    "brightness": _FACTOR,
    "saturation": _FACTOR,
    "gamma": Number(at_least=0.1, at_most=4),
}
_OTHER: Final = Number(at_least=0, at_most=1)
_DEFAULTS: Final = {
    "hue": 180.0, "brightness": 1.25, "saturation": 1.5, "gamma": 1.25,
    "blur": 0.25, "sharpen": 0.5, "vignette": 0.5, "grain": 0.3, "pixelate": 0.25,
}  # fmt: skip
"""What `amount` is when a filter is only named; 1 for all that are not in the list."""
_NEUTRAL: Final = {"brightness": 1.0, "saturation": 1.0, "gamma": 1.0}


class Filter(Part):
    """A filter on the picture, and how much of it."""

    type: Annotated[LookName, Word(FILTERS), Field(description="Name of the filter.")]
    amount: Annotated[
        Annotated[Keyframes, Keyed(Number(at_least=-360, at_most=360))] | None,
        Field(
            description="From 0 (nothing) to 1; for `hue` degrees from -360 to 360; for `brightness`, `saturation` and "
            "`gamma` a factor up to 4, where 1 changes nothing. When not given: 1; hue 180; brightness and gamma "
            "1.25; saturation 1.5; sharpen and vignette 0.5; grain 0.3; blur and pixelate 0.25. "
            "Or keyframes."
        ),
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """How much of each there may be, as a number or in keyframes."""
        found: dict[Number, list[str]] = {}
        for name in FILTERS:
            found.setdefault(_RANGES.get(name, _OTHER), []).append(name)
        ranges = {number: number.range_schema() for number in found}
        return [
            when(
                equals("type", names),
                {
                    "amount": within(
                        {**ranges[number], "items": {"properties": {"value": ranges[number]}}}, "number", "array"
                    )
                },
            )
            for number, names in found.items()
        ]

    @model_validator(mode="after")
    def _amount_fits(self) -> Self:
        if self.amount is None:
            return self
        values: dict[tuple[str | int, ...], float] = (
            {("amount",): self.amount}
            if isinstance(self.amount, float)
            else {("amount", index, "value"): one.value for index, one in enumerate(self.amount)}
        )
        problems = []
        for place, value in values.items():
            try:
                _RANGES.get(self.type, _OTHER).check(value)
            except PydanticCustomError as error:
                problems.append((place, error.type, error.message()))
        if problems:
            raise wrong(problems)
        return self


def _not_too_many(filters: tuple[str | Filter, ...]) -> tuple[str | Filter, ...]:
    if len(filters) > MAX_FILTERS:
        facts = {"count": len(filters), "limit": MAX_FILTERS}
        raise PydanticCustomError("too_many", "There are {count} filters; at most {limit} are accepted.", facts)
    return filters


_Filter = Annotated[
    LookName | Filter,
    Forms('the name of a filter, or {"type": …, "amount": …}', text=Annotated[str, Word(FILTERS)], fields=Filter),
]
Filters = Annotated[
    tuple[_Filter, ...],
    AfterValidator(_not_too_many),
    Field(
        strict=False,
        description="Filters on the picture, each a name or an object, in the order in which they are applied.",
        json_schema_extra={"maxItems": MAX_FILTERS},
    ),
]


def looks_of(filters: Sequence[LookName | Filter]) -> tuple[Look, ...]:
    """The filters with their amounts; those that change nothing are left out."""
    found = []
    for one in filters:
        name = one.type if isinstance(one, Filter) else one
        given = one.amount if isinstance(one, Filter) else None
        amount = _DEFAULTS.get(name, 1.0) if given is None else curve(given)
        if isinstance(amount, tuple):
            found.append(Look(name, amount[0].value, amount))
        elif amount != _NEUTRAL.get(name, 0.0):
            found.append(Look(name, amount))
    return tuple(found)


class ChromaKey(Part):
    """A colour that becomes transparent, such as the green of a studio."""

    color: Annotated[OpaqueColorText, Field(description="The colour that vanishes.")] = "#00ff00"
    threshold: Annotated[
        Share, Field(description="How far a colour may be from it and vanish altogether; 0 the colour alone, 1 all.")
    ] = 0.15
    softness: Annotated[
        Share, Field(description="How much farther a colour may be until it is there in full; 0 cuts hard edges.")
    ] = 0.1
    despill: Annotated[bool, Field(description="Take the colour's reflection off what is left.")] = True

    def resolved(self) -> ResolvedChromaKey:
        """The key with its colour read."""
        return ResolvedChromaKey(read_color(self.color), self.threshold, self.softness, self.despill)


class Matte(Part):
    """A picture or video that decides how opaque the clip is, stretched over the clip's box."""

    src: Source
    mode: Annotated[
        MatteMode,
        Field(
            description="What of the matte counts: `luma`, its lightness (white shows the clip, black hides it), or "
            "`alpha`, its own opacity; or the opposite of either."
        ),
    ] = "luma"
    trim: Annotated[Seconds, Field(description="Seconds to leave out at the beginning of a matte that moves.")] = 0.0


Flip = Literal["horizontal", "vertical", "both"]
