"""`cutroom render --explain`, `cutroom storyboard`, `cutroom preview`: a look before the render."""

from pathlib import Path

from rich.table import Table

from cutroom.app.console import out, show_facts, show_warning
from cutroom.app.facts import facts
from cutroom.app.workbench import Sheet, Workbench, read, target_of, workbench
from cutroom.media.probe import probe
from cutroom.render.estimate import Calibration
from cutroom.render.outline import SegmentOutline
from cutroom.workflows.explain import Explain, Explanation, PlanOut, Preview, Storyboard


async def explain(sheet: Sheet, bench: Workbench) -> None:
    """Print what would be done for a document, and what it would cost."""
    given = Explain(edit=sheet.edit("An explanation"), limits=sheet.limits)
    found: Explanation = await bench.run("render.explain", given, "explaining")
    for plan in found.plans:
        _show_plan(plan, found.calibration)
    for warning in found.warnings:
        show_warning(warning.code, warning.pointer, warning.message)


async def storyboard(document: Path, *, output: Path | None, frames: int) -> None:
    """Draw some frames of a document on one sheet.

    Raises:
        Invalid: the document, with pointers; or the place for the output.
        CutroomError: whatever went wrong with a source.
    """
    sheet = read(document)
    edit = sheet.edit("A storyboard")
    target = target_of(sheet, output, "jpg", document)
    with workbench(sheet, target) as bench:
        found = await bench.run(
            "render.storyboard", Storyboard(edit=edit, frames=frames, limits=sheet.limits), "drawing"
        )
    times = ", ".join(f"{time:.2f} s" for time in found.times)
    show_facts("Storyboard", {"file": str(output or target), "frames": times})


async def preview(document: Path, *, output: Path | None) -> None:
    """Render a small version of a document in a hurry.

    Raises:
        Invalid: the document, with pointers; or the place for the output.
        CutroomError: whatever went wrong with a source or the render.
    """
    sheet = read(document)
    edit = sheet.edit("A preview")
    named = Sheet(sheet.document, sheet.base, f"{sheet.stem}.preview", sheet.limits, sheet.raw)
    target = target_of(named, output, "mp4", document)
    with workbench(sheet, target) as bench:
        await bench.run("render.preview", Preview(edit=edit, limits=sheet.limits), "rendering")
    show_facts("Preview", facts(await probe(target), target))


def _show_plan(plan: PlanOut, machine: Calibration) -> None:
    picture = f", {plan.width}x{plan.height} at {plan.fps} fps" if plan.segments else ""
    sound = ", with sound" if plan.sound else ", without sound"
    out.print(f"[bold]{plan.format}[/]{picture}: {plan.frames} frames, {plan.duration:.3f} s{sound}")
    if plan.segments:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("#", "from", "to", "how", "frames"):
            table.add_column(name, justify="left" if name == "how" else "right", no_wrap=True)
        table.add_column("what and why", overflow="fold")
        for segment in plan.segments:
            how = "[green]kept[/]" if segment.reused else segment.kind
            table.add_row(
                str(segment.index),
                f"{segment.start:.3f}",
                f"{segment.end:.3f}",
                how,
                str(segment.frames),
                f"{segment.reason} [dim]{_layers(segment)}[/]",
            )
        out.print(table)
    costs = plan.estimate
    show_facts(
        "Estimate",
        {
            "to encode": f"{costs.encoded_frames} frames in {costs.pieces} pieces",
            "kept from before": f"{costs.reused_frames} frames in {costs.reused_pieces} pieces",
            "copied or repeated": f"{costs.copied_frames + costs.repeated_frames} frames",
            "time": f"about {costs.seconds:.1f} s, {_how_known(machine)}",
            "memory": f"about {costs.memory_bytes / 1e6:.0f} MB",
        },
    )


def _how_known(machine: Calibration) -> str:
    if machine.pieces:
        return f"by the last {machine.pieces} pieces that were rendered on this machine"
    return "a guess from a short film: nothing was rendered on this machine yet"


def _layers(segment: SegmentOutline) -> str:
    """The layers in a few words: their kinds and where the document says so."""
    places = [f"{layer.kind} {layer.pointer.removeprefix('/timeline')}" for layer in segment.layers[:4]]
    more = len(segment.layers) - len(places)
    return "; ".join([*places, *([f"and {more} more"] if more else [])])
