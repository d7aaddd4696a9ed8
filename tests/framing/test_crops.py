"""What is shown of a shot: whom, where, and when nobody."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest

from cutroom.framing.crops import Crop, Reframe, crop_shots
from cutroom.framing.shot import Shot
from cutroom.framing.sight import Face, Motion, Seen, Sight

TALL = Fraction(9, 16)
SIZE = (1280, 720)


def face(number: int, x: float, *, width: float = 0.12, y: float = 0.4, talk: float = 0.2, found: bool = True) -> Face:
    height = width * 16 / 9
    return Face(number, x - width / 2, y - height / 2, width, height, found, talk, None)


def seen(draw: Callable[[int], Sequence[Face]], motion: Callable[[int], Motion | None] = lambda _: None) -> Seen:
    """Eight seconds of one shot."""
    sights = tuple(Sight(Fraction(n, 5), tuple(draw(n)), motion(n), 50.0) for n in range(40))
    return Seen((Shot(Fraction(0), Fraction(8), 0, 240),), sights)


def crop(one: Seen, aspect: Fraction = TALL, how: Reframe = "auto", size: tuple[int, int] = SIZE) -> Crop:
    [found] = crop_shots(one, size, aspect, how)
    return found


def shows(one: Crop, x: float) -> bool:
    return all(abs(place.x - x) <= one.width / 2 for place in one.path)


def test_a_face_is_shown_by_a_crop_that_stands_still() -> None:
    found = crop(seen(lambda n: [face(1, 0.25 + 0.004 * np.sin(n))]))
    assert (found.reason, found.moves) == ("face", False)
    assert found.width == pytest.approx(9 / 16 * 9 / 16)
    assert found.path[0].x == pytest.approx(0.25, abs=0.01)


def test_somebody_who_walks_is_followed() -> None:
    found = crop(seen(lambda n: [face(1, 0.2 + 0.6 * n / 39)]))
    assert found.moves
    assert found.path[0].x < 0.3
    assert found.path[-1].x > 0.7


def test_two_who_fit_are_both_shown() -> None:
    found = crop(seen(lambda _: [face(1, 0.44, width=0.08), face(2, 0.56, width=0.08)]))
    assert (found.reason, found.moves) == ("faces", False)
    assert found.path[0].x == pytest.approx(0.5, abs=0.01)


def test_of_two_far_apart_the_larger_one_is_shown_all_the_time() -> None:
    found = crop(seen(lambda n: [face(1, 0.2, width=0.1), face(2, 0.8, width=0.15)][:: 1 if n % 2 else -1]))
    assert (found.reason, found.moves) == ("face", False)
    assert shows(found, 0.8)


def test_of_two_alike_the_one_who_speaks_is_shown() -> None:
    found = crop(seen(lambda _: [face(1, 0.2, talk=0.3), face(2, 0.8, talk=1.8)]))
    assert shows(found, 0.8)


def test_of_two_alike_the_one_who_is_there_for_longer_is_shown() -> None:
    found = crop(seen(lambda n: [face(1, 0.2)] + ([face(2, 0.8)] if n < 18 else [])))
    assert shows(found, 0.2)


def test_a_face_that_is_lost_and_found_again_is_the_same_person() -> None:
    found = crop(seen(lambda n: [] if 15 <= n < 20 else [face(1 if n < 15 else 7, 0.3)]))
    assert (found.reason, found.moves) == ("face", False)
    assert shows(found, 0.3)


def test_what_a_detector_sees_once_is_nobody() -> None:
    assert crop(seen(lambda n: [face(1, 0.9)] if n == 11 else [])).reason == "pad"


def test_a_face_that_is_only_followed_and_never_found_is_nobody() -> None:
    assert crop(seen(lambda n: [face(1, 0.9, found=n < 3)])).reason == "pad"


def moving(n: int) -> Motion:
    return Motion(0.3 + 0.01 * np.sin(n), 0.5, 0.04, 0.05, 0.01)


def test_without_faces_what_moves_is_shown() -> None:
    found = crop(seen(lambda _: [], moving))
    assert (found.reason, found.moves) == ("motion", False)
    assert shows(found, 0.3)


def test_motion_all_over_the_picture_is_the_camera_and_nothing_to_follow() -> None:
    assert crop(seen(lambda _: [], lambda _: Motion(0.5, 0.5, 0.28, 0.28, 0.8))).reason == "pad"
    assert crop(seen(lambda _: [], lambda _: Motion(0.5, 0.5, 0.25, 0.2, 0.1))).reason == "pad"


@pytest.mark.parametrize(
    ("how", "reason"), [("faces", "face"), ("motion", "motion"), ("pad", "pad"), ("center", "center")]
)
def test_who_asks_for_one_way_gets_it(how: Reframe, reason: str) -> None:
    assert crop(seen(lambda _: [face(1, 0.7)], moving), how=how).reason == reason


def test_a_picture_of_the_wanted_shape_is_shown_whole() -> None:
    found = crop(seen(lambda _: [face(1, 0.1)]), Fraction(16, 9))
    assert (found.reason, found.width, found.height) == ("whole", 1, 1)


def test_an_upright_recording_is_cropped_above_and_below() -> None:
    found = crop(seen(lambda _: [face(1, 0.5, y=0.2)]), Fraction(1), size=(720, 1280))
    assert found.width == 1
    assert found.height == pytest.approx(9 / 16)
    assert found.path[0].x == 0.5
    assert found.path[0].y - found.height / 2 <= 0.1


def test_a_shot_in_which_nothing_was_looked_at_is_shown_whole() -> None:
    [found] = crop_shots(Seen((Shot(Fraction(0), Fraction(1, 10), 0, 3),), ()), SIZE, TALL)
    assert found.reason == "pad"
