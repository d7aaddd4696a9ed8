"""Keyframes, motion, crops, effects: what moves and what only stands."""

from fractions import Fraction
from typing import Any, get_args

import pytest

from cutroom.timeline.clip.effect import EFFECTS
from cutroom.timeline.geometry import hides_all_below
from cutroom.timeline.resolved import Border, Color, Crop, EasingName, Keyframe, Motion, ResolvedClip, Shadow, View
from tests.timeline import media
from tests.timeline.documents import IMAGE, VIDEO, asset, codes, color, image, one, resolved, sound, text, video

TRACK = "/timeline/tracks/0/clips"
GROWING: Any = [{"at": 0, "value": 1, "easing": "easeOutBack"}, {"at": 1.5, "value": 2}]
GROWN = (Keyframe(Fraction(0), 1.0, "easeOutBack"), Keyframe(Fraction(3, 2), 2.0))


def test_a_clip_that_stands_still_has_no_motion() -> None:
    for clip in (color(), color(scale=1, rotation=0, skew={}, opacity=0.5), color(offset={"x": 0.5})):
        assert one(clip).motion is None


@pytest.mark.parametrize(
    ("fields", "motion"),
    [
        ({"scale": 0.5}, Motion(scale=0.5)),
        ({"scale": GROWING}, Motion(scale=GROWN)),
        ({"rotation": -90}, Motion(rotation=-90)),
        ({"rotation": GROWING}, Motion(rotation=GROWN)),
        ({"skew": {"x": 10}}, Motion(skew_x=10)),
        ({"skew": {"y": GROWING}}, Motion(skew_y=GROWN)),
        ({"offset": {"x": GROWING}}, Motion(move_x=GROWN)),
        ({"offset": {"y": GROWING}}, Motion(move_y=GROWN)),
    ],
)
def test_what_is_turned_scaled_or_moves_has_motion(fields: dict[str, Any], motion: Motion) -> None:
    assert one(color(**fields)).motion == motion


def test_a_constant_offset_places_the_box_and_a_moving_one_moves_it() -> None:
    clip = one(color(offset={"x": 0.25, "y": GROWING}))
    assert [clip.offset_x, clip.offset_y] == [Fraction(1, 4), 0]
    assert clip.motion == Motion(move_y=GROWN)


def test_opacity_is_the_clips_own_until_it_changes() -> None:
    still, changing = one(color(opacity=0.3)), one(color(opacity=[{"at": 0, "value": 0}, {"at": 1, "value": 1}]))
    assert (still.opacity, still.motion) == (0.3, None)
    assert changing.opacity == 1
    assert changing.motion == Motion(opacity=(Keyframe(Fraction(0), 0.0), Keyframe(Fraction(1), 1.0)))


def test_keyframes_that_all_say_the_same_are_one_number() -> None:
    clip = one(color(scale=[{"at": 1, "value": 1}, {"at": 2, "value": 1}], opacity=[{"at": 0, "value": 0.5}]))
    assert (clip.motion, clip.opacity) == (None, 0.5)


def test_every_easing_and_any_bezier_leads_to_the_next_keyframe() -> None:
    easings: list[Any] = [*get_args(EasingName), [0.1, -2, 0.9, 3]]
    keyframes = [{"at": at, "value": at, "easing": easing} for at, easing in enumerate(easings)]
    motion = one(color(length=60, rotation=keyframes)).motion
    assert motion is not None
    assert isinstance(motion.rotation, tuple)
    assert [keyframe.easing for keyframe in motion.rotation] == [*get_args(EasingName), (0.1, -2, 0.9, 3)]


def test_a_keyframe_beyond_the_end_is_a_warning() -> None:
    assert codes(resolved([color(length=1, scale=GROWING)])) == [("keyframe_beyond_end", f"{TRACK}/0/scale/1/at")]
    assert codes(resolved([color(length=1.5, scale=GROWING)])) == []


def test_a_volume_that_changes_is_a_swell() -> None:
    clip = one(video(volume=GROWING))
    assert (clip.volume, clip.swell) == (1, GROWN)
    assert one(video(volume=0.5)).swell == 1
    assert one(video(volume=[{"at": 0, "value": 0}])).audio_end == 0


def test_a_crop_is_what_is_left_out_and_nothing_when_it_is_nothing() -> None:
    clip = one(image(crop={"top": 0.1, "left": 0.25}))
    assert clip.crop == Crop(Fraction(1, 10), Fraction(0), Fraction(0), Fraction(1, 4))
    assert one(image(crop={"top": 0})).crop is None


def test_one_side_of_a_box_follows_what_is_left_of_the_source() -> None:
    clip = one(image(crop={"left": 0.5}, size={"width": 320}))
    assert (clip.width_px, clip.height_px) == (320, 360)


def test_cropping_enlarges() -> None:
    assert codes(resolved([image(crop={"left": 0.5})])) == [("upscaled", f"{TRACK}/0/asset/src")]
    assert codes(resolved([image(scale=1.5)])) == [("upscaled", f"{TRACK}/0/asset/src")]
    assert codes(resolved([image(fit="blur")], given={IMAGE: media.image(size=(600, 720))})) == []


