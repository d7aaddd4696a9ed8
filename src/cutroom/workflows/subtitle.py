"""The subtitle workflow: a transcript becomes cues, files of them, and films that show them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from cutroom import timeline
from cutroom.jobs import Context, Draft, Origin
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema
from cutroom.media.origin import zero
from cutroom.media.soft_track import add_soft_track, soft_track_of
from cutroom.speech.ass import to_ass
from cutroom.speech.burn_in import burnt, limits_in, room_of
from cutroom.speech.cues import Cue, cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.formats import CONTENT_TYPES, FORMATS, SubtitleFormat, to_srt, to_text, to_vtt
from cutroom.speech.limits import CueLimits, limits_for
from cutroom.speech.measures import measure
from cutroom.speech.safe_areas import Platform
from cutroom.speech.subtitles import (
    LimitsWish,
    MeasuresDocument,
    SubtitlesDocument,
    SubtitleWarning,
    warnings_of,
)
from cutroom.timeline import Edit, Limits, Media
from cutroom.timeline.assets.presets import PresetName
from cutroom.timeline.rate import FASTEST
from cutroom.workflows.blobs import blob_key, find
from cutroom.workflows.render import render
from cutroom.workflows.shots import shots_of
from cutroom.workflows.sources import take
from cutroom.workflows.transcripts import read_transcript, version_of

READ, SEEN, WRITTEN, TRACKED = 0.02, 0.3, 0.35, 0.4
"""Progress at the end of each stage, of a job that does all of them; burning in is most of the work."""
_TITLE: Final = 80
_DEFAULT: Final = Limits()


class SubtitleWishes(Schema):
    """What subtitles should be."""

    formats: Annotated[
        tuple[SubtitleFormat, ...], Field(strict=False, max_length=5, description="The files to write.")
    ] = FORMATS
    style: Annotated[
        PresetName,
        Field(
            description="How they look, burnt in and in the ASS file: `plain`, `outline` and `box` stand still, "
            "`highlight` and `karaoke` mark the word that is spoken, `pop` makes it grow, `word` shows it alone."
        ),
    ] = "outline"
    burn_in: Annotated[bool, Field(description="Whether to make a film that shows them: an MP4.")] = False
    soft_track: Annotated[
        bool,
        Field(
            description="Whether to make a copy of the film with a track of them, which players can show or not; "
            "pictures and sound are not encoded again."
        ),
    ] = False
    platform: Annotated[
        Platform | None,
        Field(
            description="Where a film with burnt-in subtitles will be shown: they keep clear of what that app lays "
            "over upright videos; of what any of them does when not given."
        ),
    ] = None
    limits: Annotated[LimitsWish, Field(description="What every cue keeps to.")] = LimitsWish()
    shots: Annotated[
        bool,
        Field(description="Whether cues go when the picture is cut; finding cuts takes about a tenth of its length."),
    ] = True


class Subtitle(SubtitleWishes):
    """Which transcript to make subtitles of, and what they should be."""

    transcript: Annotated[str, Field(max_length=64, description="Id of the transcript.")]
    version: Annotated[int | None, Field(ge=1, description="Which of its versions; the latest when not given.")] = None
    into: Annotated[str | None, Field(description="The subtitles of which this makes the next version.")] = None


class SubtitleOutput(Schema):
    """The subtitles that were made."""

    subtitles: Annotated[str, Field(description="Id of the subtitles.")]
    version: int
    cues: Annotated[int, Field(description="How many there are.")]
    measures: MeasuresDocument
    duration: Annotated[float, Field(description="Seconds of the recording.")]
    artifacts: Annotated[
        list[str],
        Field(description="The files in the order in which they were asked for, then the films: soft track, burnt in."),
    ]
    warnings: list[SubtitleWarning]


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of a recording's pictures.

    Args:
        media: the file; None when it is not needed, or not at hand.
        cuts_ms: when its pictures are cut.
    """

    media: Media | None
    cuts_ms: tuple[int, ...] = ()

    @property
    def fps(self) -> Fraction | None:
        """Frames a second, as far as a timeline takes them."""
        if self.media is None or self.media.info.video is None or self.media.info.kind == "image":
            return None
        # The mean of a rate that varies may need more digits than a document takes.
        return min(max(self.media.info.video.fps.limit_denominator(1001), Fraction(1)), Fraction(FASTEST))


