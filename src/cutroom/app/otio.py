"""`cutroom otio`: documents for editing programs, and their timelines as documents."""

import json
from pathlib import Path
from typing import Any

from cutroom import timeline
from cutroom.app.console import err, out
from cutroom.app.workbench import read, workbench
from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid
from cutroom.timeline.merge import merged
from cutroom.workflows.sources import take, take_cues


async def export(document: Path, *, output: Path | None) -> None:
    """Write a document as an .otio file. Its sources are probed, since OTIO wants to know all lengths.

    Raises:
        Invalid: the document, with pointers; `output_not_written`.
        CutroomError: whatever is wrong with a source.
    """
    from cutroom.timeline import otio  # noqa: PLC0415 — a quarter of a second

    sheet = read(document)
    edit = sheet.edit("OTIO")
    raw, _ = merged(strict_json.parse(document.read_bytes()))
    sources: dict[str, Any] = {}
    with workbench(sheet, sheet.base / "nothing") as bench:
        folder = bench.scratch.folder("probes")
        for use in timeline.sources(edit):
            if use.asset is not None:
                message = "Pages and timelines inside of the timeline cannot be exported yet; take them out first."
                raise Invalid("unsupported_otio", message)
            if use.kind == "captions":
                sources[use.src] = await take_cues(bench.files, use.src)
            else:
                sources[use.src] = await take(bench.files, folder, use.src)
    resolved = timeline.resolve(edit, sources, sheet.limits)
    target = output or document.with_suffix(".otio")
    _write(target, otio.write(otio.to_otio(raw, resolved, name=sheet.stem)))
    out.print(f"Wrote {target}", markup=False)


async def import_(source: Path, *, output: Path | None) -> None:
    """Write an .otio file as a document.

    Raises:
        Invalid: `bad_otio`, `unsupported_otio`, or what is wrong with the document that it would be.
    """
    from cutroom.timeline import otio  # noqa: PLC0415 — as above

    try:
        text = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("no_document", f"Cannot read '{source}'.") from error
    found = otio.from_otio(otio.read(text))
    timeline.parse(found.document, timeline.Limits(allow_local=True, clips=100_000, tracks=1_000, duration_s=1_000_000))
    target = output or source.with_suffix(".json")
    _write(target, json.dumps(found.document, indent=2, ensure_ascii=False) + "\n")
    for note in found.notes:
        err.print(f"[yellow]note[/] {note}")
    out.print(f"Wrote {target}", markup=False)


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise Invalid("output_not_written", f"'{target}' cannot be written: {error.strerror}.") from error
