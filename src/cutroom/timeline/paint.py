"""What a surface is filled with: a colour, or a gradient."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import ColorText, Degrees, Forms, Part, Share, wrong
from cutroom.timeline.limits import MAX_STOPS
from cutroom.timeline.resolved import ColorStop, Gradient, Paint


class Stop(Part):
    """A colour at a place of a gradient."""

    color: Annotated[ColorText, Field(description="The colour, such as #101418, or #10141880 with opacity.")]
    at: Annotated[
        Share | None,
        Field(description="Where it stands, from 0 to 1; halfway between its neighbours when not given."),
    ] = None


StopText = Annotated[str | Stop, Forms('a colour, or {"color": …, "at": …}', text=ColorText, fields=Stop)]


def _in_order(stops: tuple[str | Stop, ...]) -> tuple[str | Stop, ...]:
    if not 2 <= len(stops) <= MAX_STOPS:
        sentence = "A gradient has 2 to {limit} colours; these are {count}."
        raise PydanticCustomError("bad_gradient", sentence, {"limit": MAX_STOPS, "count": len(stops)})
    places = [(index, stop.at) for index, stop in enumerate(stops) if isinstance(stop, Stop) and stop.at is not None]
    sentence = "The colours of a gradient stand in order; this 'at' is below the one before it."
    late = [(index, "at") for (_, before), (index, after) in pairwise(places) if after < before]
    if late:
        raise wrong([(place, "bad_gradient", sentence) for place in late])
    return stops


Stops = Annotated[
    tuple[StopText, ...],
    AfterValidator(_in_order),
    Field(
        strict=False,
        description="Two to sixteen colours, each a text or an object with its place `at`; spread evenly when no place "
        "is given.",
        json_schema_extra={"minItems": 2, "maxItems": MAX_STOPS},
    ),
]
Angle = Annotated[
    Degrees,
    Field(description="Direction of a linear gradient in degrees: 0 runs to the right, 90 downwards."),
]
GradientForm = Annotated[
    Literal["linear", "radial"],
    Field(description="`linear`: along `angle`. `radial`: from the centre to the farthest corner."),
]


class GradientFill(Part):
    """Colours that run into each other."""

    type: GradientForm = "linear"
    angle: Angle = 90.0
    stops: Stops

    def resolved(self) -> Gradient:
        """The gradient with every place decided."""
        return gradient(self.type, self.angle, self.stops)


PaintValue = str | GradientFill
"""A colour or a gradient; use it with `PAINT`."""
PAINT: Any = Forms('a colour, or a gradient {"type": …, "angle": …, "stops": […]}', text=ColorText, fields=GradientFill)


def paint_of(value: PaintValue) -> Paint:
    """The colour or gradient, resolved."""
    return read_color(value) if isinstance(value, str) else value.resolved()


def gradient(form: Literal["linear", "radial"], angle: float, stops: Sequence[str | Stop]) -> Gradient:
    """A gradient whose stops without a place stand evenly between those that have one (CSS Images 3, section 3.4.3)."""
    places = [stop.at if isinstance(stop, Stop) else None for stop in stops]
    places[0] = 0.0 if places[0] is None else places[0]
    if places[-1] is None:
        places[-1] = max(1.0, *(place for place in places if place is not None))
    colors = [read_color(stop.color if isinstance(stop, Stop) else stop) for stop in stops]
    found = [ColorStop(at, color) for at, color in zip(_spread(places), colors, strict=True)]
    return Gradient(form, angle, tuple(found))


def _spread(places: Sequence[float | None]) -> list[float]:
    """The places with every gap filled evenly; the first and the last are given."""
    known = [(index, place) for index, place in enumerate(places) if place is not None]
    spread = [known[0][1]]
    for (before, low), (after, high) in pairwise(known):
        steps = after - before
        spread.extend(low + (high - low) * step / steps for step in range(1, steps + 1))
    return spread
