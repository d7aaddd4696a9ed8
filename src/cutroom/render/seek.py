"""Reading from the middle of a file, exactly.

Timestamps stay what the file says (`-copyts`), and everything from the key frame before the wanted place on is decoded
(`-noaccurate_seek`): the graph does the cutting, in exact integers. It goes on when pictures change their size, as
those of recorded windows and calls do (`-reinit_filter:v 0`); one that began anew would count frames from 0 again.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cutroom.media.command import Input
from cutroom.media.formats import INDEXED, MARGIN_WITHOUT_INDEX_S, UNSEEKABLE
from cutroom.media.words import Word

_TERMS: Final = 40
"""FFmpeg takes expressions that are 100 deep (libavutil/eval.c), and a sum is as deep as it has terms."""


@dataclass(frozen=True, slots=True)
class Exact(Input):
    """An input that keeps its timestamps.

    Args:
        matrix: what pictures without a colour tag are taken to be.
        stream: index of the stream that is read.
        stamped: whether `seek` is a timestamp in the file; else it counts from the file's earliest stream.
        spare: where packets of that stream lie in the file, in bytes, that are not decoded.
    """

    matrix: Word | None = None
    stream: int = 0
    stamped: bool = False
    spare: tuple[int, ...] = ()

    def arguments(self) -> list[str]:
        """The input on the command line."""
        matrix = ["-colorspace:v", self.matrix.value] if self.matrix is not None else []
        stamped = ["-seek_timestamp", "1"] if self.stamped else []
        kept = ["-copyts", "-noaccurate_seek", "-reinit_filter:v", "0"]
        return [*kept, *stamped, *matrix, *self._sieve(), *Input.arguments(self)]

    def _sieve(self) -> list[str]:
        """The bitstream filter that keeps packets from the decoder; a comma would end its name."""
        if not self.spare:
            return []
        terms = [f"eq(pos\\,{place:d})" for place in self.spare]
        sums = [f"({'+'.join(terms[at : at + _TERMS])})" for at in range(0, len(terms), _TERMS)]
        return [f"-bsf:{self.stream:d}", f"noise=drop={'+'.join(sums)}"]


def seek_s(at: Fraction, name: str, margin: Fraction) -> Fraction | None:
    """Where to start reading a file of format `name` for second `at`; `margin` seconds early, or None for its start."""
    if name in UNSEEKABLE:
        return None
    start = at - (margin if name in INDEXED else max(margin, MARGIN_WITHOUT_INDEX_S))
    return start if start > 0 else None
