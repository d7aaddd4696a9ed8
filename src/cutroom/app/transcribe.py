"""`cutroom transcribe`: from a recording to what is said in it, as data, subtitles and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cutroom.app.console import out, show_facts, show_warning
from cutroom.app.recording import check_places, find_recording, hand_out
from cutroom.app.workbench import workbench
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import invalid
from cutroom.workflows.transcribe import Transcribe, TranscribeOutput

FORMATS: Final = ("json", "srt", "vtt", "txt")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for; fields as in `Transcribe`, None where nothing was said."""

    engine: str | None = None
    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    glossary: Sequence[str] = ()


async def transcribe(
    path: Path, wish: Wish, *, output: Path | None, formats: Sequence[str], cache: Path | None
) -> None:
    """Transcribe the file at `path`.

    Args:
        path: the recording.
        wish: how.
        output: the file to write, or a folder.
        formats: which of `FORMATS`; as the output's name says, else JSON, when there are none.
        cache: keeps what was decoded and heard.

    Raises:
        Invalid: the wish, or the place for the output.
        CutroomError: whatever went wrong with the recording.
    """
    recording = find_recording(path)
    places = _places(path, output, _formats(output, formats))
    check_places(list(places.values()), inputs=[path])
    with workbench(recording, None, cache=cache) as bench:
        made: TranscribeOutput = await bench.run("transcribe", _input(path, wish), "transcribing")
        found = {Path(artifact).suffix[1:]: Path(artifact) for artifact in made.artifacts}
        await hand_out({found[name]: place for name, place in places.items()})
    for warning in made.warnings:
        show_warning(warning.code, "", warning.message)
    first, *others = places.values()
    facts = {
        "file": str(first),
        "words": str(made.words),
        "language": made.language,
        "engine": f"{made.engine} {made.model}",
        "recording": f"{made.duration:.1f} s",
    }
    show_facts("Transcribed", facts)
    for other in others:
        out.print(f"  and {other}", markup=False)


def _input(path: Path, wish: Wish) -> Transcribe:
    given: dict[str, Any] = {
        "source": path.name,
        "engine": wish.engine,
        "model": wish.model,
        "language": wish.language,
        "prompt": wish.prompt,
        "glossary": tuple(wish.glossary),
    }
    try:
        return Transcribe.model_validate(given)
    except ValidationError as error:
        raise invalid(error, given) from error


def _formats(output: Path | None, formats: Sequence[str]) -> list[str]:
    wanted = [name.lower().removeprefix(".") for name in formats]
    for name in wanted:
        if name not in FORMATS:
            raise Invalid("unknown_format", f"There is no format '{name}'; take one of {', '.join(FORMATS)}.")
    if wanted or output is None:
        return list(dict.fromkeys(wanted)) or ["json"]
    if output.is_dir():
        return list(FORMATS)
    name = output.suffix.lower().removeprefix(".")
    if name not in FORMATS:
        raise Invalid("unknown_format", f"'{output.name}' tells no format; end it in .{', .'.join(FORMATS)}.")
    return [name]


def _places(path: Path, output: Path | None, formats: Sequence[str]) -> dict[str, Path]:
    """Where each format goes."""
    if output is not None and not output.is_dir() and len(formats) == 1:
        return {formats[0]: output}
    base = path.with_suffix("") if output is None else output / path.stem if output.is_dir() else output.with_suffix("")
    return {name: base.with_name(f"{base.name}.{name}") for name in formats}
