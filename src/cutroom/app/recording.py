"""What the commands on recordings share: the file that is named, the transcript that goes with it, where results go."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cutroom import render as engine
from cutroom.app.engine_settings import load_engine
from cutroom.app.standalone import move_out
from cutroom.app.tools import use_tools
from cutroom.app.workbench import Workbench, own_folder
from cutroom.jobs import Draft
from cutroom.kit.errors import Invalid
from cutroom.kit.hashes import hash_file
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.reading import transcript_of
from cutroom.timeline import Limits, parse_cues

CAPTIONS: Final = frozenset({".srt", ".vtt", ".ass", ".ssa", ".json"})
"""Names of files that say what was said, rather than let it be heard."""
TRANSCRIPT: Final = "trn_read"
"""Id of a transcript that was read from a file, within one command."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file on which a command works.

    Args:
        path: the file: a recording, or what was said in one.
        base: its folder, from which paths in it start.
        limits: how large documents may be that are made of it.
    """

    path: Path
    base: Path
    limits: Limits

    @property
    def heard(self) -> bool:
        """Whether it is a recording, that has to be transcribed."""
        return self.path.suffix.lower() not in CAPTIONS


def find_recording(path: Path) -> Recording:
    """The file at `path`.

    Raises:
        Invalid: `no_recording`.
    """
    settings = load_engine()
    use_tools(settings, own_folder("kept"))
    if not path.is_file():
        raise Invalid("no_recording", f"There is no file '{path}'; name a recording, or a transcript of one.")
    return Recording(path, path.parent, settings.limits(allow_local=True, fonts=engine.families()))


async def transcript_in(
    bench: Workbench, recording: Recording, *, media: Path | None, language: str
) -> TranscriptDocument:
    """Read a file that says what was said, as a transcript that workflows find under the id `TRANSCRIPT`.

    Its `source` is empty when nothing is known of the recording.

    Args:
        bench: where they run.
        recording: the file: our transcript JSON, or captions of any kind.
        media: the recording of which it is; what the file itself names when None.
        language: BCP 47 tag, for captions that do not say theirs.

    Raises:
        Invalid: `bad_captions`, `no_recording`.
    """
    text = await asyncio.to_thread(_text, recording.path)
    document = _document(text, language)
    if media is not None:
        if not media.is_file():
            raise Invalid("no_recording", f"There is no file '{media}'; name the recording with --media.")
        sha256 = await asyncio.to_thread(hash_file, media)
        document = document.model_copy(update={"source": str(media.absolute()), "sha256": sha256})
    bench.productions.add(Draft(TRANSCRIPT, "transcript", recording.path.name, document.model_dump_json()), "reading")
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("bad_captions", f"'{path.name}' is not text in UTF-8; convert it.") from error


def _document(text: str, language: str) -> TranscriptDocument:
    try:
        return TranscriptDocument.model_validate_json(text)
    except ValidationError:  # not ours: captions of some kind, which say for themselves what is wrong with them
        transcript = transcript_of(parse_cues(text), language)
    return TranscriptDocument.of(transcript, source="", sha256="")


async def hand_out(places: Mapping[Path, Path]) -> None:
    """Move results to where they belong, as `move_out`."""
    for made, place in places.items():
        await move_out(made, place)


def check_places(places: list[Path], *, inputs: list[Path]) -> None:
    """Refuse, before any work, places that results cannot go to or that would cost the author a file.

    Raises:
        Invalid: `no_output_folder`, `output_not_writable`, `output_is_folder`, `output_is_source`.
    """
    for place in places:
        if place.is_dir():
            raise Invalid("output_is_folder", f"'{place}' is a folder; name a file with -o.")
        if not place.absolute().parent.is_dir():
            raise Invalid("no_output_folder", f"The folder of '{place.name}' does not exist: {place.parent}.")
        if not os.access(place.absolute().parent, os.W_OK):
            raise Invalid("output_not_writable", f"Nothing can be written to {place.parent}.")
        if place.exists() and any(one.exists() and place.samefile(one) for one in inputs):
            raise Invalid("output_is_source", f"'{place.name}' is what you gave; name another file with -o.")
