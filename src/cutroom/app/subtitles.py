"""`cutroom subtitles`: from a recording, or from what was said in one, to files and films with subtitles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

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
from cutroom.kit.errors import Invalid
from cutroom.speech.formats import FORMATS, SubtitleFormat
from cutroom.speech.safe_areas import PLATFORMS, Platform
from cutroom.speech.subtitles import LimitsWish
from cutroom.timeline.assets.presets import PRESET_NAMES, PresetName
from cutroom.workflows.subtitle import Subtitle, SubtitleOutput

_TRACKED: Final = "film.subtitled"
"""Under which name the workflow publishes a film with a soft track, without its extension."""
Name = TypeVar("Name", bound=str)
_FILMS: Final = frozenset({".mp4", ".m4v"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for; `None` leaves a thing as it usually is.

    Args:
        output: the file to write, or the folder for all of them.
        formats: extensions of the files to write; as the output's name says, else SubRip, when there are none.
        media: the recording, when the file is what was said in it.
        language: what is spoken.
        engine: what recognises it.
    """

    output: Path | None
    formats: Sequence[str]
    burn_in: bool
    soft_track: bool
    style: str
    platform: str | None
    media: Path | None
    language: str | None
    engine: str | None
    limits: LimitsWish
    shots: bool


async def subtitles(path: Path, wish: Wish) -> None:
    """Make subtitles of the file at `path`.

    Raises:
        Invalid: the wish, or the place for the output.
        CutroomError: whatever went wrong with the recording.
    """
    recording = find_recording(path)
    formats = _formats(wish)
    style, platform = _style(wish.style), _platform(wish.platform)
    places = dict(_places(recording, wish, formats))
    if not places:
        raise Invalid("nothing_asked", "Nothing is asked for; name a --format, --burn-in or --soft-track.")
    inputs = [recording.path, *([wish.media] if wish.media is not None else [])]
    check_places(list(places.values()), inputs=inputs)
    with workbench(recording, None) as bench:
        made = await _made(bench, recording, wish, formats, style, platform)
        given = _given([Path(artifact) for artifact in made.artifacts], places)
        await hand_out(given)
    for warning in made.warnings:
        show_warning(warning.code, "" if warning.cue is None else f"cue {warning.cue}", warning.message)
    _show(made, list(given.values()))


async def _made(
    bench: Workbench,
    recording: Recording,
    wish: Wish,
    formats: tuple[SubtitleFormat, ...],
    style: PresetName,
    platform: Platform | None,
) -> SubtitleOutput:
    known = True
    if recording.heard:
        asked = {"source": recording.path.name, "language": wish.language, "engine": wish.engine}
        transcript = (await bench.run("transcribe", asked, "transcribing")).transcript
    else:
        document = await transcript_in(bench, recording, media=wish.media, language=wish.language or "en")
        transcript, known = TRANSCRIPT, bool(document.source)
        if not known and (wish.burn_in or wish.soft_track):
            sentence = f"'{recording.path.name}' does not say of which recording it is; name that with --media."
            raise Invalid("no_recording", sentence)
    given = Subtitle(
        transcript=transcript,
        formats=formats,
        style=style,
        burn_in=wish.burn_in,
        soft_track=wish.soft_track,
        platform=platform,
        limits=wish.limits,
        shots=wish.shots and known,
    )
    made: SubtitleOutput = await bench.run("subtitle", given, "subtitling")
    return made


def _show(made: SubtitleOutput, places: Sequence[Path]) -> None:
    measures = made.measures
    show_facts(
        "Subtitles",
        {
            "file": str(places[0]),
            "cues": str(made.cues),
            "within limits": f"{measures.within:.1%}",
            "fastest": f"{measures.fastest:.1f} characters/s",
            "longest line": f"{measures.longest_line:g} characters",
        },
    )
    for other in places[1:]:
        out.print(f"  and {other}", markup=False)


def _given(made: Sequence[Path], places: Mapping[str, Path]) -> dict[Path, Path]:
    """Where each result goes that was asked for; a film with a soft track is of the kind that its recording is."""
    found: dict[Path, Path] = {}
    for path in made:
        if path.name in places:
            found[path] = places[path.name]
        elif path.stem == _TRACKED:
            found[path] = places[_TRACKED].with_suffix(path.suffix)
    return found


def _formats(wish: Wish) -> tuple[SubtitleFormat, ...]:
    if wish.formats:
        return tuple(_format(one) for one in wish.formats)
    suffix = "" if wish.output is None else wish.output.suffix.lower().removeprefix(".")
    named = [one for one in FORMATS if one == suffix]
    if named:
        return tuple(named)
    return () if wish.burn_in or wish.soft_track else ("srt",)


def _places(recording: Recording, wish: Wish, formats: Sequence[SubtitleFormat]) -> Iterator[tuple[str, Path]]:
    """Where each result goes, by the name under which the workflow publishes it."""
    target = wish.output
    base = recording.path.with_suffix("")
    if target is not None and target.is_dir():
        base, target = target / recording.path.stem, None
    elif target is not None:
        base = target.with_suffix("")
    for name in formats:
        exact = target is not None and target.suffix.lower() == f".{name}"
        yield (
            f"film.subtitles.{name}",
            target if exact and target is not None else base.with_name(f"{base.name}.{name}"),
        )
    film = target if target is not None and target.suffix.lower() in _FILMS else None
    if wish.burn_in:
        yield "film.mp4", film or base.with_name(f"{base.name}.burnt-in.mp4")
    if wish.soft_track:
        kind = (wish.media or recording.path).suffix.lower()
        alone = target if not wish.burn_in and target is not None and target.suffix.lower() == kind else None
        yield _TRACKED, alone or base.with_name(f"{base.name}.subtitled{kind}")


def _one_of(value: str, names: Sequence[Name]) -> Name | None:
    """The name that a value is, if it is one of them."""
    return next((name for name in names if name == value), None)


def _format(value: str) -> SubtitleFormat:
    found = _one_of(value.lower().removeprefix("."), FORMATS)
    if found is None:
        raise Invalid("unknown_format", f"There is no format '{value}'; take one of {', '.join(FORMATS)}.")
    return found


def _style(value: str) -> PresetName:
    found = _one_of(value, PRESET_NAMES)
    if found is None:
        raise Invalid("unknown_style", f"There is no style '{value}'; take one of {', '.join(PRESET_NAMES)}.")
    return found


def _platform(value: str | None) -> Platform | None:
    found = None if value is None else _one_of(value, PLATFORMS)
    if found is None and value is not None:
        raise Invalid("unknown_platform", f"There is no platform '{value}'; take one of {', '.join(PLATFORMS)}.")
    return found
