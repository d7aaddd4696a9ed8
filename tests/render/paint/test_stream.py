"""How pictures get from a painter to ffmpeg."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cutroom.render.paint.painter import Painter
from cutroom.render.paint.stream import Stream
from cutroom.render.paint.warp import Picture
from cutroom.timeline.resolved import Color, Keyframe
from cutroom.timeline.resolved.picture import Motion
from tests.render.edits import clip
from tests.render.paint.gallery import planned


def written(path: Path, pictures: list[Picture]) -> int:
    """A stream with one picture for each frame; returns how long it is."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT)
    stream = Stream(target, len(pictures))
    for frame, picture in enumerate(pictures):
        stream.show(frame, picture)
    os.close(target)
    return path.stat().st_size


def flat(value: int, channels: int) -> Picture:
    return np.full((6, 10, channels), value, np.uint8)


@pytest.mark.parametrize(("channels", "pixels"), [(3, "rgb24"), (4, "rgba")])
def test_ffmpeg_reads_every_picture_at_its_first_frame_and_the_last_frame(
    tmp_path: Path, channels: int, pixels: str
) -> None:
    one, two = flat(10, channels), flat(200, channels)
    two[2, 3] = range(1, channels + 1)
    written(tmp_path / "s.mkv", [one, one, two, two, two, one, one])
    with av.open(str(tmp_path / "s.mkv"), format="matroska") as file:
        found = [(frame.pts, frame.format.name, frame.to_ndarray()) for frame in file.decode(video=0)]
        assert file.streams.video[0].time_base == Fraction(1, 1000)
    assert [(pts, name) for pts, name, _ in found] == [(0, pixels), (2, pixels), (5, pixels), (6, pixels)]
    for (_, _, array), wanted in zip(found, (one, two, one, one), strict=True):
        assert np.array_equal(array, wanted)


def test_what_stays_is_not_sent_again(tmp_path: Path) -> None:
    one = flat(10, 4)
    length = written(tmp_path / "still.mkv", [one] * 500)
    assert length < 3 * one.nbytes + 400


def test_an_equal_picture_that_is_not_the_same_is_sent(tmp_path: Path) -> None:
    written(tmp_path / "s.mkv", [flat(10, 4), flat(10, 4), flat(10, 4)])
    with av.open(str(tmp_path / "s.mkv"), format="matroska") as file:
        assert [frame.pts for frame in file.decode(video=0)] == [0, 1, 2]


def test_a_painter_gives_the_same_picture_while_nothing_moves() -> None:
    slides = Motion(move_x=(Keyframe(Fraction(0), 0.0), Keyframe(Fraction(1, 3), 0.25)))
    made = planned(clip(0, 30, color=Color(255, 0, 0), width_px=40, height_px=20, motion=slides))
    painter = Painter(made, {})
    shown = [painter.frame(number) for number in range(30)]
    assert shown[3] is not shown[4]
    assert all(picture is shown[12] for picture in shown[12:])
