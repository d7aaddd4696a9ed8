"""Text in many scripts, looked at as pixels."""

import colorsys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.render.lettering import TextArtist, missing
from cutroom.render.lettering.clusters import breakable, clusters, joined
from cutroom.render.lettering.layout import Block, Fonts, lay_out, typeset
from cutroom.timeline.resolved import Color, TextStroke
from tests.render.edits import style


def block_of(text: str, **look: Any) -> Block:
    wanted = style(text, **look)
    return lay_out(wanted, Fonts(wanted))


def picture(text: str, **look: Any) -> NDArray[np.uint8]:
    return TextArtist(style(text, **look), frames=1, fps=Fraction(30)).frame(0)


def islands(array: NDArray[np.uint8]) -> int:
    """How many pieces of ink stand apart, from left to right."""
    inked = (array[:, :, 3] > 100).any(axis=0).astype(int)
    return int((np.diff(np.concatenate([[0], inked])) == 1).sum())


def test_arabic_letters_join() -> None:
    apart = sum(block_of(letter, size_px=60).width for letter in "بتس")
    assert block_of("بتس", size_px=60).width < 0.85 * apart
    assert islands(picture("بتس", size_px=60)) == 1
    assert islands(picture("ب ت س", size_px=60)) == 3


def test_hindi_vowels_are_put_before_their_consonant() -> None:
    """The sign I is typed after its consonant and drawn before it."""
    ka, kit = picture("क", size_px=80), picture("कि", size_px=80)
    assert block_of("कि", size_px=80).width > block_of("क", size_px=80).width
    wide = ka.shape[1] // 2
    consonant = (ka[:, :, 3] > 128)[:, -wide:]
    assert (((kit[:, :, 3] > 128)[:, -wide:]) & consonant).sum() > 0.6 * consonant.sum()
    assert missing(style("क्षत्रिय हिन्दी")) == []


def test_a_line_of_hebrew_holds_latin_in_its_own_order() -> None:
    (line,) = block_of("שלום abc עולם", size_px=40).lines
    assert [run.text.strip() for run in line.runs if run.text.strip()] == ["עולם", "abc", "שלום"]
    assert line.rtl
    assert [run.x for run in line.runs] == sorted(run.x for run in line.runs)


