"""The document: an edit is an output and a timeline; a timeline has tracks; a track has clips.

Times are seconds as JSON numbers. The models check what one object can know about itself; what clips mean to each other
is checked in `validate` and decided in `normalise`.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.timeline.assets import Asset
from cutroom.timeline.fields import MAX_SECONDS, Number, OpaqueColorText, Part, Seconds, Share, wrong
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import Fit, Position
from cutroom.timeline.source import Source

Start = Annotated[float | Literal["auto"], Number(at_least=0, at_most=MAX_SECONDS, words=("auto",), unit="seconds")]
Length = Annotated[
    float | Literal["auto", "end"],
    Number(more_than=0, at_most=MAX_SECONDS, words=("auto", "end"), unit="seconds"),
]
Shift = Annotated[float, Number(at_least=-10, at_most=10)]
Side = Annotated[int, Number(integer=True, at_least=1, at_most=16384, unit="pixels")]
Volume = Annotated[float, Number(at_least=0, at_most=4)]

_PLACED: Final = {"fit", "position", "offset", "size", "opacity"}
_HEARD: Final = {"trim", "volume", "fade_in", "fade_out"}
_WITHOUT_EFFECT: Final = {
    "video": set[str](),
    "image": _HEARD,
    "audio": _PLACED,
    "text": _HEARD | {"fit", "size"},
    "color": _HEARD | {"fit"},
}
_INSTEAD: Final = {
    ("text", "size"): "; set the text's own 'width'",
    ("image", "fade_in"): '; write "transition": {"in": "fade"}',
    ("image", "fade_out"): '; write "transition": {"out": "fade"}',
    ("text", "fade_in"): '; write "transition": {"in": "fade"}',
    ("text", "fade_out"): '; write "transition": {"out": "fade"}',
    ("color", "fade_in"): '; write "transition": {"in": "fade"}',
    ("color", "fade_out"): '; write "transition": {"out": "fade"}',
}


class Offset(Part):
    """A shift away from `position`."""

    x: Annotated[Shift, Field(description="To the right, as a fraction of the picture's width.")] = 0.0
    y: Annotated[Shift, Field(description="Down, as a fraction of the picture's height.")] = 0.0


class Size(Part):
    """The box that the picture is fitted into. One side alone keeps the proportions of the source."""

    width: Annotated[Side | None, Field(description="Width of the box in pixels.")] = None
    height: Annotated[Side | None, Field(description="Height of the box in pixels.")] = None


class Transition(Part):
    """How a clip comes and goes. A transition never moves a clip: all times stay as written."""

    enter: Annotated[
        Literal["cut", "fade", "dissolve"],
        Field(
            alias="in",
            description="`cut`: at once. `fade`: out of what lies below. `dissolve`: out of the clip that ends where "
            "this one starts, on the same track; that clip plays on, or freezes, underneath, and their sounds cross.",
        ),
    ] = "cut"
    leave: Annotated[
        Literal["cut", "fade"], Field(alias="out", description="`cut`: at once. `fade`: into what lies below.")
    ] = "cut"
    duration: Annotated[
        Annotated[float, Number(more_than=0, at_most=60, unit="seconds")],
        Field(description="Seconds that each transition takes."),
    ] = 0.5


class Clip(Part):
    """One asset on the timeline."""

    asset: Asset
    start: Annotated[
        Start,
        Field(
            description="Second at which the clip starts, or `auto`: where the previous clip of the track ends, or 0."
        ),
    ] = "auto"
    length: Annotated[
        Length,
        Field(
            description="Seconds that the clip lasts; `auto`: what is left of a video or sound after `trim`, and 3 "
            "seconds for an image, text or colour; `end`: to the end of the timeline."
        ),
    ] = "auto"
    trim: Annotated[Seconds, Field(description="Seconds to leave out at the beginning of a video or sound.")] = 0.0
    fit: Annotated[
        Fit,
        Field(
            description="How a picture fills its box: `cover` (all of the box, the rest is cropped), `contain` (all of "
            "the picture), `fill` (stretched), `none` (pixel for pixel)."
        ),
    ] = "cover"
    position: Annotated[Position, Field(description="Where the box stands in the picture.")] = "center"
    offset: Annotated[Offset, Field(description="A shift away from `position`.")] = Offset()
    size: Annotated[
        Size, Field(description="The box that the picture is fitted into; the whole picture by default.")
    ] = Size()
    opacity: Annotated[Share, Field(description="From 0 (invisible) to 1 (opaque).")] = 1.0
    volume: Annotated[Volume, Field(description="Loudness: 0 is silent, 1 as recorded, up to 4.")] = 1.0
    fade_in: Annotated[Seconds, Field(description="Seconds over which the sound rises at the start.")] = 0.0
    fade_out: Annotated[Seconds, Field(description="Seconds over which the sound falls at the end.")] = 0.0
    transition: Annotated[Transition, Field(description="How the clip comes and goes; cuts by default.")] = Transition()
    parent_duration_decider: Annotated[
        bool, Field(description="The timeline lasts until the end of the longest clip that is marked so.")
    ] = False

    @model_validator(mode="after")
    def _all_has_effect(self) -> Self:
        kind = self.asset.type
        problems = [
            (
                field.alias or name,
                "not_applicable",
                f"'{field.alias or name}' has no effect on {_A[kind]}; leave it out{_INSTEAD.get((kind, name), '')}.",
            )
            for name, field in type(self).model_fields.items()
            if name in _WITHOUT_EFFECT[kind] and getattr(self, name) != field.default
        ]
        if self.length == "end" and self.parent_duration_decider:
            sentence = "A clip that runs to the end cannot decide where the end is; give it a length in seconds."
            problems.append(("parentDurationDecider", "conflicting_fields", sentence))
        if problems:
            raise wrong(problems)
        return self


_A: Final = {"video": "a video", "image": "an image", "audio": "a sound", "text": "a text", "color": "a colour"}


class Track(Part):
    """A layer of clips."""

    clips: Annotated[
        tuple[Clip, ...],
        Field(
            strict=False, description="The clips of the layer. Where two overlap in time, the later one lies on top."
        ),
    ]


class Soundtrack(Part):
    """Music under the whole timeline. It never decides how long the timeline is."""

    src: Source
    volume: Annotated[Volume, Field(description="Loudness: 0 is silent, 1 as recorded, up to 4.")] = 1.0
    loop: Annotated[bool, Field(description="Start again from the beginning until the timeline ends.")] = False
    trim: Annotated[Seconds, Field(description="Seconds to leave out at the beginning.")] = 0.0
    fade_in: Annotated[Seconds, Field(description="Seconds over which the music rises.")] = 0.0
    fade_out: Annotated[
        Annotated[float | Literal["auto"], Number(at_least=0, at_most=MAX_SECONDS, words=("auto",), unit="seconds")],
        Field(
            description="Seconds over which the music falls at its end; `auto`: 1 second where the timeline cuts the "
            "music off, none where the music ends by itself."
        ),
    ] = "auto"


class Timeline(Part):
    """What is seen and heard, and when."""

    background: Annotated[OpaqueColorText, Field(description="Colour where no clip covers the picture.")] = "#000000"
    tracks: Annotated[
        tuple[Track, ...],
        Field(
            strict=False,
            description="The layers. **The first track in the list is the top layer**; each further one lies below it.",
        ),
    ] = ()
    soundtrack: Annotated[Soundtrack | None, Field(description="Music under the whole timeline.")] = None
    duration: Annotated[
        Annotated[float, Number(more_than=0, at_most=MAX_SECONDS, unit="seconds")] | None,
        Field(
            description="Seconds of output. When not given: until the longest clip marked `parentDurationDecider` "
            "ends, else the longest clip. What lies beyond is cut off."
        ),
    ] = None


class Edit(Part):
    """A video (or sound) as a document: what to make, and of what."""

    output: Annotated[
        Output, Field(description="The file to make; an mp4 of 1280x720 at 30 frames a second by default.")
    ] = Output()
    timeline: Annotated[Timeline, Field(description="What is seen and heard, and when.")]
