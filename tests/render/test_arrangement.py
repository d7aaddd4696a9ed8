"""What is ground in a segment, and what is laid over it."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from cutroom.render import compile_plan
from cutroom.render.arrangement import Part, arranged, everything
from cutroom.render.plan import SegmentPlan
from cutroom.timeline.resolved import Color, ResolvedClip
from tests.render.edits import clip, edit, title, video
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, expected_counts, frames, near

SIZE = (320, 180)
RED, GREEN, BLUE = Color(255, 0, 0), Color(0, 200, 0), Color(0, 0, 255)


def segment(length: int, *clips: ResolvedClip, **output: Any) -> SegmentPlan:
    (made,) = compile_plan(edit(length, *clips, size=SIZE, **output), engine="test").segments
    assert isinstance(made, SegmentPlan)
    return made


def test_clips_that_follow_each_other_are_played_one_after_the_other() -> None:
    order = arranged(segment(60, clip(0, 20, video()), clip(20, 60, video("b"))))
    assert order.ground == (Part(0, 0, 20), Part(1, 20, 60))
    assert order.over == ()


def test_a_clip_is_laid_over_others_only_while_it_fades() -> None:
    order = arranged(segment(60, clip(0, 40, video()), clip(20, 60, video("b"), fade_in=10, fade_out=5)))
    assert order.ground == (Part(0, 0, 30), Part(1, 30, 55), Part(None, 55, 60))
    assert order.over == (Part(1, 20, 30), Part(1, 55, 60))


def test_nothing_is_laid_under_what_hides_it() -> None:
    order = arranged(segment(60, clip(0, 60, video()), title(5, 50), clip(10, 60, video("b"), layer=1)))
    assert order.ground == (Part(0, 0, 10), Part(2, 10, 60))
    assert order.over == (Part(1, 5, 10),)


def test_what_does_not_fill_the_canvas_is_never_ground() -> None:
    small = segment(60, clip(0, 60, video(), width_px=100, height_px=60))
    pale = segment(60, clip(0, 60, video(), opacity=0.9))
    for made in (small, pale):
        assert arranged(made).ground == (Part(None, 0, 60),)
        assert arranged(made).over == everything(made.layers)


def test_on_a_transparent_canvas_everything_is_laid_over_nothing() -> None:
    made = segment(60, clip(0, 60, video()), format="mov", transparent=True)
    assert arranged(made).ground == (Part(None, 0, 60),)
    assert arranged(made).over == (Part(0, 0, 60),)


async def test_every_frame_is_that_of_the_clip_whose_turn_it_is(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    trims = (Fraction(0), Fraction(1, 2), Fraction(61, 30))
    clips = [clip(20 * n, 20 * n + 20, media, trim=trim) for n, trim in enumerate(trims)]
    out = await studio.film(edit(60, *clips, size=(WIDTH, HEIGHT)), tmp_path)
    wanted = [count for trim in trims for count in expected_counts(media, Fraction(30), trim, 20)]
    assert counts(out) == wanted


async def test_a_clip_that_fades_in_and_out_is_whole_in_between(studio: Studio, tmp_path: Path) -> None:
    below, above = clip(0, 50, color=BLUE), clip(5, 45, await studio.flat("red.png", (255, 0, 0)), fade_in=10)
    small = clip(20, 50, color=GREEN, width_px=40, height_px=20, position="left")
    made = edit(50, below, above, small, size=(WIDTH, HEIGHT), quality="high")
    shown = frames(await studio.film(made, tmp_path))
    middle = [frame[HEIGHT // 2, WIDTH // 2] for frame in shown]
    assert near(middle[4], (0, 0, 255))
    assert near(middle[9], (255 * 0.45, 0, 255 * 0.55), 8)
    assert near(middle[15], (255, 0, 0))
    assert near(middle[44], (255, 0, 0))
    assert near(middle[45], (0, 0, 255))
    assert near(shown[30][HEIGHT // 2, 10], (0, 200, 0))


async def test_what_is_never_seen_is_not_even_read(studio: Studio, tmp_path: Path) -> None:
    hidden = title(0, 40, "hidden", look={"letter_spacing_px": 1.0}, fade_in=5)
    red, green = clip(0, 20, color=RED, layer=1), clip(20, 40, color=GREEN, layer=1)
    made = edit(40, hidden, red, green, size=(WIDTH, HEIGHT), quality="high")
    shown = frames(await studio.film(made, tmp_path))
    assert near(shown[19][HEIGHT // 2, WIDTH // 2], (255, 0, 0))
    assert near(shown[20][HEIGHT // 2, WIDTH // 2], (0, 200, 0))
