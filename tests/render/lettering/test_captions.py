"""Captions, looked at as pixels: the right word at the right frame."""

import time
from fractions import Fraction
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.render.artist import Pixels
from cutroom.render.lettering import CaptionArtist, caption_missing
from cutroom.timeline.assets.presets import PRESET_NAMES, PRESETS, CaptionFont, PresetName, style_of
from cutroom.timeline.resolved import (
    CaptionAnimation,
    Captions,
    Color,
    Cue,
    SpokenWord,
    TextBackground,
    TextStroke,
)
from tests.render.edits import style

FPS = Fraction(30)
RED, GREEN, WHITE = Color(255, 0, 0), Color(0, 255, 0), Color(255, 255, 255)
NAMES: tuple[CaptionAnimation, ...] = get_args(CaptionAnimation)


def cue(text: str, start: int = 1, each: Fraction = Fraction(1, 2), lines: tuple[int, ...] = ()) -> Cue:
    """Words of half a second, one after the other."""
    words = tuple(
        SpokenWord(word, start + index * each, start + (index + 1) * each) for index, word in enumerate(text.split())
    )
    return Cue(Fraction(start), start + len(words) * each, words, lines)


def artist(
    animation: CaptionAnimation, *cues: Cue, fps: Fraction = FPS, vertical: Any = "bottom", **changes: Any
) -> CaptionArtist:
    look: dict[str, Any] = {"text": "", "size_px": 40.0, "wrap_px": 560, "color": WHITE, **changes.pop("look", {})}
    fields: dict[str, Any] = {
        "cues": cues or (cue("one two six"),),
        "style": style(**look),
        "active": RED,
        "active_background": None,
        "active_scale": 1.0,
        "spoken": None,
        "animation": animation,
        **changes,
    }
    return CaptionArtist(Captions(**fields), width=640, height=360, fps=fps, vertical=vertical)


def red(picture: Pixels) -> NDArray[np.bool_]:
    return (picture[:, :, 3] > 128) & (picture[:, :, 0] > 128) & (picture[:, :, 1] < 60)


def white(picture: Pixels) -> NDArray[np.bool_]:
    return (picture[:, :, 3] > 128) & (picture[:, :, 1] > 120)


