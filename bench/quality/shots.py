"""Shots: are cuts found on their frame, and nothing else taken for one?

`python -m bench.quality.shots`. Ten drawn films with 51 cuts and fades, and with what detectors take for cuts: flashes,
pans of up to 120 pixels a frame, shaking hands, somebody who walks past the camera, night, slides, pictures that are
repeated two to five times, and a rate that varies. The hard ones are meant to be hard: one cut lies between two pans.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.quality.corpus.shots import ShotFilm, shot_films
from bench.quality.table import Row, print_table
from cutroom.framing.watch import find_shots
from cutroom.media.origin import zero
from cutroom.media.probe import probe

FOLDER: Final = Path(tempfile.gettempdir()) / "cutroom-bench" / "shots"
BAR: Final = 0.95


@dataclass
class Tally:
    """What was counted over films."""

    found: int = 0
    missed: int = 0
    wrong: int = 0
    late_ms: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(2 * self.found + self.missed + self.wrong, 1)


async def count(one: ShotFilm, tally: Tally) -> None:
    """Compare what is found in a film with where it was cut; a fade counts where it is told to be one."""
    info = await probe(one.path)
    shots = (await find_shots(one.path, info, zero(info))).shots
    left = [(shot.first, shot.faded) for shot in shots[1:]]
    for cut in one.cuts:
        hit = next((at for at in left if abs(at[0] - cut.frame) <= cut.within and at[1] == cut.faded), None)
        if hit is None:
            tally.missed += 1
        else:
            left.remove(hit)
            tally.found += 1
    tally.wrong += len(left)
    if one.times is not None:
        told = [abs(shot.start_ms - (one.times[shot.first] - one.times[0])) for shot in shots]
        tally.late_ms = max(tally.late_ms, *told)


async def counted() -> Tally:
    """The tally over all films."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    for one in shot_films(FOLDER):
        await count(one, tally)
    return tally


def measure() -> list[Row]:
    """The rows of the table."""
    tally = asyncio.run(counted())
    told = f"{tally.f1:.3f} ({tally.found} found, {tally.missed} missed, {tally.wrong} wrong)"
    return [
        Row("shots: F1 at 1 frame", f">= {BAR}", told, tally.f1 >= BAR),
        Row("shots: time of cuts at a varying rate", "exact to 1 ms", f"{tally.late_ms} ms off", tally.late_ms <= 1),
    ]


if __name__ == "__main__":
    print_table(measure())
