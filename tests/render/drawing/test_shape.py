from typing import Any

import numpy as np
import pytest

from cutroom.render.drawing.gradient import GradientArtist
from cutroom.render.drawing.shape import ShapeArtist, draw
from cutroom.timeline.resolved import Color, ColorStop, Gradient, Shape

RED, WHITE = Color(255, 0, 0), Color(255, 255, 255)


def shape(form: Any, **changes: Any) -> Shape:
    fields: dict[str, Any] = {
        "fill": RED, "stroke": None, "stroke_px": 0.0, "radius_px": 0.0, "points": 5, "path": None, "view": None,
    }  # fmt: skip
    return Shape(form=form, **{**fields, **changes})


def area(picture: np.ndarray[Any, Any]) -> float:
    return float(picture[..., 3].sum() / 255)


def test_a_rectangle_fills_its_box_to_the_last_pixel() -> None:
    picture = draw(shape("rectangle"), 61, 40)
    assert picture.shape == (40, 61, 4)
    assert (picture == [255, 0, 0, 255]).all()


def test_round_corners_take_away_what_a_circle_leaves_of_a_square() -> None:
    picture = draw(shape("rectangle", radius_px=20), 100, 80)
    assert area(picture) == pytest.approx(100 * 80 - (4 - np.pi) * 20**2, rel=5e-3)
    assert picture[0, 0, 3] == 0
    assert picture[40, 0, 3] == 255


def test_an_ellipse_has_its_area_and_soft_edges() -> None:
    picture = draw(shape("ellipse"), 120, 60)
    assert area(picture) == pytest.approx(np.pi * 60 * 30, rel=1e-2)
    assert len(np.unique(picture[..., 3])) > 8


@pytest.mark.parametrize(("form", "points", "share"), [("polygon", 6, 3 * np.sqrt(3) / 8), ("polygon", 4, 0.5)])
def test_a_regular_polygon_has_its_area(form: str, points: int, share: float) -> None:
    assert area(draw(shape(form, points=points), 100, 100)) == pytest.approx(share * 100 * 100, rel=1e-2)


def test_a_star_has_as_many_points_as_asked() -> None:
    alpha = draw(shape("star", points=7), 200, 200)[..., 3] > 127
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    ring = alpha[(100 + 75 * np.sin(turn)).astype(int), (100 + 75 * np.cos(turn)).astype(int)]
    assert np.count_nonzero(ring & ~np.roll(ring, 1)) == 7


def test_an_outline_lies_inside_of_the_box_and_over_the_fill() -> None:
    picture = draw(shape("rectangle", stroke=WHITE, stroke_px=10.0), 100, 100)
    assert (picture[2:8, 50] == [255, 255, 255, 255]).all()
    assert (picture[50, 50] == [255, 0, 0, 255]).all()
    assert picture[50, 11:14, 1].max() == 0


def test_an_outline_without_fill_is_empty_inside() -> None:
    picture = draw(shape("ellipse", fill=None, stroke=WHITE, stroke_px=6.0), 90, 90)
    assert picture[45, 45, 3] == 0
    assert picture[45, 3, 3] == 255


def test_a_line_is_as_thick_as_its_box_is_high() -> None:
    picture = draw(shape("line"), 200, 6)
    assert (picture[:, 20:180] == [255, 0, 0, 255]).all()


def test_a_path_is_stretched_from_its_view_and_keeps_its_hole() -> None:
    ring = "M0,8 L8,0 L16,8 L8,16 Z M4,8 L8,12 L12,8 L8,4 Z"
    picture = draw(shape("path", path=ring, view=(16.0, 16.0)), 160, 80)
    assert picture[40, 80, 3] == 0
    assert picture[40, 20, 3] == 255
    assert area(picture) == pytest.approx(160 * 80 * (0.5 - 0.125), rel=1e-2)


