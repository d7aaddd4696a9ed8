"""Films whose pictures are two fields each, of two moments."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.render import compile_plan, explain
from cutroom.render.compile import copy_candidates
from cutroom.render.outline import outline
from cutroom.render.plan import PLAN
from cutroom.timeline.resolved import Media
from tests.render.edits import clip, edit
from tests.render.studio import Studio, hashes

SIZE: Final = (384, 216)
STEP, PITCH = 8, 96  # pixels by which stripes move from field to field, and lie apart
SOURCES: Final = {
    "top.ts": ("top", "tff", ("-c:v", "mpeg2video", "-b:v", "8M", "-g", "12", "-bf", "2")),
    "bottom.mp4": ("bottom", "bff", ("-c:v", "libx264", "-crf", "12", "-preset", "veryfast", "-x264-params", "bff=1")),
}


async def stripes(studio: Studio, name: str) -> Media:
    """25 pictures a second of stripes that move on with each of their 50 fields."""
    first, order, encoder = SOURCES[name]
    path = studio.place(name, order)
    if not path.exists():
        drawn = "color=c=gray:s=48x27:r=50:d=3,format=gray,geq=lum='if(lt(mod(X-N,12),3),235,60)'"
        fields = f"tinterlace=mode=interleave_{first},setfield={order},setsar=1,format=yuv420p"
        source = f"{drawn},scale={SIZE[0]}:{SIZE[1]}:flags=neighbor,{fields}"
        studio.ffmpeg("-f", "lavfi", "-i", source, *encoder, "-flags", "+ilme+ildct", str(path))
    return await studio.take(path)


def seen(path: Path) -> tuple[float, list[float]]:
    """Which part of a film is combs, and where the stripes stand in its pictures, in fields since the first."""
    combs, places = [], []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            gray: NDArray[np.int64] = np.asarray(frame.to_ndarray(format="gray")).astype(np.int64)
            combs.append(float(((gray[1:-1] - gray[:-2]) * (gray[1:-1] - gray[2:]) > 100).mean()))
            turned = gray[SIZE[1] // 2] @ np.exp(-2j * np.pi * np.arange(SIZE[0]) / PITCH)
            places.append(float(-np.angle(turned)) * PITCH / (2 * np.pi) - (3 * STEP - 1) / 2)
    return max(combs), [place / STEP % (PITCH / STEP) for place in places]


@pytest.mark.parametrize(("name", "fps"), [("top.ts", 25), ("bottom.mp4", 50), ("top.ts", 24)])
@pytest.mark.parametrize("how", [{}, {"radius_px": 2}], ids=["plain", "painted"])
async def test_fields_become_whole_pictures_each_at_its_own_time(
    studio: Studio, tmp_path: Path, name: str, fps: int, how: dict[str, Any]
) -> None:
    film = clip(0, fps, await stripes(studio, name), trim=Fraction(1, 2), fit="fill", **how)
    out = await studio.film(edit(fps, film, size=SIZE, fps=Fraction(fps), quality="highest"), tmp_path)
    combs, places = seen(out)
    assert combs < 0.002
    rate, later = (25 if fps == 25 else 50), 3 / 8  # of a picture of the source, which is here the shorter
    wanted = [int((0.5 + number / fps) * rate + later) * 50 / rate for number in range(fps)]
    apart = [(place - field + 6) % 12 - 6 for place, field in zip(places, wanted, strict=True)]
    assert max(map(abs, apart)) < 0.2, apart


async def test_where_an_interlaced_film_is_cut_changes_no_frame(studio: Studio, tmp_path: Path) -> None:
    for name in SOURCES:
        wanted = edit(50, clip(0, 50, await stripes(studio, name), trim=Fraction(1, 5)), size=SIZE, fps=Fraction(50))
        whole = hashes(await studio.film(wanted, tmp_path / "whole", edges=[0, 50], lossless=True))
        parts = await studio.film(wanted, tmp_path / "parts", edges=[0, 7, 8, 23, 38, 50], lossless=True)
        assert hashes(parts) == whole


async def test_a_probe_and_a_plan_tell_what_is_interlaced_and_nothing_of_it_is_copied(studio: Studio) -> None:
    media = await stripes(studio, "bottom.mp4")
    assert media.info.video is not None
    assert media.info.video.interlaced
    wanted = edit(50, clip(0, 50, media), size=SIZE, fps=Fraction(25))
    assert copy_candidates(wanted) == []
    assert "a picture of every two fields" in explain(compile_plan(wanted))
    faster = edit(100, clip(0, 100, media, radius_px=2), size=SIZE, fps=Fraction(50))
    assert "a picture of every field" in explain(compile_plan(faster))
    assert outline(compile_plan(faster))[0].reason.endswith("Of the interlaced, a picture is made of every field.")
    plain = compile_plan(edit(30, clip(0, 30, await studio.counter("plain.mp4"))))
    assert b"interlaced" not in PLAN.dump_json(plain), "keys of other films would be others"
    assert "field" not in explain(plain)
