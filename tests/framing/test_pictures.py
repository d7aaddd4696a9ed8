"""Crops as clips of a timeline: on which frame they begin, and what they show there."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from cutroom import timeline
from cutroom.framing.crops import Crop, Reason
from cutroom.framing.pictures import Cutout, picture_clips, pieces_of, sound_clip, window
from cutroom.framing.shot import Shot
from cutroom.framing.steering import Waypoint

WIDTH = 9 / 16 * 9 / 16
START = Fraction(10)


def cutout(frames: int = 90, fps: Fraction = Fraction(30)) -> Cutout:
    return Cutout("talk.mp4", START, frames, fps, (1080, 1920), frames / fps)


def crop(
    start: Fraction, end: Fraction, *points: tuple[float, float], reason: Reason = "face", width: float = WIDTH
) -> Crop:
    path = tuple(Waypoint(start + Fraction(str(after)), x, 0.5) for after, x in points)
    return Crop(Shot(start, end, 0, 1), reason, width, 1.0, path)


def clips(crops: Sequence[Crop], whole: Cutout | None = None) -> list[dict[str, Any]]:
    whole = whole or cutout()
    return picture_clips(whole, pieces_of(whole, crops))


def test_a_crop_that_stands_still_is_a_plain_clip_without_sound() -> None:
    [clip] = clips([crop(START, START + 3, (0, 0.4))])
    assert clip == {
        "asset": {"type": "video", "src": "talk.mp4"},
        "start": 0,
        "length": 3,
        "trim": 10,
        "volume": 0,
        "crop": {"left": round(0.4 - WIDTH / 2, 5), "right": round(0.6 - WIDTH / 2, 5)},
    }


def test_clips_follow_each_other_without_gap_from_cut_to_cut() -> None:
    made = clips([crop(START, START + 1, (0, 0.3)), crop(START + 1, START + 3, (0, 0.7))])
    assert [(clip["start"], clip["length"], clip["trim"]) for clip in made] == [(0, 1, 10), (1, 2, 11)]


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(24)])
def test_a_cut_between_two_frames_falls_on_the_first_that_shows_the_new_shot(fps: Fraction) -> None:
    cut = START + Fraction(1013, 1000)
    whole = cutout(60, fps)
    first, second = pieces_of(whole, [crop(START, cut, (0, 0.3)), crop(cut, START + 3, (0, 0.7))])
    assert first.last == second.first
    assert Fraction(second.first) / fps >= cut - START - Fraction(3, 8) / fps
    assert Fraction(second.first - 1) / fps < cut - START - Fraction(3, 8) / fps


def test_shots_that_are_cropped_alike_are_one_clip() -> None:
    middle = START + 1
    made = clips([crop(START, middle, (0, 0.4)), crop(middle, START + 3, (0, 0.4005))])
    assert len(made) == 1
    padded = [crop(START, middle, (0, 0.5), reason="pad", width=1.0), crop(middle, START + 3, (0, 0.5), reason="pad")]
    assert [clip["fit"] for clip in clips(padded)] == ["blur"]


def test_a_shot_shorter_than_a_frame_is_left_out() -> None:
    blink = START + 1 + Fraction(1, 1000)
    made = clips([crop(START, START + 1, (0, 0.3)), crop(START + 1, blink, (0, 0.5)), crop(blink, START + 3, (0, 0.7))])
    assert len(made) == 2


def shown(clip: dict[str, Any], seconds: float) -> float:
    """The middle of what a moving clip shows, as a share of the recording's width, from its place on the canvas."""
    points = [(point["at"], point["value"]) for point in clip["offset"]["x"]]
    value = points[-1][1]
    for (one, before), (two, after) in pairwise(points):
        if one <= seconds <= two:
            value = before + (after - before) * (seconds - one) / (two - one)
            break
    share = 1080 / clip["size"]["width"]
    return float(-value * share + share / 2)


def test_a_moving_crop_is_a_larger_picture_moved_under_the_canvas() -> None:
    moving = crop(START, START + 3, (0, 0.2), (1, 0.5), (3, 0.8))
    [clip] = clips([moving])
    assert clip["size"] == {"width": 2 * round(1080 / WIDTH / 2), "height": 1920}
    for after in (0.0, 0.5, 1.0, 2.0):
        left, _, width, _ = window(moving, START + Fraction(str(after)))
        assert shown(clip, after) == pytest.approx(left + width / 2, abs=0.001)


def test_keyframes_count_from_the_start_of_the_clip_when_the_shot_began_before_it() -> None:
    before = crop(START - 1, START + 3, (0, 0.2), (2, 0.6), (4, 0.8))
    [clip] = clips([before])
    assert clip["offset"]["x"][0]["at"] == 0
    assert shown(clip, 0) == pytest.approx(0.4, abs=0.001)


def test_what_is_made_is_a_document_that_the_renderer_takes() -> None:
    crops = [
        crop(START, START + 1, (0, 0.2), (0.5, 0.5)),
        crop(START + 1, START + 2, (0, 0.7)),
        crop(START + 2, START + 3, (0, 0.5), reason="pad", width=1.0),
    ]
    tracks = [{"clips": clips(crops)}, {"clips": [sound_clip(cutout())]}]
    edit = timeline.parse({"timeline": {"tracks": tracks}}, timeline.Limits(allow_local=True))
    assert len(edit.timeline.tracks[0].clips) == 3
