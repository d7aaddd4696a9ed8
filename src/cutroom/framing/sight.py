"""What was noticed in single pictures of a recording, some of them a second."""

from dataclasses import dataclass

from cutroom.framing.shot import Shot
from cutroom.media.timebase import Rational


@dataclass(frozen=True, slots=True)
class Face:
    """A face, in shares of the picture's width and height.

    Args:
        number: the same as long as the face is followed.
        left, top, width, height: where it is.
        found: whether it was recognised in this picture, and not only followed.
        talk: how much more the mouth moves than the forehead; speaking people are above 1.
        eyes: how many open eyes were found; None where nobody looked.
    """

    number: int
    left: float
    top: float
    width: float
    height: float
    found: bool
    talk: float
    eyes: int | None

    @property
    def x(self) -> float:
        """Its middle, across."""
        return self.left + self.width / 2

    @property
    def y(self) -> float:
        """Its middle, down."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Motion:
    """Where something moves: middle and spread (standard deviation), and the share of the picture that moves."""

    x: float
    y: float
    spread_x: float
    spread_y: float
    share: float


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture: second of the recording, faces, motion since the last one, and how sharp it is."""

    at: Rational
    faces: tuple[Face, ...]
    motion: Motion | None
    sharp: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to be seen in a part of a recording."""

    shots: tuple[Shot, ...]
    sights: tuple[Sight, ...]

    def within(self, shot: Shot) -> tuple[Sight, ...]:
        """The pictures of one shot."""
        return tuple(sight for sight in self.sights if shot.start <= sight.at < shot.end)
