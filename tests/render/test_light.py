"""Films with more light than a screen for BT.709 shows."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from cutroom.media.info import Light
from cutroom.render import compile_plan
from cutroom.render.light import shown
from cutroom.render.plan import PLAN
from cutroom.timeline.resolved import Media
from tests.render.edits import clip, edit
from tests.render.studio import Pixels, Studio, frames, near

SIZE = (384, 216)
NITS: Final = (0, 10, 50, 100, 203, 400, 1000)
"""Light on the stripes of a chart, from left to right; paper has 203."""
TAGS: Final[dict[Light, str]] = {"pq": "smpte2084", "hlg": "arib-std-b67"}


def pq(nits: Pixels) -> Pixels:
    """ITU-R BT.2100, table 4: the inverse EOTF."""
    y = (nits / 10_000) ** (2610 / 16384)
    return np.asarray(((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32))


def hlg(nits: Pixels) -> Pixels:
    """ITU-R BT.2100, table 5: the OETF, of what a screen of 1,000 nits makes such light of."""
    scene = (nits / 1000) ** (1 / 1.2)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


CODED: Final[dict[Light, Any]] = {"pq": pq, "hlg": hlg}


async def chart(studio: Studio, light: Light) -> Media:
    """A film of grey stripes in ten bits."""
    path = studio.place(f"{light}.mp4", NITS)
    if not path.exists():
        width, height = 56 * len(NITS), 216
        levels = np.repeat(np.rint(64 + 876 * CODED[light](np.array(NITS, float))), 56)
        raw = path.with_suffix(".raw")
        grey = np.full(width * height // 2, 512, "<u2")
        raw.write_bytes(np.tile(levels, (height, 1)).astype("<u2").tobytes() + grey.tobytes())
        tags = f"setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc={TAGS[light]}"
        read = ("-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", f"{width}x{height}", "-r", "30", "-i", str(raw))
        studio.ffmpeg(*read, "-vf", tags, "-c:v", "libx265", "-x265-params", "crf=4:log-level=0", str(path))
    return await studio.take(path)


@pytest.mark.parametrize("light", ["pq", "hlg"])
@pytest.mark.parametrize("how", [{}, {"radius_px": 2}], ids=["plain", "painted"])
async def test_hdr_is_seen_as_bright_as_it_is_and_nothing_up_to_a_thousand_nits_is_lost(
    studio: Studio, tmp_path: Path, light: Light, how: dict[str, Any]
) -> None:
    film = clip(0, 1, await chart(studio, light), fit="fill", **how)
    frame = frames(await studio.film(edit(1, film, size=SIZE, quality="highest"), tmp_path))[0]
    places = [int((number + 0.5) * SIZE[0] / len(NITS)) for number in range(len(NITS))]
    seen = [frame[108, place] for place in places]
    for nits, color in zip(NITS[:4], seen, strict=False):
        level = 255 * (nits / 203) ** (1 / 2.4)
        assert near(color, (level, level, level), 4), nits
    paper, sun, peak = (float(color.mean()) for color in seen[4:])
    assert 220 < paper < sun - 10
    assert sun < peak - 5
    assert peak > 250


async def test_a_probe_tells_hdr_and_says_nothing_of_it_elsewhere(studio: Studio) -> None:
    for light in TAGS:
        bright = (await chart(studio, light)).info.video
        assert bright is not None
        assert bright.hdr == light
    plain = edit(30, clip(0, 30, await studio.counter("plain.mp4")))
    assert b"hdr" not in PLAN.dump_json(compile_plan(plain)), "keys of other films would be others"


def test_colours_keep_their_hue_and_those_that_a_screen_lacks_come_near() -> None:
    colors = np.array([[0.75, 0.2, 0.2], [0.2, 0.75, 0.2], [0.2, 0.2, 0.75]], np.float32)
    red, green, blue = shown(colors, "hlg")
    assert red.argmax() == 0
    assert green.argmax() == 1
    assert blue.argmax() == 2
    assert min(red.max() - red.min(), green.max() - green.min(), blue.max() - blue.min()) > 0.5