def test_a_place_for_a_picture_that_has_no_room_to_move_is_a_warning() -> None:
    place = [("no_room", f"{TRACK}/0/position")]
    assert codes(resolved([video(scale=0.5, position="right")])) == place
    assert codes(resolved([color(position="top-left")])) == place
    assert codes(resolved([color(position="top", size={"width": 200})])) == place
    for fields in ({"position": "center"}, {"position": "top-left", "size": {"height": 200}}):
        assert codes(resolved([color(**fields)])) == []
    assert codes(resolved([video(fit="contain", position="left")])) == []


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_lasts_as_long_as_the_clip_and_stays_inside_of_the_picture(effect: str) -> None:
    view = one(image(length=4, effect=effect)).view
    assert view is not None
    moving = [curve for curve in (view.zoom, view.x, view.y) if isinstance(curve, tuple)]
    assert len(moving) == 1
    assert [keyframe.at for keyframe in moving[0]] == [0, 4]
    for curve, low, high in ((view.zoom, 1, 2), (view.x, 0, 1), (view.y, 0, 1)):
        values = [keyframe.value for keyframe in curve] if isinstance(curve, tuple) else [curve]
        assert all(low <= value <= high for value in values)


def test_effects_zoom_and_slide_the_way_they_say() -> None:
    def way(effect: str) -> tuple[Any, ...]:
        view = one(image(effect=effect)).view
        assert view is not None
        return tuple(tuple(key.value for key in c) if isinstance(c, tuple) else c for c in (view.zoom, view.x, view.y))

    assert way("zoomIn") == ((1, 1.25), 0.5, 0.5)
    assert way("zoomOutFast") == ((1.5, 1), 0.5, 0.5)
    assert way("slideLeft") == (1.25, (0, 1), 0.5)
    assert way("slideDownSlow") == (1.1, 0.5, (1, 0))


def test_an_effect_goes_on_under_the_clip_that_dissolves_in() -> None:
    first, _ = resolved([image(length=2, effect="zoomIn"), color(transition={"in": "dissolve", "duration": 1})]).clips
    assert isinstance(first.view, View)
    assert isinstance(first.view.zoom, tuple)
    assert first.view.zoom[-1].at == 3


def test_flips_and_corners() -> None:
    found = [one(image(flip=flip)) for flip in ("horizontal", "vertical", "both")] + [one(image(radius=12))]
    assert [(clip.flip_x, clip.flip_y, clip.radius_px) for clip in found] == [
        (True, False, 0),
        (False, True, 0),
        (True, True, 0),
        (False, False, 12),
    ]


CANVAS = (1280, 720)


def hidden(*clips: dict[str, Any], **more: Any) -> bool:
    return hides_all_below(one(*clips, **more), CANVAS)


def test_what_leaves_nothing_to_be_seen_hides_all_below() -> None:
    stops = ["#f00", "#00f"]
    for clip in (image(), video(fit="blur"), color(), asset("gradient", stops=stops), image(effect="zoomIn")):
        assert hidden(clip)
    assert hidden(image(fit="contain", crop={"left": 0.25, "top": 0.25}))


@pytest.mark.parametrize(
    "clip",
    [
        image(scale=2),
        image(rotation=[{"at": 0, "value": 0}, {"at": 1, "value": 9}]),
        image(opacity=[{"at": 0, "value": 0}, {"at": 1, "value": 1}]),
        image(offset={"x": [{"at": 0, "value": 0}, {"at": 1, "value": 1}]}),
        image(radius=1),
        image(blend="screen"),
        image(chromaKey={}),
        image(matte={"src": IMAGE}),
        image(fit="contain", crop={"left": 0.5}),
        image(fit="none", crop={"left": 0.5}),
        asset("gradient", stops=["#f00", "#00f8"]),
        asset("shape", form="rectangle", clip={"size": {"width": 1280, "height": 720}}),
        asset("captions", cues=[{"start": 0, "end": 1, "text": "a"}]),
        text(),
    ],
    ids=range(14),
)
def test_what_can_be_seen_through_or_around_hides_nothing(clip: dict[str, Any]) -> None:
    assert not hidden(clip)


def heard(clip: ResolvedClip) -> tuple[object, ...]:
    return clip.audio_start, clip.audio_end


def test_speed_shortens_what_is_left_and_what_is_heard() -> None:
    fast = one(video(trim=4, speed=2))
    assert [fast.end, fast.speed, heard(fast)] == [90, 2, (0, 3)]
    slow = one(sound(trim=9, speed=0.1))
    assert heard(slow) == (0, 10)


def test_a_fast_clip_freezes_when_its_source_has_been_shown() -> None:
    result = resolved([video(speed=2, length=6)])
    assert codes(result) == [("freezes", f"{TRACK}/0/length")]
    assert "1.00 seconds" in result.warnings[0].message
    assert heard(result.clips[0]) == (0, 5)


def test_the_sound_of_a_fast_clip_crosses_as_far_as_it_lasts() -> None:
    given = {VIDEO: media.video(10, audio=10)}
    clips = [video(length=4.5, speed=2), video(length=4, transition={"in": "dissolve", "duration": 2})]
    before, _ = resolved(clips, given=given).clips
    assert [before.audio_end, before.audio_fade_out] == [5, Fraction(1, 2)]


def test_borders_and_shadows_have_measures_that_suit_the_picture() -> None:
    found = one(image(border={}, shadow={}))
    assert found.border == Border(Color(255, 255, 255), 4.0)
    assert found.shadow == Shadow(Color(0, 0, 0, 0.5), 0.0, 7.2, 14.4)  # of 720 lines
    said = one(image(border={"color": "#102030", "width": 9}, shadow={"color": "#f00c", "x": 3, "y": 0, "blur": 0}))
    assert said.border == Border(Color(0x10, 0x20, 0x30), 9.0)
    assert said.shadow == Shadow(Color(255, 0, 0, 0.8 * 0.5), 3.0, 0.0, 0.0)
    assert one(image(shadow={"opacity": 0})).shadow is None
    assert (one(image()).border, one(image()).shadow) == (None, None)
