"""Cuts among small pictures, fed straight to the cutter: no file, no decoder."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from bench.quality.corpus.shots import Cut, Story, passing, shaken, still, stories, talk
from cutroom.framing.cutting import Boundary, Cutter


def cuts(story: Story, *, fps: float = 30) -> list[Boundary]:
    """What is found in a story at the size in which recordings are looked at."""
    cutter = Cutter(fps)
    for number, picture in enumerate(story.pictures):
        small = np.asarray(cv2.resize(picture, (256, 144), interpolation=cv2.INTER_AREA), np.uint8)
        cutter.feed(number, number * 1000, small)
    return cutter.finish()


def test_every_cut_is_found_on_its_frame() -> None:
    story = Story()
    for seed in range(5):
        story.shot(talk(seed) if seed % 2 else still(seed), 15)
    assert [(cut.number, cut.pts, cut.faded) for cut in cuts(story)] == [
        (number, number * 1000, False) for number in (15, 30, 45, 60)
    ]


@pytest.fixture(scope="module")
def told() -> dict[str, Story]:
    return stories()


def missed(expected: Sequence[Cut], found: Sequence[Boundary]) -> list[Cut]:
    return [
        cut
        for cut in expected
        if not any(abs(one.number - cut.frame) <= cut.within and one.faded == cut.faded for one in found)
    ]


@pytest.mark.parametrize("name", ["pans", "flashes", "fades", "night", "slides", "hand", "two"])
def test_flashes_pans_fades_night_and_shaking_hands_are_told_from_cuts(name: str, told: dict[str, Story]) -> None:
    story = told[name]
    found = cuts(story)
    assert missed(story.cuts, found) == []
    assert len(found) == len(story.cuts)


def test_a_fade_to_black_and_back_is_one_boundary_in_the_dark() -> None:
    story = Story().go_on(still(1), 20).through_black(still(1), still(2), fade=12, black=5).go_on(still(2), 20)
    [found] = cuts(story)
    assert found.faded
    assert 32 <= found.number < 32 + 5 + 1


def test_black_that_a_film_begins_and_ends_with_is_no_shot() -> None:
    dark = np.zeros((360, 640, 3), np.uint8)
    story = Story(grain=0).go_on(lambda _: dark, 20)
    story.go_on(still(3), 15, light=lambda n: n / 15).go_on(still(3), 20)
    story.go_on(still(3), 15, light=lambda n: 1 - n / 15).go_on(lambda _: dark, 20)
    assert cuts(story) == []


def test_a_black_blink_between_two_shots_is_one_cut() -> None:
    dark = np.zeros((360, 640, 3), np.uint8)
    story = Story(grain=0).go_on(still(3), 30).go_on(lambda _: dark, 4).go_on(still(4), 30)
    assert [cut.number for cut in cuts(story)] in ([34], [32])


def test_somebody_who_walks_past_the_camera_cuts_nothing() -> None:
    assert cuts(Story().go_on(passing(9), 40).go_on(shaken(9, 1), 1)) == []


def test_a_single_picture_has_no_cuts() -> None:
    assert cuts(Story().go_on(still(1), 1)) == []
    assert Cutter(30).finish() == []
