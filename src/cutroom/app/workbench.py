"""What a command needs to work on a document by itself: the document, files, a folder for work in progress."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cutroom import render as engine
from cutroom.app.console import err, progress_bar
from cutroom.app.engine_settings import EngineSettings, load_engine
from cutroom.app.standalone import StandaloneFiles
from cutroom.app.tools import use_tools
from cutroom.jobs import Registry, Remembered, run_alone
from cutroom.kit import strict_json
from cutroom.kit.errors import Forbidden, Invalid
from cutroom.kit.scratch import Scratch
from cutroom.llm import Models
from cutroom.timeline import Document, Edit, Limits, document_sources, parse_document
from cutroom.workflows.rendering import rendering

if TYPE_CHECKING:
    from cutroom.media.fetch import Fetched

STDIN = Path("-")
_MADE_HERE = 0o700


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document that was read.

    Args:
        document: what it says.
        base: folder that relative paths in it start from.
        stem: name for what is made of it, without an extension.
        limits: under which it was accepted.
        raw: the bytes that were read.
    """

    document: Document
    base: Path
    stem: str
    limits: Limits
    raw: bytes

    def edit(self, wish: str) -> Edit:
        """The document as an edit.

        Raises:
            Invalid: `not_for_longform`, when it is a longform; `wish` says what cannot be had of those.
        """
        if isinstance(self.document, Edit):
            return self.document
        raise Invalid("not_for_longform", f"{wish} is for documents with a 'timeline', not for a 'longform'.")


def read(path: Path) -> Sheet:
    """Read the document at `path`, or from standard input when that is "-".

    Raises:
        Invalid: `no_document`; or the document, with pointers.
    """
    settings = load_engine()
    use_tools(settings, own_folder("kept"))
    limits = settings.limits(allow_local=True, fonts=engine.families())
    try:
        raw = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise Invalid("no_document", f"Cannot read '{path}': {error.strerror}.") from error
    document = parse_document(_json(raw, path), limits)
    if path == STDIN:
        return Sheet(document, Path.cwd(), "render", limits, raw)
    return Sheet(document, path.parent, path.stem, limits, raw)


def _json(raw: bytes, path: Path) -> Any:
    if not raw.strip():
        raise Invalid("malformed_json", f"'{path}' is empty.")
    try:
        return strict_json.parse(raw)
    except Invalid as error:
        said = error.message.replace("The body", f"'{path}'")
        raise Invalid(error.code, said, details=error.details) from error


def target_of(sheet: Sheet, wanted: Path | None, extension: str, source: Path) -> Path:
    """Where a result goes: the file that was named, or one in the folder that was, or one beside the document.

    Raises:
        Invalid: `wrong_extension`, `no_output_folder`, `output_not_writable`, `output_is_folder`, `output_is_source`:
            before any work, a place that the result cannot go to or that would cost the author a file.
    """
    beside = Path.cwd() if source == STDIN else source.parent
    place = wanted or beside / f"{sheet.stem}.{extension}"
    if wanted is not None and (wanted.is_dir() and wanted.suffix.lower() != f".{extension}"):
        place = wanted / f"{sheet.stem}.{extension}"
    target = place.resolve()
    if target.suffix.lower() not in {f".{extension}", ".jpeg" if extension == "jpg" else f".{extension}"}:
        raise Invalid("wrong_extension", f"The result is {extension}; give the output a name in '.{extension}'.")
    if target.is_dir():
        raise Invalid("output_is_folder", f"'{target}' is a folder; name a file with -o.")
    if not target.parent.is_dir():
        raise Invalid("no_output_folder", f"The folder of '{target.name}' does not exist: {target.parent}.")
    if not os.access(target.parent, os.W_OK):
        raise Invalid("output_not_writable", f"Nothing can be written to {target.parent}.")
    if target.exists():
        for use in document_sources(sheet.document):
            file = sheet.base / use.src
            if "://" not in use.src and file.exists() and target.samefile(file):
                raise Invalid(
                    "output_is_source", f"'{target.name}' is a source of this document; name another with -o."
                )
    return target