def test_the_ink_of_a_right_to_left_line_begins_at_the_right() -> None:
    """The first word is red in one picture and missing in the other: its ink is where they differ."""
    both, second = picture("שלום abc", size_px=60, align="right"), picture("abc", size_px=60)
    right = both[:, both.shape[1] // 2 :, 3].astype(int)
    latin = second[:, :, 3]
    left = both[:, : latin.shape[1], 3]
    rows = min(left.shape[0], latin.shape[0])
    assert right.sum() > 0
    assert np.abs(left[:rows, : latin.shape[1] // 2].astype(int) - latin[:rows, : latin.shape[1] // 2]).mean() < 4


def test_numbers_and_brackets_stand_right_in_hebrew() -> None:
    (line,) = block_of("מחיר (12.5) ש").lines
    texts = [run.text.strip() for run in line.runs]
    assert texts.index("12.5") not in {0, len(texts) - 1}


@pytest.mark.parametrize("text", ["😀🎉🔥", "👨‍👩‍👧‍👦", "👩🏽‍🚀", "🇫🇷", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"], ids=range(7))
def test_emoji_are_one_sign_each_and_coloured(text: str) -> None:
    count = 3 if text == "😀🎉🔥" else 1
    assert len(clusters(text)) == count
    assert missing(style(text)) == []
    assert block_of(text, size_px=60).width == pytest.approx(60 * count, rel=0.1)
    array = picture(text, size_px=60)
    assert (array[:, :, 3] > 200).sum() > 500
    assert np.abs(array[:, :, 0].astype(int) - array[:, :, 2]).max() > 60


def test_emoji_have_many_hues() -> None:
    array = picture("😀🎉🔥🇫🇷🌈", size_px=60)
    solid = array[array[:, :, 3] == 255][:, :3] / 255
    hues = {round(hue * 12) % 12 for r, g, b in solid for hue, _, full in [colorsys.rgb_to_hsv(r, g, b)] if full > 0.3}
    assert len(hues) > 4


def test_emoji_and_words_stand_in_one_line() -> None:
    (line,) = block_of("Go 🚀 مرحبا ไทย").lines
    assert {run.face.file for run in line.runs} >= {
        "TwemojiColor.ttf",
        "NotoSansArabic-Bold.ttf",
        "NotoSansThai-Bold.ttf",
    }


def test_a_sign_with_a_text_selector_is_no_emoji() -> None:
    (picture_line,), (text_line,) = block_of("❤\ufe0f").lines, block_of("❤\ufe0e").lines
    assert picture_line.runs[0].face.color
    assert not text_line.runs[0].face.color


def test_a_stroke_and_a_shadow_go_around_emoji_too() -> None:
    plain, stroked = picture("😀", size_px=60), picture("😀", size_px=60, stroke=TextStroke(Color(0, 0, 255), 5))
    assert (stroked[:, :, 3] > 200).sum() > 1.15 * (plain[:, :, 3] > 200).sum()


@pytest.mark.parametrize("text", ["\u200b", "\u200d\u200c", "\u2060", " \n "])
def test_a_text_of_nothing_visible_is_an_empty_picture(text: str) -> None:
    array = picture(text)
    assert not array.any()
    assert min(array.shape[:2]) > 0


def test_line_separators_break_lines() -> None:
    assert [line.text for line in block_of("one\u2028two\u2029three\x85four").lines] == ["one", "two", "three", "four"]


def test_lines_may_end_where_scripts_allow_it() -> None:
    assert breakable("one two-three a-1 x\u00a0y") == ["one ", "two-", "three ", "a-1 ", "x\u00a0y"]
    assert breakable("漢字。かな") == ["漢", "字。", "か", "な"]
    assert breakable("a\u200bb") == ["a\u200b", "b"]


def test_which_letters_hang_together() -> None:
    assert joined("مرحبا")
    assert joined("नमस्ते")
    assert not any(joined(text) for text in ("abc", "שלום", "ไทย", "漢", "😀"))


def test_kerning_stays_with_letter_spacing() -> None:
    loose = block_of("AV", letter_spacing_px=10, size_px=100).width
    assert loose == pytest.approx(block_of("AV", size_px=100).width + 20)
    assert block_of("AV", size_px=100).width < block_of("A", size_px=100).width + block_of("V", size_px=100).width - 2


def test_text_is_lowered_in_size_until_it_fits() -> None:
    wanted = style("Extraordinary circumstances require shorter lines", size_px=80, wrap_px=300, fit_px=150.0)
    smaller, _, block = typeset(wanted)
    assert 10 < smaller.size_px < 60
    assert block.height <= 150.5
    assert not block.broken
    _, _, larger = typeset(style("Extraordinary circumstances require shorter lines", size_px=80, wrap_px=300))
    assert larger.height > 150


def test_text_that_fits_keeps_its_size() -> None:
    assert typeset(style("short", size_px=40, fit_px=100.0))[0].size_px == 40


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    long = "words and words and more words that never come to any end at all"
    _, _, block = typeset(style(long, size_px=40, least_px=40, wrap_px=300, fit_px=100.0, ellipsis=True))
    assert len(block.lines) == 2
    assert block.lines[-1].text.endswith("…")
    assert block.lines[-1].width <= 300
    assert block.cut
    _, _, whole = typeset(style(long, size_px=40, least_px=40, wrap_px=300, fit_px=100.0))
    assert len(whole.lines) > 2


@pytest.mark.parametrize(("case", "text"), [("upper", "DON'T STOP"), ("lower", "don't stop"), ("title", "Don't Stop")])
def test_the_case_is_changed(case: str, text: str) -> None:
    assert block_of("don't Stop", case=case).lines[0].text == text
