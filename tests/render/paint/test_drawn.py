"""Pictures without a file, painted: text that moves, captions, shapes, gradients."""

from fractions import Fraction
from pathlib import Path

import pytest

from cutroom.render.lettering import typefaces
from cutroom.timeline.resolved import (
    Captions,
    Color,
    ColorStop,
    Cue,
    Gradient,
    Motion,
    Shape,
    SpokenWord,
    TextAnimation,
    TextBackground,
    Waveform,
)
from tests.render.edits import clip, edit, style, title
from tests.render.lettering.test_typefaces import renamed
from tests.render.paint.gallery import centroid, keys, painted, planned
from tests.render.studio import Studio, frames, near

HALF = Fraction(1, 2)


def test_animated_text_comes_and_stands_in_its_corner() -> None:
    coming = TextAnimation("slide", "fade", "word", HALF, 0.5, "left")
    look = {"animation": coming, "background": TextBackground(Color(200, 0, 0), 8, 4, 6)}
    frames = painted(title(0, 30, "Hello world", position="bottom-left", look=look))
    assert frames[0][:, :, 3].sum() == 0
    middle = frames[15][:, :, 3]
    assert middle[178, 20] == 255
    assert middle[:, 200:].max() == 0
    assert middle[:120].max() == 0
    assert frames[29][:, :, 3].max() < 128


def test_text_turns_around_its_middle() -> None:
    frames = painted(title(0, 30, "oooo", motion=Motion(rotation=keys((0, 0), (1, 180)))))
    for frame in frames:
        assert centroid(frame) == pytest.approx((160, 90), abs=4)
    assert centroid(frames[15])[0] != pytest.approx(160, abs=0.5)  # the letters lie below the middle of their block


def test_captions_follow_their_cues() -> None:
    words = tuple(SpokenWord(word, n * HALF, (n + 1) * HALF) for n, word in enumerate(["some", "words", "here"]))
    cues = (Cue(HALF, 2 * HALF, words[1:2]), Cue(3 * HALF, 4 * HALF, words))
    look = Captions(cues, style("", color=Color(0, 255, 0)), Color(255, 0, 0), None, 1.0, None, "none")
    frames = painted(clip(0, 75, kind="captions", captions=look, color=None, position="bottom"))
    seen = [bool(frame[:, :, 3].any()) for frame in frames]
    assert seen == [15 <= n < 30 or 45 <= n < 60 for n in range(75)]
    assert frames[50][:100, :, 3].max() == 0


def test_a_shape_is_painted_once_unless_it_moves() -> None:
    star = Shape("star", Color(255, 0, 0), None, 0.0, 0.0, 5, None, None)
    still = clip(0, 30, kind="shape", shape=star, color=None, width_px=100, height_px=100)
    assert planned(still).painting.still
    (frame, *_) = painted(still)
    assert near(frame[90, 160, :3], (255, 0, 0))
    assert frame[50, 120, 3] == 0
    turning = clip(0, 30, kind="shape", shape=star, color=None, width_px=100, height_px=100, motion=Motion(scale=0.5))
    assert planned(turning).painting.still
    assert painted(turning)[0][:, :, 3].sum() == pytest.approx(frame[:, :, 3].sum() / 4, rel=0.03)


def test_a_gradient_fills_the_canvas() -> None:
    colors = Gradient("linear", 0.0, (ColorStop(0, Color(255, 0, 0)), ColorStop(1, Color(0, 0, 255))))
    layer = planned(clip(0, 2, kind="gradient", gradient=colors, color=None))
    assert layer.painting.opaque
    (frame, *_) = painted(clip(0, 2, kind="gradient", gradient=colors, color=None))
    assert near(frame[90, 160, :3], (127, 0, 127), 2)


async def test_every_artist_works_in_the_painters_process(studio: Studio, tmp_path: Path) -> None:
    noise = await studio.noise("bars.wav", 1)
    bars = Waveform(noise, Fraction(0), "bars", Color(0, 255, 0), 24, 0.3, rounded=True, smoothing=0.2)
    cue = Cue(Fraction(0), Fraction(1), (SpokenWord("words", Fraction(0), Fraction(1)),))
    said = Captions((cue,), style(""), Color(255, 0, 0), None, 1.0, None, "highlight")
    coming = TextAnimation("pop", None, "letter", Fraction(1, 10), 0.5, "left")
    star = Shape("star", Color(0, 0, 255), None, 0.0, 0.0, 5, None, None)
    clips = [
        clip(0, 10, kind="waveform", waveform=bars, color=None, width_px=200, height_px=50, position="top"),
        clip(0, 10, kind="captions", captions=said, color=None, position="bottom"),
        clip(0, 10, kind="shape", shape=star, color=None, width_px=60, height_px=60, position="left"),
        title(0, 10, "XX", look={"animation": coming}),
    ]
    last = frames(await studio.film(edit(10, *clips, quality="high"), tmp_path))[-1]
    assert (last[:50, 60:260, 1] > 150).sum() > 500
    assert (last[150:, :, 0] > 150).sum() > 50
    assert (last[60:120, :60, 2] > 150).sum() > 500
    assert (last[75:105, 130:190].min(axis=2) > 150).sum() > 50


async def test_the_painter_has_the_operators_fonts(studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "fonts"
    folder.mkdir()
    renamed("Anton-Regular.ttf", folder / "house.ttf", "House Sans")  # much narrower than the default
    coming = TextAnimation("fade", None, "letter", Fraction(1, 10), 0.5, "left")

    async def width(family: str) -> int:
        film = edit(10, title(0, 10, "WIDTH", look={"animation": coming, "family": family}), quality="high")
        last = frames(await studio.film(film, tmp_path / family))[-1]
        return int((last.min(axis=2) > 150).any(axis=0).sum())

    typefaces.use((folder,))
    try:
        assert await width("House Sans") < 0.8 * await width("Inter")
    finally:
        typefaces.use(())
