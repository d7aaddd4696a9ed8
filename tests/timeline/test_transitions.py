"""How clips come and go: passages, paces, crossings."""

from typing import Any, get_args

import pytest

from cutroom.timeline.clip.transition import ENTERING, LEAVING
from cutroom.timeline.resolved import Passage, PassageName
from tests.timeline.documents import VIDEO, codes, color, image, one, resolved, sound, video

TRACK = "/timeline/tracks/0/clips"


def comes(name: str, **more: Any) -> dict[str, Any]:
    return {"transition": {"in": name, "duration": 1, **more}}


def test_every_passage_has_a_name_and_two_paces() -> None:
    assert len(LEAVING) == 1 + 3 + 3 * len(get_args(PassageName))
    assert set(ENTERING) == {*LEAVING, "dissolve"}


@pytest.mark.parametrize(
    ("name", "passage", "frames"),
    [
        ("reveal", "reveal", 30),
        ("wipeLeft", "wipe-left", 30),
        ("shuffleTopRightSlow", "shuffle-top-right", 60),
        ("barnDoorFast", "barn-door", 15),
        ("zoom", "zoom", 30),
    ],
)
def test_a_passage_takes_its_frames_from_the_clip(name: str, passage: PassageName, frames: int) -> None:
    clip = one(color(length=4, transition={"in": name, "out": name, "duration": 1}))
    assert (clip.enter, clip.leave) == (Passage(passage, frames), Passage(passage, frames))
    assert (clip.fade_in, clip.fade_out) == (0, 0)


def test_fades_have_paces_too() -> None:
    clip = one(color(length=9, transition={"in": "fadeSlow", "out": "fadeFast"}))
    assert (clip.fade_in, clip.fade_out, clip.enter) == (30, 8, None)


def test_coming_and_going_share_a_short_clip() -> None:
    clip = one(color(length=0.5, transition={"in": "circle", "out": "clock", "duration": 4}))
    assert (clip.enter, clip.leave) == (Passage("circle", 8), Passage("clock", 7))


def test_a_passage_that_crosses_keeps_the_earlier_clip_underneath() -> None:
    before, after = resolved([video(length=2), video(length=2, **comes("wipeRight", cross=True))]).clips
    assert (before.tail, before.fade_out) == (30, 0)
    assert [before.audio_end, before.audio_fade_out] == [3, 1]
    assert [after.enter, after.fade_in, after.audio_fade_in] == [Passage("wipe-right", 30), 0, 1]


def test_a_passage_alone_leaves_the_earlier_clip_as_it_was() -> None:
    before, after = resolved([video(length=2), video(length=2, **comes("wipeRight"))]).clips
    assert [before.tail, before.audio_end, after.audio_fade_in] == [0, 2, 0]


def test_a_fade_that_crosses_is_a_dissolve() -> None:
    crossed = resolved([video(length=2), video(length=2, **comes("fade", cross=True))])
    assert crossed.clips == resolved([video(length=2), video(length=2, **comes("dissolve"))]).clips


def test_a_slow_crossing_is_slow_for_both() -> None:
    before, after = resolved([color(length=2), color(length=4, **comes("fadeSlow", cross=True))]).clips
    assert (before.tail, after.fade_in) == (60, 60)


def test_sounds_that_cut_may_cross_alone() -> None:
    before, after = resolved([sound(length=2), sound(length=2, **comes("cut", cross=True))]).clips
    assert [before.audio_end, before.audio_fade_out, after.audio_start, after.audio_fade_in] == [3, 1, 2, 1]


def test_what_fades_out_underneath_when_the_later_clip_hides_nothing() -> None:
    before, _ = resolved([video(length=2), image(size={"width": 100}, **comes("pop", cross=True))]).clips
    assert (before.tail, before.fade_out) == (30, 30)


def test_a_crossing_with_nobody_before_is_a_warning() -> None:
    result = resolved([color(length=1), color(start=2, **comes("iris", cross=True))])
    assert codes(result) == [("dissolve_alone", f"{TRACK}/1/transition/cross")]
    assert result.clips[1].enter == Passage("iris", 30)


def test_a_clip_that_leaves_by_itself_does_not_wait() -> None:
    result = resolved([color(length=2, transition={"out": "spin"}), color(**comes("dissolve"))])
    assert result.clips[0].tail == 0
    assert codes(result) == [("dissolve_alone", f"{TRACK}/1/transition/in")]


def test_a_clip_shown_twice_crosses_with_itself() -> None:
    before, after = resolved([video(length=2), video(trim=2, length=2, **comes("glitch", cross=True))]).clips
    assert before.src == after.src == VIDEO
    assert (before.tail, after.enter) == (30, Passage("glitch", 30))
