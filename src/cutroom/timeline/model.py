"""The document: an edit is an output and a timeline; a timeline has tracks; a track has clips.

Times are seconds as JSON numbers. The models check what one object can know about itself; what clips mean to each other
is checked in `validate` and decided in `normalise`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.timeline.agreement import Agreement, equals, given, only, when
from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.assets.color import ColorAsset, GradientAsset
from cutroom.timeline.assets.html import HtmlAsset
from cutroom.timeline.assets.media import AudioAsset, ImageAsset, VideoAsset
from cutroom.timeline.assets.shape import ShapeAsset
from cutroom.timeline.assets.svg import SvgAsset
from cutroom.timeline.assets.text import TextAsset
from cutroom.timeline.assets.waveform import WaveformAsset
from cutroom.timeline.clip.applies import WITHOUT_EFFECT, no_effect
from cutroom.timeline.clip.effect import EFFECTS
from cutroom.timeline.clip.filters import ChromaKey, Filters, Flip, Matte
from cutroom.timeline.clip.frame import Border, ClipShadow
from cutroom.timeline.clip.place import Crop, Offset, Size, Skew
from cutroom.timeline.clip.sound import DUCKING, DuckingValue
from cutroom.timeline.clip.transition import ENTERING, LEAVING, Transition, heard
from cutroom.timeline.fields import CLEAR, CLIP_NAME, MAX_SECONDS, ClearOrOpaque, Number, Part, Seconds, Word, wrong
from cutroom.timeline.fontfile import FontFile
from cutroom.timeline.keyframes import Keyed, Keyframes
from cutroom.timeline.limits import MAX_FONTS, MAX_OUTPUTS
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import BlendMode, Fit, Position
from cutroom.timeline.soundtrack import LOUDNESS, VOLUME, LoudnessValue, Soundtrack

_NO_DECIDER: Final = "A clip that runs to the end cannot decide where the end is; give it a length in seconds."
_STILL: Final = "A sound has no picture to move: its transitions are cut, fade and dissolve."

Start = Annotated[
    float | str,
    Number(at_least=0, at_most=MAX_SECONDS, words=("auto",), ways=("with", "after"), unit="seconds"),
]
Length = Annotated[
    float | str,
    Number(more_than=0, at_most=MAX_SECONDS, words=("auto", "end"), ways=("like",), unit="seconds"),
]


class TimelineAsset(Part):
    """A timeline of its own, seen and heard as one clip. It has the size and the frame rate of the whole."""

    type: Literal["timeline"]
    timeline: Annotated["Timeline", Field(description="What is seen and heard; at most four lie in each other.")]
    background: Annotated[
        ClearOrOpaque | None,
        Field(
            description="What is seen where none of its clips is: `transparent`, or a colour. When not given: the "
            "timeline's own `background`, and `transparent` when it has none either."
        ),
    ] = None


ASSETS: Final[Mapping[str, type[Part]]] = {
    "video": VideoAsset,
    "image": ImageAsset,
    "audio": AudioAsset,
    "text": TextAsset,
    "captions": CaptionsAsset,
    "color": ColorAsset,
    "gradient": GradientAsset,
    "shape": ShapeAsset,
    "waveform": WaveformAsset,
    "svg": SvgAsset,
    "html": HtmlAsset,
    "timeline": TimelineAsset,
}
"""Every asset by its type."""
Asset = Annotated[
    VideoAsset
    | ImageAsset
    | AudioAsset
    | TextAsset
    | CaptionsAsset
    | ColorAsset
    | GradientAsset
    | ShapeAsset
    | WaveformAsset
    | SvgAsset
    | HtmlAsset
    | TimelineAsset,
    Field(discriminator="type", description="What the clip shows or plays."),
]


class Clip(Part):
    """One asset on the timeline."""

    name: Annotated[
        str | None,
        Field(
            pattern=f"^{CLIP_NAME}$",
            description="What `start` and `length` of other clips of this timeline call it; no two have the same.",
        ),
    ] = None
    asset: Asset
    start: Annotated[
        Start,
        Field(
            description="Second at which the clip starts; `auto`: where the previous clip of the track ends, or 0; "
            "`with:NAME`: when the clip of that name starts; `after:NAME`: when it ends."
        ),
    ] = "auto"
    length: Annotated[
        Length,
        Field(
            description="Seconds that the clip lasts; `auto`: what is left of a video, sound or timeline after `trim`, "
            "divided by `speed`; until the last of the captions; and 3 seconds for everything else; `end`: to the end "
            "of the timeline; `like:NAME`: as long as the clip of that name."
        ),
    ] = "auto"
    trim: Annotated[
        Seconds, Field(description="Seconds to leave out at the beginning of a video, sound, timeline or captions.")
    ] = 0.0
    speed: Annotated[
        Annotated[float, Number(at_least=0.1, at_most=10)],
        Field(description="Seconds of the source in one second of the clip; its sound keeps its pitch."),
    ] = 1.0
    volume: Annotated[
        Keyframes, VOLUME, Field(description="Loudness: 0 is silent, 1 as recorded, up to 4; or keyframes.")
    ] = 1.0
    fade_in: Annotated[Seconds, Field(description="Seconds over which the sound rises at the start.")] = 0.0
    fade_out: Annotated[Seconds, Field(description="Seconds over which the sound falls at the end.")] = 0.0
    ducking: Annotated[
        DuckingValue,
        DUCKING,
        Field(description="Whether this sound steps back while others are heard that do not step back themselves."),
    ] = False
    fit: Annotated[
        Fit,
        Field(
            description="How a picture fills its box: `cover` (all of the box, the rest is cropped), `contain` (all of "
            "the picture), `fill` (stretched), `none` (pixel for pixel), `blur` (all of the picture, over a blurred "
            "and enlarged copy of it)."
        ),
    ] = "cover"
    crop: Annotated[
        Crop, Field(description="What is left out of the source at each side, before it is fitted; nothing by default.")
    ] = Crop()
    size: Annotated[
        Size,
        Field(
            description="The box that the picture is fitted into; by default the whole picture, a third of its shorter "
            "side for a shape, and the lower part of it for a waveform."
        ),
    ] = Size()
    scale: Annotated[
        Keyframes,
        Keyed(Number(at_least=0, at_most=100)),
        Field(description="How much larger than its box it is drawn, around its centre; or keyframes."),
    ] = 1.0
    position: Annotated[
        Position | None,
        Field(
            description="Where the box stands in the picture; `center` when not given, but `bottom` for captions, "
            "which in upright pictures then stand a fifth of the height above the edge."
        ),
    ] = None
    offset: Annotated[Offset, Field(description="A shift away from `position`.")] = Offset()
    rotation: Annotated[
        Keyframes,
        Keyed(Number(at_least=-36_000, at_most=36_000, unit="degrees")),
        Field(description="Degrees clockwise around the centre of the box; or keyframes."),
    ] = 0.0
    skew: Annotated[Skew, Field(description="How far the box leans; not at all by default.")] = Skew()
    flip: Annotated[
        Flip | None,
        Field(description="Mirror the picture: `horizontal` swaps left and right, `vertical` top and bottom, or both."),
    ] = None
    opacity: Annotated[
        Keyframes,
        Keyed(Number(at_least=0, at_most=1)),
        Field(description="From 0 (invisible) to 1 (opaque); or keyframes."),
    ] = 1.0
    radius: Annotated[
        Annotated[float, Number(at_least=0, at_most=4096, unit="pixels")],
        Field(description="Radius of the box's corners in pixels."),
    ] = 0.0
    border: Annotated[
        Border | None, Field(description="A line along the edges of the box, inside of it; none by default.")
    ] = None
    shadow: Annotated[ClipShadow | None, Field(description="A shadow of what is seen, below it; none by default.")] = (
        None
    )
    effect: Annotated[
        Annotated[str, Word(EFFECTS)] | None,
        Field(
            description="A slow move over the picture for as long as the clip lasts; a slide names the way the picture "
            "goes. `Slow` and `Fast` move less and more."
        ),
    ] = None
    filters: Filters = ()
    chroma_key: Annotated[
        ChromaKey | None, Field(description="A colour of the picture that becomes transparent; none by default.")
    ] = None
    matte: Annotated[
        Matte | None, Field(description="A picture or video that decides how opaque this one is; none by default.")
    ] = None
    blend: Annotated[
        BlendMode,
        Field(
            description="How the colours mix with those below, as in CSS; `add`, `subtract` and `divide` calculate "
            "with them."
        ),
    ] = "normal"
    transition: Annotated[Transition, Field(description="How the clip comes and goes; cuts by default.")] = Transition()
    parent_duration_decider: Annotated[
        bool, Field(description="The timeline lasts until the end of the longest clip that is marked so.")
    ] = False

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """What has an effect on which kind of asset, and who may decide where the end is."""
        found = [when(equals("length", ["end"]), {"parentDurationDecider": only(value=False, why=_NO_DECIDER)})]
        for kind, names in WITHOUT_EFFECT.items():
            idle = _without_effect(kind)
            fields = {
                idle[name][0]: only(idle[name][1], no_effect(kind, name, idle[name][0])) for name in sorted(names)
            }
            if kind == "audio":
                ways = {"in": {"enum": heard(ENTERING)}, "out": {"enum": heard(LEAVING)}}
                fields["transition"] = {"properties": {way: {"description": _STILL, **ways[way]} for way in ways}}
            if fields:
                found.append(when({"required": ["asset"], "properties": {"asset": equals("type", [kind])}}, fields))
        return found

    @model_validator(mode="after")
    def _all_has_effect(self) -> Self:
        kind = self.asset.type
        idle = _without_effect(kind)
        problems = sorted(
            (idle[name][0], "not_applicable", no_effect(kind, name, idle[name][0]))
            for name in self.model_fields_set & idle.keys()
            if getattr(self, name) != idle[name][1]
        )
        if self.length == "end" and self.parent_duration_decider:
            problems.append(("parentDurationDecider", "conflicting_fields", _NO_DECIDER))
        moving = (("in", self.transition.coming), ("out", self.transition.going)) if kind == "audio" else ()
        places = [("transition", name) for name, way in moving if way.form == "passage"]
        if problems or places:
            raise wrong([*problems, *((place, "not_applicable", _STILL) for place in places)])
        return self


@lru_cache(maxsize=64)
def _without_effect(kind: str) -> dict[str, tuple[str, Any]]:
    """The fields that clips of a kind do not have: alias and default, by name."""
    fields = ((name, Clip.model_fields[name]) for name in WITHOUT_EFFECT[kind])
    return {name: (field.alias or name, field.default) for name, field in fields}


class Track(Part):
    """A layer of clips."""

    clips: Annotated[
        tuple[Clip, ...],
        Field(
            strict=False, description="The clips of the layer. Where two overlap in time, the later one lies on top."
        ),
    ]


class Timeline(Part):
    """What is seen and heard, and when."""

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """Something decides how long it is."""
        ends = {"properties": {"length": {"not": {"const": "end"}}}}
        clips = {
            "required": ["tracks"],
            "properties": {"tracks": {"contains": {"properties": {"clips": {"contains": ends}}}}},
        }
        return [{"anyOf": [clips, given("duration")]}]

    background: Annotated[
        ClearOrOpaque | None,
        Field(
            description="Colour where no clip covers the picture; black when not given. A timeline inside of another "
            "one may be `transparent`, and is when nothing is said; for the outermost see `transparent` of the output."
        ),
    ] = None
    tracks: Annotated[
        tuple[Track, ...],
        Field(
            strict=False,
            description="The layers. **The first track in the list is the top layer**; each further one lies below it.",
        ),
    ] = ()
    fonts: Annotated[
        tuple[FontFile, ...],
        Field(
            strict=False,
            max_length=MAX_FONTS,
            description="Fonts that this document brings: TTF, OTF, TTC, WOFF or WOFF2. A `font` names them by family; "
            "they go before fonts of the same name that are there anyway, and timelines inside of this one know them "
            "too.",
        ),
    ] = ()
    soundtrack: Annotated[Soundtrack | None, Field(description="Music under the whole timeline.")] = None
    loudness: Annotated[
        LoudnessValue,
        LOUDNESS,
        Field(
            description="Bring the whole mix to a loudness: true for -14 LUFS with true peaks up to -1 dBTP, a number "
            "of LUFS, or both as an object. The mix stays as it is by default."
        ),
    ] = False
    duration: Annotated[
        Annotated[float, Number(more_than=0, at_most=MAX_SECONDS, unit="seconds")] | None,
        Field(
            description="Seconds of output. When not given: until the longest clip marked `parentDurationDecider` "
            "ends, else the longest clip. What lies beyond is cut off."
        ),
    ] = None


for _part in (TimelineAsset, Clip, Track, Timeline):
    _part.model_rebuild()  # a timeline may lie in a clip of a timeline, so the first of them is only whole now


class Edit(Part):
    """A video (or sound) as a document: what to make, and of what."""

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """The outermost timeline has a colour."""
        return [{"properties": {"timeline": {"properties": {"background": {"not": {"const": CLEAR}}}}}}]

    output: Annotated[
        Output, Field(description="The file to make; an mp4 of 1280x720 at 30 frames a second by default.")
    ] = Output()
    outputs: Annotated[
        tuple[Output, ...],
        Field(
            strict=False,
            max_length=MAX_OUTPUTS,
            description="Further files to make of the same timeline.",
        ),
    ] = ()
    timeline: Annotated[Timeline, Field(description="What is seen and heard, and when.")]
