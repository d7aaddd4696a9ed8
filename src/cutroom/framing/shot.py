"""What lies between two cuts of a recording."""

from dataclasses import dataclass
from fractions import Fraction

from cutroom.media.timebase import Rational


@dataclass(frozen=True, slots=True)
class Shot:
    """Pictures that one camera took in one go. The shots of a span follow each other without gaps.

    Args:
        start: second of the recording at which its first picture comes, exactly as the file says.
        end: second at which its last picture goes.
        first: number of its first picture, counted from the first that was looked at.
        last: number of the first picture that is not its own any more.
        faded: whether it comes through black, and not by a cut.
    """

    start: Rational
    end: Rational
    first: int
    last: int
    faded: bool = False

    @property
    def start_ms(self) -> int:
        """The start, rounded to milliseconds."""
        return _ms(self.start)

    @property
    def end_ms(self) -> int:
        """The end, rounded to milliseconds."""
        return _ms(self.end)


def _ms(seconds: Fraction) -> int:
    return round(seconds * 1000)
