"""Timelines inside of a timeline."""

from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Invalid, NotFound
from cutroom.timeline import Edit, inner, parse, resolve, sources
from tests.timeline import media
from tests.timeline.documents import IMAGE, MEDIA, VIDEO, color, edit, image, video

PLACE = "/timeline/tracks/0/clips/0/asset"


def nest(*clips: dict[str, Any], clip: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    timeline = {"tracks": [{"clips": list(clips)}], **fields.pop("inside", {})}
    return {"asset": {"type": "timeline", "timeline": timeline, **fields}, **(clip or {})}


def test_a_timeline_inside_is_a_source_of_its_own() -> None:
    (use,) = sources(edit([nest(video())]))
    assert (use.kind, use.pointers) == ("timeline", [PLACE])
    assert use.src.startswith("timeline:")
    assert len(use.src) == len("timeline:") + 64


def test_the_same_timeline_is_made_once() -> None:
    uses = sources(edit([nest(video()), nest(video()), nest(image())]))
    assert [use.pointers for use in uses] == [[PLACE, PLACE.replace("clips/0", "clips/1")],
                                              [PLACE.replace("clips/0", "clips/2")]]  # fmt: skip


@pytest.mark.parametrize(
    "output", [{"resolution": "360p"}, {"fps": 25}, {"aspectRatio": "1:1"}], ids=["size", "rate", "shape"]
)
def test_another_picture_is_another_source(output: dict[str, Any]) -> None:
    assert sources(edit([nest(video())]))[0].src != sources(edit([nest(video())], output=output))[0].src


def test_the_format_and_quality_of_the_whole_change_nothing_inside() -> None:
    output: Any = {"format": "webm", "quality": "low", "fps": 30}
    assert sources(edit([nest(video())]))[0].src == sources(edit([nest(video())], output=output))[0].src


def test_what_is_made_follows_the_first_output_with_pictures() -> None:
    one = edit([nest(video())], output={"format": "mp3"}, outputs=[{"resolution": "360p", "fps": 25}])
    made = inner(one, sources(one)[0].src).output
    assert [made.size, made.rate] == [(640, 360), 25]


def test_the_inner_edit_is_a_transparent_mezzanine() -> None:
    one = edit([nest(video(length=2))], output={"fps": 29.97})
    made = inner(one, sources(one)[0].src)
    assert (made.output.format, made.output.codec, made.output.transparent) == ("mov", "prores", True)
    assert (made.output.size, made.output.rate) == ((1280, 720), Fraction(30000, 1001))
    assert [use.src for use in sources(made)] == [VIDEO]
    result = resolve(made, MEDIA)
    assert result.frames == 60
    assert result.output.transparent


def test_an_inner_edit_is_a_document_like_any_other() -> None:
    one = edit([nest(video(), nest(image()))])
    made = inner(one, sources(one)[0].src)
    again = parse(made.model_dump(mode="json", by_alias=True))
    assert again == made
    assert Edit.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    ("background", "own", "transparent", "color"),
    [
        (None, None, True, None),
        ("transparent", "#ff0000", True, None),
        (None, "#ff0000", False, "#ff0000"),
        ("#00ff00", "#ff0000", False, "#00ff00"),
        (None, "transparent", True, None),
    ],
)
def test_a_background_is_transparent_unless_there_is_one(
    background: str | None, own: str | None, *, transparent: bool, color: str | None
) -> None:
    fields: dict[str, Any] = {} if background is None else {"background": background}
    one = edit([nest(video(), inside={} if own is None else {"background": own}, **fields)])
    made = inner(one, sources(one)[0].src)
    assert (made.output.transparent, made.timeline.background) == (transparent, color)


def test_a_timeline_inside_is_a_video_of_what_was_made() -> None:
    one = edit([nest(video(), clip={"trim": 1, "speed": 2, "opacity": 0.5})])
    made = media.video(5, alpha=True)
    (clip,) = resolve(one, {sources(one)[0].src: made}).clips
    assert (clip.kind, clip.media, clip.src) == ("video", made, sources(one)[0].src)
    assert [clip.end, clip.trim, clip.audio_end] == [60, 1, 2]


def test_warnings_name_what_people_know() -> None:
    one = edit([nest(video(), clip={"length": 9})])
    result = resolve(one, {sources(one)[0].src: media.video(5)})
    assert "The inner timeline ends 4.00 seconds" in result.warnings[0].message


def test_timelines_may_lie_four_deep_in_each_other() -> None:
    clip = color()
    for _ in range(4):
        clip = nest(clip)
    one = edit([clip])
    depth = 0
    while uses := sources(one):
        one = inner(one, uses[0].src)
        depth += 1
    assert depth == 4
    assert resolve(one, {}).frames == 90


def test_pointers_into_the_inner_edit_follow_the_uses_own() -> None:
    one = edit([nest(image(), inside={"duration": 1})])
    (use,) = sources(one)
    with pytest.raises(Invalid) as caught:
        resolve(inner(one, use.src), {IMAGE: media.audio()})
    pointer = use.pointers[0] + caught.value.details[0].pointer
    assert pointer == f"{PLACE}/timeline/tracks/0/clips/0/asset/src"


def test_an_unknown_timeline_is_not_found() -> None:
    with pytest.raises(NotFound):
        inner(edit([video()]), "timeline:0")


def test_the_limit_of_clips_counts_all_of_them() -> None:
    document = {"timeline": {"tracks": [{"clips": [nest(*[color()] * 250), nest(*[color()] * 249)]}]}}
    with pytest.raises(Invalid) as caught:
        parse(document)
    assert caught.value.code == "too_many_clips"
    document["timeline"]["tracks"][0]["clips"][1] = nest(*[color()] * 248)
    assert len(sources(parse(document))) == 2
