"""Which picture stands for a clip."""

from fractions import Fraction

from cutroom.framing.crops import crop_shots
from cutroom.framing.shot import Shot
from cutroom.framing.sight import Face, Motion, Seen, Sight
from cutroom.framing.thumbnail import best_moment

TALL = Fraction(9, 16)


def sight(n: int, *, sharp: float = 50, x: float | None = 0.3, eyes: int | None = None, motion: float = 0) -> Sight:
    faces = () if x is None else (Face(1, x - 0.05, 0.3, 0.1, 0.18, found=True, talk=0, eyes=eyes),)
    moved = Motion(0.3, 0.4, 0.02, 0.02, motion) if motion else None
    return Sight(Fraction(n, 5), faces, moved, sharp)


def best(*sights: Sight) -> Fraction | None:
    shot = Shot(Fraction(0), Fraction(len(sights), 5), 0, 6 * len(sights))
    seen = Seen((shot,), sights)
    return best_moment(seen, crop_shots(seen, (1280, 720), TALL))


def test_open_eyes_are_better_than_closed_ones() -> None:
    assert best(*(sight(n, eyes=2 if n == 6 else 0) for n in range(12))) == Fraction(6, 5)


def test_sharp_pictures_are_better_than_blurred_ones() -> None:
    assert best(*(sight(n, sharp=90 if n == 7 else 20) for n in range(12))) == Fraction(7, 5)


def test_a_picture_with_the_face_is_better_than_one_without() -> None:
    assert best(*(sight(n, x=0.3 if n >= 5 else None, sharp=50 if n >= 5 else 60) for n in range(12))) == 1


def test_pictures_beside_a_cut_are_left_out() -> None:
    assert best(*(sight(n, sharp=100 if n in {0, 1, 11} else 50) for n in range(12))) == Fraction(2, 5)


def test_where_nothing_was_seen_there_is_none() -> None:
    assert best_moment(Seen((), ()), []) is None
