"""Running the transcribe workflow as the command line does: real sound, real engines, no server."""

from pathlib import Path
from typing import Any

from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.jobs.remembered import Remembered
from cutroom.media.fetch import Fetcher
from cutroom.speech.document import TranscriptDocument
from cutroom.workflows import registry
from cutroom.workflows.transcribe import TranscribeOutput


def files_in(folder: Path) -> StandaloneFiles:
    """Files whose blobs lie in `folder/cache`, and results beside `folder/film.mp4`."""
    for name in ("cache", "scratch"):
        (folder / name).mkdir(exist_ok=True)
    return StandaloneFiles(
        base=folder, cache=folder / "cache", parts=folder / "scratch", out=folder / "film.mp4", fetcher=Fetcher()
    )


async def transcribe(
    folder: Path, source: str, *, productions: Remembered | None = None, **given: Any
) -> tuple[TranscribeOutput, TranscriptDocument, list[dict[str, Any]]]:
    """Transcribe a file in `folder`; what the workflow said, the document that it wrote, and its events."""
    seen: list[dict[str, Any]] = []
    kept = productions or Remembered()
    made = await run_alone(
        registry(),
        "transcribe",
        {"source": source, **given},
        files=files_in(folder),
        scratch=folder / "scratch",
        events=lambda kind, data: seen.append({"kind": kind, **data}),
        concurrency=2,
        productions=kept,
    )
    assert isinstance(made, TranscribeOutput)
    return made, TranscriptDocument.model_validate_json(kept.find(made.transcript).body), seen
