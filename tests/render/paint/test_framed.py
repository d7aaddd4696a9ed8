"""Borders and shadows, pixel by pixel."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.render.paint.plan import needs_paint
from cutroom.timeline.resolved import Border, Color, Motion, Passage, Shadow, Shape
from tests.render.edits import clip, edit
from tests.render.paint.gallery import Frame, centroid, kept, keys, painted, ramp
from tests.render.studio import HEIGHT, WIDTH, Studio, hashes

RED, GREEN, DARK = Color(220, 40, 30), Color(20, 200, 90), Color(10, 20, 30)
LEFT, TOP, ACROSS, DOWN = 110, 60, 100, 60
"""Where the box of `box` lies on the canvas of 320 x 180."""


def box(**fields: Any) -> Frame:
    """The first picture of a red box in the middle."""
    made: dict[str, Any] = {"kind": "color", "color": RED, "width_px": ACROSS, "height_px": DOWN, **fields}
    return painted(clip(0, 1, **made))[0]


def test_a_border_lies_inside_of_the_box_and_covers_nothing_else() -> None:
    shown = box(border=Border(GREEN, 7))
    inside = shown[TOP : TOP + DOWN, LEFT : LEFT + ACROSS]
    assert (shown[:, :, 3] > 0).sum() == ACROSS * DOWN
    assert (inside[7:-7, 7:-7, :3] == (220, 40, 30)).all()
    for side in (inside[:7], inside[-7:], inside[:, :7], inside[:, -7:]):
        assert (side == (20, 200, 90, 255)).all()


def test_a_border_follows_round_corners_and_is_equally_thick_there() -> None:
    shown = box(border=Border(GREEN, 8), radius_px=24)[TOP : TOP + DOWN, LEFT : LEFT + ACROSS]
    assert shown[0, 0, 3] == 0
    green = np.abs(shown[:, :, :3].astype(int) - (20, 200, 90)).max(axis=2) < 40
    seen = green & (shown[:, :, 3] > 200)
    along = np.array([seen[round(24 - r / 2**0.5), round(24 - r / 2**0.5)] for r in np.arange(0, 34, 0.25)])
    assert along.sum() * 0.25 == pytest.approx(8, abs=1.5)  # on the diagonal, from the middle of the corner outwards
    assert (shown[30, :8, :3] == (20, 200, 90)).all()
    assert (shown[30, 8:-8, :3] == (220, 40, 30)).all()


def test_a_border_that_lets_through_mixes_with_the_picture_and_hides_no_more_of_what_is_below() -> None:
    shown = box(border=Border(Color(0, 0, 250, 0.5), 10))[TOP : TOP + DOWN, LEFT : LEFT + ACROSS]
    assert shown[4, 40].tolist() == pytest.approx([110, 20, 140, 255], abs=2)
    thick = box(border=Border(GREEN, 500))[TOP : TOP + DOWN, LEFT : LEFT + ACROSS]
    assert (thick == (20, 200, 90, 255)).all()


def test_a_shadow_lies_outside_and_moves_no_picture() -> None:
    shown = box(shadow=Shadow(DARK, 0, 12, 6))
    assert (shown[TOP : TOP + DOWN, LEFT : LEFT + ACROSS] == (220, 40, 30, 255)).all()
    below, above = shown[TOP + DOWN + 6, 160], shown[TOP - 6, 160]
    assert below[3] == pytest.approx(255 * 0.82, abs=3)  # 5.5 / 6 of a sigma inside of the shadow's edge
    assert below[:3].tolist() == pytest.approx([10, 20, 30], abs=2)
    assert above[3] < 3  # three sigmas outside of it
    assert shown[TOP + DOWN + 12, 160, 3] == pytest.approx(255 * 0.467, abs=3)  # at the edge
    assert (shown[TOP + 30, LEFT - 10 : LEFT, 3] == shown[TOP + 30, LEFT + ACROSS : LEFT + ACROSS + 10, 3][::-1]).all()
    assert shown[0].max() == 0


def test_a_hard_shadow_is_the_outline_again_elsewhere() -> None:
    shown = box(shadow=Shadow(Color(0, 0, 0, 0.5), 20, -10, 0), radius_px=16)
    plain = box(radius_px=16)
    moved = np.zeros_like(plain[:, :, 3])
    moved[:-10, 20:] = plain[10:, :-20, 3]
    free = plain[:, :, 3] == 0
    assert np.abs(shown[:, :, 3][free].astype(int) - moved[free] * 0.5).max() <= 1


def test_what_is_cut_out_throws_its_own_shadow_and_not_that_of_its_box() -> None:
    disc = Shape("ellipse", GREEN, None, 0.0, 0.0, 0, None, None)
    fields: dict[str, Any] = {"kind": "shape", "shape": disc, "color": None, "width_px": 60, "height_px": 60}
    shown = box(**fields, shadow=Shadow(DARK, 0, 20, 2))
    assert shown[120 + 15, 160, 3] > 240  # below its lowest point
    assert shown[120 + 15, 135, 3] < 4  # below the corner of its box
    assert centroid(shown)[0] == pytest.approx(160, abs=0.1)


def test_a_shadow_turns_and_grows_with_the_picture() -> None:
    shadow = Shadow(DARK, 0, 20, 4)
    turned = box(shadow=shadow, motion=Motion(rotation=keys((0, 90))))
    assert centroid(turned)[0] < 159  # what lay below lies to the left
    assert centroid(turned)[1] == pytest.approx(90, abs=0.2)
    small, large = box(shadow=shadow), box(shadow=shadow, motion=Motion(scale=1.5))
    assert centroid(large)[1] - 90 == pytest.approx(1.5 * (centroid(small)[1] - 90), abs=0.1)
    assert (large[:, :, 3] > 0).sum() > 2 * (small[:, :, 3] > 0).sum()


def test_a_clip_slides_away_with_all_of_its_shadow() -> None:
    shadow = Shadow(DARK, 0, 10, 8)
    shown = painted(clip(0, 20, kind="color", color=RED, width_px=100, height_px=60, shadow=shadow,
                         leave=Passage("slide-left", 10)))  # fmt: skip
    assert shown[-1][:, 40:, 3].max() == 0
    widths = [(frame[:, :, 3] > 0).any(axis=0).sum() for frame in shown]
    assert widths[0] > 140
    assert widths[-1] < 30


def test_a_picture_with_a_border_or_a_shadow_is_painted_and_never_copied() -> None:
    assert not needs_paint(clip(0, 5, kind="color", color=RED))
    assert needs_paint(clip(0, 5, kind="color", color=RED, border=Border(GREEN, 2)))
    assert needs_paint(clip(0, 5, kind="color", color=RED, shadow=Shadow(DARK, 0, 0, 4)))


async def test_where_an_edit_is_cut_changes_no_frame_with_a_shadow(studio: Studio, tmp_path: Path) -> None:
    film, still = await studio.counter("double.mp4", "60"), await kept(studio, "ramp.png", ramp())
    sized: dict[str, Any] = {"width_px": 120, "height_px": 80, "border": Border(GREEN, 5)}
    clips = [
        clip(0, 40, film, position="top-left", shadow=Shadow(DARK, 3, 6, 5), radius_px=12, **sized),
        clip(5, 40, still, position="right", shadow=Shadow(DARK, -3, 6, 5), fade_in=8, **sized),
        clip(8, 36, still, motion=Motion(rotation=keys((0, 0), (1, 90))), shadow=Shadow(DARK, 0, 6, 2), **sized),
    ]
    wanted = edit(40, *clips, size=(WIDTH, HEIGHT))
    whole = hashes(await studio.film(wanted, tmp_path / "whole", edges=[0, 40], lossless=True))
    parts = await studio.film(wanted, tmp_path / "parts", edges=[0, 1, 17, 33, 40], lossless=True)
    assert hashes(parts) == whole
    assert len(set(whole)) > 30
