"""The workflow that makes a clip: a part of a recording becomes a timeline, and that a film for phones."""

import asyncio
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from cutroom import timeline
from cutroom.framing.pictures import Cutout
from cutroom.framing.platforms import PLACES, SIZES, Aspect, rate_for
from cutroom.framing.sight import Seen
from cutroom.framing.timing import Cut, settle
from cutroom.framing.watch import Span
from cutroom.jobs import Context, Draft
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.speech.formats import CONTENT_TYPES, to_srt
from cutroom.timeline import Limits, Media
from cutroom.workflows.clip_document import ClipDocument, crop_documents
from cutroom.workflows.clip_source import ExportClip, Speech, Wanted, range_of, speech_of, wanted_of
from cutroom.workflows.clip_timeline import Scenario, scenario_of
from cutroom.workflows.inner import Gathered
from cutroom.workflows.render import RenderOutput, render
from cutroom.workflows.shots import sights_of
from cutroom.workflows.sources import take
from cutroom.workflows.warning import WorkflowWarning

__all__ = ["ExportClip", "ExportClipOutput", "export_clip"]

FETCHED, SEEN, RENDERED = 0.05, 0.3, 0.97
"""Progress at the end of each stage."""
_DEFAULT: Final = Limits()
_TITLE: Final = 80
_USUAL: Final = frozenset({"upscaled"})
"""Warnings of the renderer that are true of nearly every clip: a part of a picture fills a whole one."""


class ExportClipOutput(Schema):
    """The clip that was made."""

    clip: Annotated[str, Field(description="Id of the clip; its timeline is in the production's body.")]
    version: int
    title: str
    start: Annotated[float, Field(description="Second of the recording at which it begins.")]
    end: Annotated[float, Field(description="Second of the recording at which it ends.")]
    duration: Annotated[float, Field(description="Seconds of the clip.")]
    aspect: Aspect
    width: int
    height: int
    fps: str
    frames: int
    size_bytes: int
    artifacts: Annotated[
        list[str], Field(description="The film, its thumbnail, what was measured on it, and its subtitles (SRT).")
    ]
    warnings: list[WorkflowWarning]


async def export_clip(ctx: Context, given: ExportClip, limits: Limits = _DEFAULT) -> ExportClipOutput:
    """Make a clip.

    Raises:
        NotFound: no such production or version.
        Invalid: `not_highlights`, `highlight_not_found`, `not_a_transcript`, `transcript_of_another`,
            `source_changed`, `not_in_recording`, `clip_too_long`, `is_a_still`; whatever is wrong with the recording.
    """
    ctx.progress(0.0, "fetching")
    wanted = await ctx.step("wanted", wanted_of, ctx, given)
    clip = given.into or ctx.new_id("clp")
    media = await ctx.step("recording", recording_of, ctx, given, wanted)
    speech = await speech_of(ctx, wanted)
    cut, cutout = planned(given, wanted, media, speech, limits)
    ctx.progress(FETCHED, "looking")
    seen = await ctx.step("look", look, ctx, media, cutout)
    ctx.progress(SEEN, "rendering")
    said = speech.within(cutout.start, cutout.start + cutout.seconds)
    scenario = await asyncio.to_thread(scenario_of, given, media, cutout, seen, said)
    edit = timeline.parse(scenario.document, limits)
    film = await render(ctx, edit, limits, Gathered({wanted.source: media}, ()), span=(SEEN, RENDERED))
    output = await ctx.step("keep", keep, ctx, clip, given, wanted, media, cutout, scenario, film)
    ctx.progress(1.0, "done")
    told = warnings_of(given, wanted, cut, cutout, scenario)
    return output.model_copy(update={"warnings": [*told, *output.warnings]})


async def recording_of(ctx: Context, given: ExportClip, wanted: Wanted) -> Media:
    """Bring the recording, and see that it is the one that was meant.

    Raises:
        Invalid: `source_changed`, `transcript_of_another`, `is_a_still`; as `take`.
    """
    media = await take(ctx.files, ctx.scratch, wanted.source)
    if wanted.sha256 is not None and media.sha256 != wanted.sha256:
        if given.source is not None:
            sentence = "This transcript is of another recording; leave 'source' out, or transcribe this one."
            raise Invalid("transcript_of_another", sentence).at("/transcript")
        raise Invalid("source_changed", "The file is another one than when it was transcribed; transcribe it again.")
    if media.info.kind == "image":
        raise Invalid("is_a_still", "This is a still picture; clips are cut out of films and recordings.")
    return media


