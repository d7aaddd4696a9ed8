"""`cutroom render`: the render workflow on a file, alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cutroom import timeline
from cutroom.app.again import Told, Wish, remember, wish_of
from cutroom.app.console import out, show_facts, show_warning
from cutroom.app.facts import facts_of_report
from cutroom.app.looking import explain
from cutroom.app.workbench import Sheet, Workbench, read, target_of, workbench
from cutroom.render import REPORT, RenderReport, hardware
from cutroom.render.longform import compile_longform, explain_longform
from cutroom.render.report.model import NAME
from cutroom.timeline import Edit
from cutroom.timeline.longform import LongformEdit, longform_sources, resolve_longform
from cutroom.workflows.longform import find_copies
from cutroom.workflows.sources import take


async def render(
    document: Path, *, output: Path | None, explains: bool, cache: Path | None, report: bool, wish: Wish | None = None
) -> None:
    """Render `document` to `output`, or print its plan.

    Args:
        document: where it lies.
        output: the file to write, or a folder for it.
        explains: print the plan, and stop.
        cache: keeps segments and sources.
        report: write what was measured beside the result.
        wish: what to remember the result under, if it is to be given out again.

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
        made = [Path(artifact) for artifact in result.artifacts]
        measured = _measured(made, target)
    show_warnings(result.warnings)
    shown = output if output is not None and not output.is_dir() else target
    if target.suffix == ".m3u8":
        show_facts("Rendered", {"file": str(output or target), "files": str(len(made))})
    else:
        found = facts_of_report(measured)
        show_facts("Rendered", {"file": str(shown), **found})
        if (
            wish is not None
            and bench.files.repeatable
            and not await _uses_card(sheet)
            and wish_of(document, sheet.raw, wish.cache) == wish
        ):
            told = [Told(warning.code, warning.pointer, warning.message) for warning in result.warnings]
            remember(wish, bench.files.seen, bench.files.results, facts=found, warnings=told)
    for other in made:
        if other.resolve() != target and other.exists() and target.suffix != ".m3u8":
            out.print(f"  and {other}", markup=False)


def _measured(made: Sequence[Path], target: Path) -> RenderReport:
    """The report on the first output."""
    named = next(path for path in made if path.name in {NAME, f"{target.stem}.{NAME}"})
    return REPORT.validate_json(named.read_bytes())


async def _uses_card(sheet: Sheet) -> bool:
    """Whether a graphics card may have a part in it."""
    document = sheet.document
    further = document.outputs if isinstance(document, Edit) else ()
    allowed = any(output.hardware != "off" for output in (document.output, *further))
    return allowed and bool((await hardware()).chosen)


def _extension(sheet: Sheet) -> str:
    return "m3u8" if sheet.document.output.format == "hls" else sheet.document.output.format


def show_warnings(warnings: Iterable[timeline.Warning]) -> None:
    """What renders, but perhaps not as meant."""
    for warning in warnings:
        show_warning(warning.code, warning.pointer, warning.message)


async def _explain_longform(edit: LongformEdit, bench: Workbench) -> None:
    folder = bench.scratch.folder("probes")
    media = {use.src: await take(bench.files, folder, use.src) for use in longform_sources(edit)}
    longform = resolve_longform(edit, media)
    found = await find_copies(bench.files, [track.media for track in longform.tracks])
    out.print(explain_longform(compile_longform(longform, found)), markup=False)
