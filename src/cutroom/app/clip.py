"""`cutroom clip`: a part of a recording becomes a film for phones, and a timeline that can be edited."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from cutroom.app.console import out, show_facts, show_warning
from cutroom.app.recording import (
    TRANSCRIPT,
    Recording,
    check_places,
    find_recording,
    hand_out,
    transcript_in,
)
from cutroom.app.workbench import Workbench, workbench
from cutroom.framing.crops import REFRAMES
from cutroom.framing.platforms import ASPECTS, PLATFORMS
from cutroom.highlights.document import HighlightsDocument
from cutroom.jobs import Draft
from cutroom.kit.errors import Invalid
from cutroom.timeline.assets.presets import PRESET_NAMES
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.export_clip import ExportClip, ExportClipOutput

_HIGHLIGHTS: Final = "hls_read"
"""Id of highlights that were read from a file, within one command."""
_NONE: Final = "none"
_DOCUMENT: Final = "document.json"
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for; `None` leaves a thing as it usually is.

    Args:
        output: the film to write, or the folder for it.
        start: second of the recording at which to begin, with `end`; or
        highlight: the number of a highlight, the best being 1.
        highlights: a file of them, as `cutroom highlights` writes it; they are looked for without.
        lengths: seconds of the shortest and the longest highlight to look for.
        transcript: what is said in the recording; it is transcribed where that is needed and this is None.
        captions: a style, or `none`.
    """

    output: Path | None
    start: float | None
    end: float | None
    highlight: int | None
    highlights: Path | None
    lengths: tuple[float | None, float | None]
    transcript: Path | None
    aspect: str | None
    platform: str | None
    captions: str | None
    reframe: str
    language: str | None
    engine: str | None
    cache: Path | None


async def clip(path: Path, wish: Wish) -> None:
    """Cut a clip out of the recording at `path`.

    Raises:
        Invalid: the wish, or the place for the output.
        CutroomError: whatever went wrong with the recording.
    """
    recording = find_recording(path)
    if not recording.heard:
        raise Invalid("no_recording", f"'{path.name}' is no recording; name that, and this with --transcript.")
    look = _look(wish)
    place = _place(recording, wish)
    places = {
        "film.mp4": place,
        "film.poster.jpg": place.with_suffix(".jpg"),
        "film.clip.srt": place.with_suffix(".srt"),
        _DOCUMENT: place.with_suffix(".json"),
    }
    inputs = [one for one in (path, wish.transcript, wish.highlights) if one is not None]
    check_places(list(places.values()), inputs=inputs)
    with workbench(recording, None, cache=wish.cache) as bench:
        part = await _part(bench, recording, wish)
        made: ExportClipOutput = await bench.run("export_clip", ExportClip.model_validate({**part, **look}), "clipping")
        document = ClipDocument.model_validate_json(bench.productions.find(made.clip).body)
        results = [Path(artifact) for artifact in made.artifacts]
        results.append(await asyncio.to_thread(_written, bench, document, recording, place))
        given = {one: places[one.name] for one in results if one.name in places and one.exists()}
        await hand_out(given)
    for warning in made.warnings:
        show_warning(warning.code, "", warning.message)
    _show(made, document, list(given.values()))


def _look(wish: Wish) -> dict[str, Any]:
    """How the clip should look."""
    look: dict[str, Any] = {"reframe": _one_of("reframe", wish.reframe, REFRAMES)}
    if wish.aspect is not None:
        look["aspect"] = _one_of("aspect", wish.aspect, ASPECTS)
    if wish.platform is not None:
        look["platform"] = _one_of("platform", wish.platform, PLATFORMS)
    if wish.captions == _NONE:
        look["captions"] = False
    elif wish.captions is not None:
        look["captions"] = _one_of("captions", wish.captions, (*PRESET_NAMES,))
    elif wish.highlight is None and wish.transcript is None:
        look["captions"] = False  # transcribing an hour for a minute is for who asks for it
    return look


