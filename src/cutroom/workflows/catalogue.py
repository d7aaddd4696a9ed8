"""Every workflow by name."""

from cutroom.jobs import Context, Registry
from cutroom.llm import Models
from cutroom.media.youtube import YouTube
from cutroom.repos import TaskRunner
from cutroom.speech.engines import Engines
from cutroom.speech.sphinx import SphinxMaker
from cutroom.timeline import Limits
from cutroom.workflows.batch import TYPE as BATCH
from cutroom.workflows.batch import WINDOW_TYPE, batch
from cutroom.workflows.explain import draw_storyboard, explain, preview
from cutroom.workflows.export_clip import ExportClip, ExportClipOutput, export_clip
from cutroom.workflows.find_highlights import FindHighlights, FindHighlightsOutput, find_highlights
from cutroom.workflows.importing import import_asset
from cutroom.workflows.read_video import VideoReading
from cutroom.workflows.rendering import ATTEMPTS, add_maker, rendering
from cutroom.workflows.repurpose import BRANCH, Repurposing
from cutroom.workflows.run_pattern import PatternRuns
from cutroom.workflows.run_task import TASK, Tasks
from cutroom.workflows.shots import watch_part
from cutroom.workflows.subtitle import Subtitle, SubtitleOutput, subtitle
from cutroom.workflows.transcribe import Transcribing
from cutroom.workflows.windows import render_window, try_piece
from cutroom.workflows.write_posts import WritePosts, WritePostsOutput, write_posts

_DEFAULT = Limits()
_NONE = Models()
_BASIC = Engines((SphinxMaker(),))
_LONG_S = 6 * 3_600.0  # hours of speech, heard on a small machine
_TASK_S = 26 * 3_600.0  # a command may take a day


def registry(
    limits: Limits = _DEFAULT,
    *,
    models: Models = _NONE,
    engines: Engines = _BASIC,
    tasks: TaskRunner | None = None,
) -> Registry:
    """The workflows of this version, under the names that job rows carry.

    Args:
        limits: those of plain renders.
        models: the language models that may be asked.
        engines: what can hear speech.
        tasks: what carries out prompts in repositories, on agents whose owners allow it.
    """

    async def find(ctx: Context, given: FindHighlights) -> FindHighlightsOutput:
        return await find_highlights(ctx, given, models)

    async def make_subtitles(ctx: Context, given: Subtitle) -> SubtitleOutput:
        return await subtitle(ctx, given, limits)

    async def write(ctx: Context, given: WritePosts) -> WritePostsOutput:
        return await write_posts(ctx, given, models)

    async def make_clip(ctx: Context, given: ExportClip) -> ExportClipOutput:
        return await export_clip(ctx, given, limits)

    transcribing = Transcribing(engines)
    youtube = YouTube(on=limits.urls)
    repurposing = Repurposing(
        transcribe=transcribing.transcribe,
        subtitle=make_subtitles,
        find=find,
        export=make_clip,
        write=write,
        attempts=ATTEMPTS,
    )
    known = rendering(limits)
    known.add(BATCH, batch, deterministic=True, max_attempts=ATTEMPTS)
    known.add(WINDOW_TYPE, render_window, internal=True, max_attempts=ATTEMPTS)
    known.add("render.explain", explain, deterministic=True)
    known.add("render.storyboard", draw_storyboard, deterministic=True)
    known.add("render.preview", preview, deterministic=True)
    known.add("assets.import", import_asset)
    add_maker(known, "render.try_piece", try_piece)
    known.add("shots.part", watch_part, internal=True, max_attempts=ATTEMPTS)
    known.add("transcribe", transcribing.transcribe, max_attempts=ATTEMPTS, timeout_s=_LONG_S)
    known.add("transcribe.chunk", transcribing.chunk, internal=True, max_attempts=ATTEMPTS, timeout_s=_LONG_S)
    known.add("find_highlights", find, max_attempts=ATTEMPTS)
    known.add("subtitle", make_subtitles, max_attempts=ATTEMPTS)
    known.add("write_posts", write, max_attempts=ATTEMPTS)
    known.add("export_clip", make_clip, max_attempts=ATTEMPTS)
    known.add("repurpose", repurposing.repurpose, max_attempts=ATTEMPTS)
    known.add("run", PatternRuns(models, transcribing, ATTEMPTS, youtube).run, max_attempts=ATTEMPTS, timeout_s=_LONG_S)
    known.add("read_video", VideoReading(transcribing, youtube).read, max_attempts=ATTEMPTS, timeout_s=_LONG_S)
    known.add(TASK, Tasks(tasks).run, max_attempts=2, timeout_s=_TASK_S)
    known.add(BRANCH, repurposing.branch, internal=True, max_attempts=ATTEMPTS)
    known.add("repurpose.clip", repurposing.clip, internal=True, max_attempts=ATTEMPTS)
    return known
