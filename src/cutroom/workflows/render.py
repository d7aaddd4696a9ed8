"""The render workflow: a document becomes files."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context, PublishedFile
from cutroom.kit.errors import CutroomError
from cutroom.kit.schema import Schema
from cutroom.render import Made, RenderPlan, RenderReport
from cutroom.timeline import Edit, Limits
from cutroom.workflows import films, levels
from cutroom.workflows.inner import Gathered, gather_edit
from cutroom.workflows.pieces import make, parts_of, pieces_of
from cutroom.workflows.plans import blamed, cards_encoders, plans_of

FETCHED, RENDERED, JOINED = 0.1, 0.95, 1.0
"""Progress at the end of each stage; rendering is nearly all of the time."""
_DEFAULT: Final = Limits()


class FileOutput(Schema):
    """One file of a render, in facts measured on it."""

    artifact: str
    format: str
    duration: float
    width: int | None
    height: int | None
    fps: str | None
    frames: int
    size_bytes: int


class RenderOutput(FileOutput):
    """What a render made: its first output, and in `outputs` every one, in the order of the document."""

    artifacts: list[str]
    outputs: list[FileOutput]
    segments: int
    reused_segments: int
    warnings: list[timeline.Warning]


async def render(
    ctx: Context,
    edit: Edit,
    limits: Limits = _DEFAULT,
    gathered: Gathered | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> RenderOutput:
    """Render an edit to the files that it asks for.

    Args:
        ctx: the attempt.
        edit: what to render.
        limits: how large it may be.
        gathered: its sources, where the caller has brought them already.
        span: the job's progress before and after.
    """
    fetched, rendered, joined = (span[0] + (span[1] - span[0]) * part for part in (FETCHED, RENDERED, JOINED))
    if gathered is None:
        ctx.progress(span[0], "fetching")
        gathered = await gather_edit(ctx, edit, limits)
    plans = await plans_of(ctx, edit, gathered.sources, limits, await cards_encoders(ctx))
    digests = [await asyncio.to_thread(films.digest_of, plan) for plan in plans]
    again = [
        await ctx.step(f"again:{number}", give_again, ctx, digest, number, len(pieces_of(plan)))
        for number, (plan, digest) in enumerate(zip(plans, digests, strict=True))
    ]
    ctx.progress(fetched, "rendering")
    unmade = [plan for plan, given in zip(plans, again, strict=True) if given is None]
    wanted = pieces_of(*unmade, sources=gathered.sources.values())
    try:
        kept = await make(ctx, wanted, span=(fetched, rendered))
    except CutroomError as error:
        raise blamed(error, edit) from error
    ctx.progress(rendered, "joining")
    reused = len(pieces_of(*plans)) - len(wanted) + kept
    made: list[RenderOutput] = []
    for number, (plan, digest, given) in enumerate(zip(plans, digests, again, strict=True)):
        if given is None:
            given = await ctx.step(f"join:{number}", join, ctx, plan, number, reused, digest)  # noqa: PLW2901
        made.append(given)
    ctx.progress(joined, "done" if joined == 1.0 else None)
    return merged(made, gathered.warnings).model_copy(update={"reused_segments": reused})


async def give_again(ctx: Context, digest: str, number: int, pieces: int) -> RenderOutput | None:
    """Publish what an earlier render with the same plan made; None when that is not there any more.

    Args:
        ctx: the attempt.
        digest: that of the plan.
        number: which of the document's outputs it is, from 0.
        pieces: how many it is joined from, all of which count as found.
    """
    folder = ctx.scratch / f"again-{number}"
    folder.mkdir(exist_ok=True)
    found = await films.find(ctx.files, digest, folder)
    if found is None:
        return None
    made, report = found
    if report.tally is not None:
        report = replace(report, tally=replace(report.tally, reused=pieces))
    published = await publish(ctx, [*made, engine.write_report(report, folder)], number)
    segments = report.tally.segments if report.tally is not None else 0
    return output_of([file.id for file in published], report, segments=segments, reused=pieces)


async def join(
    ctx: Context, plan: RenderPlan, number: int = 0, reused: int = 0, digest: str | None = None
) -> RenderOutput:
    """Join the pieces of one output, measure the result and publish it with what stands beside it.

    Args:
        ctx: the attempt.
        plan: what the pieces were made from.
        number: which of the document's outputs it is, from 0.
        reused: how many pieces were there before.
        digest: that of the plan, under which the files are kept for later renders; they are not without.
    """
    folder = ctx.scratch / f"output-{number}"
    folder.mkdir(exist_ok=True)
    parts = await parts_of(ctx.files, plan)
    made = await engine.finish(
        plan,
        parts=parts.segments,
        audio=parts.audio,
        sounds=parts.sounds,
        scratch=folder,
        out=folder / f"out.{plan.output.format}",
    )
    report = await levels.verify(ctx.files, plan, made[0].path, reused=reused, scratch=folder)
    artifacts = await publish_and_keep(ctx, made, report, folder, digest, number)
    return output_of(artifacts, report, segments=len(plan.segments), reused=reused)


async def publish_and_keep(
    ctx: Context, made: Sequence[Made], report: RenderReport, folder: Path, digest: str | None, number: int = 0
) -> list[str]:
    """Publish an output and its report; the output is kept under `digest` too, if there is one. Returns the ids."""
    spares = [] if digest is None else await asyncio.to_thread(films.spared, made, folder / "spares")
    published = await publish(ctx, [*made, engine.write_report(report, folder)], number)
    if digest is not None:
        await films.keep(ctx.files, digest, made, spares, published[:-1], report)
    return [file.id for file in published]


def output_of(artifacts: Sequence[str], report: RenderReport, *, segments: int, reused: int) -> RenderOutput:
    """What is told of one output: its files, the output itself first, and what was measured on it."""
    file = FileOutput(
        artifact=artifacts[0],
        format=report.format,
        duration=float(report.duration),
        width=report.width,
        height=report.height,
        fps=None if report.fps is None else str(report.fps),
        frames=report.frames,
        size_bytes=report.size_bytes,
    )
    return RenderOutput(
        **file.model_dump(),
        artifacts=list(artifacts),
        outputs=[file],
        segments=segments,
        reused_segments=reused,
        warnings=list(report.warnings),
    )


async def publish(ctx: Context, made: Sequence[Made], number: int) -> list[PublishedFile]:
    """Publish the files of one output; returns what they became, in the same order.

    A playlist and the map of a sheet name other files: they go last, with the links to those written in.
    """
    done: dict[str, PublishedFile] = {}
    for file in sorted(made, key=lambda one: one.refers):
        if file.refers:
            _write_links(file.path, {name: one.url for name, one in done.items()})
        name = file.name if number == 0 else f"{number + 1}.{file.name}"
        done[file.name] = await ctx.files.publish(file.path, kind=file.kind, name=name, content_type=file.content_type)
    return [done[file.name] for file in made]


def _write_links(path: Path, links: dict[str, str]) -> None:
    text = path.read_text("utf-8")
    for name, link in links.items():
        text = text.replace(name, link)
    path.write_text(text, "utf-8")


def merged(made: Sequence[RenderOutput], warnings: Sequence[timeline.Warning]) -> RenderOutput:
    """The outputs of one document as one; what is said of several is said once."""
    said = dict.fromkeys([*warnings, *(warning for output in made for warning in output.warnings)])
    return made[0].model_copy(
        update={
            "artifacts": [artifact for output in made for artifact in output.artifacts],
            "outputs": [file for output in made for file in output.outputs],
            "segments": sum(output.segments for output in made),
            "warnings": list(said),
        }
    )