def middle(mask: NDArray[np.bool_]) -> float:
    """Where the ink lies, as a share of the picture's width."""
    return float(np.nonzero(mask)[1].mean() / mask.shape[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_cue_is_there_from_its_start_to_its_end(name: CaptionAnimation) -> None:
    drawn = artist(name)
    assert not drawn.frame(29).any()
    assert drawn.frame(31).any()
    assert drawn.frame(72).any()
    assert not drawn.frame(75).any()
    assert drawn.frame(0).shape == (drawn.size[1], drawn.size[0], 4)
    assert not drawn.still


@pytest.mark.parametrize("name", ["highlight", "bounce", "box", "fade", "slide"])
def test_the_spoken_word_is_marked(name: CaptionAnimation) -> None:
    drawn = artist(name)
    places = [middle(red(drawn.frame(number))) for number in (40, 56, 70)]
    assert places == sorted(places)
    assert places[0] < 0.45 < places[1] < 0.55 < places[2]
    assert all(white(drawn.frame(number)).any() for number in (40, 56, 70))


def test_no_animation_marks_nothing_and_stands_still() -> None:
    drawn = artist("none")
    assert not red(drawn.frame(40)).any()
    assert drawn.frame(31) is drawn.frame(70)


def test_karaoke_fills_words_from_left_to_right_and_keeps_them() -> None:
    drawn = artist("karaoke")
    filled = [int(red(drawn.frame(number)).sum()) for number in range(31, 75, 4)]
    assert filled == sorted(filled)
    assert filled[0] < 0.2 * filled[-1]
    half = drawn.frame(53)  # in the middle of the second word
    assert middle(red(half)) < 0.5 < middle(white(half))
    spoken = artist("karaoke", spoken=GREEN).frame(68)
    assert ((spoken[:, :, 1] > 128) & (spoken[:, :, 0] < 60)).any()
    assert red(spoken).any()


def test_karaoke_fills_arabic_from_the_right() -> None:
    half = artist("karaoke", cue("مرحبا بالعالم")).frame(50)
    assert middle(red(half)) > middle(white(half))


@pytest.mark.parametrize("name", ["pop", "typewriter"])
def test_words_appear_when_they_are_spoken(name: CaptionAnimation) -> None:
    drawn = artist(name)
    inked = [int((drawn.frame(number)[:, :, 3] > 128).sum()) for number in (43, 58, 73)]
    assert inked[0] < 0.5 * inked[1] < 0.5 * inked[2]


def test_a_typewriter_writes_letter_by_letter() -> None:
    drawn = artist("typewriter", cue("abcdef", each=Fraction(2)))
    inked = {int((drawn.frame(number)[:, :, 3] > 128).sum()) for number in range(30, 60)}
    assert len(inked) == 6


def test_single_shows_one_word_at_a_time_in_the_middle() -> None:
    drawn = artist("single", cue("one two six"))
    assert all(abs(middle(drawn.frame(number)[:, :, 3] > 128) - 0.5) < 0.03 for number in (43, 58, 73))
    assert drawn.block[1] == pytest.approx(40 * 1.2, abs=1)


def test_a_box_stands_behind_the_spoken_word() -> None:
    drawn = artist("box", active=WHITE, active_background=RED)
    first, last = red(drawn.frame(40)), red(drawn.frame(70))
    assert middle(first) < 0.45
    assert middle(last) > 0.55
    assert first.sum() > 1000


def test_the_spoken_word_grows_and_moves_the_others_aside() -> None:
    plain, grown = artist("highlight").frame(58), artist("highlight", active_scale=1.4).frame(58)
    assert red(grown).sum() > 1.6 * red(plain).sum()
    span = [np.ptp(np.nonzero(white(picture))[1]) for picture in (plain, grown)]
    assert span[1] > span[0] + 15


def test_a_cue_fades_in_and_out() -> None:
    drawn = artist("fade", active=WHITE)
    peaks = [int(drawn.frame(number)[:, :, 3].max()) for number in (30, 33, 50, 73)]
    assert peaks[0] < peaks[1] < peaks[2] == 255
    assert peaks[3] < 255


def test_long_cues_are_wrapped_in_even_lines_and_shown_in_parts() -> None:
    text = "every word of this long sentence has to find its place on one of the lines"
    drawn = artist("highlight", cue(text, each=Fraction(1, 5)), look={"wrap_px": 300}, most_lines=2)
    assert drawn.block[1] == pytest.approx(2 * 40 * 1.2, abs=1)
    starts = {drawn.frame(number)[:, :, 3].tobytes() for number in range(30, 120, 3)}
    assert 2 <= len(starts) <= 6
    rows = (drawn.frame(33)[:, :, 3] > 128).any(axis=1)
    assert rows.sum() > 50
    assert drawn.overflow() == []


def test_the_authors_lines_are_kept() -> None:
    drawn = artist("none", cue("a b c d", lines=(1, 3)))
    alpha = drawn.frame(40)[:, :, 3] > 128
    top, bottom = alpha[: drawn.origin[1] + 48], alpha[drawn.origin[1] + 48 :]
    assert np.ptp(np.nonzero(top)[1]) < 0.5 * np.ptp(np.nonzero(bottom)[1])


@pytest.mark.parametrize(("vertical", "low"), [("top", False), ("bottom", True)])
def test_a_short_cue_stands_where_the_clip_stands(vertical: str, low: bool) -> None:  # noqa: FBT001
    drawn = artist("none", cue("short"), cue("a b", start=9, lines=(1, 1)), vertical=vertical)
    rows = np.nonzero((drawn.frame(33)[:, :, 3] > 128).any(axis=1))[0]
    assert (rows.min() > drawn.origin[1] + 48) == low


def test_an_unchanged_frame_is_the_very_same_picture() -> None:
    drawn = artist("highlight")
    assert drawn.frame(40) is drawn.frame(41)
    assert drawn.frame(0) is drawn.frame(200)
    start = time.process_time()
    for _ in range(200):
        drawn.frame(40)
    assert (time.process_time() - start) / 200 < 0.002


def test_a_frame_does_not_depend_on_those_before() -> None:
    one, two = artist("pop"), artist("pop")
    for number in range(47):
        one.frame(number)
    assert np.array_equal(one.frame(47), two.frame(47))


def test_words_too_wide_for_a_line_are_broken_and_reported() -> None:
    drawn = artist("none", cue("fine"), cue("incomprehensibilities", start=5), look={"wrap_px": 200})
    assert drawn.overflow() == [(1, "incomprehensibilities")]
    assert drawn.frame(160).any()


def test_all_of_a_word_that_is_broken_over_parts_is_seen() -> None:
    made = artist("none", cue("W" * 40), look={"wrap_px": 200}, most_lines=2)
    pictures = {id(picture): picture for picture in map(made.frame, range(30, 45))}
    letter = (artist("none", cue("W")).frame(30)[:, :, 3] > 128).sum()
    assert sum((picture[:, :, 3] > 128).sum() for picture in pictures.values()) == pytest.approx(40 * letter, rel=0.1)


def test_missing_signs_of_all_cues_are_named() -> None:
    captions = Captions((cue("fine 😀"), cue("\U00012000 x", start=5)), style(""), RED, None, 1.0, None, "none")
    assert caption_missing(captions) == ["\U00012000"]


def test_boxes_follow_the_lines_of_the_cue() -> None:
    box = TextBackground(Color(0, 0, 255), 12, 4, 8, per_line=True)
    drawn = artist("none", cue("a broad line here x", lines=(4, 1)), look={"background": box})
    blue = (drawn.frame(40)[:, :, 2] > 128) & (drawn.frame(40)[:, :, 0] < 60)
    top, bottom = blue[drawn.origin[1] + 10].sum(), blue[drawn.origin[1] + drawn.block[1] - 8].sum()
    assert top > 2 * bottom > 0


def test_a_stroke_lies_under_all_letters() -> None:
    drawn = artist("highlight", look={"stroke": TextStroke(Color(0, 0, 255), 4)})
    blue = (drawn.frame(40)[:, :, 2] > 128) & (drawn.frame(40)[:, :, 0] < 60)
    assert blue.sum() > 500
    assert red(drawn.frame(40)).any()


def test_nothing_visible_is_no_trouble() -> None:
    assert not artist("highlight", cue("\u200b")).frame(40).any()


def test_thousands_of_cues_are_no_trouble() -> None:
    cues = tuple(cue(f"cue number {index} has words", start=3 * index) for index in range(3000))
    start = time.process_time()
    drawn = artist("highlight", *cues)
    assert drawn.frame(3 * 2999 * 30 + 10).any()
    assert time.process_time() - start < 20


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_every_style_can_be_read_over_snow(name: PresetName) -> None:
    preset, snow = PRESETS[name], 242.0
    asked: dict[str, Any] = dict.fromkeys(("stroke", "background", "shadow", "case", "wrap_px"))
    letters = style_of(preset, CaptionFont(), **asked, align="center", canvas=(1280, 720))
    shown = CaptionArtist(
        Captions((cue("snow here"),), letters, WHITE, None, 1.0, None, preset.animation),
        width=1280,
        height=720,
        fps=FPS,
    ).frame(50)
    seen = shown[:, :, :3].mean(axis=2) * (shown[:, :, 3] / 255) + snow * (1 - shown[:, :, 3] / 255)
    # 3 to 1, as WCAG 2.2 asks of large letters: white beside a grey of 149 or darker.
    assert (seen < 149).sum() > 0.3 * (seen > 250).sum() > 0
