"""Speed of transcription: two processors beside one, and memory of an hour beside that of ten minutes.

`python -m bench.quality.speed [MINUTES …]`; ten and sixty when nothing is said. The command line tool runs as anybody
would run it; one processor is `taskset`. Where other work shares the processors, the wall-clock says little.
"""

import os
import shutil
import sys
from pathlib import Path

from bench.quality.corpus.speech import Recipe, recording
from bench.quality.table import Row
from bench.render.stand import Taken, new_folder, taken

MINUTES = (10, 60)
RECIPE = Recipe(600, ("slt", "rms", "kal16"), numbers=6)


def measure() -> list[Row]:
    """The rows of the table."""
    return measured(*MINUTES)


def measured(short: int, long: int) -> list[Row]:
    """The rows for a short and a long recording, of so many minutes."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    one = _transcribe(short, cores[:1])
    two = _transcribe(short, cores)
    hour = _transcribe(long, cores)
    faster, more = one.seconds / two.seconds, hour.peak_bytes / two.peak_bytes
    told = f"{faster:.2f}x: {one.seconds:.0f} s and {two.seconds:.0f} s for {short} minutes"
    cpu = f"{one.cpu_s:.0f} s, {two.cpu_s:.0f} s, and {hour.cpu_s:.0f} s for {long} minutes ({hour.seconds:.0f} s)"
    return [
        Row("speed: two processors against one", ">= 1.7x", told, faster >= 1.7),
        Row("speed: of processors, together", "for the record", cpu, ok=True),
        Row(
            f"memory: {long} minutes against {short}",
            "<= 1.25x",
            f"{more:.2f}x: {hour.memory} and {two.memory}",
            more <= 1.25,
        ),
    ]


def _transcribe(minutes: int, cores: list[int]) -> Taken:
    talk = recording(Recipe(60 * minutes, RECIPE.voices, numbers=RECIPE.numbers))
    place = new_folder()
    try:
        command: list[str | Path] = ["taskset", "-c", ",".join(map(str, cores)), sys.executable, "-m", "cutroom.app"]
        command += ["transcribe", talk.wav, "-o", place, "--engine", "pocketsphinx", "--language", "en"]
        return taken(command)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    from bench.quality.table import print_table

    lengths = [int(minutes) for minutes in sys.argv[1:]] or list(MINUTES)
    print_table(measured(*lengths))
