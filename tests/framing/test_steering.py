"""Where a crop goes when its subject moves, and that it does not when it need not."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.framing.steering import Target, steer

SIDE = 0.316
Floats = NDArray[np.float64]


def target(places: Floats, extent: float = 0.06) -> Target:
    times = np.arange(len(places)) / 5
    return Target(times, places, np.full(len(places), extent))


def walk(seconds: float = 8, first: float = 0.2, last: float = 0.8) -> Floats:
    share = np.clip((np.arange(0, seconds, 0.2) - 1) / (seconds - 2), 0, 1)
    return first + (last - first) * (0.5 - 0.5 * np.cos(np.pi * share))


def inside(followed: Target, times: Floats, places: Floats) -> float:
    middle = np.interp(followed.times, times, places)
    kept = np.abs(middle - followed.places) + followed.extents <= SIDE / 2 + 1e-9
    return float(kept.mean())


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.97])
def test_somebody_who_sits_and_nods_is_shown_without_any_move(place: float) -> None:
    nods = place + 0.012 * np.sin(np.arange(60))
    times, places = steer(target(nods), SIDE, 0, 12)
    assert len(times) == 1
    assert SIDE / 2 <= places[0] <= 1 - SIDE / 2


def test_a_crop_stands_still_as_long_as_the_whole_way_fits_it() -> None:
    way = target(walk(first=0.45, last=0.55))
    times, places = steer(way, SIDE, 0, 8)
    assert len(times) == 1
    assert inside(way, times, places) == 1


def test_somebody_who_walks_stays_inside_and_the_crop_turns_softly() -> None:
    way = target(walk())
    times, places = steer(way, SIDE, 0, 8)
    assert len(times) > 2
    assert inside(way, times, places) == 1
    speeds = np.diff(places) / np.diff(times)
    assert np.abs(speeds).max() < SIDE
    assert np.abs(np.diff(speeds)).max() < 0.2 * SIDE  # of a crop's side a second, from one keyframe to the next


def test_trembling_detections_do_not_make_a_moving_crop_tremble() -> None:
    rng = np.random.default_rng(4)
    way = target(walk() + rng.normal(0, 0.004, len(walk())))
    _, places = steer(way, SIDE, 0, 8)
    turns = sum(a < b > c for (a, b), (_, c) in zip(pairwise(places), list(pairwise(places))[1:], strict=False))
    assert turns <= 1


def test_a_crop_that_follows_ends_with_its_subject_in_the_middle() -> None:
    way = target(walk())
    times, places = steer(way, SIDE, 0, 8)
    assert abs(places[-1] - 0.8) < 0.08 * SIDE
    assert times[0] == 0
    assert times[-1] == 8


def test_the_crop_never_leaves_the_picture() -> None:
    way = target(walk(first=0.0, last=1.0))
    _, places = steer(way, SIDE, 0, 8)
    assert places.min() >= SIDE / 2
    assert places.max() <= 1 - SIDE / 2


def test_what_is_larger_than_the_crop_is_shown_from_its_middle() -> None:
    times, places = steer(target(np.full(20, 0.6), extent=0.3), SIDE, 0, 4)
    assert (len(times), places[0]) == (1, 0.6)


def test_a_single_error_of_the_detector_moves_nothing() -> None:
    places = np.full(60, 0.4)
    places[30] = 0.9
    found = Target.of([one / 5 for one in range(60)], list(places), [0.06] * 60)  # type: ignore[misc]
    times, _ = steer(found, SIDE, 0, 12)
    assert len(times) == 1
