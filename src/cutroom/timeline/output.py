"""The file that an edit becomes."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.kit.wording import one_of
from cutroom.timeline.agreement import Agreement, given, only, when
from cutroom.timeline.fields import Forms, Number, Part, Seconds, wrong
from cutroom.timeline.formats import (
    CODECS,
    CRF,
    DEFAULT,
    FASTEST_GIF,
    ONLY_FOR,
    REPEATING,
    TRANSPARENT,
    no_crf,
    of_codecs,
    of_formats,
)
from cutroom.timeline.limits import MAX_POSTERS
from cutroom.timeline.rate import Rate, exact_rate
from cutroom.timeline.resolved import SOUNDS, Codec, Format, Quality

Resolution = Literal["preview", "mobile", "360p", "480p", "720p", "1080p", "1440p", "2160p"]
AspectRatio = Literal["16:9", "9:16", "1:1", "4:5", "5:4", "4:3", "3:4", "21:9"]
_DEFAULT_RESOLUTION: Final = "720p"
_DEFAULT_ASPECT: Final = "16:9"
_PRESETS: Final = {"preview": (288, Fraction(15)), "mobile": (360, Fraction(25))}
"""Shorter side and frames a second of the resolutions that have names."""
_FPS: Final = Fraction(30)
_MOVING_IMAGE_FPS: Final = Fraction(15)
"""A gif or webp is shown as it is loaded: half the rate is half the wait."""
_SIZED_BY: Final = {"resolution": "resolution", "aspect_ratio": "aspectRatio"}
_ONE_SIZE: Final = "Give width and height, or '{}', not both."
_SPRITE_SHEET_PX: Final = 16_384

Side = Annotated[int, Number(integer=True, even=True, at_least=16, at_most=8192, unit="pixels")]


class Range(Part):
    """A part of the timeline."""

    start: Annotated[Seconds, Field(description="Second of the timeline at which the file begins.")] = 0.0
    length: Annotated[
        Annotated[float, Number(more_than=0, at_most=1e6, unit="seconds")] | None,
        Field(description="Seconds of the file; to the end of the timeline when not given."),
    ] = None


class Poster(Part):
    """A picture of the finished file, beside it."""

    at: Annotated[
        Seconds | None,
        Field(description="Second of the finished file that it shows; the middle when not given."),
    ] = None
    scale: Annotated[
        Annotated[float, Number(more_than=0, at_most=1)], Field(description="Its size, as a fraction of the file's.")
    ] = 1.0
    format: Annotated[Literal["jpg", "png"], Field(description="Kind of picture.")] = "jpg"


class Sprites(Part):
    """A sheet of small pictures for a player's scrub bar, with a WebVTT file that says where each one is."""

    every: Annotated[
        Annotated[float, Number(at_least=0.1, at_most=3600, unit="seconds")],
        Field(description="Seconds from one picture to the next."),
    ] = 2.0
    columns: Annotated[
        Annotated[int, Number(integer=True, at_least=1, at_most=100)], Field(description="Pictures in a row.")
    ] = 10
    width: Annotated[
        Annotated[int, Number(integer=True, at_least=16, at_most=1024, unit="pixels")],
        Field(description="Width of each picture in pixels."),
    ] = 160

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.columns * self.width > _SPRITE_SHEET_PX:
            sentence = f"The sheet would be wider than {_SPRITE_SHEET_PX} pixels; take fewer columns, or smaller ones."
            raise wrong([("columns", "too_large", sentence)])
        return self


_POSTERS: Final[Any] = Forms(
    'an object {"at": …, "scale": …, "format": …}, or a list of them',
    fields=Poster,
    listed=Annotated[tuple[Poster, ...], Field(strict=False, max_length=MAX_POSTERS)],
)