def test_two_parts_of_a_path_that_run_the_same_way_add_up() -> None:
    both = "M0,0 H10 V10 H0 Z M5,0 H15 V10 H5 Z"
    assert area(draw(shape("path", path=both, view=(20.0, 10.0)), 200, 100)) == pytest.approx(150 * 100, rel=1e-2)


def test_curves_and_arcs_of_a_path_are_round() -> None:
    circle = "M0,5 A5,5 0 0 1 10,5 A5,5 0 0 1 0,5 Z"
    assert area(draw(shape("path", path=circle, view=(10.0, 10.0)), 100, 100)) == pytest.approx(np.pi * 2500, rel=1e-2)


def test_colours_are_multiplied_by_a_transparent_fill() -> None:
    picture = draw(shape("rectangle", fill=Color(200, 100, 0, 0.5)), 8, 8)
    assert abs(picture[4, 4].astype(int) - [100, 50, 0, 128]).max() <= 1


def test_a_shape_stands_still() -> None:
    artist = ShapeArtist(shape("ellipse"), 30, 20)
    assert artist.still
    assert artist.frame(0) is artist.frame(99)
    assert artist.size == (30, 20)


def gradient(form: Any, angle: float, *stops: tuple[float, Color]) -> np.ndarray[Any, Any]:
    return GradientArtist(Gradient(form, angle, tuple(ColorStop(at, color) for at, color in stops)), 256, 64).frame(0)


def test_a_gradient_runs_evenly_along_its_angle() -> None:
    picture = gradient("linear", 0, (0, Color(0, 0, 0)), (1, WHITE))
    columns = picture[..., 0].astype(float).mean(axis=0)
    assert abs(columns - (np.arange(256) + 0.5) * 255 / 256).max() < 0.4
    down = gradient("linear", 90, (0, Color(0, 0, 0)), (1, WHITE))
    assert abs(down[0, :, 0].astype(float).mean() - 255 * 0.5 / 64) < 0.2


def test_a_slanted_gradient_reaches_both_colours_in_the_corners() -> None:
    picture = gradient("linear", 35, (0, RED), (1, Color(0, 0, 255)))
    assert picture[0, 0, 0] > 250
    assert picture[-1, -1, 2] > 250


def test_a_radial_gradient_starts_in_the_middle() -> None:
    picture = gradient("radial", 0, (0, WHITE), (1, Color(0, 0, 0)))
    assert picture[32, 128, 0] > 250
    assert picture[0, 0, 0] < 5
    assert abs(int(picture[32, 10, 0]) - int(picture[32, 245, 0])) <= 2


def test_stops_in_between_are_met() -> None:
    picture = gradient("linear", 0, (0, Color(0, 0, 0)), (0.25, WHITE), (1, Color(0, 0, 0)))
    assert picture[:, 63:65, 0].min() > 250
    assert picture[:, 190:194, 0].mean() == pytest.approx(255 / 3, abs=3)


def test_a_gradient_into_nothing_has_no_dark_edge() -> None:
    picture = gradient("linear", 0, (0, RED), (1, Color(0, 0, 0, 0.0)))
    middle = picture[32, 128].astype(float)
    assert middle[0] / middle[3] == pytest.approx(1.0, abs=0.02)


def test_rounding_keeps_the_mean_of_a_slow_gradient() -> None:
    picture = gradient("linear", 0, (0, Color(20, 20, 20)), (1, Color(22, 22, 22)))
    assert picture[..., 0].mean() == pytest.approx(21, abs=0.05)
    assert set(np.unique(picture[..., 0])) <= {20, 21, 22}


@pytest.mark.parametrize("form", ["ellipse", "star", "rectangle", "polygon"])
def test_an_outline_that_is_thicker_than_the_shape_fills_it(form: str) -> None:
    picture = draw(shape(form, fill=None, stroke=WHITE, stroke_px=1000.0), 40, 30)
    assert area(picture) >= np.pi * 15**2 * 0.97
    assert (picture[15, 20] == [255, 255, 255, 255]).all()