async def _part(bench: Workbench, recording: Recording, wish: Wish) -> Mapping[str, Any]:
    """What to cut out; transcribes the recording, and looks for highlights, where that is needed."""
    ranged = wish.start is not None or wish.end is not None
    if ranged == (wish.highlight is not None) or (wish.start is None) != (wish.end is None):
        raise Invalid("nothing_asked", "Say what to cut out: --start and --end, or --highlight.")
    captioned = wish.captions not in {None, _NONE}
    transcript = None
    if wish.transcript is not None or captioned or wish.highlight is not None:
        transcript = await _transcript(bench, recording, wish)
    if wish.highlight is None:
        said = {} if transcript is None else {"transcript": transcript}
        return {"source": recording.path.name, "start": wish.start, "end": wish.end, **said}
    if wish.highlights is not None:
        await asyncio.to_thread(_read_highlights, bench, wish.highlights, recording)
        return {"highlights": _HIGHLIGHTS, "highlight": wish.highlight - 1}
    lengths = dict(zip(("min_length", "max_length"), wish.lengths, strict=True))
    asked = {name: value for name, value in lengths.items() if value is not None}
    found = await bench.run(
        "find_highlights", {"transcript": transcript, "count": wish.highlight, **asked}, "finding highlights"
    )
    if len(found.items) < wish.highlight:
        sentence = (
            f"{len(found.items)} highlights were found; take another, or look for shorter ones with --min-length."
        )
        raise Invalid("highlight_not_found", sentence)
    return {"highlights": found.highlights, "highlight": wish.highlight - 1}


async def _transcript(bench: Workbench, recording: Recording, wish: Wish) -> str:
    """Id of what is said in the recording."""
    if wish.transcript is not None:
        written = find_recording(wish.transcript)
        await transcript_in(bench, written, media=recording.path, language=wish.language or "en")
        return TRANSCRIPT
    asked = {"source": recording.path.name, "language": wish.language, "engine": wish.engine}
    return str((await bench.run("transcribe", asked, "transcribing")).transcript)


def _read_highlights(bench: Workbench, path: Path, recording: Recording) -> None:
    """Read a file of highlights, for the transcript that was read."""
    try:
        document = HighlightsDocument.model_validate_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        sentence = f"'{path}' are no highlights as `cutroom highlights` writes them."
        raise Invalid("bad_highlights", sentence) from error
    own = {"transcript": TRANSCRIPT, "transcript_version": 1, "source": str(recording.path.absolute())}
    body = document.model_copy(update=own).model_dump_json()
    bench.productions.add(Draft(_HIGHLIGHTS, "highlights", path.name, body), "reading")


def _written(bench: Workbench, document: ClipDocument, recording: Recording, place: Path) -> Path:
    """The timeline as a file; its paths start from where it will lie."""
    path = bench.scratch.folder("timeline") / _DOCUMENT
    path.write_text(written_timeline(document, recording, place), "utf-8")
    return path


def written_timeline(document: ClipDocument, recording: Recording, place: Path) -> str:
    """The timeline of a clip as JSON text; its paths start from `place`, where it will lie."""
    near = place.absolute().parent == recording.path.absolute().parent
    source = recording.path.name if near else str(recording.path.absolute())
    return json.dumps(_renamed(document.document, document.source, source), indent=2, ensure_ascii=False) + "\n"


def _renamed(value: Any, before: str, after: str) -> Any:
    """JSON data with another name for its source."""
    if isinstance(value, dict):
        return {
            name: after if name == "src" and item == before else _renamed(item, before, after)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, before, after) for item in value]
    return value


def _place(recording: Recording, wish: Wish) -> Path:
    """Where the film goes."""
    beside = recording.path.with_name(f"{recording.path.stem}.clip.mp4")
    if wish.output is None:
        return beside
    if wish.output.is_dir():
        return wish.output / beside.name
    if wish.output.suffix.lower() != ".mp4":
        raise Invalid("wrong_extension", "The result is mp4; give the output a name in '.mp4'.")
    return wish.output


def _show(made: ExportClipOutput, document: ClipDocument, places: Sequence[Path]) -> None:
    moving = sum(crop.moves for crop in document.crops)
    reasons = ", ".join(dict.fromkeys(crop.reason for crop in document.crops)) or "sound only"
    show_facts(
        "Clip",
        {
            "file": str(places[0]),
            "title": made.title,
            "from": f"{made.start:.2f} s to {made.end:.2f} s",
            "length": f"{made.duration:.2f} s, {made.frames} frames",
            "size": f"{made.width}x{made.height}, {made.size_bytes / 1e6:.1f} MB",
            "shows": f"{reasons}; {moving} of {len(document.crops)} crops move",
        },
    )
    for other in places[1:]:
        out.print(f"  and {other}", markup=False)


def _one_of(what: str, value: str, names: tuple[Name, ...]) -> Name:
    for name in names:
        if name == value:
            return name
    raise Invalid(f"unknown_{what}", f"There is no {what} '{value}'; take one of {', '.join(names)}.")
