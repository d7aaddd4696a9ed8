"""The batch workflow: one template, many rows, a file for each.

The batch itself only deals its rows out in windows; a window is an item of its own, so windows run on all workers at
once. A window plans all of its rows first and makes every *distinct* piece once, before it joins each row's pieces to
the row's file: what rows share is rendered once, whoever needs it first. The first window goes alone before the others,
so that what all rows share is among the blobs when the others start.

A row that goes wrong is told in the results, and disturbs no other.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
from pydantic import Field

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context, Files
from cutroom.jobs.errors import ItemFailed
from cutroom.kit.errors import CutroomError, Internal, Unavailable
from cutroom.kit.schema import Schema
from cutroom.render import RenderPlan
from cutroom.timeline import Edit, Media, SourceUse
from cutroom.workflows.pieces import Piece, pieces_of, render_piece, which_are_kept
from cutroom.workflows.render import RenderOutput, join
from cutroom.workflows.rows import WINDOW, Row, RowsFile, edit_of
from cutroom.workflows.sources import AT_ONCE, gather, take

ATTEMPTS: Final = 5
"""Of each part; only on the last is a failure that might pass told in the results."""
_ROUNDS: Final = 5
"""How often the pieces of a window are tried again without those that took their workers with them."""
_FETCHED, _FIRST, _RENDERED = 0.02, 0.1, 0.98
_PIECES: Final = 0.8
RESULTS_TYPE: Final = "application/x-ndjson"
log = structlog.get_logger()


class Batch(Schema):
    """What a batch job is made of."""

    rows: Annotated[str, Field(description="Key of the blob that holds template and rows.")]
    count: Annotated[int, Field(description="How many rows there are.")]
    template_id: Annotated[str, Field(description="The template, as it was when the batch was accepted.")]
    template_version: int


class BatchOutput(Schema):
    """What became of the rows; the artifact holds a line of JSON for each."""

    artifacts: list[str]
    rows: int
    succeeded: int
    failed: int


class Window(Schema):
    """Some neighbouring rows of a batch.

    Args:
        first: number of the first row, from 1.
        offset: byte of the rows' file at which it starts.
        shared: sources that the template names itself, fetched and probed once for all rows.
    """

    rows: str
    first: int
    offset: int
    shared: dict[str, Media]


class WindowOutput(Schema):
    """What became of them: `results` holds a line of JSON for each row."""

    results: str
    succeeded: int
    failed: int
    artifacts: list[str]


class Failure(Schema):
    """Why something could not be made: `CutroomError.to_json()` data."""

    error: dict[str, Any]


class PieceOutcome(Schema):
    """A piece, made or not."""

    key: str
    failure: Failure | None = None


class SourceOutcome(Schema):
    """A source, brought in or not."""

    media: Media | None = None
    failure: Failure | None = None


class RowOutcome(Schema):
    """A row's file, made or not."""

    output: RenderOutput | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and its plan, or why it has none."""

    number: int
    plan: RenderPlan | None = None
    failure: Failure | None = None


async def batch(ctx: Context, given: Batch) -> BatchOutput:
    """Render every row of a template to an artifact of its own, and tell what became of each."""
    ctx.progress(0.0, "reading")
    offsets = await ctx.step("windows", _windows, ctx.files, given.rows)
    uses = await ctx.step("shared", _shared, ctx.files, given.rows, offsets)
    shared = await gather(ctx, uses)
    windows = [
        Window(rows=given.rows, first=1 + number * WINDOW, offset=offset, shared=shared)
        for number, offset in enumerate(offsets)
    ]
    ctx.progress(_FETCHED, "rendering")
    after_first = _FETCHED + (_RENDERED - _FETCHED) / max(len(windows), 1)
    first = await ctx.map("first", render_window, windows[:1], span=(_FETCHED, after_first))
    others = await ctx.map("others", render_window, windows[1:], span=(after_first, _RENDERED))
    outputs = [*first, *others]
    ctx.progress(_RENDERED, "writing results")
    artifact = await ctx.step("results", _publish, ctx, [window.results for window in outputs])
    ctx.progress(1.0, "done")
    return BatchOutput(
        artifacts=[artifact],
        rows=given.count,
        succeeded=sum(window.succeeded for window in outputs),
        failed=sum(window.failed for window in outputs),
    )


async def render_window(ctx: Context, window: Window) -> WindowOutput:
    """Render neighbouring rows: plan all, make their distinct pieces, join each."""
    file = RowsFile(await _found(ctx.files, window.rows))
    edits = await asyncio.to_thread(_edits, file, window)
    media, failed = await _media(ctx, edits, window.shared)
    planned = await asyncio.to_thread(_planned, edits, media, failed, window.first)
    unmade = await _make(ctx, planned)
    lines: list[str] = []
    artifacts: list[str] = []
    for place, row in enumerate(planned):
        outcome = RowOutcome(failure=row.failure or _unmade(row, unmade))
        if outcome.failure is None and row.plan is not None:
            outcome = await ctx.step(f"row:{row.number}", _finished, ctx, row.plan)
        if outcome.output is not None:
            artifacts += outcome.output.artifacts
        lines.append(_line(row.number, outcome))
        ctx.progress(_PIECES + (1 - _PIECES) * (place + 1) / len(planned))
    failures = sum(json.loads(line)["status"] == "failed" for line in lines)
    return WindowOutput(results="".join(lines), succeeded=len(lines) - failures, failed=failures, artifacts=artifacts)


async def try_piece(ctx: Context, piece: Piece) -> PieceOutcome:
    """Make one piece, or say why that cannot be done; only what may pass is raised, to be tried again."""
    try:
        return PieceOutcome(key=await render_piece(ctx, piece))
    except CutroomError as error:
        return PieceOutcome(key=piece.plan.key, failure=_failure(ctx, error))


def _failure(ctx: Context, error: CutroomError) -> Failure:
    """The error as a result, unless trying again may help and may still be done.

    Raises:
        CutroomError: the error itself.
    """
    if error.retryable and ctx.attempt < ATTEMPTS:
        raise error
    return Failure(error=error.to_json())


async def _found(files: Files, key: str) -> Path:
    path = await files.find(key)
    if path is None:
        message = "The rows of this batch are not kept any more; submit the batch again."
        raise Unavailable("rows_missing", message, retryable=False)
    return path


async def _windows(files: Files, key: str) -> list[int]:
    return await asyncio.to_thread(RowsFile(await _found(files, key)).windows)


async def _shared(files: Files, key: str, offsets: list[int]) -> list[SourceUse]:
    """The sources that the template itself names, as the first row that can be read uses them."""
    file = RowsFile(await _found(files, key))

    def look() -> list[SourceUse]:
        form, limits = file.form()
        fixed = set(_strings(form.document))
        for offset in offsets:
            for row in file.read(offset):
                try:
                    edit = edit_of(form, limits, row)
                except CutroomError:
                    continue
                return [use for use in timeline.sources(edit) if use.src in fixed]
        return []

    return await asyncio.to_thread(look)


def _strings(value: Any) -> list[str]:
    """Every string in JSON data of which no depth has been a problem before."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _strings(item)]


