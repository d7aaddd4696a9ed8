"""Everything of a recording of ten minutes by one command: how long each stage takes, and how long all of it.

`python -m bench.quality.repurposing [MINUTES]`. The recording is speech by several voices over a picture that changes.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.quality.corpus.speech import Recipe, recording
from bench.quality.table import Row

MINUTES: Final = 10


def measure(minutes: float = MINUTES) -> list[Row]:
    """The rows of repurposing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = _film(folder, minutes)
        rows: list[Row] = []
        transcript = folder / "talk.json"
        seconds = _timed(folder, "transcribe", film.name, "-o", transcript.name, "--engine", "pocketsphinx")
        rows.append(Row(f"repurpose: transcript of {minutes:g} min", "told", f"{seconds:.0f} s", ok=True))
        known = ("--transcript", transcript.name)
        for part, more in (("subtitles", ()), ("highlights", ()), ("posts", ()), ("clips", ("--clips", "1"))):
            seconds = _timed(folder, "repurpose", film.name, *known, "--only", part, *more, "-o", part)
            made = sorted(path.name for path in (folder / part).iterdir())
            rows.append(Row(f"repurpose: {part} alone", "told", f"{seconds:.0f} s, {len(made)} files", len(made) > 1))
        seconds = _timed(folder, "repurpose", film.name, "--clips", "1", "-o", "all", "--engine", "pocketsphinx")
        made = sorted(path.name for path in (folder / "all").iterdir())
        figure = f"{seconds:.0f} s, {60 * minutes / seconds:.1f}x real time, {len(made)} files"
        rows.append(Row(f"repurpose: all of {minutes:g} min", "told", figure, len(made) > 12))
    return rows


def _film(folder: Path, minutes: float) -> Path:
    said = recording(Recipe(seed=7, seconds=60 * minutes))
    film = folder / "talk.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25")
    command = ["ffmpeg", "-v", "error", "-y", *source, "-i", str(said.wav), "-shortest", "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "ultrafast", "-g", "50", "-c:a", "aac", str(film)], check=True)
    return film


def _timed(folder: Path, *words: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "cutroom.app", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=dict(os.environ))
    return time.perf_counter() - began


if __name__ == "__main__":
    from bench.quality.table import print_table

    print_table(measure(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