class Made(Schema):
    """Subtitles before they are kept."""

    document: SubtitlesDocument
    warnings: list[SubtitleWarning]


async def subtitle(ctx: Context, given: Subtitle, limits: Limits = _DEFAULT) -> SubtitleOutput:
    """Make subtitles of a transcript.

    Raises:
        NotFound: no such transcript or version.
        Invalid: `not_a_transcript`; and when a film was asked for: `source_changed`, `no_pictures`,
            `soft_track_unsupported`, and whatever is wrong with the recording.
    """
    ctx.progress(0.0, "reading")
    version = await ctx.step("version", version_of, ctx, given.transcript, given.version)
    source = await read_transcript(ctx, given.transcript, version)
    subtitles = given.into or ctx.new_id("sub")
    ctx.progress(READ, "looking")
    warnings: list[SubtitleWarning] = []
    recording = await _look(ctx, given, source, warnings)
    ctx.progress(SEEN, "writing")
    made = await asyncio.to_thread(make_cues, source, given, recording)  # no step: hours of cues are megabytes
    output = await ctx.step("keep", keep, ctx, subtitles, source, given, version, made)
    artifacts = list(output.artifacts)
    warnings += output.warnings
    if given.soft_track and recording.media is not None:
        ctx.progress(WRITTEN, "adding a track")
        artifacts.append(await ctx.step("soft track", add_track, ctx, recording.media, made.document))
    if given.burn_in and recording.media is not None:
        ctx.progress(TRACKED, "burning in")
        film = await render(ctx, await asyncio.to_thread(burnt_edit, source, given, recording, limits), _long(limits))
        artifacts += film.artifacts
        warnings += [SubtitleWarning(code=one.code, message=one.message) for one in film.warnings]
    ctx.progress(1.0, "done")
    return output.model_copy(update={"artifacts": artifacts, "warnings": warnings})


async def _look(
    ctx: Context, given: Subtitle, source: TranscriptDocument, warnings: list[SubtitleWarning]
) -> Recording:
    """Bring the recording, and find its cuts. For files of cues alone neither is needed: then a warning will do."""
    films = given.burn_in or given.soft_track
    if not films and not given.shots:
        return Recording(None)
    try:
        media = await ctx.step("source", _taken, ctx, source)
        if films:
            _check(media, given)
        shots = await shots_of(ctx, media, progress=(READ, SEEN)) if given.shots else []
    except CutroomError as error:
        if films:
            raise
        sentence = f"The recording could not be looked at, so cues may stay over cuts of its pictures: {error.message}"
        warnings.append(SubtitleWarning(code="recording_not_at_hand", message=sentence))
        return Recording(None)
    return Recording(media, tuple(shot.start_ms for shot in shots[1:]))


async def _taken(ctx: Context, source: TranscriptDocument) -> Media:
    """The recording of a transcript. Raises `Invalid` (`source_changed`) when it is another one by now."""
    media = await take(ctx.files, ctx.scratch, source.source)
    if media.sha256 != source.sha256:
        sentence = "The file is another one than when it was transcribed; transcribe it again."
        raise Invalid("source_changed", sentence)
    return media


def _check(media: Media, given: Subtitle) -> None:
    """Refuse, before any work, what cannot be made of a file."""
    if media.info.video is None or media.info.kind == "image":
        raise _no_pictures()
    if given.soft_track:
        soft_track_of(media.info)


def _no_pictures() -> Invalid:
    return Invalid("no_pictures", "The recording has no moving pictures to show subtitles over; take them as files.")


def cue_limits(source: TranscriptDocument, given: Subtitle, fps: Fraction | None) -> CueLimits:
    """What every cue keeps to: what is usual for the language, what is wished for, and the pictures' own frames."""
    limits = given.limits.applied(limits_for(source.language))
    return limits if fps is None else replace(limits, fps=fps)


def make_cues(source: TranscriptDocument, given: Subtitle, recording: Recording) -> Made:
    """Make cues of a transcript, and measure them."""
    transcript = source.transcript()
    limits = cue_limits(source, given, recording.fps)
    cues = cues_of(transcript, limits, cuts_ms=recording.cuts_ms)
    found = measure(cues, limits, transcript, cuts_ms=recording.cuts_ms)
    document = SubtitlesDocument.of(
        cues,
        source=source.source,
        sha256=source.sha256,
        language=source.language,
        duration_ms=transcript.duration_ms,
        limits=limits,
        measures=found,
    )
    return Made(document=document, warnings=warnings_of(found, limits))


