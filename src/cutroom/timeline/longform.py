"""The longform document: hours of sound over a few backgrounds, and how it is decided.

Sounds are laid end to end and never overlap, so that their lengths add up: at a join the earlier one falls for
`audioFade` seconds, then the later one rises for as long.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from cutroom.kit.errors import Detail
from cutroom.kit.wording import one_of
from cutroom.media.origin import length_s
from cutroom.media.timebase import nearest_frame
from cutroom.timeline.agreement import Agreement, only
from cutroom.timeline.colors import read_color
from cutroom.timeline.complaints import complaints
from cutroom.timeline.fields import MAX_SECONDS, Number, OpaqueColorText, Part, Seconds, exact, wrong
from cutroom.timeline.limits import Limits
from cutroom.timeline.notes import Notes
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import Fit, Media, ResolvedOutput
from cutroom.timeline.resolved.longform import ResolvedBackground, ResolvedLongform, ResolvedTrack
from cutroom.timeline.source import Source, public_name
from cutroom.timeline.sources import SourceUse
from cutroom.timeline.validate import MAX_DETAILS, refusal

MOST_BACKGROUNDS: Final = 4
MOST_TRACKS: Final = 500
FORMATS: Final = ("mp4", "m4a")
_CODEC: Final = "h264"
_SHORTEST_TRACK_S: Final = Fraction(1, 10)
_OUTPUT: Final = frozenset({"format", "width", "height", "resolution", "aspect_ratio", "fps", "quality", "codec"})
"""Fields of the output that mean something here."""
_DEFAULT: Final = Limits()

_Volume = Annotated[float, Number(at_least=0, at_most=4)]
_Some = Annotated[float, Number(more_than=0, at_most=MAX_SECONDS, unit="seconds")]


class LongformBackground(Part):
    """A still picture, or a video whose sound is left out and which starts again when it has ended."""

    src: Source
    fit: Annotated[
        Fit,
        Field(
            description="How it fills the picture: `cover` (the rest is cropped), `contain` (all of it is seen), `fill`"
            " (stretched), `none` (pixel for pixel), `blur` (all of it, over a blurred copy)."
        ),
    ] = "cover"


class LongformTrack(Part):
    """One sound of the list."""

    src: Source
    trim: Annotated[Seconds, Field(description="Seconds to leave out at the beginning.")] = 0.0
    length: Annotated[_Some | None, Field(description="Seconds to play; to the end of the sound when not given.")] = (
        None
    )
    volume: Annotated[_Volume, Field(description="Loudness: 0 is silent, 1 as recorded, up to 4.")] = 1.0


class Longform(Part):
    """What is seen and heard."""

    backgrounds: Annotated[
        tuple[LongformBackground, ...],
        Field(
            strict=False,
            description="One to four pictures or videos. They take turns behind the sound, from the first again after "
            "the last.",
            json_schema_extra={"minItems": 1, "maxItems": MOST_BACKGROUNDS},
        ),
    ]
    seconds_per_background: Annotated[
        Annotated[float | Literal["auto"], Number(at_least=0.5, at_most=MAX_SECONDS, words=("auto",), unit="seconds")],
        Field(
            description="Seconds from one turn to the next; `auto` shares the whole time out, one turn to each. A "
            "video starts again from its beginning at every turn. A background alone has no turns."
        ),
    ] = 30.0
    crossfade: Annotated[
        Annotated[float, Number(at_least=0, at_most=60, unit="seconds")],
        Field(description="Seconds over which a background dissolves into the next, from the start of its turn."),
    ] = 1.0
    background: Annotated[OpaqueColorText, Field(description="Colour where a background leaves the picture free.")] = (
        "#000000"
    )
    audio: Annotated[
        tuple[LongformTrack, ...],
        Field(
            strict=False,
            description="The sounds, played one after the other without overlapping.",
            json_schema_extra={"minItems": 1, "maxItems": MOST_TRACKS},
        ),
    ]
    audio_fade: Annotated[
        Annotated[float, Number(at_least=0, at_most=60, unit="seconds")],
        Field(
            description="Seconds over which, where two sounds meet, the first falls and then the second rises. With 0 "
            "they follow each other sample by sample. With more, a sound may start up to 12 milliseconds off its exact "
            "place, so that it need not be encoded again; that never adds up."
        ),
    ] = 1.0
    duration: Annotated[
        _Some | None,
        Field(
            description="Seconds of output; as long as the sounds when not given. Longer sounds fade out at the end."
        ),
    ] = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = [
            *_count("backgrounds", len(self.backgrounds), MOST_BACKGROUNDS, "pictures or videos"),
            *_count("audio", len(self.audio), MOST_TRACKS, "sounds"),
        ]
        turn = self.seconds_per_background
        if not isinstance(turn, str) and self.crossfade >= turn and len(self.backgrounds) > 1:
            sentence = f"A crossfade has to be shorter than a turn of {turn:g} seconds; shorten it."
            problems.append(("crossfade", "conflicting_fields", sentence))
        if problems:
            raise wrong(problems)
        return self


class LongformEdit(Part):
    """A video, or sound alone, of up to hours: a list of sounds over a few backgrounds."""

    output: Annotated[Output, Field(description="The file to make: an mp4, or an m4a with the sound alone.")] = Output()
    longform: Annotated[Longform, Field(description="What is seen and heard.")]

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """What of an output means something here."""
        fields = ((field.alias or name, name, field.default) for name, field in Output.model_fields.items())
        unused = {alias: only(default, _unused(alias)) for alias, name, default in fields if name not in _OUTPUT}
        allowed = {"format": {"enum": list(FORMATS)}, "codec": {"enum": [_CODEC, None]}, **unused}
        return [{"properties": {"output": {"properties": allowed}}}]


def is_longform(document: Any) -> bool:
    """Whether a document means to be a longform: it has one, and no timeline."""
    return isinstance(document, dict) and "longform" in document and "timeline" not in document


def parse_longform(document: Any, limits: Limits = _DEFAULT, problems: tuple[Detail, ...] = ()) -> LongformEdit:
    """Check a longform document.

    Args:
        document: JSON data; what is no part of a longform (`callbackUrl`) was taken out.
        limits: how long it may be, how large its picture, and whether sources may be paths.
        problems: what the look through the whole document has found already.

    Raises:
        Invalid: with one detail for each wrong place, as `parse` does.
    """
    found, unsaid = list(problems), 0
    try:
        edit = LongformEdit.model_validate(document, context=limits)
    except ValidationError as error:
        unsaid = max(error.error_count() - MAX_DETAILS, 0)
        told = {problem.pointer for problem in found}
        said = islice(complaints(error, LongformEdit), MAX_DETAILS)
        found.extend(detail for detail in said if detail.pointer not in told)
    else:
        found.extend(_problems(edit, limits))
        if not found:
            return edit
    raise refusal(found, unsaid)


def longform_sources(edit: LongformEdit) -> list[SourceUse]:
    """Every source once, in the order of the document; whether a background moves is seen when it is probed."""
    uses: dict[str, SourceUse] = {}
    for index, background in enumerate(edit.longform.backgrounds):
        use = uses.setdefault(background.src, SourceUse(background.src, "image", []))
        use.pointers.append(f"/longform/backgrounds/{index}/src")
    for index, track in enumerate(edit.longform.audio):
        use = uses.setdefault(track.src, SourceUse(track.src, "audio", []))
        use.pointers.append(f"/longform/audio/{index}/src")
    return list(uses.values())


def resolve_longform(edit: LongformEdit, media: Mapping[str, Media], limits: Limits = _DEFAULT) -> ResolvedLongform:
    """Decide everything that the document leaves open.

    Args:
        edit: a checked document.
        media: every source of `longform_sources(edit)` by its `src`.
        limits: of which the duration is checked again here, where the sounds' own lengths are known.

    Raises:
        Invalid: with a detail for each place that its media cannot serve: `wrong_media_kind`, `no_audio`,
            `trim_beyond_end`, `unknown_length`; and `too_long`, `too_short`, `nothing_audible`.
    """
    notes = Notes()
    document, output = edit.longform, edit.output
    backgrounds = [_background(index, one, media, notes) for index, one in enumerate(document.backgrounds)]
    tracks, end = _tracks(document, media, limits, notes)
    frames = nearest_frame(end, output.rate)
    if frames == 0 and not notes.problems:
        notes.refuse("/longform/audio", "too_short", "This is shorter than one frame; give it a longer sound.")
    if tracks and not any(track.volume for track in tracks):
        notes.warn("/longform/audio", "silent", "Every sound has the volume 0, so nothing is heard.")
        if output.format != "mp4":
            sentence = f"An {output.format} needs something to hear: a sound with a volume above 0."
            notes.refuse("/output/format", "nothing_audible", sentence)
    notes.check()
    turn, crossfade = _turns(document, frames, output.rate)
    shortest = min((_loop(one, output.rate) for one in backgrounds if one is not None), default=math.inf)
    if crossfade > shortest:
        sentence = "A background is a video shorter than the crossfade, which is shortened to its length."
        notes.warn("/longform/crossfade", "crossfade_shortened", sentence)
        crossfade = int(shortest)
    width, height = output.size
    return ResolvedLongform(
        output=ResolvedOutput(
            format=output.format,
            width=width,
            height=height,
            fps=output.rate,
            quality=output.quality,
            background=read_color(document.background),
            mute=False,
        ),
        frames=frames,
        backgrounds=tuple(one for one in backgrounds if one is not None),
        turn=turn,
        crossfade=crossfade,
        tracks=tracks,
        warnings=tuple(notes.warnings),
    )


def _unused(alias: str) -> str:
    return f"'{alias}' has no effect on a longform; leave it out."


def _count(field: str, count: int, most: int, what: str) -> list[tuple[str, str, str]]:
    if count == 0:
        return [(field, "empty", f"This list is empty; a longform needs one to {most} {what}.")]
    if count > most:
        return [(field, f"too_many_{field}", f"There are {count} {what}; at most {most} are accepted.")]
    return []


def _problems(edit: LongformEdit, limits: Limits) -> list[Detail]:
    """What the parts say about each other, and the limits that follow from the document alone."""
    problems: list[Detail] = []
    document, output = edit.longform, edit.output
    if output.format not in FORMATS:
        sentence = f"A longform becomes {one_of(FORMATS)}; {output.format} is not possible."
        problems.append(Detail("/output/format", "not_applicable", sentence))
    if output.codec not in {None, _CODEC}:
        sentence = f"A longform is encoded as {_CODEC}; leave 'codec' out."
        problems.append(Detail("/output/codec", "not_applicable", sentence))
    for name, field in type(output).model_fields.items():
        if name not in _OUTPUT and getattr(output, name) != field.default:
            written = field.alias or name
            problems.append(Detail(f"/output/{written}", "not_applicable", _unused(written)))
    if output.format == "mp4":
        problems.extend(_size(output, limits))
    if document.duration is not None and document.duration > limits.longform_s:
        problems.append(Detail("/longform/duration", "too_long", _too_long(limits)))
    together = Fraction(0)
    for index, track in enumerate(document.audio if document.duration is None else ()):
        together += exact(track.length or 0)
        if together > limits.longform_s:
            problems.append(Detail(f"/longform/audio/{index}/length", "too_long", _too_long(limits)))
            break
    return problems


def _size(output: Output, limits: Limits) -> list[Detail]:
    width, height = output.size
    if max(width, height) <= limits.long_side_px and min(width, height) <= limits.short_side_px:
        return []
    field = "resolution" if output.width is None else "width" if width >= height else "height"
    sentence = (
        f"The picture would be {width}x{height}; at most {limits.long_side_px} pixels on the longer side and "
        f"{limits.short_side_px} on the shorter are accepted."
    )
    return [Detail(f"/output/{field}", "too_large", sentence)]


def _too_long(limits: Limits) -> str:
    return f"This would last longer than {limits.longform_s} seconds, which is the most that is accepted."


def _background(
    index: int, background: LongformBackground, media: Mapping[str, Media], notes: Notes
) -> ResolvedBackground | None:
    place, one = f"/longform/backgrounds/{index}", media[background.src]
    if one.info.kind not in {"image", "video"} or one.info.video is None:
        sentence = f"{public_name(background.src)} is sound; a background is a picture or a video."
        notes.refuse(f"{place}/src", "wrong_media_kind", sentence)
        return None
    return ResolvedBackground(place, background.src, one, one.info.kind, background.fit)


def _loop(background: ResolvedBackground, fps: Fraction) -> float:
    """Frames until a moving background starts again; a still never does."""
    video = background.media.info.video
    if background.kind == "image" or video is None:
        return math.inf
    return max(1, nearest_frame(video.duration or background.media.info.duration or Fraction(1), fps))


def _tracks(
    document: Longform, media: Mapping[str, Media], limits: Limits, notes: Notes
) -> tuple[tuple[ResolvedTrack, ...], Fraction]:
    """The sounds end to end, and the second at which the output ends."""
    explicit = None if document.duration is None else exact(document.duration)
    tracks: list[ResolvedTrack] = []
    now, last = Fraction(0), len(document.audio) - 1
    for index, track in enumerate(document.audio):
        place = f"/longform/audio/{index}"
        length = _length(track, place, media[track.src], notes)
        if explicit is not None and now >= explicit:
            notes.warn(place, "left_out", "The output ends before this sound would start; it is left out.")
            continue
        if length < _SHORTEST_TRACK_S:
            notes.warn(place, "too_short", "This sound is shorter than a tenth of a second; it is left out.")
            continue
        end = now + length if explicit is None else min(now + length, explicit)
        fade = min(exact(document.audio_fade), (end - now) / 2)
        falls = index < last or end < now + length
        rises = fade if now > 0 else Fraction(0)
        source = media[track.src]
        tracks.append(
            ResolvedTrack(
                place,
                track.src,
                source,
                now,
                end,
                exact(track.trim),
                track.volume,
                rises,
                fade if falls else Fraction(0),
            )
        )
        if explicit is None and end > limits.longform_s >= now:
            notes.refuse(place, "too_long", _too_long(limits))
        now += length
    if explicit is not None and explicit > limits.longform_s:
        notes.refuse("/longform/duration", "too_long", _too_long(limits))
    if explicit is not None and 0 < now < explicit:
        sentence = f"The sounds end after {float(now):.2f} seconds; the rest is silent."
        notes.warn("/longform/duration", "silent_end", sentence)
    return tuple(tracks), now if explicit is None else explicit


def _length(track: LongformTrack, place: str, media: Media, notes: Notes) -> Fraction:
    """Seconds that a sound plays; 0 when it is refused."""
    name, stream = public_name(track.src), media.info.audio
    if stream is None:
        notes.refuse(f"{place}/src", "no_audio", f"{name} has no sound; a longform is made of sounds.")
        return Fraction(0)
    trim, asked = exact(track.trim), None if track.length is None else exact(track.length)
    whole = length_s(media.info, stream)
    if whole is None or whole <= 0:
        if asked is None:
            sentence = f"{name} does not say how long it is; give it a 'length' in seconds."
            notes.refuse(f"{place}/length", "unknown_length", sentence)
        return asked or Fraction(0)
    if trim >= whole:
        sentence = f"{name} lasts {float(whole):.3f} seconds, so nothing is left of it after a trim of {float(trim):g}."
        notes.refuse(f"{place}/trim", "trim_beyond_end", sentence)
        return Fraction(0)
    if asked is not None and asked > whole - trim:
        sentence = f"{name} ends {float(asked - whole + trim):.2f} seconds before the 'length' does; it is shortened."
        notes.warn(f"{place}/length", "ends_early", sentence)
    return whole - trim if asked is None else min(asked, whole - trim)


def _turns(document: Longform, frames: int, fps: Fraction) -> tuple[int, int]:
    """Frames of a turn and of a crossfade; a background alone has one turn."""
    count, asked = len(document.backgrounds), nearest_frame(exact(document.crossfade), fps)
    if count == 1:
        return max(1, frames), 0
    if isinstance(document.seconds_per_background, str):
        turn = max(1, -(-frames // count))
        return turn, min(asked, turn // 2)
    turn = max(1, nearest_frame(exact(document.seconds_per_background), fps))
    return turn, min(asked, turn - 1)
