"""What is seen in a longform: stills, dissolves, loops, turns."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cutroom.render.longform import LONGFORM_PLAN, EncodedSound, compile_longform, explain_longform, longform_pieces
from cutroom.render.plan import RepeatSegment, SkipSegment
from cutroom.timeline.resolved import Media
from tests.render.edits import image, sound, video
from tests.render.longform.making import longform, make
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, frames, hashes, near


async def quiet(studio: Studio) -> Media:
    return await studio.noise("song.m4a", 12, "-c:a", "aac", "-b:a", "128k")


async def test_backgrounds_take_turns_and_dissolve_into_each_other(studio: Studio, tmp_path: Path) -> None:
    red, blue = await studio.flat("red.png", (200, 0, 0)), await studio.flat("blue.png", (0, 0, 200))
    out, plan, report = await make(studio, longform([red, blue], [(await quiet(studio), 8)]), tmp_path)
    seen = [frame.mean(axis=(0, 1)) for frame in frames(out)]
    assert len(seen) == plan.frames == report.frames == 240
    assert near(seen[30], (200, 0, 0))
    assert near(seen[67], (100, 0, 100), 12)  # the eighth of fifteen frames of the dissolve
    assert near(seen[100], (0, 0, 200))
    assert near(seen[127], (100, 0, 100), 12)
    assert near(seen[150], (200, 0, 0))
    rising = [frame[2] for frame in seen[59:76]]
    assert all(later >= earlier - 1 for earlier, later in pairwise(rising))


async def test_turns_of_the_same_background_show_the_same_frames(studio: Studio, tmp_path: Path) -> None:
    counter, red = await studio.counter("steady.mp4"), await studio.flat("red.png", (200, 0, 0))
    wanted = longform([counter, red], [(await quiet(studio), 10)])
    out, plan, _ = await make(studio, wanted, tmp_path)
    seen = hashes(out)
    assert len(seen) == 300
    assert seen[60:120] == seen[180:240]  # the second and the fourth turn, their dissolves included
    assert seen[120:180] == seen[240:300]
    assert len(set(seen[75:120])) == 1
    assert len({segment.key for segment in plan.segments}) < len(plan.segments)


async def test_a_moving_background_starts_again_when_it_has_ended(studio: Studio, tmp_path: Path) -> None:
    counter = await studio.counter("second.mp4", "30", 1)
    out, plan, _ = await make(
        studio, longform([counter], [(await quiet(studio), Fraction(25, 4))], turn=188, crossfade=0), tmp_path
    )
    assert counts(out) == [n % 30 for n in range(188)]
    assert any(isinstance(segment, RepeatSegment) for segment in plan.segments)
    assert sum(made.frames for made in longform_pieces(plan) if not isinstance(made, EncodedSound)) == 30 + 8


async def test_a_moving_background_plays_on_under_the_next(studio: Studio, tmp_path: Path) -> None:
    counter, black = await studio.counter("steady.mp4"), await studio.flat("black.png", (0, 0, 0))
    out, _, _ = await make(studio, longform([counter, black], [(await quiet(studio), 4)]), tmp_path)
    seen = frames(out)
    bars = [frame[40, 16::32].mean(axis=1) for frame in seen]
    for number in (58, 62, 65):  # while it fades, its bars still count
        strength = 1.0 if number < 60 else 1 - (number - 60 + 0.5) / 15
        wanted = np.array([strength * (233 if number >> bar & 1 else 15) for bar in range(12)])
        assert near(bars[number], wanted, 16), number


@pytest.mark.parametrize("color", [(0, 0, 200), (0, 0, 200, 255)])
async def test_what_a_background_leaves_free_dissolves_too(
    studio: Studio, tmp_path: Path, color: tuple[int, ...]
) -> None:
    red, upright = await studio.flat("red.png", (200, 0, 0)), await studio.flat("upright.png", color, (40, HEIGHT))
    wanted = longform([red, upright], [(await quiet(studio), 4)])
    wanted = replace(wanted, backgrounds=tuple(replace(one, fit="contain") for one in wanted.backgrounds))
    out, _, _ = await make(studio, wanted, tmp_path)
    seen = frames(out)
    middle, side = [frame[:, WIDTH // 2] for frame in seen], [frame[:, 8] for frame in seen]
    for number, share in ((59, 0.0), (67, 0.5), (74, 0.97), (75, 1.0)):
        assert near(side[number].mean(axis=0), (200 * (1 - share), 0, 0), 12), number
        if len(color) == 3 or share != 0.5:  # where something may be seen through, both fade
            assert near(middle[number].mean(axis=0), (200 * (1 - share), 0, 200 * share), 12), number


async def test_one_still_lasts_for_all_the_time(studio: Studio, tmp_path: Path) -> None:
    red = await studio.flat("red.png", (200, 0, 0))
    out, plan, report = await make(studio, longform([red], [(await quiet(studio), 11)], turn=330), tmp_path)
    assert len(plan.segments) == 1
    assert isinstance(plan.segments[0], SkipSegment)
    assert len(set(hashes(out))) == 1
    assert report.frames == 330
    assert report.key_frames == 1  # in longforms one comes every 30 seconds


@pytest.mark.parametrize(
    "seconds", [Fraction(2), Fraction(61, 30), Fraction(66, 30), Fraction(119, 30), Fraction(121, 30)]
)
async def test_the_last_turn_may_end_anywhere(studio: Studio, tmp_path: Path, seconds: Fraction) -> None:
    counter, red = await studio.counter("second.mp4", "30", 1), await studio.flat("red.png", (200, 0, 0))
    out, _, _ = await make(studio, longform([counter, red], [(await quiet(studio), seconds)]), tmp_path)
    assert len(hashes(out)) == round(seconds * 30)


def test_three_hours_need_a_handful_of_pieces() -> None:
    media = [image(name, (1920, 1080)) for name in "abcd"]
    wanted = longform(media, [(sound("e", Fraction(600)), 600)] * 18, turn=900, crossfade=60, width=1920, height=1080)
    plan = compile_longform(wanted, {}, engine="test")
    made = [piece for piece in longform_pieces(plan) if not isinstance(piece, EncodedSound)]
    assert plan.frames == 3 * 3600 * 30 == sum(segment.frames for segment in plan.segments)
    assert len(made) == 8
    assert sum(piece.frames for piece in made) == 4 + 4 * 60
    assert LONGFORM_PLAN.validate_json(LONGFORM_PLAN.dump_json(plan)) == plan
    assert "324000 frames" in explain_longform(plan)


def test_segments_lie_end_to_end() -> None:
    wanted = longform([image("a"), video("b"), image("c")], [(sound("e"), 60)], turn=100, crossfade=20)
    plan = compile_longform(wanted, {}, engine="test")
    place = 0
    for index, segment in enumerate(plan.segments):
        assert (segment.index, segment.start) == (index, place)
        place += segment.frames
    assert place == plan.frames


def test_another_background_remakes_only_what_shows_it() -> None:
    keys = []
    for last in "cd":
        wanted = longform([image("a"), image("b"), image(last)], [(sound("e"), 60)])
        made = longform_pieces(compile_longform(wanted, {}, engine="test"))
        keys.append({piece.key for piece in made})
    # The stills of two backgrounds, the dissolve between them, and the sound stay.
    assert len(keys[0] & keys[1]) == 4
    assert len(keys[0] - keys[1]) == 3


def test_keys_do_not_depend_on_the_length() -> None:
    short = compile_longform(longform([image("a"), image("b")], [(sound("e"), 60)]), {}, engine="test")
    long = compile_longform(longform([image("a"), image("b")], [(sound("e"), 60)] * 20), {}, engine="test")
    assert {segment.key for segment in short.segments} == {segment.key for segment in long.segments}


async def test_the_same_longform_makes_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    red, counter = await studio.flat("red.png", (200, 0, 0)), await studio.counter("second.mp4", "30", 1)
    wanted = longform([red, counter], [(await quiet(studio), 6)])
    one, _, _ = await make(studio, wanted, tmp_path / "one")
    other, _, _ = await make(studio, replace(wanted), tmp_path / "other")
    assert one.read_bytes() == other.read_bytes()