class _Fetching:
    """A `Fetcher` that is made for the first URL: what speaks HTTP takes as long to load as NumPy."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    async def fetch(self, url: str, path: Path) -> "Fetched":
        from cutroom.media.fetch import Fetcher  # noqa: PLC0415

        told = self._settings
        fetcher = Fetcher(allow=told.fetch_allow, max_bytes=told.fetch_max_bytes, deadline_s=told.fetch_deadline_s)
        return await fetcher.fetch(url, path)


class Ground(Protocol):
    """What commands work on: a document, or a recording."""

    @property
    def base(self) -> Path:
        """Folder that relative paths start from."""
        ...

    @property
    def limits(self) -> Limits:
        """How large documents may be."""
        ...


class Workbench:
    """Runs workflows on one document or recording.

    Args:
        ground: the document or recording.
        target: where the result goes; when None, into a folder for work in progress, as `film.mp4` and beside it.
        scratch: folders for work in progress.
        cache: keeps segments and sources; removed at the end when None.
        report: whether the report on what was measured is wanted beside the result.

    Raises:
        Invalid: `no_cache_folder`.
    """

    def __init__(
        self, ground: Ground, target: Path | None, scratch: Scratch, *, cache: Path | None, report: bool
    ) -> None:
        self._settings = settings = load_engine()
        kept = scratch.folder("cache") if cache is None else _folder_for(cache.absolute())
        self.scratch = scratch
        self.limits = ground.limits
        self.productions = Remembered()
        self.files = StandaloneFiles(
            base=ground.base,
            cache=kept,
            parts=scratch.folder("parts"),
            out=target or scratch.folder("results") / "film.mp4",
            fetcher=_Fetching(settings),
            lasting=own_folder("kept"),
            report=report,
        )

    async def run(self, workflow: str, given: Any, title: str, *, apart: bool = False) -> Any:
        """Run a workflow to its end, with a progress bar; its output.

        Args:
            workflow: its name.
            given: its input.
            title: of the progress bar.
            apart: whether each job within it has a folder of results of its own.
        """
        results = self.scratch.folder("apart") if apart else None

        def files_of(job_id: str) -> StandaloneFiles:
            if results is None:
                return self.files
            folder = results / job_id
            folder.mkdir(exist_ok=True)
            return self.files.apart(folder / "film.mp4")

        with progress_bar(title) as show:

            def on_event(kind: str, data: dict[str, Any]) -> None:
                if kind == "progress":
                    show(float(data["progress"]) / 100, str(data.get("stage") or ""))
                elif kind == "log" and data["level"] in {"warning", "error"}:
                    err.print(data["message"], markup=False)

            models = self._settings.models()
            try:
                return await run_alone(
                    rendering(self.limits) if workflow == "render" else self._registry(models),
                    workflow,
                    given,
                    files=self.files,
                    scratch=self.scratch.folder("work"),
                    events=on_event,
                    concurrency=_at_once(workflow),
                    productions=self.productions,
                    files_of=files_of,
                )
            finally:
                await models.close()

    def tidy(self) -> None:
        """Keep to the budget of the cache, as far as it may be written to."""
        with contextlib.suppress(OSError):
            self.files.evict(self._settings.blob_budget_bytes)

    def _registry(self, models: Models) -> Registry:
        """Every workflow; loading them takes as long as a small render."""
        from cutroom.workflows.catalogue import registry  # noqa: PLC0415

        engines = self._settings.engines(self._settings.data / "models", any_model=True)
        return registry(self.limits, models=models, engines=engines)


@contextlib.contextmanager
def workbench(
    ground: Ground, target: Path | None, *, cache: Path | None = None, report: bool = False
) -> Iterator[Workbench]:
    """A workbench, after clearing what earlier commands of this user left when they were killed."""
    scratch = Scratch(own_folder("work"))
    scratch.sweep()
    with contextlib.closing(scratch):
        bench = Workbench(ground, target, scratch, cache=cache, report=report)
        try:
            yield bench
        finally:
            if cache is not None:
                bench.tidy()


def _at_once(workflow: str) -> int:
    """Items made at the same time: films of a render take turns, and one more of them waits, ready to begin."""
    return (os.cpu_count() or 1) + (workflow == "render")


def _folder_for(cache: Path) -> Path:
    """The folder of the cache, made when it is not there."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"The cache cannot be kept in {cache}: {error.strerror}; name another folder with --cache."
        raise Invalid("no_cache_folder", sentence) from error
    if not os.access(cache, os.W_OK | os.X_OK):
        raise Invalid("no_cache_folder", f"Nothing can be written to {cache}; name another folder with --cache.")
    return cache


def own_folder(name: str) -> Path:
    """A folder of this user's own among those for temporary files."""
    root = Path(tempfile.gettempdir()) / f"cutroom-{os.getuid()}-{name}"
    root.mkdir(mode=_MADE_HERE, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise Forbidden("scratch_not_ours", f"{root} belongs to another user; set TMPDIR to a folder of your own.")
    return root
