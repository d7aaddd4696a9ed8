"""The files to make: codecs, parts of the timeline, pictures beside them, several of one timeline."""

from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Edit, ResolvedEdit, ResolvedOutput, resolve
from cutroom.timeline.resolved import Poster, Sprites
from tests.timeline.documents import MEDIA, codes, color, edit, resolved, sound, text, video


def made(seconds: float = 10, **fields: Any) -> ResolvedOutput:
    return resolved([video(length=seconds)], output=fields).output


def refused(seconds: float = 10, **fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        made(seconds, **fields)
    return [(detail.code, detail.pointer) for detail in caught.value.details]


@pytest.mark.parametrize(
    ("fields", "codec"),
    [
        ({}, "h264"),
        ({"codec": "h265"}, "h265"),
        ({"codec": "av1"}, "av1"),
        ({"format": "webm"}, "vp9"),
        ({"format": "webm", "codec": "av1"}, "av1"),
        ({"format": "webm", "transparent": True}, "vp9"),
        ({"format": "mov"}, "h264"),
        ({"format": "mov", "codec": "prores"}, "prores"),
        ({"format": "mov", "transparent": True}, "prores"),
        ({"format": "hls"}, "h264"),
        ({"format": "gif"}, None),
        ({"format": "webp", "transparent": True}, None),
        ({"format": "png", "transparent": True}, None),
        ({"format": "wav"}, None),
    ],
)
def test_every_format_has_its_codec(fields: dict[str, Any], codec: str | None) -> None:
    output = made(**fields)
    assert output.codec == codec
    assert output.transparent == fields.get("transparent", False)


def test_quality_crf_hardware_and_repetition_are_as_asked() -> None:
    assert made().quality == "medium"
    assert made(quality="highest", crf=18).crf == 18
    assert [made().hardware, made(hardware="off").hardware] == [True, False]
    assert [made(format="gif").repeat, made(format="webp", repeat=3).repeat] == [0, 3]


@pytest.mark.parametrize(
    ("fields", "size", "fps"),
    [
        ({"resolution": "preview"}, (512, 288), 15),
        ({"resolution": "mobile"}, (640, 360), 25),
        ({"resolution": "preview", "aspectRatio": "9:16"}, (288, 512), 15),
        ({"resolution": "preview", "fps": 30}, (512, 288), 30),
        ({"format": "gif"}, (1280, 720), 15),
        ({"format": "webp", "fps": 25}, (1280, 720), 25),
        ({"format": "gif", "resolution": "mobile"}, (640, 360), 25),
        ({}, (1280, 720), 30),
    ],
)
def test_small_previews_and_moving_images_have_fewer_frames(
    fields: dict[str, Any], size: tuple[int, int], fps: int
) -> None:
    output = made(**fields)
    assert ((output.width, output.height), output.fps) == (size, Fraction(fps))


def test_a_range_is_a_part_of_the_frames() -> None:
    assert (made().first, made().frames) == (0, None)
    part = made(range={"start": 2, "length": 3.5})
    assert (part.first, part.frames) == (60, 105)
    assert (made(range={"start": 9}).first, made(range={"start": 9}).frames) == (270, None)


def test_a_range_may_not_begin_after_the_end_and_ends_with_it() -> None:
    assert refused(range={"start": 10}) == [("beyond_end", "/output/range/start")]
    result = resolved([video(length=10)], output={"range": {"start": 8, "length": 4}})
    assert result.output.frames == 60
    assert codes(result) == [("range_beyond_end", "/output/range/length")]


def test_a_still_shows_the_middle_unless_it_says_otherwise() -> None:
    for fields, frame in (({}, 150), ({"at": 2}, 60), ({"at": 2.99}, 89), ({"at": 10}, 299), ({"at": 0}, 0)):
        output = made(format="png", **fields)
        assert (output.first, output.frames) == (frame, 1)
    assert refused(format="jpg", at=10.5) == [("beyond_end", "/output/at")]


def test_posters_count_in_the_finished_file() -> None:
    posters: Any = [{}, {"at": 1, "scale": 0.5, "format": "png"}]
    assert made(poster=posters, range={"start": 2, "length": 4}).posters == (
        Poster(60, Fraction(1), "jpg"),
        Poster(30, Fraction(1, 2), "png"),
    )
    assert made(poster={"at": 4}).posters == (Poster(120, Fraction(1), "jpg"),)
    assert refused(poster={"at": 11}) == [("beyond_end", "/output/poster/at")]
    assert refused(poster=[{}, {"at": 5}], range={"length": 4}) == [("beyond_end", "/output/poster/1/at")]


def test_sprites_are_many_but_not_too_many() -> None:
    assert made(sprites={}).sprites == Sprites(Fraction(2), 10, 160)
    assert made(sprites={"every": 0.5, "columns": 4, "width": 64}).sprites == Sprites(Fraction(1, 2), 4, 64)
    assert refused(300, sprites={"every": 0.1}) == [("too_many", "/output/sprites/every")]


def several(*outputs: dict[str, Any], **more: Any) -> Edit:
    return edit([video(length=4)], outputs=list(outputs), **more)


def decided(document: Edit) -> list[ResolvedEdit]:
    return [resolve(document, MEDIA, output=output) for output in (document.output, *document.outputs)]


def test_one_timeline_becomes_several_files() -> None:
    outputs: Any = [{"format": "gif", "resolution": "360p", "fps": 10}, {"format": "mp3"}]
    film, moving, heard = decided(several(*outputs))
    assert [film.frames, moving.frames, heard.frames] == [120, 40, 120]
    assert [result.output.format for result in (film, moving, heard)] == ["mp4", "gif", "mp3"]
    assert [film.clips[0].end, moving.clips[0].end] == [120, 40]
    assert (moving.output.width, moving.output.height) == (640, 360)


def test_measures_follow_the_picture_of_each_output() -> None:
    document = edit([text()], outputs=[{"resolution": "360p"}])
    sizes = [result.clips[0].text.size_px for result in decided(document) if result.clips[0].text is not None]
    assert sizes == [61.2, 30.6]


def test_what_is_wrong_with_one_output_points_at_it() -> None:
    document = several({}, {"range": {"start": 20}})
    with pytest.raises(Invalid) as caught:
        resolve(document, MEDIA, output=document.outputs[1], place="/outputs/1")
    assert [detail.pointer for detail in caught.value.details] == ["/outputs/1/range/start"]


def test_formats_without_sound_are_not_called_silent() -> None:
    for name in ("gif", "webp", "png", "jpg"):
        assert resolved([color()], output={"format": name}).warnings == ()
    assert [warning.code for warning in resolved([color()]).warnings] == ["silent"]


@pytest.mark.parametrize("name", ["mp3", "m4a", "wav"])
def test_sound_alone_needs_sound(name: str) -> None:
    assert resolved([sound()], output={"format": name}).output.format == name
    with pytest.raises(Invalid) as caught:
        resolved([color()], output={"format": name})
    assert (caught.value.code, caught.value.details[0].pointer) == ("nothing_audible", "/output/format")


def test_a_gif_is_not_faster_than_players_show_it() -> None:
    assert made(format="gif", fps=50).fps == 50
    assert made(format="webp", fps=60).fps == 60
    for fps in (50.5, "51", 60):
        with pytest.raises(Invalid) as caught:
            made(format="gif", fps=fps)
        assert [(detail.code, detail.pointer) for detail in caught.value.details] == [("out_of_range", "/output/fps")]
