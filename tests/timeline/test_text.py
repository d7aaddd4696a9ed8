from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Color, Limits, TextStyle, parse
from tests.timeline.documents import resolved, text


def style(output: dict[str, Any] | None = None, position: str = "center", **fields: Any) -> TextStyle:
    clip = text(position=position)
    clip["asset"].update(fields)
    found = resolved([clip], output=output).clips[0].text
    assert found is not None
    return found


def test_words_alone_make_a_title() -> None:
    found = style()
    assert (found.family, found.weight, found.color, found.align) == ("Inter", 600, Color(255, 255, 255), "center")
    assert (found.size_px, found.wrap_px) == (61.2, 1075)
    assert found.background is None
    assert found.stroke is None
    assert found.shadow is not None


def test_the_type_grows_with_the_picture() -> None:
    assert style({"resolution": "1080p"}).size_px == 91.8
    assert style({"resolution": "1080p", "aspectRatio": "9:16"}).size_px == 91.8


def test_lines_lean_to_the_side_at_which_the_text_stands() -> None:
    aligned = {position: style(position=position).align for position in ("left", "bottom-right", "top")}
    assert aligned == {"left": "left", "bottom-right": "right", "top": "center"}
    assert style(position="left", alignment="center").align == "center"


def test_a_shadow_lies_under_light_letters_without_background_only() -> None:
    assert style(font={"color": "#222"}).shadow is None
    assert style(background={}).shadow is None
    assert style(shadow=None).shadow is None
    asked = style(font={"color": "#222"}, background={}, shadow={"x": 3, "opacity": 1}).shadow
    assert asked is not None
    assert (asked.dx_px, asked.color) == (3, Color(0, 0, 0))


def test_measures_follow_the_type_size() -> None:
    found = style(font={"size": 100, "letterSpacing": 0.02}, background={}, stroke={}, shadow={"color": "#f00"})
    assert found.letter_spacing_px == 2
    assert found.background is not None
    assert (found.background.padding_x_px, found.background.padding_y_px, found.background.radius_px) == pytest.approx(
        (63, 45, 25)
    )
    assert found.stroke is not None
    assert found.stroke.width_px == 5
    assert found.shadow is not None
    assert (found.shadow.dy_px, found.shadow.blur_px) == (4, 12)


def test_measures_that_are_given_are_taken() -> None:
    found = style(
        width=400, background={"padding": 10, "radius": 0, "color": "#fff", "opacity": 0.5}, stroke={"width": 0}
    )
    assert found.wrap_px == 400
    assert found.background is not None
    assert (found.background.padding_x_px, found.background.padding_y_px, found.background.radius_px) == (10, 10, 0)
    assert found.background.color == Color(255, 255, 255, 0.5)
    assert found.stroke is not None
    assert found.stroke.width_px == 0


def test_line_breaks_of_every_system_are_one_line_break() -> None:
    assert style(text="a\r\nb\rc\nd").text == "a\nb\nc\nd"


def titled(family: str) -> Any:
    asset = {"type": "text", "text": "a", "font": {"family": family}}
    return {"timeline": {"tracks": [{"clips": [{"asset": asset}]}]}}


def test_a_font_that_does_not_exist_is_refused_with_a_hint() -> None:
    document = {
        "timeline": {"tracks": [{"clips": [{"asset": {"type": "text", "text": "a", "font": {"family": "Intre"}}}]}]}
    }
    with pytest.raises(Invalid, match=r"did you mean 'Inter'.*Inter, Noto Sans") as caught:
        parse(document, Limits(fonts=frozenset({"Inter", "Noto Sans"})))
    assert caught.value.details[0].pointer == "/timeline/tracks/0/clips/0/asset/font/family"
    assert caught.value.code == "unknown_font"


def test_a_font_is_found_whatever_its_case() -> None:
    document = {
        "timeline": {"tracks": [{"clips": [{"asset": {"type": "text", "text": "a", "font": {"family": "inter"}}}]}]}
    }
    asset = parse(document, Limits(fonts=frozenset({"Inter"}))).timeline.tracks[0].clips[0].asset
    assert asset.type == "text"
    assert asset.font.family == "Inter"
