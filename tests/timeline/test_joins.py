from fractions import Fraction
from typing import Any

from cutroom.timeline import ResolvedClip
from tests.timeline import media
from tests.timeline.documents import VIDEO, codes, color, image, resolved, sound, text, video

HALF = Fraction(1, 2)


def dissolve(seconds: float = 1, **more: Any) -> dict[str, Any]:
    return {"transition": {"in": "dissolve", "duration": seconds, **more}}


def pictures(clip: ResolvedClip) -> tuple[int, int, int, int, int]:
    return clip.start, clip.end, clip.tail, clip.fade_in, clip.fade_out


def heard(clip: ResolvedClip) -> tuple[object, ...]:
    return clip.audio_start, clip.audio_end, clip.audio_fade_in, clip.audio_fade_out


def test_a_dissolve_keeps_all_times_and_gives_the_earlier_clip_a_tail() -> None:
    before, after = resolved([video(length=2), image(length=2, **dissolve())]).clips
    assert pictures(before) == (0, 60, 30, 0, 0)
    assert pictures(after) == (60, 120, 0, 30, 0)


def test_where_the_later_clip_hides_nothing_the_earlier_one_fades_out() -> None:
    for later in (
        text(**dissolve()),
        color("#33669980", **dissolve()),
        image(opacity=0.5, **dissolve()),
        image(size={"width": 200}, **dissolve()),
        image(offset={"x": 0.1}, **dissolve()),
    ):
        before, after = resolved([video(length=2), later]).clips
        assert pictures(before) == (0, 60, 30, 0, 30)
        assert after.fade_in == 30


def test_a_short_clip_does_not_go_before_it_has_come() -> None:
    middle = color("#33669980", length=0.1, **dissolve())
    _, between, _ = resolved([video(length=2), middle, color("#33669980", **dissolve(0.2))]).clips
    assert pictures(between) == (60, 63, 6, 3, 6)
    _, between, _ = resolved([video(length=2), middle, color("#33669980", **dissolve(0.01))]).clips
    assert between.fade_in + between.fade_out <= between.end - between.start + between.tail


def test_transparent_and_letterboxed_pictures_hide_nothing() -> None:
    for later in (media.image(alpha=True), media.image(size=(720, 1280))):
        clips = [video(length=2), image(fit="contain", **dissolve())]
        before, _ = resolved(clips, given={"https://media.example/i.png": later}).clips
        assert before.fade_out == 30


def test_a_picture_of_the_same_shape_hides_all_with_contain() -> None:
    before, _ = resolved([video(length=2), image(fit="contain", **dissolve())]).clips
    assert before.fade_out == 0


def test_a_large_box_hides_all_and_a_small_one_does_not() -> None:
    for size, fades in (({"width": 1280, "height": 720}, 0), ({"width": 1278, "height": 720}, 30)):
        before, _ = resolved([color(length=2), color(size=size, **dissolve())]).clips
        assert before.fade_out == fades


def test_a_picture_hides_the_one_in_whose_place_it_comes() -> None:
    place: dict[str, Any] = {"size": {"width": 200}, "position": "right", "offset": {"x": -0.1}, "radius": 20}
    before, after = resolved([image(length=2, **place), image(**place, **dissolve())]).clips
    assert (before.tail, before.fade_out, after.fade_in) == (30, 0, 30)
    for other in (
        {"radius": 0},
        {"position": "left"},
        {"size": {"width": 202}},
        {"offset": {"x": 0.1}},
        {"rotation": 3},
    ):
        before, _ = resolved([image(length=2, **{**place, **other}), image(**place, **dissolve())]).clips
        assert before.fade_out == 30
    for seen_through in ({"opacity": 0.5}, {"fit": "none", "crop": {"left": 0.95}}):
        before, _ = resolved([image(length=2, **place), image(**place, **seen_through, **dissolve())]).clips
        assert before.fade_out == 30


def test_the_sounds_of_a_dissolve_cross() -> None:
    before, after = resolved([video(length=2), video(length=2, trim=3, **dissolve())]).clips
    assert heard(before) == (0, 3, 0, 1)
    assert heard(after) == (2, 4, 1, 0)


def test_sound_that_ends_during_the_dissolve_fades_until_it_ends() -> None:
    clips = [video(length=2), video(length=2, **dissolve())]
    before, _ = resolved(clips, given={VIDEO: media.video(10, audio=2.5)}).clips
    assert heard(before) == (0, Fraction(5, 2), 0, HALF)


def test_sound_that_ended_before_the_dissolve_stays_as_it_was() -> None:
    clips = [video(length=2), video(length=2, **dissolve())]
    before, _ = resolved(clips, given={VIDEO: media.video(10, audio=1)}).clips
    assert heard(before) == (0, 1, 0, 0)