def _edits(file: RowsFile, window: Window) -> list[Edit | Failure]:
    form, limits = file.form()
    return [_edit(form, limits, row) for row in file.read(window.offset)]


def _edit(form: timeline.Form, limits: timeline.Limits, row: Row) -> Edit | Failure:
    try:
        return edit_of(form, limits, row)
    except CutroomError as error:
        return Failure(error=error.to_json())


async def _media(
    ctx: Context, edits: Sequence[Edit | Failure], shared: Mapping[str, Media]
) -> tuple[dict[str, Media], dict[str, Failure]]:
    """Every source of the rows, and why some could not be had. Each is fetched once for the window."""
    wanted: dict[str, None] = {}
    for edit in edits:
        if isinstance(edit, Edit):
            wanted.update((use.src, None) for use in timeline.sources(edit) if use.src not in shared)
    room = asyncio.Semaphore(AT_ONCE)
    media, failed = dict(shared), dict[str, Failure]()

    async def one(index: int, src: str) -> None:
        async with room:
            outcome = await ctx.step(f"source:{index}", _take, ctx, src)
        if outcome.media is not None:
            media[src] = outcome.media
        elif outcome.failure is not None:
            failed[src] = outcome.failure

    async with asyncio.TaskGroup() as group:
        for index, src in enumerate(wanted):
            group.create_task(one(index, src))
    return media, failed


async def _take(ctx: Context, src: str) -> SourceOutcome:
    try:
        return SourceOutcome(media=await take(ctx.files, src))
    except CutroomError as error:
        return SourceOutcome(failure=_failure(ctx, error))