async def keep(
    ctx: Context, subtitles: str, source: TranscriptDocument, given: Subtitle, version: int, made: Made
) -> SubtitleOutput:
    """Write the production, and publish the files."""
    document = made.document
    cues = await asyncio.to_thread(document.as_cues)
    artifacts: list[str] = []
    for name in dict.fromkeys(given.formats):
        path = ctx.scratch / f"subtitles.{name}"
        text = await asyncio.to_thread(written, name, document, cues, source, given)
        await asyncio.to_thread(path.write_text, text, "utf-8")
        kept = await ctx.files.publish(path, kind="subtitles", name=path.name, content_type=CONTENT_TYPES[name])
        artifacts.append(kept.id)
    origin = Origin(given.transcript, version)
    draft = Draft(subtitles, "subtitles", _title(cues), document.model_dump_json(), [origin])
    return SubtitleOutput(
        subtitles=subtitles,
        version=await ctx.productions.write(draft),
        cues=len(cues),
        measures=document.measures,
        duration=document.duration,
        artifacts=artifacts,
        warnings=made.warnings,
    )


def written(
    name: SubtitleFormat,
    document: SubtitlesDocument,
    cues: Sequence[Cue],
    source: TranscriptDocument,
    given: Subtitle,
) -> str:
    """Subtitles as the text of a file."""
    if name == "json":
        return document.model_dump_json(indent=1)
    if name == "txt":
        return to_text(source.transcript())
    if name == "ass":
        return to_ass(cues, style=given.style, title=_title(cues))
    return to_srt(cues) if name == "srt" else to_vtt(cues)


def _title(cues: Sequence[Cue]) -> str:
    text = cues[0].text if cues else "No words"
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…"


async def add_track(ctx: Context, media: Media, document: SubtitlesDocument) -> str:
    """Publish a copy of the film with a track of the subtitles."""
    kind = soft_track_of(media.info)
    vtt = ctx.scratch / "track.vtt"
    out = ctx.scratch / f"subtitled.{kind.extension}"
    await asyncio.to_thread(vtt.write_text, to_vtt(document.as_cues()), "utf-8")
    await add_soft_track(
        await find(ctx.files, blob_key(media.sha256)),
        media.info,
        vtt,
        out,
        zero=zero(media.info),
        language=document.language,
        scratch=ctx.scratch,
    )
    kept = await ctx.files.publish(out, kind="subtitled", name=out.name, content_type=kind.content_type)
    return kept.id


def burnt_edit(source: TranscriptDocument, given: Subtitle, recording: Recording, limits: Limits) -> Edit:
    """The timeline of a film with burnt-in subtitles; their lines are as long as there is room in its picture."""
    media, fps = recording.media, recording.fps
    if media is None or media.info.video is None or fps is None:
        raise _no_pictures()
    canvas = _canvas((media.info.video.width, media.info.video.height), limits)
    usual = cue_limits(source, given, fps)
    room = room_of(given.style, canvas, given.platform, full_width=usual.full_width)
    document = burnt(
        cues_of(source.transcript(), limits_in(room, usual), cuts_ms=recording.cuts_ms),
        source=source.source,
        canvas=canvas,
        fps=fps,
        duration=media.info.duration or Fraction(source.duration),
        style=given.style,
        room=room,
    )
    return timeline.parse(document, _long(limits))


def _long(limits: Limits) -> Limits:
    """A recording may last as long as the longest of our films: nearly all of it is copied."""
    return replace(limits, duration_s=max(limits.duration_s, limits.longform_s))


def _canvas(size: tuple[int, int], limits: Limits) -> tuple[int, int]:
    """The size of the film: that of the recording, made smaller where it is more than is accepted."""
    long, short = max(size), min(size)
    factor = min(Fraction(1), Fraction(limits.long_side_px, long), Fraction(limits.short_side_px, short))
    width, height = (max(16, int(side * factor) // 2 * 2) for side in size)
    return width, height
