"""Which segments stand still, and what becomes of them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cutroom.render import SegmentPlan, compile_plan, render_segment
from cutroom.render.compile import segments_at
from cutroom.render.mux import join
from cutroom.render.repeat import BETTER, made_for, skip_segment, stillness
from cutroom.timeline.resolved import ResolvedEdit
from tests.render.edits import clip, edit, image, title, video
from tests.render.studio import HEIGHT, WIDTH, Studio, hashes, ignore


def segment(wanted: ResolvedEdit) -> SegmentPlan:
    (made,) = segments_at([0, wanted.frames], wanted, "test")
    assert isinstance(made, SegmentPlan)
    return made


def test_pictures_colours_and_nothing_at_all_stand_still() -> None:
    assert stillness(segment(edit(60, clip(0, 60, image()))).layers, 60)
    assert stillness(segment(edit(60, clip(0, 60))).layers, 60)
    assert stillness(segment(edit(60)).layers, 60)


@pytest.mark.parametrize(
    "moving",
    [
        clip(0, 60, video()),
        clip(0, 60, image(), fade_in=10),
        clip(0, 60, image(), fade_out=10),
        clip(10, 60, image()),
        clip(0, 50, image()),
    ],
)
def test_what_plays_fades_comes_or_goes_does_not(moving: Any) -> None:
    wanted = segment(edit(60, moving))
    assert not stillness(wanted.layers, 60)
    assert skip_segment(wanted, "test") is None


def test_a_still_is_one_better_frame() -> None:
    wanted = segment(edit(60, clip(0, 60, image())))
    made = skip_segment(wanted, "test")
    assert made is not None
    assert made.frames == 60
    assert made_for(made).frames == 1
    assert made.encoder.crf == wanted.encoder.crf - BETTER
    assert replace(made.encoder, crf=wanted.encoder.crf) == wanted.encoder


def test_a_still_has_one_key_however_long_and_wherever_it_is() -> None:
    keys = set()
    for frames in (31, 60, 400):
        made = skip_segment(segment(edit(frames, clip(0, frames, image()))), "test")
        assert made is not None
        keys.add(made.key)
    assert len(keys) == 1


def test_short_stills_and_other_codecs_are_encoded() -> None:
    assert skip_segment(segment(edit(29, clip(0, 29, image()))), "test") is None
    long = segment(edit(60, clip(0, 60, image())))
    for other in ({"name": "libx265", "codec": "h265"}, {"pixels": "yuv444p"}, {"crf": 0}):
        assert skip_segment(replace(long, encoder=replace(long.encoder, **other)), "test") is None


async def test_frames_are_the_same_wherever_a_still_span_is_cut(studio: Studio, tmp_path: Path) -> None:
    picture = await studio.flat("red.png", (200, 0, 0))
    counter = await studio.counter("steady.mp4")
    clips = [clip(0, 120, picture), title(0, 120), clip(120, 150, counter, trim=Fraction(1))]
    wanted = edit(150, *clips, size=(WIDTH, HEIGHT))
    films: list[list[str]] = []
    for number, edges in enumerate(([0, 120, 150], [0, 50, 120, 150], [0, 31, 63, 120, 150])):
        folder = tmp_path / str(number)
        films.append(await _made(studio, wanted, edges, folder))
    assert films[0] == films[1] == films[2]
    assert len(set(films[0][:120])) == 1
    assert len(films[0]) == 150


async def _made(studio: Studio, wanted: ResolvedEdit, edges: list[int], folder: Path) -> list[str]:
    folder.mkdir()
    plan = compile_plan(wanted)
    parts = [part for part in segments_at(edges, wanted, plan.engine) if isinstance(part, SegmentPlan)]
    segments = tuple(skip_segment(part, plan.engine) or part for part in parts)
    files = [folder / f"{number}.mp4" for number in range(len(segments))]
    for segment, path in zip(segments, files, strict=True):
        made = made_for(segment)
        await render_segment(made, inputs=studio.paths, scratch=folder, out=path, progress=ignore)
    film = folder / "film.mp4"
    await join(replace(plan, segments=segments, audio=None), segments=files, audio=None, out=film)
    return hashes(film)