def _planned(
    edits: Sequence[Edit | Failure], media: Mapping[str, Media], failed: Mapping[str, Failure], first: int
) -> list[Planned]:
    return [_plan(number, edit, media, failed) for number, edit in enumerate(edits, start=first)]


def _plan(number: int, edit: Edit | Failure, media: Mapping[str, Media], failed: Mapping[str, Failure]) -> Planned:
    if isinstance(edit, Failure):
        return Planned(number, failure=edit)
    for use in timeline.sources(edit):
        if use.src in failed:
            found = CutroomError.from_json(failed[use.src].error).at(f"/document{use.pointers[0]}")
            return Planned(number, failure=Failure(error=found.to_json()))
    try:
        return Planned(number, plan=engine.compile_plan(timeline.resolve(edit, media)))
    except CutroomError as error:
        return Planned(number, failure=Failure(error=error.to_json()))
    except Exception:
        # Our own fault, and perhaps only this row's: the others are not to suffer.
        log.exception("batch.row_failed", row=number)
        ours = Internal("internal_error", "Something went wrong on our side; the operator's log has the details.")
        return Planned(number, failure=Failure(error=ours.to_json()))


async def _make(ctx: Context, planned: Sequence[Planned]) -> dict[str, Failure]:
    """Make every distinct piece of the plans that is not kept; why the others could not be made, by key.

    A piece that takes its worker with it, or never ends, fails the whole map; the rest is then tried without it.
    """
    missing: dict[str, Piece] = {}
    for row in planned:
        if row.plan is not None:
            missing.update((piece.plan.key, piece) for piece in pieces_of(row.plan))
    failures: dict[str, Failure] = {}
    for again in range(_ROUNDS):
        kept = await ctx.step(f"kept:{again}", which_are_kept, ctx.files, list(missing))
        missing = {key: piece for key, piece in missing.items() if key not in kept}
        if not missing:
            break
        try:
            made = await ctx.map(f"pieces:{again}", try_piece, list(missing.values()), span=(0.0, _PIECES))
        except CutroomError as error:
            guilty = _guilty(error, list(missing))
            failures.update((key, Failure(error=error.to_json())) for key in guilty)
            missing = {key: piece for key, piece in missing.items() if key not in failures}
        else:
            return failures | {piece.key: piece.failure for piece in made if piece.failure is not None}
    return failures | {key: Failure(error=_given_up().to_json()) for key in missing}


def _guilty(error: CutroomError, keys: list[str]) -> list[str]:
    """The keys of the pieces that an error of their map tells of: one, or all when it does not say which."""
    cause = error.__cause__
    return [keys[cause.index]] if isinstance(cause, ItemFailed) else keys


def _given_up() -> CutroomError:
    return Unavailable("window_failed", "Too many of the rows beside this one could not be rendered; try it alone.")


def _unmade(row: Planned, unmade: Mapping[str, Failure]) -> Failure | None:
    """Why a row cannot be joined; None when all of its pieces are there."""
    pieces = () if row.plan is None else pieces_of(row.plan)
    return next((unmade[piece.plan.key] for piece in pieces if piece.plan.key in unmade), None)


async def _finished(ctx: Context, plan: RenderPlan) -> RowOutcome:
    try:
        return RowOutcome(output=await join(ctx, plan))
    except CutroomError as error:
        return RowOutcome(failure=_failure(ctx, error))


def _line(number: int, outcome: RowOutcome) -> str:
    """One row's line of the results."""
    line: dict[str, Any] = {"row": number}
    if outcome.output is not None:
        output = outcome.output
        line |= {
            "status": "succeeded",
            "artifacts": [{"id": name, "url": f"/api/v1/artifacts/{name}/download"} for name in output.artifacts],
            "duration": output.duration,
            "sizeBytes": output.size_bytes,
            "warnings": [{"code": w.code, "pointer": w.pointer, "message": w.message} for w in output.warnings],
        }
    elif outcome.failure is not None:
        error = outcome.failure.error
        line |= {"status": "failed", "error": {key: value for key, value in error.items() if key != "kind"}}
    return json.dumps(line, ensure_ascii=False) + "\n"


async def _publish(ctx: Context, parts: list[str]) -> str:
    path = ctx.scratch / "results.jsonl"

    def write() -> None:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(parts)

    await asyncio.to_thread(write)
    published = await ctx.files.publish(path, kind="results", name="results.jsonl", content_type=RESULTS_TYPE)
    return published.id