def planned(given: ExportClip, wanted: Wanted, media: Media, speech: Speech, limits: Limits) -> tuple[Cut, Cutout]:
    """Where the clip begins and ends, in frames of its own.

    Raises:
        Invalid: `not_in_recording`, `clip_too_long`.
    """
    start, end = range_of(wanted)
    duration = _length(media)
    if duration is not None and start >= duration:
        sentence = f"The recording lasts {float(duration):.2f} seconds; this part begins at {float(start):.2f}."
        raise Invalid("not_in_recording", sentence).at("/start")
    if end - start > limits.duration_s:
        sentence = f"A clip lasts {limits.duration_s} seconds at most; this one would last {float(end - start):.0f}."
        raise Invalid("clip_too_long", sentence).at("/end")
    stream = media.info.video
    fps = rate_for(stream.fps if stream is not None else None, given.platform)
    cut = settle(start, end, speech.spoken(), fps=fps, duration=duration)
    frames = min(cut.frames, int(limits.duration_s * fps))  # moved off a word, it may be longer than was asked
    return cut, Cutout(wanted.source, cut.start, frames, fps, SIZES[given.shape], min(cut.heard, frames / fps))


async def look(ctx: Context, media: Media, cutout: Cutout) -> Seen:
    """See what is in the part, if it has pictures."""
    if media.info.video is None:
        return Seen((), ())
    span = Span(cutout.start, cutout.start + cutout.seconds)
    return await sights_of(ctx, media, span, lambda done: ctx.progress(FETCHED + (SEEN - FETCHED) * done, "looking"))


async def keep(
    ctx: Context,
    clip: str,
    given: ExportClip,
    wanted: Wanted,
    media: Media,
    cutout: Cutout,
    scenario: Scenario,
    film: RenderOutput,
) -> ExportClipOutput:
    """Write the production, and publish the subtitles beside the film."""
    artifacts = list(film.artifacts)
    if scenario.cues:
        path = ctx.scratch / "clip.srt"
        await asyncio.to_thread(path.write_text, to_srt(scenario.cues), "utf-8")
        kept = await ctx.files.publish(path, kind="subtitles", name=path.name, content_type=CONTENT_TYPES["srt"])
        artifacts.append(kept.id)
    title = wanted.title or _title(scenario)
    document = ClipDocument(
        title=title,
        source=wanted.source,
        sha256=media.sha256,
        start=float(cutout.start),
        end=float(cutout.start + cutout.seconds),
        duration=float(cutout.seconds),
        highlights=wanted.highlights,
        highlight=wanted.highlight,
        transcript=wanted.transcript,
        aspect=given.shape,
        platform=given.platform,
        captions=given.style if scenario.cues else None,
        reframe=given.reframe,
        crops=crop_documents(cutout, scenario.pieces),
        thumbnail=None if scenario.thumbnail is None else float(scenario.thumbnail),
        document=scenario.document,
    )
    version = await ctx.productions.write(Draft(clip, "clip", title, document.model_dump_json(), wanted.origins()))
    width, height = cutout.size
    return ExportClipOutput(
        clip=clip,
        version=version,
        title=title,
        start=document.start,
        end=document.end,
        duration=film.duration,
        aspect=given.shape,
        width=film.width or width,
        height=film.height or height,
        fps=film.fps or str(cutout.fps),
        frames=film.frames,
        size_bytes=film.size_bytes,
        artifacts=artifacts,
        warnings=[
            WorkflowWarning(code=one.code, message=one.message) for one in film.warnings if one.code not in _USUAL
        ],
    )


def warnings_of(
    given: ExportClip, wanted: Wanted, cut: Cut, cutout: Cutout, scenario: Scenario
) -> list[WorkflowWarning]:
    """What is not quite as it was asked for."""
    told: list[WorkflowWarning] = []
    start, end = range_of(wanted)
    if cut.moved_start:
        sentence = f"It begins at {float(cutout.start):.2f} s instead of {float(start):.2f}, which is inside of a word."
        told.append(WorkflowWarning(code="start_moved", message=sentence))
    if cut.moved_end:
        last = float(cutout.start + cutout.seconds)
        sentence = f"It ends at {last:.2f} s instead of {float(end):.2f}, which is inside of a word."
        told.append(WorkflowWarning(code="end_moved", message=sentence))
    place = PLACES[given.platform] if given.platform is not None else None
    if place is not None and place.most_s is not None and cutout.seconds > place.most_s:
        sentence = f"It lasts {float(cutout.seconds):.1f} seconds; {place.name} takes {place.most_s}."
        told.append(WorkflowWarning(code="longer_than_platform", message=sentence))
    if given.style is not None and not scenario.cues:
        why = "nothing is said in it" if wanted.transcript is not None else "there is no transcript"
        told.append(WorkflowWarning(code="no_captions", message=f"It has no captions, since {why}."))
    return told


def _length(media: Media) -> Fraction | None:
    """Seconds from where clips are counted to the end of the pictures; of the sound, when there are none."""
    video = media.info.video
    if video is not None and video.duration is not None:
        return video.duration
    return media.info.duration


def _title(scenario: Scenario) -> str:
    text = " ".join(cue.text for cue in scenario.cues[:3]) or "Clip"
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…"
