"""Music under the whole timeline, and how loud all of it is."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from cutroom.timeline.clip.sound import DUCKING, DuckingValue
from cutroom.timeline.fields import MAX_SECONDS, Forms, Number, Part, Seconds
from cutroom.timeline.keyframes import Keyed, Keyframes
from cutroom.timeline.resolved import Loudness as ResolvedLoudness
from cutroom.timeline.source import Source

VOLUME: Final = Keyed(Number(at_least=0, at_most=4))
_Target = Annotated[float, Number(at_least=-40, at_most=-5)]
_PEAK_DBTP: Final = -1.0
_STREAMING: Final = -14.0
"""Integrated loudness to which the large video and music services bring what they play, in LUFS."""


class Soundtrack(Part):
    """Music under the whole timeline. It never decides how long the timeline is."""

    src: Source
    volume: Annotated[
        Keyframes,
        VOLUME,
        Field(description="Loudness: 0 is silent, 1 as recorded, up to 4; or keyframes, from the timeline's start."),
    ] = 1.0
    loop: Annotated[bool, Field(description="Start again from the beginning until the timeline ends.")] = False
    crossfade: Annotated[
        Annotated[float, Number(at_least=0, at_most=30, unit="seconds")],
        Field(
            description="Seconds over which the music crosses with itself where it starts again; at most half of it."
        ),
    ] = 0.05
    trim: Annotated[Seconds, Field(description="Seconds to leave out at the beginning.")] = 0.0
    fade_in: Annotated[Seconds, Field(description="Seconds over which the music rises.")] = 0.0
    fade_out: Annotated[
        Annotated[float | Literal["auto"], Number(at_least=0, at_most=MAX_SECONDS, words=("auto",), unit="seconds")],
        Field(
            description="Seconds over which the music falls at its end; `auto`: 1 second where the timeline cuts the "
            "music off, none where the music ends by itself."
        ),
    ] = "auto"
    ducking: Annotated[
        DuckingValue,
        DUCKING,
        Field(description="Whether the music steps back while clips are heard that do not step back themselves."),
    ] = False


class Loudness(Part):
    """How loud the whole is."""

    target: Annotated[_Target, Field(description="Integrated loudness in LUFS.")] = _STREAMING
    peak: Annotated[
        Annotated[float, Number(at_least=-9, at_most=0)], Field(description="Highest true peak in dBTP.")
    ] = _PEAK_DBTP


LoudnessValue = bool | float | Loudness
"""Whether loudness is levelled, its target, or all of it; use it with `LOUDNESS`."""
LOUDNESS: Final[Any] = Forms(
    'true, false, a number of LUFS from -40 to -5, or {"target": …, "peak": …}',
    flag=bool,
    number=_Target,
    fields=Loudness,
)


def loudness_of(value: LoudnessValue) -> ResolvedLoudness | None:
    """The loudness asked for; None where the mix stays as it is."""
    if value is False:
        return None
    asked = Loudness() if value is True else value if isinstance(value, Loudness) else Loudness(target=float(value))
    return ResolvedLoudness(asked.target, asked.peak)