class Output(Part):
    """What to make of the timeline: format, size, frame rate and quality."""

    format: Annotated[
        Format,
        Field(
            description="`mp4`, `webm`, `mov` and `hls` hold pictures and sound; `gif` and `webp` moving pictures; "
            "`png` and `jpg` one picture, see `at`; `mp3`, `m4a` and `wav` the sound alone, as long as the pictures "
            "would be (their size is ignored)."
        ),
    ] = DEFAULT
    codec: Annotated[
        Codec | None,
        Field(
            description="Codec of the pictures. mp4: h264 (default), h265 or av1. webm: vp9 (default) or av1. mov: "
            "h264 (default), h265 or prores (default when `transparent`). hls: h264."
        ),
    ] = None
    width: Annotated[
        Side | None,
        Field(description="Width of the picture in pixels, even. Give `height` too, or `resolution` instead."),
    ] = None
    height: Annotated[Side | None, Field(description="Height of the picture in pixels, even.")] = None
    resolution: Annotated[
        Resolution | None,
        Field(
            description="The shorter side of the picture, instead of `width` and `height`; 720p when no size is given. "
            "`preview` is 288 pixels at 15 frames a second, `mobile` 360 at 25."
        ),
    ] = None
    aspect_ratio: Annotated[
        AspectRatio | None, Field(description="Width to height, together with `resolution`; 16:9 when not given.")
    ] = None
    fps: Annotated[
        Annotated[float | str, Rate()] | None,
        Field(
            description="Frames a second: a number, or a fraction such as `30000/1001`. 23.976, 29.97 and 59.94 are "
            "read as the exact fractions they stand for. A gif has 50 at most. When not given: as `resolution` says, "
            "15 for gif and webp, else 30."
        ),
    ] = None
    quality: Annotated[
        Quality,
        Field(
            description="How much the picture may lose: `high` looks like the source, `low` is quick and small, "
            "`highest` and `lowest` go further still."
        ),
    ] = "medium"
    crf: Annotated[
        Annotated[int, Number(integer=True, at_least=0, at_most=63)] | None,
        Field(
            description="Constant rate factor of the codec, instead of `quality`: h264 and h265 to 51, others to 63."
        ),
    ] = None
    mute: Annotated[bool, Field(description="Leave the sound out.")] = False
    range: Annotated[Range | None, Field(description="The part of the timeline to make; all of it when not given.")] = (
        None
    )
    at: Annotated[
        Seconds | None,
        Field(description="Second of the timeline that a png or jpg shows; the middle when not given."),
    ] = None
    poster: Annotated[
        Annotated[Poster | tuple[Poster, ...], _POSTERS] | None,
        Field(description="One or more pictures of the finished file, beside it; none when not given."),
    ] = None
    sprites: Annotated[
        Sprites | None, Field(description="A sheet of small pictures for a scrub bar; none when not given.")
    ] = None
    repeat: Annotated[
        Annotated[int, Number(integer=True, at_least=0, at_most=65_535)],
        Field(description="How often a gif or webp plays; 0 is for ever."),
    ] = 0
    transparent: Annotated[
        bool,
        Field(
            description="Leave the background transparent instead of the timeline's colour: webm (vp9), mov (prores), "
            "gif, webp and png."
        ),
    ] = False
    hardware: Annotated[
        Literal["auto", "off"], Field(description="Whether an encoder of the machine's graphics card may be used.")
    ] = "auto"

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """Sides that go together, and what each format has."""
        sizes = {alias: only(None, _ONE_SIZE.format(alias)) for alias in _SIZED_BY.values()}
        sides = [
            when(given(one), {**given(other)["properties"], **sizes}, required=[other])
            for one, other in (("width", "height"), ("height", "width"))
        ]
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        return [*sides, *of_formats(defaults), *of_codecs()]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = [*self._sides(), *self._coding(), *self._parts()]
        if self.format in SOUNDS and self.mute:
            sentence = f"{_A[self.format]} without sound is empty; leave 'mute' out."
            problems.append(("mute", "conflicting_fields", sentence))
        if problems:
            raise wrong(problems)
        return self

    def _sides(self) -> list[tuple[str, str, str]]:
        problems = [
            (missing, "missing_field", f"'{given}' needs '{missing}' beside it; give both or neither.")
            for given, missing in (("width", "height"), ("height", "width"))
            if getattr(self, given) is not None and getattr(self, missing) is None
        ]
        if self.width is not None or self.height is not None:
            for name, alias in _SIZED_BY.items():
                if getattr(self, name) is not None:
                    problems.append((alias, "conflicting_fields", _ONE_SIZE.format(alias)))
        return problems

    def _coding(self) -> list[tuple[str, str, str]]:
        problems = []
        known = CODECS.get(self.format, ())
        if self.codec is not None and self.codec not in known:
            accepted = f"accepted is {one_of(known)}" if known else "leave 'codec' out"
            sentence = f"{_A[self.format]} is not made with {self.codec}; {accepted}."
            problems.append(("codec", "conflicting_fields", sentence))
        elif self.transparent and self.format not in TRANSPARENT:
            sentence = f"{_A[self.format]} cannot be transparent; take webm, mov, gif, webp or png."
            problems.append(("transparent", "conflicting_fields", sentence))
        elif self.transparent and self.codec not in {None, TRANSPARENT[self.format]}:
            sentence = f"The codec {self.codec} cannot be transparent; take {TRANSPARENT[self.format]}, or none."
            problems.append(("codec", "conflicting_fields", sentence))
        if self.crf is not None and not problems:
            most = CRF.get(self.coded, -1) if self.coded is not None else -1
            if most < 0:
                problems.append(("crf", "not_applicable", no_crf(self.coded or _A[self.format].lower())))
            elif self.crf > most:
                sentence = f"This is {self.crf}; the crf of {self.coded} goes from 0 to {most}."
                problems.append(("crf", "out_of_range", sentence))
        return problems

    def _parts(self) -> list[tuple[str, str, str]]:
        problems = []
        for name, (formats, instead) in ONLY_FOR.items():
            if self.format not in formats and getattr(self, name) != type(self).model_fields[name].default:
                sentence = f"'{name}' has no effect on {_A[self.format].lower()}; {instead}."
                problems.append((name, "not_applicable", sentence))
        if self.format == "gif" and self.rate > FASTEST_GIF:
            sentence = f"A gif has at most {FASTEST_GIF} frames a second: players slow down what is shown for less."
            problems.append(("fps", "out_of_range", sentence))
        return problems

    @property
    def coded(self) -> Codec | None:
        """The codec of the pictures; None where the format has none, or no choice."""
        known = CODECS.get(self.format)
        if known is None:
            return None
        return self.codec or (TRANSPARENT[self.format] if self.transparent else known[0])

    @property
    def posters(self) -> tuple[Poster, ...]:
        """Every poster asked for."""
        if self.poster is None:
            return ()
        return self.poster if isinstance(self.poster, tuple) else (self.poster,)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels; both even."""
        if self.width is not None and self.height is not None:
            return self.width, self.height
        named = self.resolution or _DEFAULT_RESOLUTION
        short = _PRESETS[named][0] if named in _PRESETS else int(named.removesuffix("p"))
        across, down = (int(part) for part in (self.aspect_ratio or _DEFAULT_ASPECT).split(":"))
        scale = Fraction(short, min(across, down))
        return _even(across * scale), _even(down * scale)

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        if self.fps is not None:
            return exact_rate(self.fps)
        if self.resolution in _PRESETS:
            return _PRESETS[self.resolution][1]
        return _MOVING_IMAGE_FPS if self.format in REPEATING else _FPS


_A: Final = {
    "mp4": "An mp4", "webm": "A webm", "mov": "A mov", "gif": "A gif", "webp": "A webp", "mp3": "An mp3",
    "m4a": "An m4a", "wav": "A wav", "png": "A png", "jpg": "A jpg", "hls": "An HLS stream",
}  # fmt: skip


def _even(side: Fraction) -> int:
    return 2 * round(side / 2)
