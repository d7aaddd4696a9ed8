from fractions import Fraction

import pytest
from pydantic import TypeAdapter

from cutroom.kit.errors import Invalid
from cutroom.timeline import Color, Edit, Limits, ResolvedEdit, parse, resolve, sources
from tests.timeline import media
from tests.timeline.documents import IMAGE, MEDIA, SOUND, VIDEO, codes, color, edit, image, resolved, sound, text, video
from tests.timeline.wrong import GOOD

TRACK = "/timeline/tracks/0/clips"


def test_a_resolved_edit_goes_to_json_and_back() -> None:
    result = resolved(
        [text()], [video(transition={"in": "fade"}), image()], [color(), sound()], soundtrack={"src": SOUND}
    )
    adapter = TypeAdapter(ResolvedEdit)
    assert adapter.validate_json(adapter.dump_json(result)) == result
    assert adapter.validate_python(adapter.dump_python(result, mode="json")) == result


def test_an_edit_goes_to_json_and_back_without_its_limits() -> None:
    one = parse(GOOD)
    assert Edit.model_validate_json(one.model_dump_json()) == one
    assert parse(one.model_dump(mode="json")) == one


def test_every_source_is_listed_once_with_its_places() -> None:
    found = sources(edit([video(), text(), image()], [sound(), video()], soundtrack={"src": SOUND}))
    assert [(use.src, use.kind, use.pointers) for use in found] == [
        (VIDEO, "video", [f"{TRACK}/0/asset/src", "/timeline/tracks/1/clips/1/asset/src"]),
        (IMAGE, "image", [f"{TRACK}/2/asset/src"]),
        (SOUND, "audio", ["/timeline/tracks/1/clips/0/asset/src", "/timeline/soundtrack/src"]),
    ]


def test_offsets_are_exact_and_down_is_plus() -> None:
    (clip,) = resolved([color(offset={"x": 0.1, "y": -0.25})]).clips
    assert (clip.offset_x, clip.offset_y) == (Fraction(1, 10), Fraction(-1, 4))


def test_text_keeps_off_the_edges() -> None:
    def shift(position: str) -> list[object]:
        (clip,) = resolved([text(position=position)]).clips
        return [clip.offset_x, clip.offset_y]

    assert shift("top-left") == [Fraction(36, 1280), Fraction(1, 20)]
    assert shift("bottom") == [0, Fraction(-1, 20)]
    assert shift("center") == [0, 0]


def test_one_side_of_a_box_follows_the_proportions_of_the_source() -> None:
    sizes = [{"width": 320}, {"height": 360}, {"width": 100, "height": 100}, {}]
    boxes = [(clip.width_px, clip.height_px) for clip in resolved([image(size=size) for size in sizes]).clips]
    assert boxes == [(320, 180), (640, 360), (100, 100), (None, None)]


def test_one_side_of_a_coloured_box_leaves_the_other_whole() -> None:
    (clip,) = resolved([color(size={"height": 100}, position="bottom")]).clips
    assert (clip.width_px, clip.height_px) == (1280, 100)


def test_colours_are_read() -> None:
    first, second, third = resolved([color("#0f8"), color("#10203040"), color("#1238")], background="#fff").clips
    assert first.color == Color(0, 255, 136)
    assert second.color == Color(16, 32, 48, 64 / 255)
    assert third.color == Color(17, 34, 51, 136 / 255)


def test_a_clip_that_outlasts_its_video_freezes_with_a_warning() -> None:
    result = resolved([video(trim=8, length=4)])
    assert codes(result) == [("freezes", f"{TRACK}/0/length")]
    assert "2.00 seconds" in result.warnings[0].message
    assert result.clips[0].audio_end == 2


def test_a_clip_that_the_timeline_cuts_in_time_does_not_freeze() -> None:
    assert codes(resolved([video(length=12)], duration=10)) == []


def test_a_last_frame_shorter_than_the_outputs_is_no_freeze() -> None:
    assert codes(resolved([video(length=10)], given={VIDEO: media.video(9.98, audio=None)})) == []


def test_small_pictures_are_warned_of_once_for_each_source() -> None:
    small = {IMAGE: media.image(size=(320, 180))}
    assert codes(resolved([image(), image(), image(fit="none")], given=small)) == [("upscaled", f"{TRACK}/0/asset/src")]
    assert codes(resolved([image(size={"width": 320})], given=small)) == []
    assert codes(resolved([image(fit="contain")], given={IMAGE: media.image(size=(1100, 200))})) == []


def test_a_timeline_without_sound_is_silent_unless_asked_to_be() -> None:
    assert [warning.code for warning in resolved([text()]).warnings] == ["silent"]
    assert [warning.code for warning in resolved([video(volume=0)]).warnings] == ["silent"]
    assert resolved([text()], output={"mute": True}).warnings == ()
    assert resolved([text()], soundtrack={"src": SOUND}).warnings == ()


def test_an_mp3_of_silent_videos_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        resolved([video()], output={"format": "mp3"}, given={VIDEO: media.video(audio=None)})
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [("nothing_audible", "/output/format")]


def test_an_mp3_of_a_soundtrack_lasts_as_long_as_it_is_told() -> None:
    result = resolved(output={"format": "mp3"}, soundtrack={"src": SOUND}, duration=4)
    assert (result.frames, result.output.format) == (120, "mp3")


def test_music_that_the_timeline_cuts_off_fades_and_music_that_ends_does_not() -> None:
    for seconds, loop, end, fade in ((4, False, 4, 1), (20, False, 10, 0), (20, True, 20, 1), (0.5, False, 0.5, 0.5)):
        music = resolved(soundtrack={"src": SOUND, "loop": loop}, duration=seconds).soundtrack
        assert music is not None
        assert music.end == end
        assert music.fade_out == fade


def test_music_fades_as_asked() -> None:
    music = resolved(soundtrack={"src": SOUND, "trim": 7, "fadeIn": 1, "fadeOut": 9}, duration=20).soundtrack
    assert music is not None
    assert [music.trim, music.end, music.fade_in, music.fade_out] == [7, 3, 1, 3]


def test_at_most_a_hundred_warnings_are_given() -> None:
    assert len(resolved([color(start=0, length=1) for _ in range(300)]).warnings) == 100


def test_ten_thousand_clips_are_no_trouble() -> None:
    clips = [video(trim=1, length=0.5, transition={"in": "dissolve", "duration": 0.2}) for _ in range(10_000)]
    limits = Limits(clips=10_000, duration_s=10_000)
    result = resolve(parse({"timeline": {"tracks": [{"clips": clips}]}}, limits), MEDIA, limits)
    assert (result.frames, len(result.clips)) == (150_000, 10_000)
    assert all(clip.tail == 6 for clip in result.clips[:-1])
