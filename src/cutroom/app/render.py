"""`cutroom render`: the render workflow on a file, alone."""

from collections.abc import Iterable
from pathlib import Path

from cutroom import timeline
from cutroom.app.console import err, out, show_facts
from cutroom.app.facts import facts, facts_of_webp
from cutroom.app.looking import explain
from cutroom.app.workbench import Sheet, Workbench, read, target_of, workbench
from cutroom.media.probe import probe
from cutroom.render.longform import compile_longform, explain_longform
from cutroom.timeline.longform import LongformEdit, longform_sources, resolve_longform
from cutroom.workflows.longform import find_copies
from cutroom.workflows.sources import take


async def render(document: Path, *, output: Path | None, explains: bool, cache: Path | None, report: bool) -> None:
    """Render `document` to `output`, or print its plan.

    Raises:
        Invalid: the document, with pointers; or the place for the output.
        CutroomError: whatever went wrong with a source or the render.
    """
    sheet = read(document)
    if explains:
        with workbench(sheet, sheet.base / "nothing", cache=cache) as bench:
            if isinstance(sheet.document, LongformEdit):
                await _explain_longform(sheet.document, bench)
            else:
                await explain(sheet, bench)
        return
    target = target_of(sheet, output, _extension(sheet), document)
    with workbench(sheet, target, cache=cache, report=report) as bench:
        result = await bench.run("render", sheet.document, "rendering")
    show_warnings(result.warnings)
    made = [Path(artifact) for artifact in result.artifacts]
    if target.suffix == ".m3u8":
        show_facts("Rendered", {"file": str(output or target), "files": str(len(made))})
    else:
        shown = output if output is not None and not output.is_dir() else target
        found = facts_of_webp(result, shown) if target.suffix == ".webp" else facts(await probe(target), shown)
        show_facts("Rendered", found)
    for other in made:
        if other.resolve() != target and other.exists() and target.suffix != ".m3u8":
            out.print(f"  and {other}", markup=False)


def _extension(sheet: Sheet) -> str:
    return "m3u8" if sheet.document.output.format == "hls" else sheet.document.output.format


def show_warnings(warnings: Iterable[timeline.Warning]) -> None:
    """What renders, but perhaps not as meant."""
    for warning in warnings:
        err.print("[yellow]warning[/]", warning.code, warning.pointer, end=": ")
        err.print(warning.message, markup=False)


async def _explain_longform(edit: LongformEdit, bench: Workbench) -> None:
    folder = bench.scratch.folder("probes")
    media = {use.src: await take(bench.files, folder, use.src) for use in longform_sources(edit)}
    longform = resolve_longform(edit, media)
    found = await find_copies(bench.files, [track.media for track in longform.tracks])
    out.print(explain_longform(compile_longform(longform, found)), markup=False)
