"""`cutroom repurpose`: everything of one recording, in one folder."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cutroom.app.clip import written_timeline
from cutroom.app.console import out, show_facts, show_warning
from cutroom.app.recording import TRANSCRIPT, Recording, check_places, find_recording, hand_out, transcript_in
from cutroom.app.workbench import Workbench, workbench
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import invalid
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.repurpose import Repurpose, RepurposeOutput

PARTS: Final = ("subtitles", "highlights", "clips", "posts")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for; None leaves a thing as it usually is.

    Args:
        output: the folder for what is made.
        transcript: what is said in the recording, where that is known already.
        only: which of `PARTS` to make; all when empty.
        clips: how many.
        posts: for which platforms.
        formats: of the subtitles.
    """

    output: Path | None
    transcript: Path | None
    only: Sequence[str]
    clips: int
    platform: str | None
    posts: Sequence[str]
    formats: Sequence[str]
    tone: str | None
    language: str | None
    engine: str | None
    cache: Path | None


async def repurpose(path: Path, wish: Wish) -> None:
    """Make everything of the recording at `path`.

    Raises:
        Invalid: the wish, or the place for the output.
        CutroomError: what kept the transcript from being made.
    """
    recording = find_recording(path)
    if not recording.heard:
        raise Invalid("no_recording", f"'{path.name}' is no recording; name that, and this with --transcript.")
    folder = wish.output or path.with_name(f"{path.stem}.content")
    if folder.exists() and not folder.is_dir():
        raise Invalid("output_is_file", f"'{folder}' is a file; name a folder with -o.")
    folder.mkdir(parents=True, exist_ok=True)
    check_places([folder / "made.json"], inputs=[path])
    with workbench(recording, None, cache=wish.cache) as bench:
        given = await _given(bench, recording, wish)
        made: RepurposeOutput = await bench.run("repurpose", given, "repurposing", apart=True)
        places = dict(_places(made, folder))
        places |= _written(bench, made, recording, folder, places)
        await hand_out(places)
    for warning in made.warnings:
        show_warning(warning.code, warning.part, warning.message)
    for failure in made.failed:
        show_warning(failure.code, failure.part, f"Not made: {failure.message}")
    _show(made, folder, sorted(places.values()))


async def _given(bench: Workbench, recording: Recording, wish: Wish) -> Repurpose:
    unknown = [part for part in wish.only if part not in PARTS]
    if unknown:
        raise Invalid("unknown_part", f"There is no part '{unknown[0]}'; take some of {', '.join(PARTS)}.")
    wanted = set(wish.only or PARTS)
    given: dict[str, Any] = {
        "transcription": {"language": wish.language, "engine": wish.engine},
        "clips": {"count": wish.clips, "platform": wish.platform} if "clips" in wanted else None,
        "posts": {"tone": wish.tone} | ({"kinds": list(wish.posts)} if wish.posts else {}),
        "subtitles": {"formats": list(wish.formats)} if wish.formats else {},
    }
    for part in ("subtitles", "posts"):
        if part not in wanted:
            given[part] = None
    if not wanted & {"highlights", "clips"}:
        given["highlights"] = None
    if wish.transcript is not None:
        await transcript_in(
            bench, find_recording(wish.transcript), media=recording.path, language=wish.language or "en"
        )
        given["transcript"] = TRANSCRIPT
    else:
        given["source"] = recording.path.name
    try:
        return Repurpose.model_validate(given)
    except ValidationError as error:
        raise invalid(error, given) from error


def _places(made: RepurposeOutput, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Where each file goes: by what it is, and for clips by their number, the best being 1."""
    parts = [part.artifacts for part in (made.subtitles, made.highlights) if part is not None]
    for artifact in (Path(one) for part in [*parts, *(post.artifacts for post in made.posts)] for one in part):
        yield artifact, folder / artifact.name.removeprefix("film.")
    names: Mapping[str, str] = {"film.mp4": "mp4", "film.poster.jpg": "jpg", "film.clip.srt": "srt"}
    for clip in made.clips:
        for artifact in map(Path, clip.artifacts):
            if artifact.name in names and artifact.exists():
                yield artifact, folder / f"clip-{clip.highlight + 1}.{names[artifact.name]}"


def _written(
    bench: Workbench, made: RepurposeOutput, recording: Recording, folder: Path, given: Mapping[Path, Path]
) -> dict[Path, Path]:
    """The transcript, the timelines of the clips, and the list of all, as files.

    Args:
        bench: where they were made.
        made: what was made.
        recording: of which.
        folder: where it goes.
        given: where the files go that were made, which the list calls by their new names.
    """
    written = bench.scratch.folder("written")
    places: dict[Path, Path] = {}
    listed = written / "made.json"
    text = made.model_copy(update={"artifacts": []}).model_dump_json(indent=1)
    for path, place in given.items():
        text = text.replace(json.dumps(str(path)), json.dumps(place.name))
    listed.write_text(text + "\n", "utf-8")
    places[listed] = folder / listed.name
    transcript = written / "transcript.json"
    data = json.loads(bench.productions.find(made.transcript, made.version).body)
    transcript.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    places[transcript] = folder / transcript.name
    for clip in made.clips:
        document = ClipDocument.model_validate_json(bench.productions.find(clip.id, clip.version).body)
        place = folder / f"clip-{clip.highlight + 1}.json"
        path = written / place.name
        path.write_text(written_timeline(document, recording, place), "utf-8")
        places[path] = place
    return places


def _show(made: RepurposeOutput, folder: Path, places: Sequence[Path]) -> None:
    show_facts(
        "Made",
        {
            "folder": str(folder),
            "recording": f"{made.duration:.1f} s",
            "highlights": str(made.highlights.found) if made.highlights is not None else "none",
            "clips": str(len(made.clips)),
            "posts": ", ".join(post.platform for post in made.posts) or "none",
        },
    )
    for place in places:
        out.print(f"  {place.name}", markup=False)
