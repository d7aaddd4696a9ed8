"""`cutroom highlights`: from a recording, or from what was said in one, to the passages that stand by themselves."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from cutroom.app.console import out, show_warning
from cutroom.app.recording import TRANSCRIPT, Recording, check_places, find_recording, hand_out, transcript_in
from cutroom.app.workbench import Workbench, workbench
from cutroom.highlights import HighlightDocument
from cutroom.kit.schema import invalid
from cutroom.workflows.find_highlights import FindHighlights, FindHighlightsOutput


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for.

    Args:
        asked: the fields of the workflow's input, but for the transcript.
        output: a JSON file to write.
        prints_json: print JSON instead of a table.
        media: the recording, when the file is what was said in it.
        language: what is spoken.
        engine: what recognises it.
    """

    asked: Mapping[str, Any]
    output: Path | None
    prints_json: bool
    media: Path | None
    language: str | None
    engine: str | None


async def highlights(path: Path, wish: Wish) -> None:
    """Find the highlights of the file at `path`.

    Raises:
        Invalid: the wish, or the place for the output.
        CutroomError: whatever went wrong with the recording.
    """
    recording = find_recording(path)
    asked = {"transcript": TRANSCRIPT, **wish.asked}
    try:
        given = FindHighlights.model_validate(asked)
    except ValidationError as error:
        raise invalid(error, asked) from None
    if wish.output is not None:
        check_places([wish.output], inputs=[path, *([wish.media] if wish.media is not None else [])])
    with workbench(recording, None) as bench:
        transcript = await _transcript(bench, recording, wish)
        found: FindHighlightsOutput = await bench.run(
            "find_highlights", given.model_copy(update={"transcript": transcript}), "finding highlights"
        )
        made = Path(found.artifacts[0])
        text = made.read_text("utf-8")
        if wish.output is not None:
            await hand_out({made: wish.output})
    for warning in found.warnings:
        show_warning(warning.code, "", warning.message)
    if wish.prints_json:
        sys.stdout.write(text + "\n")
    else:
        _show(found)
        if wish.output is not None:
            out.print(f"written to {wish.output}", markup=False)


async def _transcript(bench: Workbench, recording: Recording, wish: Wish) -> str:
    """The id of the transcript to look in."""
    if recording.heard:
        asked = {"source": recording.path.name, "language": wish.language, "engine": wish.engine}
        made = await bench.run("transcribe", asked, "transcribing")
        return str(made.transcript)
    await transcript_in(bench, recording, media=wish.media, language=wish.language or "en")
    return TRANSCRIPT


def _show(found: FindHighlightsOutput) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("#", "score", "from", "to", "length"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("title and reasons", overflow="fold")
    for number, item in enumerate(found.items, 1):
        table.add_row(
            str(number),
            f"{item.score:.0f}",
            _clock(item.start),
            _clock(item.end),
            f"{item.end - item.start:.1f} s",
            _told(item),
        )
    out.print(table)


def _told(item: HighlightDocument) -> Text:
    """Title and reasons as text: what people said is no markup."""
    return Text.assemble((item.title, "bold"), "\n", (" ".join(item.reasons[:3]), "dim"))


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, as far as they are needed."""
    whole, tenths = divmod(round(seconds * 10), 10)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}.{tenths}" if hours else f"{minute}:{second:02}.{tenths}"
