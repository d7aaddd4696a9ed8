"""Passages: from nothing to the whole picture, and back."""

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from cutroom.render.paint.passages import REST, Room, stage
from cutroom.timeline.resolved import Color, Passage, PassageName
from tests.render.edits import clip
from tests.render.paint.gallery import kept, painted, ramp
from tests.render.studio import Studio

NAMES: tuple[PassageName, ...] = get_args(PassageName)
ONWARD = ("slide", "carousel", "wipe", "reveal", "diagonal", "clock")
ROOM = Room(200, 110, 220, 130, 100, 60)
LONG = 60


async def shown(studio: Studio, **changes: Passage) -> list[np.ndarray]:
    media = await kept(studio, "ramp.png", ramp())
    frames = painted(clip(0, LONG, media, fit="fill", width_px=120, height_px=80, **changes), studio)
    return [frame.astype(float) for frame in frames]


@pytest.mark.parametrize("name", NAMES)
async def test_a_clip_comes_out_of_nothing_and_is_then_complete(studio: Studio, name: PassageName) -> None:
    whole = (await shown(studio, enter=Passage("wipe-left", 1)))[-1]
    frames = await shown(studio, enter=Passage(name, 40))
    seen = [frame[:, :, 3].sum() / whole[:, :, 3].sum() for frame in frames]
    assert seen[0] < 0.08 or name == "flip"  # half a frame has passed
    assert np.array_equal(frames[40], whole)
    assert np.array_equal(frames[-1], whole)
    assert np.abs(frames[39] - whole).max() <= 60 or name == "glitch" or seen[39] > 0.9
    growing = [seen[n] for n in (0, 8, 16, 24, 32, 40)]
    if name != "pop":  # which springs beyond
        assert all(later >= sooner - 0.03 for sooner, later in pairwise(growing))


@pytest.mark.parametrize("name", NAMES)
async def test_a_clip_goes_as_it_came_or_onward(studio: Studio, name: PassageName) -> None:
    coming = await shown(studio, enter=Passage(name, 20))
    going = await shown(studio, leave=Passage(name, 20))
    assert np.array_equal(going[0], coming[-1])
    for number in (0, 4, 10, 16, 19):
        came, went = coming[number][:, :, 3], going[LONG - 1 - number][:, :, 3]
        if name.startswith(ONWARD):
            # The same edge, seen from the other side: what was there first goes first.
            assert came.sum() == pytest.approx(went.sum(), rel=0.05, abs=255 * 200)
        else:
            assert np.array_equal(came, went)


@pytest.mark.parametrize("name", NAMES)
def test_presence_of_one_is_rest_and_of_none_is_nothing(name: PassageName) -> None:
    for entering in (True, False):
        assert stage(name, 1.0, ROOM, entering=entering) is REST
        start = stage(name, 0.0, ROOM, entering=entering)
        outside = abs(start.move_x) >= 200 or abs(start.move_y) >= 110
        unseen = start.opacity == 0 or abs(start.scale_x) < 1e-9 or (start.mask is not None and start.edge == 0)
        assert outside or unseen
        nearly = stage(name, 1 - 1e-6, ROOM, entering=entering)
        assert abs(nearly.move_x) < 1
        assert nearly.scale_x == pytest.approx(1, abs=1e-3)
        assert nearly.opacity == pytest.approx(1, abs=1e-3)


async def test_directions_say_where_the_movement_goes(studio: Studio) -> None:
    def middle(frame: np.ndarray) -> float:
        alpha = frame[:, :, 3].sum(axis=0)
        return float((alpha * np.arange(len(alpha))).sum() / alpha.sum())

    for name in ("slide-left", "carousel-left", "wipe-left"):
        assert middle((await shown(studio, enter=Passage(name, 30)))[9]) > 165
        assert middle((await shown(studio, leave=Passage(name, 30)))[50]) < 155


async def test_both_ends_may_overlap(studio: Studio) -> None:
    frames = await shown(studio, enter=Passage("wipe-right", 60), leave=Passage("circle", 60))
    assert frames[0][:, :, 3].sum() < frames[30][:, :, 3].sum() > frames[59][:, :, 3].sum()


def test_a_wipe_uncovers_evenly() -> None:
    frames = painted(clip(0, 100, color=Color(9, 9, 9), enter=Passage("wipe-right", 100)))
    edges = [int((frame[90, :, 3] > 127).sum()) for frame in frames]
    assert edges[50] == pytest.approx(162, abs=4)
    assert all(later >= sooner for sooner, later in pairwise(edges))


@pytest.mark.parametrize("name", ["wipe-left", "wipe-right", "wipe-up", "wipe-down", "barn-door", "blinds", "circle"])
@pytest.mark.parametrize("size", [(300, 12), (24, 170)])
def test_an_edge_is_as_sharp_in_a_long_and_thin_box(name: PassageName, size: tuple[int, int]) -> None:
    bar = clip(0, 40, color=Color(9, 9, 9), width_px=size[0], height_px=size[1], enter=Passage(name, 40))
    for frame in painted(bar)[10:30:5]:
        alpha = frame[:, :, 3]
        upright = name.endswith(("up", "down")) or name == "blinds" or (name == "circle" and size[1] > size[0])
        along = alpha[:, 160] if upright else alpha[90]
        soft = np.flatnonzero((along > 0) & (along < 255))
        assert max((len(run) for run in np.split(soft, np.flatnonzero(np.diff(soft) > 1) + 1)), default=0) <= 4
