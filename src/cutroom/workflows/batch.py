"""The batch workflow: one template, many rows, a file for each.

The batch itself only deals its rows out in windows (see `windows`); a window is an item of its own, so windows run on
all workers at once. The first goes alone before the others, so that what all rows share is among the blobs when the
others start.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from cutroom import timeline
from cutroom.jobs import Context, Files
from cutroom.kit.errors import CutroomError
from cutroom.kit.schema import Schema
from cutroom.timeline import SourceUse
from cutroom.workflows.rows import WINDOW, RowsFile, edit_of
from cutroom.workflows.sources import gather
from cutroom.workflows.windows import Window, render_window, rows_file

TYPE: Final = "render.batch"
WINDOW_TYPE: Final = "render.window"
_FIRST, _OTHERS = "first", "others"
_FETCHED, _RENDERED = 0.02, 0.98
RESULTS_TYPE: Final = "application/x-ndjson"


class Batch(Schema):
    """What a batch job is made of."""

    rows: Annotated[str, Field(description="Key of the blob that holds template and rows.")]
    count: Annotated[int, Field(description="How many rows there are.")]
    template_id: Annotated[str, Field(description="The template, as it was when the batch was accepted.")]
    template_version: int


class BatchOutput(Schema):
    """What became of the rows; the artifact holds a line of JSON for each.

    `duration` is that of all rows together, in seconds.
    """

    artifacts: list[str]
    rows: int
    succeeded: int
    failed: int
    duration: float


async def batch(ctx: Context, given: Batch) -> BatchOutput:
    """Render every row of a template to files of its own, and tell what became of each."""
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
    first = await ctx.map(_FIRST, render_window, windows[:1], span=(_FETCHED, after_first))
    others = await ctx.map(_OTHERS, render_window, windows[1:], span=(after_first, _RENDERED))
    outputs = [*first, *others]
    ctx.progress(_RENDERED, "writing results")
    artifact = await ctx.step("results", _publish, ctx, [window.results for window in outputs])
    ctx.progress(1.0, "done")
    return BatchOutput(
        artifacts=[artifact],
        rows=given.count,
        succeeded=sum(window.succeeded for window in outputs),
        failed=sum(window.failed for window in outputs),
        duration=round(sum(window.duration for window in outputs), 3),
    )


def place_of(row: int) -> tuple[str, int]:
    """The map, and the index in it, of the window that holds a row; rows are numbered from 1."""
    window = (row - 1) // WINDOW
    return (_FIRST, 0) if window == 0 else (_OTHERS, window - 1)


def lines_of(output: Mapping[str, Any]) -> list[str]:
    """The JSON of each row of a window, from its output as it is kept."""
    told: str = output["results"]
    return told.removesuffix("\n").split("\n")  # nothing else parts them: texts may hold what others call a new line


async def _windows(files: Files, key: str) -> list[int]:
    file = await rows_file(files, key)
    return await asyncio.to_thread(file.windows)


async def _shared(files: Files, key: str, offsets: list[int]) -> list[SourceUse]:
    """The files that the template itself names, as the first row that can be read uses them."""
    file = await rows_file(files, key)
    return await asyncio.to_thread(_shared_of, file, offsets)


def _shared_of(file: RowsFile, offsets: list[int]) -> list[SourceUse]:
    form, limits = file.form()
    fixed = set(_strings(form.document))
    for offset in offsets:
        for row in file.read(offset):
            try:
                edit = edit_of(form, limits, row)
            except CutroomError:
                continue
            return [use for use in timeline.sources(edit) if use.src in fixed and use.asset is None]
    return []


def _strings(value: Any) -> list[str]:
    """Every string in JSON data; its depth has been checked before."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _strings(item)]


async def _publish(ctx: Context, parts: list[str]) -> str:
    path = ctx.scratch / "results.jsonl"

    def write() -> None:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(parts)

    await asyncio.to_thread(write)
    published = await ctx.files.publish(path, kind="results", name="results.jsonl", content_type=RESULTS_TYPE)
    return published.id
