"""`cutroom render`: the render workflow on a file, alone."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from cutroom import render as engine
from cutroom import timeline
from cutroom.app.console import err, out, progress_bar, show_facts
from cutroom.app.facts import facts
from cutroom.app.settings import load
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.kit import strict_json
from cutroom.kit.errors import Forbidden, Invalid
from cutroom.kit.scratch import Scratch
from cutroom.media import ffmpeg
from cutroom.media.fetch import Fetcher
from cutroom.media.probe import probe
from cutroom.render.longform import compile_longform, explain_longform
from cutroom.timeline.document import Document, document_sources, parse_document
from cutroom.timeline.longform import LongformEdit, resolve_longform
from cutroom.workflows import registry
from cutroom.workflows.longform import find_copies
from cutroom.workflows.sources import take


async def render(document: Path, *, output: Path | None, explain: bool, cache: Path | None) -> None:
    """Render `document` to `output`, or print its plan.

    Raises:
        Invalid: the document, with pointers; or `no_output` without `output`.
        CutroomError: whatever went wrong with a source or the render.
    """
    edit = _read(document)
    settings = load()
    ffmpeg.use(settings.ffmpeg)
    fetcher = Fetcher(
        allow=settings.fetch_allow, max_bytes=settings.fetch_max_bytes, deadline_s=settings.fetch_deadline_s
    )
    target = (output or document.with_suffix(f".{edit.output.format}")).resolve()
    if not explain:
        _check_target(target, edit, document)
    with contextlib.closing(_scratch()) as scratch:
        kept = scratch.folder("cache") if cache is None else cache.absolute()
        kept.mkdir(parents=True, exist_ok=True)
        files = StandaloneFiles(
            base=document.parent, cache=kept, parts=scratch.folder("parts"), out=target, fetcher=fetcher
        )
        if explain:
            await _explain(edit, files)
            return
        await _run(edit, files, scratch.folder("render"))
    show_facts("Rendered", facts(await probe(target), output or target))


def _check_target(target: Path, edit: Document, document: Path) -> None:
    """Refuse, before any work, a place that the result cannot go to or that would cost the author a file."""
    wanted = f".{edit.output.format}"
    if target.suffix.lower() != wanted:
        raise Invalid("wrong_extension", f"The document asks for {wanted[1:]}; give the output a name in '{wanted}'.")
    if target.is_dir():
        raise Invalid("output_is_folder", f"'{target}' is a folder; name a file with -o.")
    if not target.parent.is_dir():
        raise Invalid("no_output_folder", f"The folder of '{target.name}' does not exist: {target.parent}.")
    if not os.access(target.parent, os.W_OK):
        raise Invalid("output_not_writable", f"Nothing can be written to {target.parent}.")
    if not target.exists():
        return
    for use in document_sources(edit):
        source = document.parent / use.src
        if "://" not in use.src and source.exists() and target.samefile(source):
            raise Invalid("output_is_source", f"'{target.name}' is a source of this document; name another with -o.")


def _scratch() -> Scratch:
    """A folder for work in progress, after clearing what earlier renders of this user left when they were killed."""
    root = Path(tempfile.gettempdir()) / f"cutroom-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise Forbidden("scratch_not_ours", f"{root} belongs to another user; set TMPDIR to a folder of your own.")
    scratch = Scratch(root)
    scratch.sweep()
    return scratch


def _read(document: Path) -> Document:
    try:
        raw = document.read_bytes()
    except OSError as error:
        raise Invalid("no_document", f"Cannot read '{document}': {error.strerror}.") from error
    return parse_document(strict_json.parse(raw), timeline.Limits(allow_local=True, fonts=engine.families()))


async def _explain(edit: Document, files: StandaloneFiles) -> None:
    media = {use.src: await take(files, use.src) for use in document_sources(edit)}
    if isinstance(edit, LongformEdit):
        longform = resolve_longform(edit, media)
        facts = await find_copies(files, [track.media for track in longform.tracks])
        out.print(explain_longform(compile_longform(longform, facts)), markup=False)
        return
    out.print(engine.explain(engine.compile_plan(timeline.resolve(edit, media))), markup=False)


async def _run(edit: Document, files: StandaloneFiles, scratch: Path) -> None:
    with progress_bar("rendering") as show:

        def on_event(kind: str, data: dict[str, Any]) -> None:
            if kind == "progress":
                show(float(data["progress"]) / 100, str(data.get("stage") or ""))
            elif kind == "log" and data["level"] in {"warning", "error"}:
                err.print(data["message"], markup=False)

        concurrency = os.cpu_count() or 1
        result = await run_alone(
            registry(), "render", edit, files=files, scratch=scratch, events=on_event, concurrency=concurrency
        )
    for warning in result.warnings:
        err.print("[yellow]warning[/]", warning.code, warning.pointer, end=": ")
        err.print(warning.message, markup=False)
