"""A window of a batch: neighbouring rows, planned together so that what they share is made once.

All rows are planned first; then every *distinct* piece is made once, whoever needs it first; then each row's pieces are
joined to its files. A row that goes wrong is told in the results, and disturbs no other.
"""

import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cutroom import timeline
from cutroom.jobs import Context, Files
from cutroom.jobs.errors import ItemFailed
from cutroom.kit.errors import CutroomError, Internal, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.schema import Schema
from cutroom.render import RenderPlan
from cutroom.timeline import CueSheet, Edit, Limits, Media, SourceUse
from cutroom.workflows.inner import Gathered, gather_edit
from cutroom.workflows.pages import page_fonts, take_page
from cutroom.workflows.pieces import Piece, name_of, pieces_of, render_piece, which_are_kept
from cutroom.workflows.plans import Encoders, cards_encoders, plans_of
from cutroom.workflows.render import RenderOutput, join, merged
from cutroom.workflows.rendering import ATTEMPTS
from cutroom.workflows.rows import Row, RowsFile, edit_of
from cutroom.workflows.sources import AT_ONCE, take_cues, take_use

_ROUNDS: Final = 5
"""How often the pieces of a window are tried again without those that took their workers with them."""
_PIECES: Final = 0.8
log = later_log()
Source = Media | CueSheet


class Window(Schema):
    """Some neighbouring rows of a batch.

    Args:
        rows: key of the blob that holds template and rows.
        first: number of the first row, from 1.
        offset: byte of the rows' file at which it starts.
        shared: files that the template names itself, fetched and probed once for all rows.
    """

    rows: str
    first: int
    offset: int
    shared: dict[str, Source]


class WindowOutput(Schema):
    """What became of them: `results` holds a line of JSON for each row."""

    results: str
    succeeded: int
    failed: int
    artifacts: list[str]
    duration: float = 0.0


class Failure(Schema):
    """Why something could not be made: `CutroomError.to_json()` data."""

    error: dict[str, Any]


class PieceOutcome(Schema):
    """A piece, made or not."""

    key: str
    failure: Failure | None = None


class SourceOutcome(Schema):
    """A source, brought in or not."""

    source: Source | None = None
    failure: Failure | None = None


