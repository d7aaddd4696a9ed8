from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Internal, Invalid
from cutroom.timeline import Limits, resolve
from tests.timeline import media
from tests.timeline.documents import (
    IMAGE,
    MEDIA,
    SOUND,
    VIDEO,
    codes,
    color,
    edit,
    image,
    resolved,
    sound,
    spans,
    text,
    video,
)

TRACK = "/timeline/tracks/0/clips"


def refused(*tracks: list[dict[str, Any]], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        resolved(*tracks, **more)
    return [(detail.code, detail.pointer) for detail in caught.value.details]


def test_auto_starts_follow_one_another() -> None:
    assert spans(resolved([color(length=1), color(length=2), color(start=5, length=1), color()])) == [
        (0, 30),
        (30, 90),
        (150, 180),
        (180, 270),
    ]


def test_auto_lengths_are_the_medias_own_or_three_seconds() -> None:
    assert spans(resolved([video(), video(trim=4), image(), text(), color()])) == [
        (0, 300),
        (300, 480),
        (480, 570),
        (570, 660),
        (660, 750),
    ]


def test_a_clip_to_the_end_ends_with_the_longest_other_one() -> None:
    assert spans(resolved([color(start=1, length="end")], [color(length=4)])) == [(0, 120), (30, 120)]


def test_an_explicit_duration_clamps_everything() -> None:
    result = resolved([color(length=4)], [color(start=1, length="end")], duration=2.5)
    assert result.frames == 75
    assert spans(result) == [(30, 75), (0, 75)]


def test_a_longer_duration_leaves_the_background_at_the_end() -> None:
    result = resolved([color(length=1)], duration=2)
    assert (result.frames, spans(result)) == (60, [(0, 30)])


def test_a_duration_alone_is_enough() -> None:
    assert resolved(duration=1).frames == 30


def test_marked_clips_decide_how_long_the_timeline_is() -> None:
    result = resolved([color(length=2, parentDurationDecider=True), color(length=1)], [color(length=9)])
    assert result.frames == 60
    assert spans(result) == [(0, 60), (0, 60)]
    assert codes(result) == [("outside_timeline", f"{TRACK}/1")]


def test_the_longest_of_several_marked_clips_decides() -> None:
    marked: Any = {"parentDurationDecider": True}
    assert resolved([color(length=2, **marked)], [color(length=3, **marked)], [color(length=9)]).frames == 90


def test_a_soundtrack_never_decides() -> None:
    result = resolved([color(length=2)], soundtrack={"src": SOUND})
    assert result.frames == 60
    assert result.soundtrack is not None
    assert result.soundtrack.end == 2


def test_neighbours_that_share_an_edge_share_a_frame() -> None:
    result = resolved([color(length=0.05) for _ in range(7)], output={"fps": "30000/1001"})
    for before, after in zip(result.clips, result.clips[1:], strict=False):
        assert before.end == after.start


def test_the_noise_of_floats_moves_no_edge() -> None:
    result = resolved([color(length=0.3), color(start=0.1 + 0.2, length=0.05)], [color(start=0.35)], output={"fps": 10})
    assert spans(result) == [(4, 34), (0, 3), (3, 4)]


def test_a_clip_shorter_than_a_frame_is_left_out_with_a_warning() -> None:
    result = resolved([color(length=1), color(start=0.5, length=0.001)])
    assert spans(result) == [(0, 30)]
    assert codes(result) == [("too_short", f"{TRACK}/1")]


def test_a_timeline_shorter_than_a_frame_is_refused() -> None:
    assert refused([color(length=0.001)]) == [("too_short", "/timeline/tracks")]
    assert refused([color()], duration=0.001) == [("too_short", "/timeline/duration")]


def test_the_first_track_is_the_top_layer_and_comes_last() -> None:
    result = resolved([text(length=1)], [color(start=1, length=1), color(start=0, length=1)])
    assert [(clip.layer, clip.pointer) for clip in result.clips] == [
        (0, "/timeline/tracks/1/clips/1"),
        (0, "/timeline/tracks/1/clips/0"),
        (1, "/timeline/tracks/0/clips/0"),
    ]


def test_sounds_keep_their_exact_seconds() -> None:
    (clip,) = resolved([sound(start=0.01, length=0.02)], [color(length=1)]).clips[1:]
    assert (clip.audio_start, clip.audio_end) == (Fraction(1, 100), Fraction(3, 100))
    assert (clip.start, clip.end) == (0, 1)


def test_the_sound_of_a_video_starts_with_its_picture() -> None:
    (clip,) = resolved([video(start=0.51, length=1)]).clips
    assert (clip.start, clip.audio_start, clip.audio_end) == (15, Fraction(1, 2), Fraction(3, 2))


def test_what_begins_shortly_before_the_first_picture_makes_nothing_longer() -> None:
    begun = Fraction(8, 100)
    plain = media.video(4, audio=5)
    assert plain.info.video is not None
    late = replace(plain, info=replace(plain.info, video=replace(plain.info.video, start=begun)))
    for kind, seconds in (("video", Fraction(4)), ("audio", 5 - begun)):
        made = resolve(edit([{"asset": {"type": kind, "src": VIDEO}}]), {VIDEO: late})
        assert made.frames == round(seconds * 30)
        assert made.clips[0].audio_end == seconds


def test_a_limit_is_checked_where_auto_lengths_are_known() -> None:
    with pytest.raises(Invalid) as caught:
        resolve(edit([video()]), MEDIA, Limits(duration_s=9))
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [("too_long", f"{TRACK}/0/length")]
    with pytest.raises(Invalid) as caught:
        resolve(edit([video()], duration=10), MEDIA, Limits(duration_s=9))
    assert caught.value.code == "too_long"


def test_a_trim_beyond_the_end_is_refused_and_names_the_source_without_its_query() -> None:
    src = f"{VIDEO}?signature=secret"
    clip = {"asset": {"type": "video", "src": src}, "trim": 10, "length": 1}
    with pytest.raises(Invalid) as caught:
        resolved([clip], given={src: media.video()})
    assert caught.value.code == "trim_beyond_end"
    assert caught.value.details[0].pointer == f"{TRACK}/0/trim"
    assert VIDEO in caught.value.message
    assert "secret" not in caught.value.message


def test_every_clip_that_its_media_cannot_serve_is_told() -> None:
    given = {VIDEO: media.image(), IMAGE: media.video(), SOUND: media.image()}
    assert refused([video(), image(), sound()], given=given, soundtrack={"src": SOUND}) == [
        ("wrong_media_kind", f"{TRACK}/0/asset/src"),
        ("wrong_media_kind", f"{TRACK}/1/asset/src"),
        ("no_audio", f"{TRACK}/2/asset/src"),
        ("no_audio", "/timeline/soundtrack/src"),
    ]


def test_sound_without_pictures_is_no_video() -> None:
    assert refused([video()], given={VIDEO: media.audio()}) == [("wrong_media_kind", f"{TRACK}/0/asset/src")]


def test_a_video_may_lend_its_sound() -> None:
    (clip,) = resolved([sound()], given={SOUND: media.video(8, audio=8)}).clips
    assert clip.kind == "audio"
    assert clip.audio_end == 8


def test_a_video_of_unknown_length_needs_a_length() -> None:
    assert refused([video()], given={VIDEO: media.video(None, audio=None)}) == [("unknown_length", f"{TRACK}/0/length")]
    assert resolved([video(length=2)], given={VIDEO: media.video(None, audio=None)}).frames == 60


def test_missing_media_are_the_callers_fault() -> None:
    with pytest.raises(Internal, match=r"v\.mp4"):
        resolve(edit([video()]), {})


def test_auto_after_end_is_refused_even_without_parse() -> None:
    document = {"timeline": {"tracks": [{"clips": [color(length="end"), color()]}], "duration": 3}}
    with pytest.raises(Invalid) as caught:
        resolve(type(edit([color()])).model_validate(document), {})
    assert caught.value.code == "nothing_left"
