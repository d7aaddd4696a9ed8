"""`cutroom run`: patterns over what stands on standard input, in a file or in a video, answered on standard output."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from pydantic import ValidationError

from cutroom.app.console import err, show_warning
from cutroom.app.engine_settings import EngineSettings, load_engine
from cutroom.app.patterns import read_input, read_text, read_variables
from cutroom.app.recording import check_places
from cutroom.app.tools import use_tools
from cutroom.app.workbench import Workbench, own_folder, workbench
from cutroom.jobs import Registry, run_alone
from cutroom.kit.errors import Invalid
from cutroom.kit.log import configure
from cutroom.kit.schema import invalid
from cutroom.llm import Models
from cutroom.media.youtube import YouTube
from cutroom.patterns import Library
from cutroom.timeline import Limits
from cutroom.workflows.rendering import ATTEMPTS
from cutroom.workflows.run_pattern import ANSWER, PatternRuns, patterns_of
from cutroom.workflows.run_wishes import ResolvedPattern, ResolvedStrategy, RunOutput, RunPattern
from cutroom.workflows.transcribe import Transcribing

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves a terminal's cursor or gives it orders; a model's answer may hold anything."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for; fields as in `RunWishes`, None where nothing was said."""

    patterns: Sequence[str]
    file: Path | None = None
    youtube: str | None = None
    variables: Sequence[str] = ()
    model: str | None = None
    strategy: str | None = None
    context: Path | None = None
    language: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    lenient: bool = False
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where the command stands."""

    base: Path
    limits: Limits


async def run_patterns(
    wish: Wish, *, stream: bool | None, output: Path | None, cache: Path | None, as_json: bool = False
) -> None:
    """Run patterns.

    Args:
        wish: which, on what, and how.
        stream: whether the answer is printed while it is written; on terminals when None.
        output: the file to write; standard output when None.
        cache: keeps what was read, heard and answered.
        as_json: say all that is known of the run, as `GET /runs/{id}` does under `output`, and not its answer alone.

    Raises:
        NotFound: `pattern_not_found`, `strategy_not_found`.
        Invalid: the wish, or the place for the output; what else a run raises.
        Unavailable: when the model failed.
    """
    configure(json=False, level="warning", stream=sys.stderr)  # standard output is for the answer alone
    settings = load_engine()
    given = await asyncio.to_thread(_given, settings.library(), wish)
    if output is not None:
        check_places([output], inputs=[] if wish.file is None else [wish.file])
    if given.input_source != "text":
        use_tools(settings, own_folder("kept"))
    whole = all(pattern is None or pattern.output is None for _, pattern in patterns_of(given))
    plain = output is None and whole and not wish.parallel and not as_json
    lives = plain and (sys.stdout.isatty() if stream is None else stream)
    shown = _Shown(sys.stdout) if lives else None
    base = Path.cwd() if wish.file is None else wish.file.absolute().parent
    with workbench(_Ground(base, settings.limits(allow_local=True)), None, cache=cache) as bench:
        made = await _run(settings, bench, given, shown)
        text = made.text
        if text is None:
            text = await asyncio.to_thread(Path(made.artifacts[0]).read_text, "utf-8")
    if as_json:  # the files that the artifacts name are gone
        text = made.model_copy(update={"text": text, "artifacts": []}).model_dump_json(by_alias=True, indent=2)
    for warning in made.warnings:
        show_warning(warning.code, "", warning.message)
    if output is not None:
        await asyncio.to_thread(output.write_text, text, "utf-8")
    elif shown is not None:
        shown.end(text)
    else:
        sys.stdout.write(_safe(text) if sys.stdout.isatty() else text)
        sys.stdout.write("" if text.endswith("\n") else "\n")
    _tell(made)


async def _run(settings: EngineSettings, bench: Workbench, given: RunPattern, shown: "_Shown | None") -> RunOutput:
    """Run in this process; stages and warnings go to standard error."""
    stages: list[str] = []
    quiet = given.input_source == "text" and len(given.names) < 2

    def on_event(kind: str, data: Mapping[str, Any]) -> None:
        if kind == "text" and shown is not None and data["stream"] == ANSWER:
            shown.piece(data["text"], begins=data["begins"])
        elif kind == "log" and data["level"] in {"warning", "error"}:
            err.print(data["message"], markup=False)
        elif kind == "progress" and not quiet and data["stage"] and data["stage"] not in stages:
            stages.append(data["stage"])
            err.print(f"{data['stage']}…", style="dim", markup=False)

    models = settings.models()
    try:
        made: RunOutput = await run_alone(
            _registry(settings, models),
            "run",
            given,
            files=bench.files,
            scratch=bench.scratch.folder("work"),
            events=on_event,
            concurrency=os.cpu_count() or 1,
        )
    finally:
        await models.close()
    return made


def _registry(settings: EngineSettings, models: Models) -> Registry:
    """Runs, and what hears recordings for them: loading all other workflows takes longer than many an answer."""
    transcribing = Transcribing(settings.engines(settings.data / "models", any_model=True))
    known = Registry()
    runs = PatternRuns(models, transcribing, ATTEMPTS, YouTube(on=settings.url_sources))
    known.add("run", runs.run, max_attempts=ATTEMPTS)
    known.add("transcribe.chunk", transcribing.chunk, internal=True, max_attempts=ATTEMPTS)
    return known


def _given(library: Library, wish: Wish) -> RunPattern:
    """The run, with all that it names."""
    resolved = [_resolved(library, name) for name in dict.fromkeys(wish.patterns)]
    strategy = None if wish.strategy is None else library.strategy(wish.strategy)
    source, text = _input(wish)
    several = "parallel" if wish.parallel else "patterns"
    given: dict[str, Any] = {
        **({"pattern": wish.patterns[0]} if len(wish.patterns) == 1 else {}),
        **({several: list(wish.patterns)} if len(wish.patterns) > 1 else {}),
        "input": text,
        "input_source": source,
        "strategy": wish.strategy,
        "context": None,
        "variables": read_variables(wish.variables),
        "model": wish.model,
        "language": wish.language,
        "lenient": wish.lenient,
        "temperature": wish.temperature,
        "max_tokens": wish.max_tokens,
        "max_cost": wish.max_cost,
        "resolved": resolved,
        "resolved_strategy": None if strategy is None else ResolvedStrategy(name=strategy.name, prompt=strategy.prompt),
        "context_text": None if wish.context is None else _read(wish.context),
    }
    try:
        return RunPattern.model_validate(given)
    except ValidationError as error:
        raise invalid(error, given) from error


def _resolved(library: Library, name: str) -> ResolvedPattern:
    pattern = library.get(name)
    origin = "shipped" if library.is_shipped(name) else "folder"
    return ResolvedPattern(name=name, origin=origin, sha256=pattern.sha256, text=pattern.raw)


def _input(wish: Wish) -> tuple[str, str]:
    """Where the input is, and what it is or is called."""
    if wish.file is not None and wish.youtube is not None:
        raise Invalid("two_inputs", "Give --file or --youtube, and not both.")
    if wish.youtube is not None:
        return "youtube", wish.youtube
    if wish.file is not None:
        if not wish.file.is_file():
            raise Invalid("no_input", f"There is no file '{wish.file}'.")
        return "upload", wish.file.name
    if sys.stdin.isatty():
        message = "Give the input on standard input (cutroom run summary < notes.txt), or with --file or --youtube."
        raise Invalid("no_input", message)
    return "text", read_input()


def _read(path: Path) -> str:
    try:
        return read_text(path.read_bytes(), f"'{path.name}'")
    except OSError as error:
        raise Invalid("no_context", f"Cannot read '{path}': {error.strerror}.") from error


class _Shown:
    """An answer on a terminal, or another stream, while it is written."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._written = ""

    def piece(self, text: str, *, begins: bool) -> None:
        """Print what came. What is printed cannot be taken back: an answer that begins anew begins on a new line."""
        if begins and self._written:
            self._out.write("\n\n")
            err.print("The model begins anew.", style="dim")
        self._written = text if begins else self._written + text
        self._out.write(_safe(text) if self._out.isatty() else text)
        self._out.flush()

    def end(self, text: str) -> None:
        """Print what has not come in pieces."""
        if text.startswith(self._written):
            self.piece(text[len(self._written) :], begins=False)
        elif text != self._written:
            self.piece(text, begins=True)
        if not self._written.endswith("\n"):
            self._out.write("\n")
        self._out.flush()


def _safe(text: str) -> str:
    return _CONTROLS.sub("", text)


def _tell(made: RunOutput) -> None:
    """What it took, on standard error."""
    cached = all(step.cached for step in made.steps)
    cost = "" if made.cost is None else f", ${made.cost:.6f}".rstrip("0").rstrip(".")
    took = "kept from an earlier run" if cached else f"{made.usage.input_tokens:,} tokens read, "
    took += "" if cached else f"{made.usage.output_tokens:,} written{cost}"
    err.print(f"{made.model}: {took}", style="dim", markup=False)