class RowOutcome(Schema):
    """A row's files, made or not."""

    output: RenderOutput | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row and the plans of its outputs, or why it has none."""

    number: int
    plans: tuple[RenderPlan, ...] = ()
    warnings: tuple[timeline.Warning, ...] = ()
    failure: Failure | None = None


async def rows_file(files: Files, key: str) -> RowsFile:
    """The rows of a batch.

    Raises:
        Unavailable: `rows_missing`, when they were swept before they were needed.
    """
    path = await files.find(key)
    if path is None:
        message = "The rows of this batch are not kept any more; submit the batch again."
        raise Unavailable("rows_missing", message, retryable=False)
    return RowsFile(path)


async def render_window(ctx: Context, window: Window) -> WindowOutput:
    """Render neighbouring rows: plan all, make their distinct pieces, join each."""
    file = await rows_file(ctx.files, window.rows)
    limits, edits = await asyncio.to_thread(_edits, file, window)
    sources, failed = await _sources(ctx, edits, window.shared)
    card = await cards_encoders(ctx)
    rows = [
        await _planned(ctx, number, edit, limits, sources, failed, card)
        for number, edit in enumerate(edits, start=window.first)
    ]
    unmade = await _make(ctx, rows)
    lines: list[str] = []
    artifacts: list[str] = []
    duration = 0.0
    for place, row in enumerate(rows):
        outcome = RowOutcome(failure=row.failure or _unmade(row, unmade))
        if outcome.failure is None:
            outcome = await ctx.step(f"row:{row.number}", _finished, ctx, row)
        if outcome.output is not None:
            artifacts += outcome.output.artifacts
            duration += outcome.output.duration
        lines.append(_line(row.number, outcome))
        ctx.progress(_PIECES + (1 - _PIECES) * (place + 1) / len(rows))
    failures = sum(json.loads(line)["status"] == "failed" for line in lines)
    return WindowOutput(
        results="".join(lines),
        succeeded=len(lines) - failures,
        failed=failures,
        artifacts=artifacts,
        duration=duration,
    )


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
    if error.retryable and ctx.attempt < ATTEMPTS:  # only the last failure that might pass is told in the results
        raise error
    return Failure(error=error.to_json())


def _edits(file: RowsFile, window: Window) -> tuple[Limits, list[Edit | Failure]]:
    form, limits = file.form()

    def one(row: Row) -> Edit | Failure:
        try:
            return edit_of(form, limits, row)
        except CutroomError as error:
            return Failure(error=error.to_json())

    return limits, [one(row) for row in file.read(window.offset)]


async def _sources(
    ctx: Context, edits: Sequence[Edit | Failure], shared: Mapping[str, Source]
) -> tuple[dict[str, Source], dict[str, Failure]]:
    """Every source of the rows, and why some could not be had. Each is brought in once for the window."""
    wanted: dict[str, SourceUse] = {}
    for edit in edits:
        if isinstance(edit, Edit) and not _nested(edit):
            wanted |= {use.src: use for use in timeline.sources(edit) if use.src not in shared}
    room = asyncio.Semaphore(AT_ONCE)
    found, failed = dict(shared), dict[str, Failure]()

    async def one(index: int, use: SourceUse) -> None:
        if any(font.src in failed for font in use.fonts):
            return  # the row is refused for its font
        async with room:
            outcome = await ctx.step(f"source:{index}", _take, ctx, use, found)
        if outcome.source is not None:
            found[use.src] = outcome.source
        elif outcome.failure is not None:
            failed[use.src] = outcome.failure

    for with_fonts in (False, True):  # those are there before what is drawn with them
        async with asyncio.TaskGroup() as group:
            for index, use in enumerate(wanted.values()):
                if bool(use.fonts) == with_fonts:
                    group.create_task(one(index, use))
    return found, failed


async def _take(ctx: Context, use: SourceUse, known: Mapping[str, Source]) -> SourceOutcome:
    try:
        if use.kind == "captions":
            return SourceOutcome(source=await take_cues(ctx.files, use.src))
        if isinstance(use.asset, timeline.HtmlAsset):
            return SourceOutcome(
                source=await take_page(ctx.files, ctx.scratch, use.asset, page_fonts(use.fonts, known))
            )
        return SourceOutcome(source=await take_use(ctx.files, ctx.scratch, use))
    except CutroomError as error:
        return SourceOutcome(failure=_failure(ctx, error))


def _nested(edit: Edit) -> bool:
    """Whether there are timelines inside of the timeline; such a row gathers its sources by itself."""
    return any(use.kind == "timeline" for use in timeline.sources(edit))


async def _planned(
    ctx: Context,
    number: int,
    edit: Edit | Failure,
    limits: Limits,
    sources: Mapping[str, Source],
    failed: Mapping[str, Failure],
    card: Encoders,
) -> PlannedRow:
    if isinstance(edit, Failure):
        return PlannedRow(number, failure=edit)
    try:
        if _nested(edit):
            gathered = await gather_edit(ctx, edit, limits, f"row:{number}:")
        else:
            _refuse_failed(edit, failed)
            gathered = Gathered(dict(sources), ())
        plans = await plans_of(ctx, edit, gathered.sources, limits, card)
        return PlannedRow(number, tuple(plans), gathered.warnings)
    except CutroomError as error:
        return PlannedRow(number, failure=_failure(ctx, error))
    except Exception:
        # Our own fault, and perhaps only this row's: the others are not to suffer.
        log.exception("batch.row_failed", row=number)
        ours = Internal("internal_error", "Something went wrong on our side; the operator's log has the details.")
        return PlannedRow(number, failure=Failure(error=ours.to_json()))


def _refuse_failed(edit: Edit, failed: Mapping[str, Failure]) -> None:
    for use in timeline.sources(edit):
        if use.src in failed:
            error = CutroomError.from_json(failed[use.src].error).at(f"/document{use.pointers[0]}")
            error.retryable = False  # it was tried often enough
            raise error


async def _make(ctx: Context, rows: Sequence[PlannedRow]) -> dict[str, Failure]:
    """Make every distinct piece of the plans that is not kept; why the others could not be made, by key.

    A piece that takes its worker with it, or never ends, fails the whole map; the rest is then tried without it.
    """
    missing = {piece.plan.key: piece for piece in pieces_of(*(plan for row in rows for plan in row.plans))}
    failures: dict[str, Failure] = {}
    name = name_of(list(missing))
    for again in range(_ROUNDS):
        kept = await ctx.step(f"kept:{again} {name}", which_are_kept, ctx.files, list(missing))
        missing = {key: piece for key, piece in missing.items() if key not in kept}
        if not missing:
            break
        try:
            made = await ctx.map(f"pieces:{again} {name}", try_piece, list(missing.values()), span=(0.0, _PIECES))
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


def _unmade(row: PlannedRow, unmade: Mapping[str, Failure]) -> Failure | None:
    """Why a row cannot be joined; None when all of its pieces are there."""
    return next((unmade[piece.plan.key] for piece in pieces_of(*row.plans) if piece.plan.key in unmade), None)


async def _finished(ctx: Context, row: PlannedRow) -> RowOutcome:
    """Join and publish the files of a row."""
    made: list[RenderOutput] = []
    try:
        for number, plan in enumerate(row.plans):
            made.append(await join(ctx, plan, number))
            await asyncio.to_thread(shutil.rmtree, ctx.scratch / f"output-{number}", ignore_errors=True)
        return RowOutcome(output=merged(made, row.warnings))
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