def test_a_dissolve_is_never_longer_than_the_clip_that_comes() -> None:
    before, after = resolved([color(length=2), color(length=0.5, **dissolve(2))]).clips
    assert (before.tail, after.fade_in) == (15, 15)


def test_a_tail_ends_with_the_timeline() -> None:
    before, after = resolved([color(length=2), color(length=2, **dissolve())], duration=2.5).clips
    assert (before.tail, after.fade_in, after.end) == (15, 15, 75)


def test_a_chain_of_dissolves_gives_every_clip_its_own_tail() -> None:
    first, second, third = resolved([video(length=1), image(length=1, **dissolve()), color(**dissolve(0.5))]).clips
    assert pictures(first) == (0, 30, 30, 0, 0)
    assert pictures(second) == (30, 60, 15, 30, 0)
    assert pictures(third) == (60, 150, 0, 15, 0)


def test_a_dissolve_with_nobody_before_is_a_fade_with_a_warning() -> None:
    result = resolved([color(length=1), color(start=2, **dissolve())])
    assert [pictures(clip) for clip in result.clips] == [(0, 30, 0, 0, 0), (60, 150, 0, 30, 0)]
    assert codes(result) == [("dissolve_alone", "/timeline/tracks/0/clips/1/transition/in")]


def test_a_clip_that_fades_out_does_not_wait_for_a_dissolve() -> None:
    result = resolved([color(length=1, transition={"out": "fade"}), color(**dissolve())])
    assert pictures(result.clips[0]) == (0, 30, 0, 0, 15)
    assert codes(result) == [("dissolve_alone", "/timeline/tracks/0/clips/1/transition/in")]


def test_clips_that_overlap_dissolve_within_the_overlap() -> None:
    result = resolved([color(length=3), color("#fff8", start=2, length=2, **dissolve())])
    assert pictures(result.clips[0]) == (0, 90, 0, 0, 30)
    assert codes(result) == []


def test_a_clip_that_outlasts_the_dissolve_does_not_fade() -> None:
    before, _ = resolved([color(length=4), color("#fff8", start=2, length=1, **dissolve())]).clips
    assert (before.tail, before.fade_out) == (0, 0)


def test_overlap_without_a_dissolve_is_a_warning() -> None:
    result = resolved([color(length=3), color(start=2), sound(start=1, length=1)])
    assert codes(result) == [("overlap", "/timeline/tracks/0/clips/1/start")]


def test_fades_shorten_to_fit_the_clip() -> None:
    (clip,) = resolved([color(length=0.5, transition={"in": "fade", "out": "fade", "duration": 2})]).clips
    assert (clip.fade_in, clip.fade_out) == (8, 7)
    (clip,) = resolved([color(length=0.5, transition={"out": "fade", "duration": 2})]).clips
    assert (clip.fade_in, clip.fade_out) == (0, 15)


def test_a_picture_fade_leaves_the_sound_alone() -> None:
    (clip,) = resolved([video(length=2, transition={"in": "fade"})]).clips
    assert heard(clip) == (0, 2, 0, 0)


def test_sounds_fade_and_cross_by_their_transitions() -> None:
    before, after = resolved(
        [sound(length=2), sound(length=2, transition={"in": "dissolve", "out": "fade", "duration": 1})]
    ).clips
    assert heard(before) == (0, 3, 0, 1)
    assert heard(after) == (2, 4, 1, 1)


def test_sound_fades_are_kept_beside_a_dissolve() -> None:
    before, after = resolved([video(length=2, fadeOut=2), video(length=3, fadeIn=2, fadeOut=9, **dissolve())]).clips
    assert heard(before) == (0, 3, 0, 2)
    assert heard(after) == (2, 5, 2, 3)


def test_a_sound_that_dissolves_out_of_a_video_leaves_its_picture_alone() -> None:
    before, after = resolved([video(length=2), sound(length=2, **dissolve())]).clips
    assert pictures(before) == (0, 60, 0, 0, 0)
    assert heard(before) == (0, 3, 0, 1)
    assert heard(after) == (2, 4, 1, 0)


def test_a_clip_that_cuts_in_crosses_its_sound_alone() -> None:
    cross = {"transition": {"cross": True, "duration": 1}}
    for later in (video(length=2, trim=3, **cross), video(length=2, trim=3, size={"width": 40}, **cross)):
        before, after = resolved([video(length=2), later]).clips
        assert (pictures(before), pictures(after)) == ((0, 60, 0, 0, 0), (60, 120, 0, 0, 0))
        assert (heard(before), heard(after)) == ((0, 3, 0, 1), (2, 4, 1, 0))
