"""Filters, keys, mattes, blending; shapes, gradients, waveforms, pages."""

from fractions import Fraction
from typing import Any, get_args

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Color, Edit, parse, resolve, sources
from cutroom.timeline.assets.path import problem_of
from cutroom.timeline.resolved import (
    BlendMode,
    ChromaKey,
    ColorStop,
    Gradient,
    Keyframe,
    Look,
    LookName,
    Matte,
    Shape,
    Waveform,
)
from tests.timeline import media
from tests.timeline.documents import IMAGE, MEDIA, SOUND, VIDEO, asset, codes, edit, image, one, resolved, text, video

TRACK = "/timeline/tracks/0/clips"
RED, BLUE, WHITE = Color(255, 0, 0), Color(0, 0, 255), Color(255, 255, 255)
FADE: Any = {"stops": ["#f00", "#00f"]}
FADED = Gradient("linear", 90.0, (ColorStop(0.0, RED), ColorStop(1.0, BLUE)))


def refused(*tracks: list[dict[str, Any]], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        resolved(*tracks, **more)
    return [(detail.code, detail.pointer) for detail in caught.value.details]


def test_every_filter_can_be_named_and_keeps_its_place() -> None:
    names = list(get_args(LookName))
    looks = one(image(filters=names[:16])).looks + one(image(filters=names[16:])).looks
    assert [look.name for look in looks] == names
    assert all(look.amount > 0 for look in looks)


def test_a_filter_may_change_and_one_whose_keyframes_say_the_same_does_not() -> None:
    rising = [{"at": 0, "value": 0, "easing": "easeIn"}, {"at": 2, "value": 1}]
    course = (Keyframe(Fraction(0), 0.0, "easeIn"), Keyframe(Fraction(2), 1.0))
    flat = [{"at": 0, "value": 0.5}, {"at": 2, "value": 0.5}]
    found = one(image(filters=[{"type": "blur", "amount": rising}, {"type": "sepia", "amount": flat}]))
    assert found.looks == (Look("blur", 0.0, course), Look("sepia", 0.5))
    late = resolved([image(length=1, filters=["sepia", {"type": "blur", "amount": rising}])])
    assert [(warning.code, warning.pointer) for warning in late.warnings if warning.code == "keyframe_beyond_end"] == [
        ("keyframe_beyond_end", f"{TRACK}/0/filters/1/amount/1/at")
    ]


def test_a_filter_has_an_amount_and_one_that_changes_nothing_is_left_out() -> None:
    filters: Any = [
        {"type": "blur", "amount": 0.5},
        "sepia",
        {"type": "hue", "amount": -90},
        {"type": "saturation", "amount": 1},
        {"type": "grain", "amount": 0},
    ]
    assert one(image(filters=filters)).looks == (Look("blur", 0.5), Look("sepia", 1.0), Look("hue", -90.0))


def test_a_chroma_key_is_green_unless_it_says_otherwise() -> None:
    assert one(video(chromaKey={})).chroma == ChromaKey(Color(0, 255, 0), 0.15, 0.1, despill=True)
    key: Any = {"color": "#00f", "threshold": 0.4, "softness": 0, "despill": False}
    assert one(video(chromaKey=key)).chroma == ChromaKey(BLUE, 0.4, 0.0, despill=False)


def test_a_matte_is_a_source_like_others() -> None:
    clip = image(matte={"src": VIDEO, "mode": "alpha-inverted", "trim": 2})
    assert one(clip).matte == Matte(MEDIA[VIDEO], "alpha-inverted", Fraction(2))
    assert [(use.src, use.kind, use.pointers) for use in sources(edit([clip]))] == [
        (IMAGE, "image", [f"{TRACK}/0/asset/src"]),
        (VIDEO, "matte", [f"{TRACK}/0/matte/src"]),
    ]


def test_a_matte_needs_a_picture_and_time_left() -> None:
    assert refused([image(matte={"src": SOUND})]) == [("wrong_media_kind", f"{TRACK}/0/matte/src")]
    assert refused([image(matte={"src": VIDEO, "trim": 10})]) == [("trim_beyond_end", f"{TRACK}/0/matte/trim")]


def test_a_matte_that_ends_early_is_a_warning() -> None:
    assert codes(resolved([image(matte={"src": VIDEO, "trim": 8})])) == [("matte_shorter", f"{TRACK}/0/matte/src")]
    assert codes(resolved([image(matte={"src": VIDEO, "trim": 7})])) == []
    assert codes(resolved([image(matte={"src": IMAGE})])) == []


@pytest.mark.parametrize("blend", get_args(BlendMode))
def test_every_blend_mode_reaches_the_clip(blend: BlendMode) -> None:
    assert one(image(blend=blend)).blend == blend


def test_a_gif_that_moves_is_an_image() -> None:
    gif = media.gif()
    clip = one(image(), given={IMAGE: gif})
    assert (clip.kind, clip.media, clip.end) == ("image", gif, 90)
    assert one(video(), given={VIDEO: gif}).kind == "video"


# Gradients


def places(*stops: Any) -> list[float]:
    found = one(asset("gradient", stops=list(stops))).gradient
    assert found is not None
    return [stop.at for stop in found.stops]


def test_colours_without_a_place_are_spread_evenly() -> None:
    assert places("#000", "#111", "#222") == [0, 0.5, 1]
    assert places("#000", {"color": "#111", "at": 0.2}, "#222", "#333") == pytest.approx([0, 0.2, 0.6, 1])
    assert places({"color": "#000", "at": 0.5}, "#fff") == [0.5, 1]
    assert places("#000", "#111", {"color": "#222", "at": 0.4}) == [0, 0.2, 0.4]
    assert places({"color": "#000", "at": 0.5}, {"color": "#111", "at": 0.5}, "#222") == [0.5, 0.5, 1]


def test_a_gradient_runs_downwards_unless_it_says_otherwise() -> None:
    clip = one(asset("gradient", **FADE))
    assert (clip.kind, clip.gradient, clip.end) == ("gradient", FADED, 90)
    round_one = one(asset("gradient", form="radial", angle=45, **FADE)).gradient
    assert round_one is not None
    assert (round_one.form, round_one.angle) == ("radial", 45)


# Shapes


def shape(clip: dict[str, Any] | None = None, **fields: Any) -> tuple[Shape, tuple[int | None, int | None]]:
    found = one(asset("shape", clip=clip, **{"form": "rectangle", **fields}))
    assert found.shape is not None
    return found.shape, (found.width_px, found.height_px)


def test_a_shape_is_a_white_square_of_a_third_of_the_picture() -> None:
    assert shape() == (Shape("rectangle", WHITE, None, 0.0, 0.0, 0, None, None), (240, 240))


def test_one_side_of_a_shape_gives_the_other() -> None:
    assert shape({"size": {"width": 100}})[1] == (100, 100)
    assert shape({"size": {"width": 100, "height": 20}})[1] == (100, 20)


def test_an_outline_alone_leaves_the_shape_empty() -> None:
    found, _ = shape(form="ellipse", stroke={"color": "#f00", "width": 7})
    assert (found.fill, found.stroke, found.stroke_px) == (None, RED, 7)


def test_a_shape_may_be_filled_by_a_gradient() -> None:
    assert shape(fill={"type": "linear", **FADE})[0].fill == FADED


def test_polygons_and_stars_have_points() -> None:
    assert [shape(form=form)[0].points for form in ("polygon", "star", "ellipse")] == [6, 5, 0]
    assert shape(form="star", points=12)[0].points == 12


def test_a_line_is_three_pixels_high_or_as_thick_as_its_stroke() -> None:
    assert shape(form="line") == (Shape("line", WHITE, None, 0.0, 0.0, 0, None, None), (240, 3))
    assert shape({"size": {"width": 800}}, form="line", stroke={"color": "#f00", "width": 9}) == (
        Shape("line", RED, None, 0.0, 0.0, 0, None, None),
        (800, 9),
    )


def test_a_path_keeps_the_proportions_of_its_view() -> None:
    found, box = shape(form="path", path="M0 0H200V50z", viewBox=[200, 50])
    assert (found.path, found.view, box) == ("M0 0H200V50z", (200, 50), (240, 60))
    assert shape(form="path", path="M0 0", viewBox=[50, 200])[1] == (60, 240)
    assert shape({"size": {"height": 20}}, form="path", path="M0 0", viewBox=[200, 50])[1] == (80, 20)


@pytest.mark.parametrize(
    "path",
    [
        "M0,0 L10-5.5.5-3 Z",
        "m 1e2 -3.5E-1\n h10 v-10 t1 1 q1 1 2 2 s1 1 2 2 c1 1 2 2 3 3z m5 5z",
        "M0 0a5 5 0 0110 10",
        "M 0 0 A 5,5,0,1,0,10,10 5 5 0 01 3 3",
        "M0 0 10 10 20 0",
    ],
)
def test_a_path_as_people_and_programs_write_it_is_read(path: str) -> None:
    assert problem_of(path) is None


@pytest.mark.parametrize(
    "path", ["M", "M0", "M0 0X", "M0 0 L", "M0 0Z1", "0 0", "M0 0;L1 1", "M0 0L1 1\u0660", "M1e5000 0"]
)
def test_anything_else_is_no_path(path: str) -> None:
    assert problem_of(path) is not None


# Waveforms


def test_a_waveform_lasts_as_long_as_its_sound_and_is_not_heard() -> None:
    clip = one(asset("waveform", src=SOUND, clip={"trim": 4}))
    assert clip.waveform == Waveform(MEDIA[SOUND], Fraction(4), "bars", WHITE, 64, 0.35, rounded=True, smoothing=0.5)
    assert (clip.kind, clip.src, clip.media, clip.end) == ("waveform", SOUND, None, 180)
    assert (clip.width_px, clip.height_px) == (1280, 180)
    assert clip.audio_end == clip.audio_start


def test_a_waveform_looks_as_asked() -> None:
    fields: Any = {"style": "circle", "gradient": FADE, "bars": 9, "gap": 0, "rounded": False, "smoothing": 1}
    found = one(asset("waveform", src=SOUND, clip={"size": {"height": 50}}, **fields))
    assert found.waveform == Waveform(MEDIA[SOUND], Fraction(0), "circle", FADED, 9, 0, rounded=False, smoothing=1)
    assert found.height_px == 50


def test_a_waveform_needs_sound_of_known_length() -> None:
    silent = asset("waveform", src=IMAGE)
    assert refused([silent]) == [("no_audio", f"{TRACK}/0/asset/src")]
    unknown = {SOUND: media.audio(None)}
    assert refused([asset("waveform", src=SOUND)], given=unknown) == [("unknown_length", f"{TRACK}/0/length")]


# Pages


def page(**fields: Any) -> Edit:
    return edit([asset("html", html="<h1>Hello</h1>", **fields)])


def test_a_page_is_a_source_that_says_how_large_it_is() -> None:
    (use,) = sources(page(css="h1 {color: red}", width=300))
    assert (use.kind, use.pointers) == ("html", [f"{TRACK}/0/asset"])
    assert use.src.startswith("html:")
    assert use.asset is not None
    assert use.asset.type == "html"
    assert (use.asset.width, use.asset.height) == (300, 720)


def test_the_same_page_is_made_once_and_another_one_apart() -> None:
    first, second, third = (sources(page(**fields))[0].src for fields in ({}, {"width": 1280}, {"width": 100}))
    assert first == second != third


def test_a_page_is_an_image_of_what_was_drawn() -> None:
    one_page = page()
    drawn = media.image(size=(1280, 720), alpha=True)
    (clip,) = resolve(one_page, {sources(one_page)[0].src: drawn}).clips
    assert (clip.kind, clip.media, clip.end) == ("image", drawn, 90)


def test_a_page_that_is_enlarged_is_warned_of_where_it_stands() -> None:
    small = page(width=400, height=200)
    warnings = resolve(small, {sources(small)[0].src: media.image(size=(400, 200), alpha=True)}).warnings
    assert ("upscaled", f"{TRACK}/0/asset") in [(warning.code, warning.pointer) for warning in warnings]


def test_markup_may_hold_anything_but_placeholders() -> None:
    parse({"timeline": {"tracks": [{"clips": [asset("html", html="<script>alert(1)</script>'\";\\")]}]}})
    with pytest.raises(Invalid) as caught:
        page(css="a { color: {{COLOR}} }")
    assert caught.value.code == "unresolved_placeholder"


# Text


def test_a_text_is_fitted_into_its_height() -> None:
    def fitted(**fields: Any) -> tuple[float | None, float, bool]:
        clip = text()
        clip["asset"] |= {"font": {"size": 50}, **fields}
        style = one(clip).text
        assert style is not None
        return style.fit_px, style.least_px, style.ellipsis

    assert fitted() == (None, 0, False)
    assert fitted(height=200) == (200, 20, False)
    assert fitted(height=200, minSize=30, ellipsis=True) == (200, 30, True)
    assert fitted(height=200, autoFit=False) == (200, 50, False)


def test_letters_look_as_asked() -> None:
    clip = text()
    clip["asset"] |= {
        "font": {"style": "italic"}, "gradient": FADE, "decoration": "line-through", "case": "upper",
        "background": {"perLine": True},
    }  # fmt: skip
    style = one(clip).text
    assert style is not None
    assert style.background is not None
    assert (style.italic, style.gradient, style.decoration, style.case) == (True, FADED, "line-through", "upper")
    assert style.background.per_line


def animation(value: Any) -> tuple[Any, ...]:
    clip = text()
    clip["asset"]["animation"] = value
    style = one(clip).text
    assert style is not None
    assert style.animation is not None
    found = style.animation
    return found.enter, found.leave, found.unit, found.seconds, found.overlap, found.direction


def test_an_animation_is_a_name_or_all_of_it() -> None:
    assert animation("typewriter") == ("typewriter", None, "letter", 1, 0.5, "left")
    assert animation("rise") == ("rise", None, "word", 1, 0.5, "down")
    assert animation("fade") == ("fade", None, "block", 1, 0.5, "left")
    full: Any = {"in": "drop", "out": "blur", "by": "line", "duration": 2, "overlap": 0, "direction": "right"}
    assert animation(full) == ("drop", "blur", "line", 2, 0, "right")
    assert animation({"out": "drop"}) == (None, "drop", "word", 1, 0.5, "up")
