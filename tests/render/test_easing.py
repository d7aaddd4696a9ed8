"""How values get from 0 to 1."""

from fractions import Fraction
from typing import get_args

import numpy as np
import pytest

from cutroom.render.curve import steady, value
from cutroom.render.easing import ease
from cutroom.timeline.resolved import EasingName, Keyframe

NAMES: tuple[EasingName, ...] = get_args(EasingName)
SPRINGY = ("Back", "Elastic", "Bounce")
STEPS = [n / 200 for n in range(201)]


@pytest.mark.parametrize("name", NAMES)
def test_an_easing_starts_at_nothing_and_ends_at_all(name: EasingName) -> None:
    assert ease(name, 0) == 0
    assert ease(name, 1) == 1
    assert ease(name, -3) == 0
    assert ease(name, 7) == 1
    if name != "hold":
        assert abs(ease(name, 1e-9)) < 1e-3
        assert abs(ease(name, 1 - 1e-9) - 1) < 1e-3


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(SPRINGY)])
def test_what_does_not_spring_never_goes_back(name: EasingName) -> None:
    heights = [ease(name, part) for part in STEPS]
    assert heights == sorted(heights)


@pytest.mark.parametrize(
    "family", ["Sine", "Quad", "Cubic", "Quart", "Quint", "Expo", "Circ", "Back", "Elastic", "Bounce"]
)
def test_going_out_is_going_in_backwards(family: str) -> None:
    for part in STEPS[1:-1]:
        assert ease(f"easeOut{family}", part) == pytest.approx(1 - ease(f"easeIn{family}", 1 - part))  # type: ignore[arg-type]
        both = f"easeInOut{family}"
        assert ease(both, part) == pytest.approx(1 - ease(both, 1 - part), abs=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "at_a_quarter"),
    [
        ("easeInQuad", 0.0625),
        ("easeInOutCubic", 0.0625),
        ("easeOutBounce", 0.47265625),
        ("easeInBack", -0.0641365625),
        ("easeInSine", 0.07612046748871326),
        ("easeInExpo", 0.005524271728019903),
        ("easeOutElastic", 0.9116116523516816),
        ("easeInOutBack", -0.09968184375),
    ],
)
def test_known_values_come_out(name: EasingName, at_a_quarter: float) -> None:
    assert ease(name, 0.25) == pytest.approx(at_a_quarter, abs=2e-3 if name == "easeInExpo" else 1e-9)


def test_bezier_curves_are_those_of_css() -> None:
    # Computed with the parametric equations at t = 0.3: x = 3(1-t)^2 t x1 + 3(1-t) t^2 x2 + t^3, y likewise.
    for x1, y1, x2, y2 in [(0.25, 0.1, 0.25, 1.0), (0.9, 0.0, 0.1, 1.0), (0.0, -0.5, 1.0, 1.5), (0.42, 0.0, 0.58, 1.0)]:
        for t in (0.1, 0.3, 0.5, 0.8, 0.97):
            x = 3 * (1 - t) ** 2 * t * x1 + 3 * (1 - t) * t**2 * x2 + t**3
            y = 3 * (1 - t) ** 2 * t * y1 + 3 * (1 - t) * t**2 * y2 + t**3
            assert ease((x1, y1, x2, y2), x) == pytest.approx(y, abs=1e-6)


def test_an_unknown_easing_is_refused() -> None:
    with pytest.raises(ValueError, match="no easing"):
        ease("easeInNothing", 0.5)  # type: ignore[arg-type]


def test_a_curve_has_its_keyframes_values_at_their_times() -> None:
    curve = tuple(Keyframe(Fraction(n, 7), v, "easeInOutElastic") for n, v in enumerate((0.1, 0.7, -3.3, 4.0)))
    for key in curve:
        assert value(curve, key.at) == key.value
    assert value(curve, Fraction(-1)) == 0.1
    assert value(curve, Fraction(9)) == 4.0
    assert value(2.5, Fraction(1)) == 2.5


def test_each_keyframe_has_an_easing_of_its_own() -> None:
    curve = (
        Keyframe(Fraction(0), 0.0, "hold"),
        Keyframe(Fraction(1), 10.0, "linear"),
        Keyframe(Fraction(2), 20.0, "easeInQuad"),
        Keyframe(Fraction(3), 30.0),
    )
    times = [Fraction(1, 2), Fraction(999, 1000), Fraction(1), Fraction(3, 2), Fraction(5, 2)]
    assert np.allclose([value(curve, at) for at in times], [0, 0, 10, 15, 22.5])


def test_of_two_keyframes_at_one_time_the_second_counts_from_then_on() -> None:
    curve = (
        Keyframe(Fraction(0), 0.0),
        Keyframe(Fraction(1), 1.0),
        Keyframe(Fraction(1), 5.0),
        Keyframe(Fraction(2), 6.0),
    )
    assert value(curve, Fraction(1, 2)) == 0.5
    assert value(curve, Fraction(1)) == 5.0
    assert value(curve, Fraction(3, 2)) == 5.5


def test_a_curve_of_one_value_is_steady() -> None:
    assert steady(3.0)
    assert steady((Keyframe(Fraction(0), 1.0), Keyframe(Fraction(1), 1.0)))
    assert not steady((Keyframe(Fraction(0), 1.0), Keyframe(Fraction(1), 1.5)))
