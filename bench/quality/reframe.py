"""Reframing: is the subject inside of the crop, and does the crop stand still when the shot does?

`python -m bench.quality.reframe`. One drawn film of eight shots: people who sit, walk through, walk up and down, two
far apart and two close, a ball, an empty room; where each is at each frame is known. For 9:16, 4:5 and 1:1.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

from bench.quality.corpus.filming import FPS
from bench.quality.corpus.subjects import HEIGHT, WIDTH, Box, SubjectFilm, subject_film
from bench.quality.table import Row, print_table
from cutroom.framing.crops import Crop, crop_shots, speed
from cutroom.framing.pictures import window
from cutroom.framing.watch import Span, look_at
from cutroom.media.origin import zero
from cutroom.media.probe import probe

FOLDER: Final = Path(tempfile.gettempdir()) / "cutroom-bench" / "subjects"
ASPECTS: Final = {"9:16": Fraction(9, 16), "4:5": Fraction(4, 5), "1:1": Fraction(1)}
BAR: Final = 0.95


@dataclass
class Tally:
    """What was counted over the shots of one shape."""

    inside: int = 0
    frames: int = 0
    moved_while_still: int = 0
    fastest: float = 0.0
    turns: int = 0


def is_inside(box: Box, crop: Crop, at: Fraction) -> bool:
    """Whether all of a subject is shown, to half a pixel of the recording."""
    left, top, width, height = window(crop, at)
    across = left * WIDTH - 0.5 <= box[0] and box[2] <= (left + width) * WIDTH + 0.5
    return across and top * HEIGHT - 0.5 <= box[1] and box[3] <= (top + height) * HEIGHT + 0.5


def count(film: SubjectFilm, crops: list[Crop]) -> Tally:
    """Compare crops with where the subjects are."""
    tally = Tally()
    first = 0
    for scene, crop in zip(film.scenes, crops, strict=True):
        tally.moved_while_still += scene.still and crop.moves
        tally.fastest = max(tally.fastest, speed(crop))
        ways = [two.x - one.x for one, two in pairwise(crop.path)]
        tally.turns += sum(one * two < 0 for one, two in pairwise(ways))
        for number in range(first, first + scene.frames):
            box = film.boxes[number]
            if box is not None:
                tally.frames += 1
                tally.inside += is_inside(box, crop, Fraction(number, FPS))
        first += scene.frames
    return tally


async def counted() -> dict[str, Tally]:
    """The tally of each shape."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    film = subject_film(FOLDER)
    info = await probe(film.path)
    seen = await look_at(film.path, info, zero(info), span=Span())
    return {name: count(film, crop_shots(seen, (WIDTH, HEIGHT), aspect)) for name, aspect in ASPECTS.items()}


def measure() -> list[Row]:
    """The rows of the table."""
    rows: list[Row] = []
    for name, tally in asyncio.run(counted()).items():
        share = tally.inside / max(tally.frames, 1)
        told = f"{share:.1%} of {tally.frames} frames; fastest {tally.fastest:.2f} widths/s, {tally.turns} turns"
        rows.append(Row(f"reframe {name}: subject fully inside", f">= {BAR:.0%}", told, share >= BAR))
        still = tally.moved_while_still
        rows.append(Row(f"reframe {name}: crops that move in still shots", "0", str(still), still == 0))
    return rows


if __name__ == "__main__":
    print_table(measure())
