"""How a clip comes and goes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from cutroom.timeline.fields import Number, Part, Word, exact
from cutroom.timeline.resolved import PassageName

_PASSAGES: Final[dict[str, PassageName]] = {
    re.sub("-([a-z])", lambda found: found[1].upper(), name): name for name in get_args(PassageName)
}
_PACES: Final = {"Slow": Fraction(2), "Fast": Fraction(1, 2)}
_PACED: Final = tuple(name + pace for name in ("fade", *_PASSAGES) for pace in ("", *_PACES))
LEAVING: Final = ("cut", *_PACED)
ENTERING: Final = ("cut", "dissolve", *_PACED)
_NAMES: Final = f"fade, {', '.join(_PASSAGES)}; each of these also with Slow or Fast behind it"


@dataclass(frozen=True, slots=True)
class Way:
    """One name of a transition, taken apart: `form` cut, fade or passage, and how many times the duration it takes."""

    form: Literal["cut", "fade", "passage"]
    passage: PassageName | None
    pace: Fraction


class Transition(Part):
    """How a clip comes and goes. A transition never moves a clip: all times stay as written."""

    enter: Annotated[
        str,
        Word(ENTERING, f"cut, dissolve, {_NAMES}"),
        Field(
            alias="in",
            description="`cut`: at once. `fade`: out of what lies below. `dissolve`: a fade with `cross`. All others "
            "bring the picture in over what lies below. `Slow` behind a name doubles the duration, `Fast` halves it.",
        ),
    ] = "cut"
    leave: Annotated[
        str,
        Word(LEAVING, f"cut, {_NAMES}"),
        Field(
            alias="out",
            description="`cut`: at once. `fade`: into what lies below. All others take the picture away as they would "
            "bring it, backwards.",
        ),
    ] = "cut"
    duration: Annotated[
        Annotated[float, Number(more_than=0, at_most=60, unit="seconds")],
        Field(description="Seconds that each transition takes."),
    ] = 0.5
    cross: Annotated[
        bool,
        Field(
            description="The clip that ends where this one starts, on the same track, plays on, or freezes, underneath "
            "while this one comes in, and their sounds cross. With `cut`, the sounds alone take the duration."
        ),
    ] = False

    @property
    def crosses(self) -> bool:
        """Whether the clip before this one plays on underneath."""
        return self.cross or self.enter == "dissolve"

    @property
    def coming(self) -> Way:
        """How the clip comes."""
        return _way("fade" if self.enter == "dissolve" else self.enter)

    @property
    def going(self) -> Way:
        """How the clip goes."""
        return _way(self.leave)

    def seconds(self, way: Way) -> Fraction:
        """How long it takes that way."""
        return exact(self.duration) * way.pace


def heard(names: Iterable[str]) -> list[str]:
    """Those of these transitions that a sound has too: it has no picture to move."""
    return [name for name in names if name == "dissolve" or _way(name).form != "passage"]


def _way(name: str) -> Way:
    base, pace = name, Fraction(1)
    for suffix, times in _PACES.items():
        if name.endswith(suffix):
            base, pace = name.removesuffix(suffix), times
    if base in {"cut", "fade"}:
        return Way("fade" if base == "fade" else "cut", None, pace)
    return Way("passage", _PASSAGES[base], pace)
