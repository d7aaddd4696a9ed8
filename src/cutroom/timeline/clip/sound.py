"""How a sound steps back for speech."""

from typing import Annotated, Any, Final

from pydantic import Field

from cutroom.timeline.fields import Forms, Number, Part
from cutroom.timeline.resolved import Ducking as ResolvedDucking


class Ducking(Part):
    """How far and how fast a sound steps back while something else is heard."""

    depth: Annotated[
        Annotated[float, Number(at_least=0, at_most=60, unit="decibels")],
        Field(description="How far down it goes, in decibels."),
    ] = 12.0
    attack: Annotated[
        Annotated[float, Number(at_least=0, at_most=10, unit="seconds")],
        Field(description="Seconds in which it goes down."),
    ] = 0.2
    release: Annotated[
        Annotated[float, Number(at_least=0, at_most=10, unit="seconds")],
        Field(description="Seconds in which it comes back."),
    ] = 0.6


DuckingValue = bool | Ducking
"""Whether to duck, or how; use it with `DUCKING`."""
DUCKING: Final[Any] = Forms('true, false, or {"depth": …, "attack": …, "release": …}', flag=bool, fields=Ducking)


def ducking_of(value: DuckingValue) -> ResolvedDucking | None:
    """The ducking asked for; None for none."""
    if value is False:
        return None
    asked = Ducking() if value is True else value
    return ResolvedDucking(asked.depth, asked.attack, asked.release)
